"""What becomes of a task: done with its result, taken over, handed off, called off."""

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
from app.views.page import BANNER_TYPES
from app.views.task_user import task_user
from mappings.chart import Chart
from mappings.task_change import (
    GONE,
    OTHER,
    OUTCOMES,
    ChangeEntry,
    change_defaults,
    change_resources,
    changeable,
    parse_change,
)
from mappings.task_list import TaskRow, task_list
from mappings.team_member import people
from mappings.to_do import PRIORITIES

blueprint = Blueprint("task_change", __name__)

NAME = "task-change"


def _asked() -> str:
    """The task that the form is about: as sent, else as a draft of it was begun with, else as the address says."""
    draft = services().drafts.load(current_launch().draft_key(NAME))
    kept = next(iter(draft.values.get("task", ())), "") if draft else ""
    return request.form.get("task", "") or kept or request.args.get("task", "")


def records(of: Chart) -> tuple[Record, ...]:
    """What a change files."""
    return (Record("the task as it is now", "Task", "update"),)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    user = task_user()
    found = task_list(of, now=now, user=user)
    rows = (*found.mine, *found.team, *found.patient)
    row = next((each for each in rows if each.task.id == _asked()), None)
    mine = bool(row and row.whose == "mine")
    return {
        "row": row,
        "others": [(each.task.id, each.task.text) for each in found.mine if _may_go_with(each, row)],
        "outcomes": [(code, words) for code, words in OUTCOMES.items() if not (mine and code == "take-over")],
        "people": [*people(of, user).items(), (OTHER, "Somebody else")],
        "priorities": [(code, code.capitalize()) for code in PRIORITIES],
        "cautions": (),
        "before": notice(records(of), of),
    }


def _may_go_with(each: TaskRow, row: TaskRow | None) -> bool:
    """Whether another task of the user's may be handed off with this one."""
    return bool(row and each.task.ours and each.task.id and each.task.id != row.task.id)


FORM: filing.FormPage[ChangeEntry] = filing.FormPage(
    name=NAME,
    endpoint="task_change",
    template="tasks/change.html",
    types=BANNER_TYPES,
    parse=lambda values, of, now: parse_change(values, chart=of, now=now, user=task_user()),
    build=change_resources,
    defaults=lambda of, now: change_defaults(
        of, now=now, task=_asked(), outcome=request.args.get("outcome", "")
    ),
    gate=lambda of, _: "" if _asked() in changeable(of) else GONE,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


def _form() -> filing.FormPage[ChangeEntry]:
    """The form with what its address names."""
    asked = {name: value for name in ("task", "outcome") if (value := request.args.get(name, ""))}
    return replace(FORM, parameters=asked)


@blueprint.get("/l/<launch_id>/tasks/change")
def show(launch_id: str) -> ResponseReturnValue:
    """The form of a change, or what became of the task."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/tasks/change")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the change."""
    return filing.send(_form())
