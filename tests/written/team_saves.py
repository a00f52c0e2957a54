"""Saves of a team about one patient: questions and answers, tasks that change hands, the flag that she is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fhir_profiles.terminology import codes
from mappings.chart import Chart
from mappings.form import Submitted
from mappings.here_now import here_resources, parse_here
from mappings.sbar import parse_sbar, sbar_defaults, sbar_resources
from mappings.sbar_answer import answer_defaults, answer_resources, parse_answer, questions
from mappings.task_add import parse_task, task_defaults, task_resources
from mappings.task_change import (
    ChangeEntry,
    change_defaults,
    change_resources,
    changeable,
    parse_change,
)
from mappings.team_member import Member, contact_persons
from tests.written.answers import BY_ROLE, HOSTILE, IN_A_VISIT, UNKNOWN_USER
from tests.written.saves import FORMS, NURSE, Save, Values


def _parse_change(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ChangeEntry]:
    return parse_change(values, chart=chart, now=now, user=Member(NURSE["user"], NURSE["user_name"]))


FORMS.update(
    {
        "sbar": (parse_sbar, sbar_resources),
        "sbar-answer": (parse_answer, answer_resources),
        "task-add": (parse_task, task_resources),
        "task-change": (_parse_change, change_resources),
        "here-now": (parse_here, here_resources),
    }
)


def asked_about(day: int, about: str, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A question as it opens for a topic, with what is typed otherwise."""

    def fill(chart: Chart, now: datetime) -> Values:
        opened = sbar_defaults(chart, now=now, about=about)
        facts = {"situation": ["Dizzy since Monday"], "recommendation": ["See her this week?"]}
        return {**facts, **opened, **_single(typed)}

    return Save("sbar", day, fill, author or {})


def every_topic(day: int) -> tuple[Save, ...]:
    """A question about each topic there is, on one day."""
    return tuple(asked_about(day, about) for about in codes("question-topic"))


def answered(day: int, decision: str, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """An answer to the question that was asked last."""

    def fill(chart: Chart, now: datetime) -> Values:
        last = _last(questions(chart))
        opened = answer_defaults(chart, now=now, task=last, user_name="Dr Luis Alvarez")
        return {**opened, "decision": [decision], **_single(typed)}

    return Save("sbar-answer", day, fill, author or {})


def task(day: int, *, author: Mapping[str, Any] | None = None, person: bool = False, **typed: str) -> Save:
    """A task that is added by hand; `person` is the first of the family on file."""

    def fill(chart: Chart, now: datetime) -> Values:
        first = [each.reference for each in contact_persons(chart, now=now)[:1]] if person else []
        return {**task_defaults(now=now), "text": ["Fax the form"], "person": first, **_single(typed)}

    return Save("task-add", day, fill, author or {})


def changed(day: int, outcome: str, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """The open task that was filed last, done, taken over, handed off, moved or called off."""

    def fill(chart: Chart, now: datetime) -> Values:
        last = _last(changeable(chart))
        given = {**typed}
        if "until_in" in given:
            given["until"] = (now.date() + timedelta(days=int(given.pop("until_in")))).isoformat()
        return {**change_defaults(chart, now=now, task=last), "outcome": [outcome], **_single(given)}

    return Save("task-change", day, fill, author or {})


def here(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """The flag that the patient is here, of the day of the save."""
    return Save("here-now", day, lambda _chart, _now: _single(typed), author or {})


def _last(tasks: Mapping[str, dict[str, Any]]) -> str:
    """The id of the one that was written last, in whichever order an EHR gives them."""
    return max(tasks, key=lambda key: (tasks[key]["authoredOn"], tasks[key]["description"]))


def _single(values: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in values.items()}


def team(first: int) -> tuple[Save, ...]:
    """From this day on: questions about every topic, every answer, a task through every change, and the flag twice."""
    return (
        *every_topic(first),
        answered(first + 1, "agreed", orders=HOSTILE, author=BY_ROLE),
        answered(first + 2, "words", answer=HOSTILE, by=HOSTILE.split("\n")[0], author=UNKNOWN_USER),
        asked_about(
            first + 3, "plan", situation=HOSTILE, background=HOSTILE, assessment=HOSTILE, answer="none"
        ),
        answered(first + 3, "seen", author=IN_A_VISIT),
        task(first + 4, note=HOSTILE, owner="provider", priority="urgent"),
        changed(first + 4, "hand-off", to="other", to_name="Bo Lind", until_in="9", words=HOSTILE),
        changed(first + 5, "take-over", author=BY_ROLE),
        changed(first + 5, "changed", priority="routine", due="2027-03-01"),
        changed(first + 6, "done", words=HOSTILE),
        task(first + 7, text=HOSTILE.split("\n")[0], owner="other", owner_name=HOSTILE.split("\n")[0]),
        changed(first + 8, "called-off", words=HOSTILE, author=UNKNOWN_USER),
        here(first + 9, place=HOSTILE.split("\n")[0][:80], author=IN_A_VISIT),
        here(first + 10, author=BY_ROLE),
    )
