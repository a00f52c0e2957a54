"""Ending one goal while the plan goes on, with a reason; the open tasks that were for it may go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice
from app.views.goal import TYPES, asked_goal, card
from app.views.page import not_accepted
from mappings.chart import Chart
from mappings.element import as_text
from mappings.goal import goal_view
from mappings.goal_change import may_change_goal, own_goal
from mappings.goal_end import ENDINGS, GoalEnd, goal_end_resources, parse_goal_end, tasks_for
from mappings.to_do import to_do_view

blueprint = Blueprint("goal_end", __name__)
NAME = "goal-end"
WRITES = (("Goal", "update"),)
TASK_CHANGE = (("Task", "update"),)


def _tasks(of: Chart) -> tuple[dict[str, Any], ...]:
    """The open tasks for the goal that could be called off here."""
    goal = own_goal(of, asked_goal(NAME))
    return () if goal is None or not_accepted(TASK_CHANGE) else tasks_for(of, goal)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    goal = own_goal(of, asked_goal(NAME))
    rows = [to_do_view(task, now=now) for task in _tasks(of)]
    return {
        "card": card(of, goal_view(goal, now=now)) if goal else None,
        "endings": tuple(ENDINGS.items()),
        "tasks": [
            (row.id, f"{row.text} · due {row.due_words}" if row.due_words else row.text) for row in rows
        ],
        "cautions": (),
        "before": notice(records(of), of),
    }


def _defaults(of: Chart, now: datetime) -> filing.Values:
    return {"goal": (asked_goal(NAME),), "call_off": tuple(as_text(task["id"]) for task in _tasks(of))}


def records(of: Chart) -> tuple[Record, ...]:
    """What an end files."""
    tasks = (Record("each task you call off", "Task", "update"),) if _tasks(of) else ()
    return Record("the end of the goal", "Goal", "update"), *tasks


FORM: filing.FormPage[GoalEnd] = filing.FormPage(
    name=NAME,
    endpoint="goal_end",
    template="goal/end.html",
    types=TYPES,
    parse=lambda values, of, now: parse_goal_end(values, chart=of, now=now),
    build=goal_end_resources,
    defaults=_defaults,
    gate=lambda of, now: may_change_goal(of, asked_goal(NAME)).reason,
    context=_context,
    writes=lambda of: WRITES,
)


@blueprint.get("/l/<launch_id>/goal/end")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, or why this goal cannot be ended now."""
    return filing.show(replace(FORM, parameters={"goal": asked_goal(NAME)}))


@blueprint.post("/l/<launch_id>/goal/end")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the goal's end."""
    return filing.send(FORM)
