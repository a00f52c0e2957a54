"""Saying that the patient is at the practice now: one press, for whoever sees the patient come in."""

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
from mappings.here_now import HereEntry, here_resources, may_say_here, parse_here

blueprint = Blueprint("here_now", __name__)


def records(of: Chart) -> tuple[Record, ...]:
    """What the flag files."""
    return (Record("the flag of today", "Task"),)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {"cautions": (), "before": notice(records(of), of)}


FORM: filing.FormPage[HereEntry] = filing.FormPage(
    name="here-now",
    endpoint="here_now",
    template="tasks/here.html",
    types=BANNER_TYPES,
    parse=lambda values, of, now: parse_here(values, chart=of, now=now),
    build=here_resources,
    defaults=lambda *_: {},
    gate=lambda of, now: may_say_here(of, now=now),
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/here")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, or the flag as it stands."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/here")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the flag."""
    return filing.send(FORM)
