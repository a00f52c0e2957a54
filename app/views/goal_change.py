"""Changing a goal of ours, with a reason that stands in its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.goal import asked_goal
from app.views.goal_add import PLAN_CHANGE, TYPES, choices
from app.views.page import not_accepted
from mappings.chart import Chart
from mappings.element import as_objects, as_text, reference_text
from mappings.goal import goal_view
from mappings.goal_change import (
    GoalChange,
    change_defaults,
    goal_change_resources,
    may_change_goal,
    own_goal,
    parse_goal_change,
)

blueprint = Blueprint("goal_change", __name__)
NAME = "goal-change"


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    goal = own_goal(of, asked_goal(NAME))
    offered = choices(of, now)
    held = as_objects(goal.get("addresses")) if goal else []
    named = {reference_text(each): as_text(each.get("display")) or "Problem" for each in held}
    return {
        **offered,
        "problems": tuple({**named, **dict(offered["problems"])}.items()),
        "changing": goal_view(goal, now=now) if goal else None,
        "cautions": (),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What a change files; the plan only where it names the goal by other words."""
    return (Record("the goal", "Goal", "update"),)


def _build(entry: GoalChange, of: Chart, *rest: Any) -> list[dict[str, Any]]:
    made = goal_change_resources(entry, of, *rest)
    stuck = not_accepted(PLAN_CHANGE)
    return [each for each in made if each["resourceType"] != "CarePlan" or not stuck]


FORM: filing.FormPage[GoalChange] = filing.FormPage(
    name=NAME,
    endpoint="goal_change",
    template="goal/change.html",
    types=TYPES,
    parse=lambda values, of, now: parse_goal_change(values, chart=of, now=now),
    build=_build,
    defaults=lambda of, now: change_defaults(of, asked_goal(NAME)),
    gate=lambda of, now: may_change_goal(of, asked_goal(NAME)).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/goal/change")
def show(launch_id: str) -> ResponseReturnValue:
    """The goal in its form, or why it may not be changed now."""
    return filing.show(replace(FORM, parameters={"goal": asked_goal(NAME)}))


@blueprint.post("/l/<launch_id>/goal/change")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the goal as it now is."""
    return filing.send(FORM)
