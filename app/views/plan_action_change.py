"""Changing what the plan agrees on: other words, another day, done, or called off with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.services import services
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.plan_action import TYPES, choices
from mappings.chart import Chart
from mappings.plan_action import (
    KIND_WORDS,
    change_defaults,
    change_resources,
    changeable,
    parse_change,
)
from mappings.plan_action_form import GONE, NEW_OWNERS, OUTCOMES, SAME, PlanActionEntry
from mappings.plan_gate import may_change_plan

blueprint = Blueprint("plan_action_change", __name__)

NAME = "plan-action-change"


def _asked() -> str:
    """The task that the form is about: as sent, else as a draft of it was begun with, else as the address says."""
    draft = services().drafts.load(current_launch().draft_key(NAME))
    kept = next(iter(draft.values.get("task", ())), "") if draft else ""
    return request.form.get("task", "") or kept or request.args.get("task", "")


def _gate(of: Chart, now: datetime) -> str:
    gone = "" if _asked() in changeable(of, now) else GONE
    return may_change_plan(of, now=now).reason or gone


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    row = changeable(of, now).get(_asked())
    same = f"{row.owner}, as now" if row and row.owner else "As now"
    return {
        **choices(of, now),
        "owners": ((SAME, same), *NEW_OWNERS.items()),
        "outcomes": tuple(OUTCOMES.items()),
        "kind": row.kind if row else "",
        "kind_words": KIND_WORDS.get(row.kind, "Action") if row else "",
        "cautions": (may_change_plan(of, now=now).caution,),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What a change files: the task; the plan too where it names it in other words."""
    return (
        Record("the step, action or service as it is now", "Task", "update"),
        Record("the care plan where it names it otherwise", "CarePlan", "update"),
    )


FORM: filing.FormPage[PlanActionEntry] = filing.FormPage(
    name=NAME,
    endpoint="plan_action_change",
    template="plan/action_change.html",
    types=TYPES,
    parse=lambda values, of, now: parse_change(values, chart=of, now=now),
    build=change_resources,
    defaults=lambda of, now: change_defaults(of, now=now, task=_asked()),
    gate=_gate,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


def _form() -> filing.FormPage[PlanActionEntry]:
    """The form with the task that its address names."""
    asked = request.args.get("task", "")
    return replace(FORM, parameters={"task": asked} if asked else {})


@blueprint.get("/l/<launch_id>/plan/action/change")
def show(launch_id: str) -> ResponseReturnValue:
    """The form of a change, or why it may not be changed now."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/plan/action/change")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the change."""
    return filing.send(_form())
