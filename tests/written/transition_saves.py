"""Saves after a discharge and an emergency visit: the checklist, the call with it, tasks with others outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mappings.chart import Chart
from mappings.coordination import coordination_defaults, coordination_resources, parse_coordination
from mappings.ed_follow_up import ed_visits
from mappings.transition import current
from mappings.transition_form import checklist_defaults, checklist_resources, parse_checklist, plannable
from tests.written.saves import FORMS, Save, Values, contact

FORMS.update(
    {
        "transition": (parse_checklist, checklist_resources),
        "coordination": (parse_coordination, coordination_resources),
    }
)


def ticked(
    day: int, *done: str, plan: bool = False, author: Mapping[str, Any] | None = None, **typed: str
) -> Save:
    """The checklist of the last discharge, with everything on the task list that may stand there, if `plan`."""

    def fill(chart: Chart, now: datetime) -> Values:
        found = current(chart, now=now)
        assert found is not None
        planned = tuple(plannable(chart, found, now=now)) if plan else ()
        opened = checklist_defaults(chart, now=now)
        return {**opened, "done": done, "plan": planned, **_single(typed)}

    return Save("transition", day, fill, author or {})


def called(day: int, *done: str, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A contact after the last discharge, in which some of the checklist was gone through."""
    plain = contact(day, author=author, **{"service_type": "transition", "next_in": "7", **typed})

    def fill(chart: Chart, now: datetime) -> Values:
        found = current(chart, now=now)
        assert found is not None
        return {**plain.fill(chart, now), "discharge": (found.stay.id,), "discharge_done": done}

    return Save("contact", day, fill, author or {})


def coordinated(
    day: int, *, emergency: bool = False, author: Mapping[str, Any] | None = None, **typed: str
) -> Save:
    """A task with somebody outside, or (`emergency`) the call after the last emergency visit."""

    def fill(chart: Chart, now: datetime) -> Values:
        visit = ed_visits(chart, now=now)[0].visit.id if emergency else ""
        return {**coordination_defaults(chart, now=now, visit=visit), **_single(typed)}

    return Save("coordination", day, fill, author or {})


def _single(values: Mapping[str, str]) -> dict[str, Sequence[str]]:
    return {name: [value] for name, value in values.items()}
