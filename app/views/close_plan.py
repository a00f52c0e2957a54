"""Closing a care plan: how it ended, how each goal ended, who has the patient now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from fhir_profiles.terminology import codes, display
from mappings import pick_lists
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.close_form import FINAL_PREFIX, CloseEntry
from mappings.closing import close_resources, parse_close
from mappings.enrolment import may_close
from mappings.episode import open_plan
from mappings.goal import FINAL_WORDS, goals, own_open_goals
from mappings.identity import is_ours
from mappings.to_do import open_to_dos, to_dos

blueprint = Blueprint("close_plan", __name__)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    provider = primary_care_provider(of)
    return {"hand_back_to": (provider["display"],)} if provider else {}


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "outcomes": [(outcome.code, outcome.label) for outcome in pick_lists.outcomes().values()],
        "reasons": [(code, display("close-reason", code)) for code in codes("close-reason")],
        "goals": [row for row in goals(of, now).rows if row.ours and row.active],
        "to_dos": [row for row in to_dos(of, now).rows if row.ours],
        "finals": tuple(FINAL_WORDS.items()),
        "final_prefix": FINAL_PREFIX,
        "cautions": (may_close(of, now=now).caution,),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """The outcome, and the end of what is open: "the end of the plan", "of 2 goals", "of 1 open task"."""
    goals_open, tasks = len(own_open_goals(of)), sum(map(is_ours, open_to_dos(of)))
    ends = (
        ("the end of the plan", "CarePlan", open_plan(of) is not None),
        (f"the end of {goals_open} goal{'' if goals_open == 1 else 's'}", "Goal", goals_open),
        (f"{tasks} open task{'' if tasks == 1 else 's'} as called off", "Task", tasks),
    )
    ended = (Record(words, kind, "update") for words, kind, any_open in ends if any_open)
    return *ended, Record("the outcome", "Task")


FORM: filing.FormPage[CloseEntry] = filing.FormPage(
    name="care-plan-close",
    endpoint="close_plan",
    template="care_plan/close.html",
    types=(*BANNER_TYPES, "Goal"),
    parse=lambda values, of, now: parse_close(values, chart=of, now=now),
    build=close_resources,
    defaults=_defaults,
    gate=lambda of, now: may_close(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/care-plan/close")
def show(launch_id: str) -> ResponseReturnValue:
    """The form that closes the plan, or why there is nothing to close."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/care-plan/close")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the end of the plan, its goals and its open tasks."""
    return filing.send(FORM)
