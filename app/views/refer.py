"""Referring the patient to the care manager: one press with a reason that the chart suggests, two from Today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from fhir_profiles.terminology import display
from mappings.chart import Chart
from mappings.patient_warning import patient_warnings
from mappings.program_referral import (
    is_step,
    may_refer,
    parse_referral,
    referral_resources,
    suggested_reason,
)
from mappings.program_referral_form import ReferralEntry, origins, reasons

blueprint = Blueprint("refer", __name__)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    return {"reason": (suggested_reason(of, now=now)[0],), "origin": (next(iter(origins())),)}


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    code, why = suggested_reason(of, now=now)
    return {
        "reasons": [(each, display("cm-referral-reason", each)) for each in reasons()],
        "origins": tuple(origins().items()),
        "suggested": f"{display('cm-referral-reason', code)}: {why}" if why else "",
        "cautions": (*patient_warnings(of, today=now.date()), may_refer(of, now=now).caution),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What a referral files."""
    step = (Record("the enrollment step", "Task"),) if is_step(of) else ()
    return Record("the referral, as a task for the care manager", "Task"), *step


FORM: filing.FormPage[ReferralEntry] = filing.FormPage(
    name="refer",
    endpoint="refer",
    template="refer/form.html",
    types=(*BANNER_TYPES, "Condition", "Encounter", "Observation"),
    parse=lambda values, of, now: parse_referral(values, chart=of, now=now),
    build=referral_resources,
    defaults=_defaults,
    gate=lambda of, now: may_refer(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/refer")
def show(launch_id: str) -> ResponseReturnValue:
    """The referral, with the reason that the chart suggests."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/refer")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the referral."""
    return filing.send(FORM)
