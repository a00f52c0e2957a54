"""Adding a task: what, by when, whose, how urgent."""

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
from mappings.task_add import (
    NEW_OWNERS,
    TaskEntry,
    kinds,
    may_add_task,
    parse_task,
    task_defaults,
    task_resources,
)
from mappings.team_member import contact_persons
from mappings.to_do import PRIORITIES

blueprint = Blueprint("task_add", __name__)

TYPES = (*BANNER_TYPES, "RelatedPerson", "CareTeam")


def records(of: Chart) -> tuple[Record, ...]:
    """What adding files."""
    return (Record("the task", "Task"),)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "kinds": tuple(kinds().items()),
        "owners": tuple(NEW_OWNERS.items()),
        "priorities": [(code, code.capitalize()) for code in PRIORITIES],
        "persons": [(each.reference, each.words) for each in contact_persons(of, now=now)],
        "cautions": (),
        "before": notice(records(of), of),
    }


FORM: filing.FormPage[TaskEntry] = filing.FormPage(
    name="task-add",
    endpoint="task_add",
    template="tasks/add.html",
    types=TYPES,
    parse=lambda values, of, now: parse_task(values, chart=of, now=now),
    build=task_resources,
    defaults=lambda _, now: task_defaults(now=now),
    gate=lambda of, _: may_add_task(of),
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/tasks/add")
def show(launch_id: str) -> ResponseReturnValue:
    """The form of a new task."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/tasks/add")
def send(launch_id: str) -> ResponseReturnValue:
    """Files it."""
    return filing.send(FORM)
