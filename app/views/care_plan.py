"""Opening a care plan: what matters most, one goal that can be checked, the patient's first step, one next action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from fhir_profiles.terminology import display
from mappings import pick_lists
from mappings.care_plan import (
    care_plan_defaults,
    care_plan_resources,
    offered_conditions,
    offered_plans,
    offered_visits,
    parse_care_plan,
)
from mappings.care_plan_form import FIRST_ACTIONS, CarePlanEntry
from mappings.chart import Chart
from mappings.enrolment import may_plan
from mappings.episode import open_plan
from mappings.goal_form import COMPARATORS, OPENING_GOAL_BY, OWN_MEASURE
from mappings.needs_assessment import said_before
from mappings.observation import latest_readings
from mappings.plan_section import CARE_TYPES
from mappings.to_do import OWNERS, PRIORITIES

blueprint = Blueprint("care_plan", __name__)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    measures = [
        (measure.code, f"{measure.label} ({measure.unit})") for measure in pick_lists.measures().values()
    ]
    matters = said_before(of, "matters", now=now).when_words
    return {
        "matters_from": f"From the needs assessment, {matters}." if matters else "",
        "conditions": tuple(offered_conditions(of, now).items()),
        "visits": tuple(offered_visits(of, now).items()),
        "readings": latest_readings(of, now=now).rows,
        "measures": [*measures, (OWN_MEASURE, "Something else, in words")],
        "comparators": tuple(COMPARATORS.items()),
        "goal_by": tuple(OPENING_GOAL_BY.items()),
        "owners": tuple(OWNERS.items()),
        "priorities": [(code, code.capitalize()) for code in PRIORITIES],
        "kinds": [(code, display("to-do-kind", code)) for code in FIRST_ACTIONS],
        "plans": tuple(offered_plans(of, now).items()),
        "care_types": tuple(CARE_TYPES.items()),
        "cautions": (may_plan(of, now=now).caution,),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What opening a plan files."""
    return (
        Record("the care plan", "CarePlan", "update" if open_plan(of) else "create"),
        Record("its goal", "Goal"),
        Record("the patient’s first step", "Task"),
        Record("the first action", "Task"),
        Record("the enrollment step", "Task"),
    )


FORM: filing.FormPage[CarePlanEntry] = filing.FormPage(
    name="care-plan",
    endpoint="care_plan",
    template="care_plan/form.html",
    types=(*BANNER_TYPES, "Condition", "Encounter", "Goal", "Observation"),
    parse=lambda values, of, now: parse_care_plan(values, chart=of, now=now),
    build=care_plan_resources,
    defaults=lambda of, now: care_plan_defaults(of, now=now),
    gate=lambda of, now: may_plan(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/care-plan")
def show(launch_id: str) -> ResponseReturnValue:
    """The form that opens a plan, or why none may be opened now."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/care-plan")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the plan, its goal and its first task."""
    return filing.send(FORM)
