"""The provider's answer in one screen: what is asked, one tap or a few words, what is to be done."""

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
from mappings.element import as_object
from mappings.sbar_answer import (
    GONE,
    AnswerEntry,
    answer_defaults,
    answer_resources,
    decisions,
    parse_answer,
    questions,
)
from mappings.task_list import TaskRow, task_list

blueprint = Blueprint("sbar_answer", __name__)

NAME = "sbar-answer"


def _asked() -> str:
    """The question that the form is about: as sent, else as a draft was begun with, else as the address says."""
    draft = services().drafts.load(current_launch().draft_key(NAME))
    kept = next(iter(draft.values.get("task", ())), "") if draft else ""
    return request.form.get("task", "") or kept or request.args.get("task", "")


def records(of: Chart) -> tuple[Record, ...]:
    """What an answer files."""
    return (Record("the answer", "Task", "update"), Record("what is to be done, as a task", "Task"))


def _row(of: Chart, now: datetime) -> TaskRow | None:
    found = task_list(of, now=now, user=task_user())
    rows = (*found.mine, *found.team, *found.patient)
    return next((row for row in rows if row.task.id == _asked()), None)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    row, user = _row(of, now), task_user()
    return {
        "row": row,
        "decisions": tuple(decisions(row.task.resource).items()) if row else (),
        "mine": bool(row and user.has(of, as_object(row.task.resource.get("owner")))),
        "cautions": (),
        "before": notice(records(of), of),
    }


FORM: filing.FormPage[AnswerEntry] = filing.FormPage(
    name=NAME,
    endpoint="sbar_answer",
    template="sbar/answer.html",
    types=BANNER_TYPES,
    parse=lambda values, of, now: parse_answer(values, chart=of, now=now),
    build=answer_resources,
    defaults=lambda of, now: answer_defaults(
        of, now=now, task=_asked(), user_name=current_launch().user_name
    ),
    gate=lambda of, now: "" if _asked() in questions(of) else GONE,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


def _form() -> filing.FormPage[AnswerEntry]:
    """The form with the question that its address names."""
    asked = request.args.get("task", "")
    return replace(FORM, parameters={"task": asked} if asked else {})


@blueprint.get("/l/<launch_id>/answer")
def show(launch_id: str) -> ResponseReturnValue:
    """The question with the form of its answer, or what became of it."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/answer")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the answer."""
    return filing.send(_form())
