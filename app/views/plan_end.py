"""Two open plans in one chart: both are shown, and the one that was opened wrongly is ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from mappings.chart import Chart
from mappings.plan_end import PlanEndEntry, end_refusal, open_plans, parse_plan_end, plan_end_resources

blueprint = Blueprint("plan_end", __name__)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    asked = request.args.get("plan", "")
    return {"plan": (asked,)} if asked in {row.id for row in open_plans(of, now)} else {}


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {"plans": open_plans(of, now), "before": notice(records(), of), "cautions": ()}


def records() -> tuple[Record, ...]:
    """What it files: the end of the one, and what moves to the other."""
    return (
        Record("the end of the one plan, and what moves to the other", "CarePlan", "update"),
        Record("the tasks that move", "Task", "update"),
    )


FORM: filing.FormPage[PlanEndEntry] = filing.FormPage(
    name="plan-end",
    endpoint="plan_end",
    template="plan/end.html",
    types=(*BANNER_TYPES, "Goal"),
    parse=lambda values, of, now: parse_plan_end(values, chart=of, now=now),
    build=plan_end_resources,
    defaults=_defaults,
    gate=end_refusal,
    context=_context,
    writes=lambda of: writes_of(records()),
)


@blueprint.get("/l/<launch_id>/plan/end")
def show(launch_id: str) -> ResponseReturnValue:
    """Both plans, and the question which one goes."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/plan/end")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the end of the wrong one."""
    return filing.send(FORM)
