"""How the patient came to hear of care management: a warm hand-off, a call, a letter; recorded as a step of its own.

A hand-off in person is what makes patients say yes, so who introduced whom, when and how stands in the chart and not
only in somebody's memory (domain notes, rows 44 to 46). The facts ride on the enrollment step "introduced".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes
from mappings import dates
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.enrolment_state import StateStep, state_steps, state_task
from mappings.to_do import ToDoEntry, to_do_resource

HOW: Mapping[str, str] = MappingProxyType(
    {
        "in-person": "In person, with the patient",
        "phone": "On the phone",
        "video": "By video",
        "letter": "By letter or portal message",
    }
)
"""How it was done; the first is the warm hand-off."""

ANSWERS: Mapping[str, str] = MappingProxyType(
    {
        "interested": "Wants to hear more",
        "later": "Wants to think about it",
        "unknown": "No answer yet",
    }
)

_BY, _HOW, _DAY, _ANSWER, _NOTE = "Introduced by", "How", "On", "Answer", "Note"


@dataclass(frozen=True)
class IntroductionEntry:
    """What the form says. `how` is a key of HOW, `answer` of ANSWERS; `follow` the day of the next try, if any."""

    by: str
    how: str
    day: date
    answer: str
    note: str = ""
    follow: date | None = None


@dataclass(frozen=True)
class Introduction:
    """One introduction on screen; `day` is None where neither the line nor the step tells it."""

    by: str
    how: str
    day: date | None
    answer: str
    note: str
    recorded_by: str
    resource: dict[str, Any]

    @property
    def sentence(self) -> str:
        """ "Introduced by Dr Luis Alvarez, in person, with the patient, on 21 Nov 2026."."""
        parts = (
            f"by {self.by}" if self.by else "",
            self.how[:1].lower() + self.how[1:],
            f"on {dates.day_words(self.day)}" if self.day else "",
        )
        return f"Introduced {', '.join(filter(None, parts))}."


def introduction_resources(
    entry: IntroductionEntry, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """The step "introduced" with its facts and, where a day was given, the task of the next try."""
    facts = [
        (_BY, entry.by),
        (_HOW, HOW[entry.how]),
        (_DAY, entry.day.isoformat()),
        (_ANSWER, ANSWERS[entry.answer]),
        (_NOTE, entry.note),
    ]
    reason = f"Introduced by {entry.by}, {HOW[entry.how].lower()}"
    step = state_task("introduced", author, form_id, reason=reason, more=facts)
    return (step, *_follow(entry, author, form_id))


def _follow(entry: IntroductionEntry, author: Authorship, form_id: UUID) -> tuple[dict[str, Any], ...]:
    if entry.follow is None:
        return ()
    words = (
        "Call about the invitation to care management"
        if entry.how == "letter"
        else "Ask whether care management is wanted"
    )
    to_do = ToDoEntry(words, entry.follow, "care-manager", "routine", "outreach")
    return (to_do_resource(to_do, author, form_id, slot="outreach"),)


def introductions(chart: Chart, now: datetime) -> tuple[Introduction, ...]:
    """The introductions since the last episode ended, the newest first."""
    return tuple(_view(step, now) for step in _of_this_episode(chart) if step.state == "introduced")


def all_introductions(chart: Chart, now: datetime) -> tuple[Introduction, ...]:
    """Those of every episode, the newest first."""
    return tuple(_view(step, now) for step in state_steps(chart) if step.state == "introduced")


def introduced_day(chart: Chart, now: datetime) -> date | None:
    """The day of the first introduction of this episode: no answer to the service can lie before it."""
    days = [each.day for each in introductions(chart, now) if each.day]
    return min(days, default=None)


def _of_this_episode(chart: Chart) -> list[StateStep]:
    order = codes("enrolment-state")
    over = frozenset(order[order.index("graduated") :])
    found = []
    for step in state_steps(chart):
        if step.state in over:
            break
        found.append(step)
    return found


def _view(step: StateStep, now: datetime) -> Introduction:
    said = dates.parse(step.facts.get(_DAY, "")) or step.when
    return Introduction(
        by=step.facts.get(_BY, ""),
        how=step.facts.get(_HOW, ""),
        day=said.local_day(now.tzinfo) if said else None,
        answer=step.facts.get(_ANSWER, ""),
        note=step.facts.get(_NOTE, ""),
        recorded_by=step.by,
        resource=step.resource,
    )
