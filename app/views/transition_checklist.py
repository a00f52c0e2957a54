"""Ticking what was gone through after a discharge, and putting on the task list what is still to come."""

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
from mappings.sight import caution
from mappings.transition import current
from mappings.transition_form import (
    ChecklistEntry,
    checklist_defaults,
    checklist_resources,
    may_tick,
    open_items,
    parse_checklist,
    plannable,
    went_choices,
)
from mappings.transition_record import TEACH_BACK

blueprint = Blueprint("transition_checklist", __name__)


def records() -> tuple[Record, ...]:
    """What the checklist files: what was gone through, and the tasks that are planned."""
    return (Record("what was gone through", "Task"), Record("the tasks you choose", "Task"))


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    found = current(of, now=now)
    if found is None:
        return {"found": None, "cautions": (), "before": None}
    return {
        "found": found,
        "items": tuple(open_items(found).items()),
        "went": tuple(went_choices(found).items()),
        "teach_back": tuple(TEACH_BACK.items()),
        "plannable": tuple(plannable(of, found, now=now).items()),
        "cautions": () if found.known else (caution(["what was gone through already"]),),
        "before": notice(records(), of),
    }


FORM: filing.FormPage[ChecklistEntry] = filing.FormPage(
    name="transition",
    endpoint="transition_checklist",
    template="transition/checklist.html",
    types=(*BANNER_TYPES, "Encounter", "Condition", "Appointment"),
    parse=lambda values, of, now: parse_checklist(values, chart=of, now=now),
    build=checklist_resources,
    defaults=lambda of, now: checklist_defaults(of, now=now),
    gate=lambda of, now: may_tick(of, now=now),
    context=_context,
    writes=lambda of: writes_of(records()),
)


@blueprint.get("/l/<launch_id>/transition/checklist")
def show(launch_id: str) -> ResponseReturnValue:
    """The checklist of the last discharge, or why nothing can be ticked now."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/transition/checklist")
def send(launch_id: str) -> ResponseReturnValue:
    """Files what was ticked, with its time, and the tasks."""
    return filing.send(FORM)
