"""A task that arranges care with somebody outside, or follows up an emergency visit."""

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
from mappings.coordination import (
    OWNERS,
    CoordinationEntry,
    coordination_defaults,
    coordination_resources,
    may_coordinate,
    parse_coordination,
)
from mappings.to_do import PRIORITIES

blueprint = Blueprint("coordination", __name__)


def records() -> tuple[Record, ...]:
    """What it files: one task."""
    return (Record("the task", "Task"),)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "cautions": (),
        "owners": tuple(OWNERS.items()),
        "priorities": [(code, code.capitalize()) for code in PRIORITIES],
        "before": notice(records(), of),
    }


def _defaults(of: Chart, now: datetime) -> filing.Values:
    asked = {name: request.args.get(name, "") for name in ("visit", "name")}
    return coordination_defaults(of, now=now, **asked)


FORM: filing.FormPage[CoordinationEntry] = filing.FormPage(
    name="coordination",
    endpoint="coordination",
    template="coordination/form.html",
    types=(*BANNER_TYPES, "Encounter", "CareTeam"),
    parse=lambda values, of, now: parse_coordination(values, chart=of, now=now),
    build=coordination_resources,
    defaults=_defaults,
    gate=lambda of, now: may_coordinate(of),
    context=_context,
    writes=lambda of: writes_of(records()),
)


def _form() -> filing.FormPage[CoordinationEntry]:
    """The form with what its address names: after which emergency visit, or with whom."""
    asked = {name: value for name in ("visit", "name") if (value := request.args.get(name, ""))}
    return replace(FORM, parameters=asked)


@blueprint.get("/l/<launch_id>/coordination")
def show(launch_id: str) -> ResponseReturnValue:
    """The form of a task with somebody outside."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/coordination")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the task."""
    return filing.send(_form())
