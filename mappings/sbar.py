"""A question to a provider in four short parts: situation, background, assessment, recommendation.

An open Task of the patient, so that whoever answers has the chart with it; for information only it asks for no answer.
What it opens with comes from the chart, and when an answer is expected from the practice's settings (domain rows 114,
152, 153, 158 and 159).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes
from mappings.authorship import Authorship, annotation
from mappings.cadence import working_day
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.data_file import data_table
from mappings.episode import TITLE, open_plan
from mappings.form import Fields, Submitted
from mappings.identity import reference_to
from mappings.practice import Practice
from mappings.provider_question import PARTS, question_inputs, question_line
from mappings.sbar_prefill import prefilled
from mappings.to_do import PRIORITIES, ToDoEntry, to_do_resource, with_text

FIELDS = (*PARTS, "about", "answer", "priority", "due")
KIND, INFORM_KIND = "sbar-question", "tell-provider"
ANSWERS = {"needed": "Needs an answer", "none": "For information"}
PART_LIMIT = 500
LONGEST_DAYS = 60
_REQUIRED = {
    "situation": "Say in a few words what is happening.",
    "recommendation": "Say what you ask for or propose.",
}


@dataclass(frozen=True)
class SbarEntry:
    """One question. `due` is the day by which an answer is expected, `about` a code of question-topic.

    `owner_name` is who answers where that is not the patient's provider.
    """

    situation: str
    background: str
    assessment: str
    recommendation: str
    priority: str
    due: date
    needs_answer: bool = True
    about: str = "other"
    owner_name: str = ""


@dataclass(frozen=True)
class Topic:
    """What the form of one topic opens with; `answered_by` is "" for the patient's own provider."""

    ask: str
    days: int
    needs_answer: bool
    must_be_answered: bool = False
    answered_by: str = ""


def topic(about: str, practice: Practice) -> Topic:
    """The rules of one topic: ours, and the practice's own over them."""
    usual = _topics()[about]
    must = about in practice.needs_answer
    return Topic(
        ask=usual.ask,
        days=dict(practice.answer_days).get(about, usual.days),
        needs_answer=usual.needs_answer or must,
        must_be_answered=must,
        answered_by=dict(practice.answered_by).get(about, ""),
    )


@cache
def _topics() -> Mapping[str, Topic]:
    table = data_table("sbar.toml")
    table.text("source")
    table.day("checked")
    found = {}
    for name, row in table.named_tables("topic"):
        found[name] = Topic(row.text("ask", default=""), row.number("days") or 0, row.flag("needs_answer"))
        row.done()
    table.done()
    return MappingProxyType(found)


def expected_by(about: str, priority: str, *, now: datetime, practice: Practice) -> date:
    """The day by which an answer is expected: an urgent one today, another after the working days of its topic."""
    day = now.date()
    for _ in range(0 if priority == "urgent" else topic(about, practice).days):
        day = working_day(day + timedelta(days=1))
    return day


def sbar_defaults(
    chart: Chart, *, now: datetime, about: str = "", practice: Practice | None = None
) -> dict[str, tuple[str, ...]]:
    """What the form opens with, about a topic ("" is the last contact); every part may be changed."""
    rules = practice or Practice()
    about = about if about in codes("question-topic") else "contact"
    said = topic(about, rules)
    parts = {**prefilled(chart, now=now, about=about), "recommendation": said.ask}
    priority = "urgent" if about == "symptoms" else "routine"
    return {
        **{name: (words,) for name, words in parts.items() if words},
        "about": (about,),
        "answer": ("needed" if said.needs_answer else "none",),
        "priority": (priority,),
        "due": (expected_by(about, priority, now=now, practice=rules).isoformat(),),
    }


def parse_sbar(
    values: Mapping[str, Sequence[str]],
    *,
    chart: Chart,
    now: datetime,
    practice: Practice | None = None,
) -> Submitted[SbarEntry]:
    """The form as sent. An empty day is that of the practice's rules."""
    rules = practice or Practice()
    fields = Fields(values)
    said = {name: fields.text(name, required=_REQUIRED.get(name, ""), limit=PART_LIMIT) for name in PARTS}
    about = fields.one_of("about", codes("question-topic")) or "other"
    answer = fields.one_of("answer", ANSWERS) or "needed"
    if answer == "none" and topic(about, rules).must_be_answered:
        fields.refuse("answer", "In this practice a provider has to answer this. Choose “Needs an answer”.")
    priority = fields.one_of("priority", PRIORITIES) or "routine"
    due = fields.day(
        "due",
        earliest=now.date(),
        latest=now.date() + timedelta(days=LONGEST_DAYS),
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within 60 days.",
    )
    if priority == "urgent" and due == expected_by(about, "routine", now=now, practice=rules):
        # The day stands as the form opened with it: whoever makes it urgent afterwards means today.
        due = None
    return fields.submitted(
        lambda: SbarEntry(
            **said,
            priority=priority,
            due=due or expected_by(about, priority, now=now, practice=rules),
            needs_answer=answer == "needed",
            about=about,
            owner_name=topic(about, rules).answered_by,
        )
    )


def sbar_resource(
    entry: SbarEntry,
    author: Authorship,
    form_id: UUID,
    *,
    plan: dict[str, Any] | None = None,
    provider: dict[str, Any] | None = None,
    slot: str = "sbar",
) -> dict[str, Any]:
    """The question as a Task. `plan` and `provider` are References; without a provider it goes to "Primary care
    provider".
    """
    parts = {name: getattr(entry, name) for name in PARTS}
    to_do = ToDoEntry(
        text=entry.situation,
        due=entry.due,
        owner="provider",
        priority=entry.priority,
        kind=KIND if entry.needs_answer else INFORM_KIND,
        owner_name=entry.owner_name,
    )
    made = to_do_resource(to_do, author, form_id, slot=slot, plan=plan, provider=provider)
    line = question_line(parts, entry.about, waits=entry.needs_answer)
    return with_text(
        {**made, "note": [annotation(line, author)], "input": question_inputs(parts, entry.about)}
    )


def sbar_resources(
    entry: SbarEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What sending a question files: the Task, of the open plan and to the patient's provider."""
    plan = open_plan(chart)
    named = reference_to(plan, TITLE) if plan else None
    return (sbar_resource(entry, author, form_id, plan=named, provider=primary_care_provider(chart)),)
