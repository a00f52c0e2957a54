"""The goals of a patient: all of them, and one with how it went, what was changed and why.

Ours can be changed, told of and ended; an EHR's own goal is shown, and a goal of ours can follow it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_time
from app.services import services
from app.views.page import BANNER_TYPES, chart, launch_page, not_accepted
from mappings.chart import Chart
from mappings.goal import GoalView, ended_goals, goal_view, goals, is_to_show
from mappings.goal_add import may_set_goal
from mappings.goal_change import may_change_goal
from mappings.goal_history import RulerTrend, goal_history, goal_reading, ruler_trend
from mappings.observation import LatestReading

blueprint = Blueprint("goal", __name__)

TYPES = (*BANNER_TYPES, "Goal", "Observation")
CHANGES = (("Goal", "update"),)


@dataclass(frozen=True)
class Card:
    """One goal with its pictures; `reading` is the result that it is measured by."""

    goal: GoalView
    trend: RulerTrend
    reading: LatestReading | None


@blueprint.get("/l/<launch_id>/goals")
def index(launch_id: str) -> str:
    """Every goal: ours to work with, the EHR's own to see, and those that have ended."""
    of = chart(TYPES)
    now = current_time()
    panel = goals(of, now)
    return render_template(
        "goal/index.html",
        page=launch_page("goals", of),
        panel=panel,
        ours=[card(of, row) for row in panel.rows if row.ours],
        theirs=[row for row in panel.rows if not row.ours],
        ended=ended_goals(of, now),
        may=may_set_goal(of, now=now),
        fixed=not_accepted(CHANGES),
    )


@blueprint.get("/l/<launch_id>/goal")
def show(launch_id: str) -> ResponseReturnValue:
    """One goal of ours, open or ended. One that is not there any more leads to all of them.

    :raise 404: without a goal.
    """
    asked = request.args.get("goal", "") or abort(404)
    of = chart(TYPES)
    found = [each for each in of.resources("Goal") if each.get("id") == asked and is_to_show(each)]
    if not found:
        return redirect(url_for("goal.index", launch_id=launch_id), 303)
    row = goal_view(found[0], now=current_time())
    return render_template(
        "goal/show.html",
        page=launch_page("goal", of),
        card=card(of, row),
        history=goal_history(row.resource, of, now=current_time()),
        gate=may_change_goal(of, asked).reason,
        fixed=not_accepted(CHANGES),
    )


blueprint.add_app_template_filter(ruler_trend, "ruler_trend")


def card(of: Chart, row: GoalView) -> Card:
    """A goal with its pictures."""
    return Card(row, ruler_trend(row.rulers), goal_reading(of, row.resource, current_time()))


def asked_goal(form_name: str) -> str:
    """The id of the goal that a form is about: what was sent, else what a draft of it was begun with, else the address.

    There is one draft of a form, so what was begun comes before what is asked for now.
    """
    draft = services().drafts.load(current_launch().draft_key(form_name))
    kept = next(iter(draft.values.get("goal", ())), "") if draft else ""
    return request.form.get("goal", "") or kept or request.args.get("goal", "")
