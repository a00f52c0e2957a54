"""Saves that add to an open plan and change it: steps, services, reviews, revisions, agreements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mappings.chart import Chart
from mappings.plan_action import (
    change_defaults,
    change_resources,
    changeable,
    new_resources,
    parse_change,
    parse_new,
    plan_action_defaults,
)
from mappings.plan_agreement import parse_plan_agreement, plan_agreement_defaults, plan_agreement_resources
from mappings.plan_review import parse_plan_review, plan_review_defaults, plan_review_resources
from mappings.plan_revision import parse_plan_revision, plan_revision_defaults, plan_revision_resources
from tests.written.saves import FORMS, Save, Values

FORMS.update(
    {
        "plan-action": (parse_new, new_resources),
        "plan-action-change": (parse_change, change_resources),
        "plan-review": (parse_plan_review, plan_review_resources),
        "plan-revision": (parse_plan_revision, plan_revision_resources),
        "plan-agreement": (parse_plan_agreement, plan_agreement_resources),
    }
)


def planned(day: int, kind: str, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A step, an action or a service, for the goal that the form opens with."""

    def fill(chart: Chart, now: datetime) -> Values:
        opened = plan_action_defaults(chart, now=now, kind=kind, goal="")
        return {**opened, "text": ["Meals at home"], "often": ["Once a week"], **_single(typed)}

    return Save("plan-action", day, fill, author or {})


def replanned(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """The last thing that the plan agrees on, as it is from now on: changed, done or called off."""

    def fill(chart: Chart, now: datetime) -> Values:
        last = next(reversed(changeable(chart, now)))
        return {**change_defaults(chart, now=now, task=last), **_single(typed)}

    return Save("plan-action-change", day, fill, author or {})


def reviewed(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A review as it opens: no change, unless something else is typed."""
    return Save(
        "plan-review", day, lambda _, now: {**plan_review_defaults(now), **_single(typed)}, author or {}
    )


def revised(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """The plan as it stands, and what is typed otherwise."""

    def fill(chart: Chart, now: datetime) -> Values:
        return {**plan_revision_defaults(chart, now=now), "why": ["Seen at home"], **_single(typed)}

    return Save("plan-revision", day, fill, author or {})


def agreed(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """An agreement with every open goal."""

    def fill(chart: Chart, now: datetime) -> Values:
        return {**plan_agreement_defaults(chart, now=now), **_single(typed)}

    return Save("plan-agreement", day, fill, author or {})


def _single(values: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in values.items()}
