"""Looking the plan over: one press where nothing changes, else what was changed and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from mappings.chart import Chart
from mappings.plan_gate import may_add_to_plan
from mappings.plan_review import (
    RESULTS,
    PlanReviewEntry,
    parse_plan_review,
    plan_review_defaults,
    plan_review_resources,
)

blueprint = Blueprint("plan_review", __name__)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "results": tuple(RESULTS.items()),
        "cautions": (may_add_to_plan(of, now=now).caution,),
        "before": notice(records(), of),
    }


def records() -> tuple[Record, ...]:
    """What a review files: itself; the plan is not rewritten."""
    return (Record("the review of the plan", "Task"),)


FORM: filing.FormPage[PlanReviewEntry] = filing.FormPage(
    name="plan-review",
    endpoint="plan_review",
    template="plan/review.html",
    types=(*BANNER_TYPES, "Goal"),
    parse=lambda values, of, now: parse_plan_review(values, chart=of, now=now),
    build=plan_review_resources,
    defaults=lambda of, now: plan_review_defaults(now),
    gate=lambda of, now: may_add_to_plan(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records()),
)


@blueprint.get("/l/<launch_id>/plan/review")
def show(launch_id: str) -> ResponseReturnValue:
    """The form of a review."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/plan/review")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the review."""
    return filing.send(FORM)
