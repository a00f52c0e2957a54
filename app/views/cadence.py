"""How often the patient wants to be contacted, and how: kept in the plan as the default from then on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from mappings.cadence import ways
from mappings.cadence_form import (
    CadenceEntry,
    cadence_defaults,
    cadence_resources,
    may_wish,
    offered_rhythms,
    parse_cadence,
    rhythm_words,
)
from mappings.chart import Chart
from mappings.patient_warning import patient_warnings

blueprint = Blueprint("cadence", __name__)

RECORDS = (Record("the care plan with the wish", "CarePlan", "update"),)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "rhythms": tuple(offered_rhythms().items()),
        "ways": tuple(ways().items()),
        "now_words": rhythm_words(of, now=now),
        "cautions": patient_warnings(of, today=now.date()),
        "before": notice(RECORDS, of),
    }


FORM: filing.FormPage[CadenceEntry] = filing.FormPage(
    name="cadence",
    endpoint="cadence",
    template="cadence/form.html",
    types=(*BANNER_TYPES, "Goal"),
    parse=lambda values, of, now: parse_cadence(values, chart=of, now=now),
    build=cadence_resources,
    defaults=lambda of, now: cadence_defaults(of, now=now),
    gate=lambda of, now: may_wish(of).reason,
    context=_context,
    writes=lambda of: writes_of(RECORDS),
)


@blueprint.get("/l/<launch_id>/cadence")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, with the wish as it stands."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/cadence")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the wish in the plan."""
    return filing.send(FORM)
