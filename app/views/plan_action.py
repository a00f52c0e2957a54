"""Adding to the plan: a step that the patient takes, an action of the team, a service that somebody gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from mappings.chart import Chart
from mappings.episode import open_plan
from mappings.plan_action import new_resources, offered_goals, parse_new, plan_action_defaults
from mappings.plan_action_form import KINDS, NEW_OWNERS, PlanActionEntry
from mappings.plan_gate import may_add_to_plan
from mappings.to_do import PLANNED, PRIORITIES

blueprint = Blueprint("plan_action", __name__)

TYPES = (*BANNER_TYPES, "Goal")


def choices(of: Chart, now: datetime) -> Mapping[str, Any]:
    """What the form of a new thing and that of a change both offer."""
    return {
        "kinds": tuple(KINDS.items()),
        "goals": tuple(offered_goals(of, now).items()),
        "owners": tuple(NEW_OWNERS.items()),
        "priorities": [(code, code.capitalize()) for code in PRIORITIES],
    }


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        **choices(of, now),
        "cautions": (may_add_to_plan(of, now=now).caution,),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What adding files: the task, and the plan that names it."""
    named = (Record("the care plan that names it", "CarePlan", "update"),) if open_plan(of) else ()
    return (Record("the step, action or service", "Task"), *named)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    asked = {name: request.args.get(name, "") for name in ("kind", "goal")}
    return plan_action_defaults(of, now=now, **asked)


FORM: filing.FormPage[PlanActionEntry] = filing.FormPage(
    name="plan-action",
    endpoint="plan_action",
    template="plan/action.html",
    types=TYPES,
    parse=lambda values, of, now: parse_new(values, chart=of, now=now),
    build=new_resources,
    defaults=_defaults,
    gate=lambda of, now: may_add_to_plan(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


def _form() -> filing.FormPage[PlanActionEntry]:
    """The form with what its address names: which kind, for which goal."""
    asked = {name: value for name in ("kind", "goal") if (value := request.args.get(name, ""))}
    return replace(FORM, parameters=asked if asked.get("kind", PLANNED[0]) in PLANNED else {})


@blueprint.get("/l/<launch_id>/plan/action")
def show(launch_id: str) -> ResponseReturnValue:
    """The form of something new, or why nothing may be added now."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/plan/action")
def send(launch_id: str) -> ResponseReturnValue:
    """Files it, and the plan that names it."""
    return filing.send(_form())
