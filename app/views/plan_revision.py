"""Revising the plan: its words, its problems, its care type, its people, always with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from mappings.care_plan import offered_conditions, offered_plans
from mappings.care_team import care_team
from mappings.chart import Chart
from mappings.plan_element import elements
from mappings.plan_gate import may_change_plan
from mappings.plan_revision import (
    PlanRevisionEntry,
    parse_plan_revision,
    plan_revision_defaults,
    plan_revision_resources,
)
from mappings.plan_section import CARE_TYPES

blueprint = Blueprint("plan_revision", __name__)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "conditions": tuple(offered_conditions(of, now).items()),
        "plans": tuple(offered_plans(of, now).items()),
        "care_types": tuple(CARE_TYPES.items()),
        "sections": [each for each in elements() if each.label],
        "names": sorted({member.name for member in care_team(of, now=now).members.rows}),
        "cautions": (may_change_plan(of, now=now).caution,),
        "before": notice(records(), of),
    }


def records() -> tuple[Record, ...]:
    """What a revision files: the plan, and why it was changed."""
    return Record("the care plan", "CarePlan", "update"), Record("what was changed and why", "Task")


FORM: filing.FormPage[PlanRevisionEntry] = filing.FormPage(
    name="plan-revision",
    endpoint="plan_revision",
    template="plan/revision.html",
    types=(*BANNER_TYPES, "Condition", "CareTeam"),
    parse=lambda values, of, now: parse_plan_revision(values, chart=of, now=now),
    build=plan_revision_resources,
    defaults=lambda of, now: plan_revision_defaults(of, now=now),
    gate=lambda of, now: may_change_plan(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records()),
)


@blueprint.get("/l/<launch_id>/plan/revise")
def show(launch_id: str) -> ResponseReturnValue:
    """The plan to be revised, or why it may not be changed now."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/plan/revise")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the plan as it reads now, and why."""
    return filing.send(FORM)
