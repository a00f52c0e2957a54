"""Telling how one goal goes, outside a contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.goal import TYPES, asked_goal, card
from mappings.attainment import STEPS, signed
from mappings.chart import Chart
from mappings.goal import PROGRESS, ProgressEntry, goal_view
from mappings.goal_change import may_change_goal, own_goal
from mappings.goal_progress import goal_progress_resources, parse_goal_progress

blueprint = Blueprint("goal_progress", __name__)
NAME = "goal-progress"


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    goal = own_goal(of, asked_goal(NAME))
    row = goal_view(goal, now=now) if goal else None
    levels = zip(STEPS, row.levels, strict=False) if row else ()
    return {
        "card": card(of, row) if row else None,
        "progress": [(code, code.capitalize()) for code in PROGRESS],
        "scale": [(signed(step), f"{signed(step)}: {words}") for step, words in levels][::-1],
        "cautions": (),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What it files."""
    return (Record("the goal", "Goal", "update"),)


FORM: filing.FormPage[ProgressEntry] = filing.FormPage(
    name=NAME,
    endpoint="goal_progress",
    template="goal/progress.html",
    types=TYPES,
    parse=lambda values, of, now: parse_goal_progress(values, chart=of, now=now),
    build=goal_progress_resources,
    defaults=lambda of, now: {"goal": (asked_goal(NAME),)},
    gate=lambda of, now: may_change_goal(of, asked_goal(NAME)).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/goal/progress")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, or why nothing can be told of this goal now."""
    return filing.show(replace(FORM, parameters={"goal": asked_goal(NAME)}))


@blueprint.post("/l/<launch_id>/goal/progress")
def send(launch_id: str) -> ResponseReturnValue:
    """Files how the goal goes."""
    return filing.send(FORM)
