"""Every time that the patient was in the program, the latest first: one of our plans each, never one over another.

An ended episode is told by the step that ended it and by its plan; a new one has a plan, goals and, where the consent
no longer holds, a consent of its own. Nothing of an old one is changed by a new one (domain notes, row 59).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fhir_profiles.terminology import display
from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, reference_text, relative_reference
from mappings.enrolment import ENDED
from mappings.enrolment_state import StateStep, state_steps
from mappings.episode import OPEN, own_plans
from mappings.goal import goal_view
from mappings.identity import full_url
from mappings.terminology import status_code

_BY_STATUS = {"completed": "graduated", "revoked": "terminated"}
_WHEN_TOLD = 120
"""Seconds by which the step that ends an episode and the end of its plan may differ: both are of one save."""


@dataclass(frozen=True)
class Episode:
    """One episode. `end` is None while it is open; `goals` are pairs of a goal and how it went.

    `facts` are those of the step that ended it, by label: "Handed back to", "Look again at", "Last contact".
    """

    reference: str
    start: date | None
    end: date | None
    open: bool
    state: str
    outcome: str
    reason: str
    goals: tuple[tuple[str, str], ...]
    facts: Mapping[str, str]
    notes: tuple[str, ...]
    plan: dict[str, Any]

    @property
    def words(self) -> str:
        """ "1 Mar 2026 to 3 Sep 2026: Graduated"."""
        first = dates.day_words(self.start) if self.start else "an unknown day"
        last = dates.day_words(self.end) if self.end else "today" if self.open else "an unknown day"
        return f"{first} to {last}: {self.outcome or 'open'}"


def episodes(chart: Chart, now: datetime) -> tuple[Episode, ...]:
    """Our episodes among what could be read: the open ones first, then the latest."""
    found = [_episode(chart, plan, now) for plan in own_plans(chart)]
    return tuple(sorted(found, key=lambda each: not each.open))


def open_episodes(chart: Chart, now: datetime) -> tuple[Episode, ...]:
    """Those that are open: more than one is a mistake that a person has to settle."""
    return tuple(each for each in episodes(chart, now) if each.open)


def last_end(chart: Chart, now: datetime) -> Episode | None:
    """The last episode that ended, where none is open now; else None."""
    found = episodes(chart, now)
    return found[0] if found and not found[0].open else None


def _episode(chart: Chart, plan: dict[str, Any], now: datetime) -> Episode:
    period = as_object(plan.get("period"))
    start, end = (_day(period.get(side), now) for side in ("start", "end"))
    is_open = status_code(plan.get("status")) in OPEN
    ended = None if is_open else _ending(chart, plan)
    state = ended.state if ended else "" if is_open else _BY_STATUS.get(status_code(plan.get("status")), "")
    return Episode(
        reference=relative_reference(plan) or full_url(plan),
        start=start or _day(plan.get("created"), now),
        end=None if is_open else end or (ended.when.local_day(now.tzinfo) if ended and ended.when else None),
        open=is_open,
        state=state,
        outcome=display("enrolment-state", state) if state else "",
        reason=ended.reason if ended else "",
        goals=_goals(chart, plan, now),
        facts=ended.facts if ended else {},
        notes=tuple(filter(None, (as_text(note.get("text")) for note in as_objects(plan.get("note"))))),
        plan=plan,
    )


def _day(value: Any, now: datetime) -> date | None:
    parsed = dates.parse(value)
    return parsed.local_day(now.tzinfo) if parsed else None


def _ending(chart: Chart, plan: dict[str, Any]) -> StateStep | None:
    """The step that ended this plan: one that names it, else the one taken when its period ended."""
    here = relative_reference(plan)
    steps = [step for step in state_steps(chart) if step.state in ENDED]
    for step in steps:
        if here and here in map(reference_text, as_objects(step.resource.get("basedOn"))):
            return step
    end = dates.parse(as_object(plan.get("period")).get("end"))
    if end is None or end.moment is None:
        return None
    near = (step for step in steps if step.when and step.when.moment)
    return next((step for step in near if _seconds_apart(step, end) <= _WHEN_TOLD), None)


def _seconds_apart(step: StateStep, end: dates.FhirDate) -> float:
    if step.when is None or step.when.moment is None or end.moment is None:
        raise ValueError("two moments are compared")
    return abs((step.when.moment - end.moment).total_seconds())


def _goals(chart: Chart, plan: dict[str, Any], now: datetime) -> tuple[tuple[str, str], ...]:
    told = []
    for reference in as_objects(plan.get("goal")):
        goal = chart.resolve(reference, plan)
        view = goal_view(goal, now=now) if goal else None
        text = view.text if view else as_text(reference.get("display"))
        if text:
            told.append((text, view.achievement if view else ""))
    return tuple(told)
