"""The patient agrees with the plan: one press, with the day and how it was discussed."""

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
from mappings.goal import own_open_goals
from mappings.plan_action import offered_goals
from mappings.plan_agreement import (
    HOW_WORDS,
    PlanAgreementEntry,
    offered_people,
    parse_plan_agreement,
    plan_agreement_defaults,
    plan_agreement_resources,
)
from mappings.plan_gate import may_change_plan

blueprint = Blueprint("plan_agreement", __name__)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "people": tuple(offered_people(of).items()),
        "how_words": tuple(HOW_WORDS.items()),
        "goals": tuple(offered_goals(of, now).items()),
        "cautions": (may_change_plan(of, now=now).caution,),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What an agreement files: the plan, and its goals where there are any."""
    goals = (Record("the goals that were agreed with", "Goal", "update"),) if own_open_goals(of) else ()
    return (Record("the agreement, in the care plan", "CarePlan", "update"), *goals)


FORM: filing.FormPage[PlanAgreementEntry] = filing.FormPage(
    name="plan-agreement",
    endpoint="plan_agreement",
    template="plan/agreement.html",
    types=(*BANNER_TYPES, "Goal", "RelatedPerson"),
    parse=lambda values, of, now: parse_plan_agreement(values, chart=of, now=now),
    build=plan_agreement_resources,
    defaults=lambda of, now: plan_agreement_defaults(of, now=now),
    gate=lambda of, now: may_change_plan(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/plan/agree")
def show(launch_id: str) -> ResponseReturnValue:
    """The form of an agreement."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/plan/agree")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the agreement."""
    return filing.send(FORM)
