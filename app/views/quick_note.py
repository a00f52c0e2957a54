"""The quick note: one field, one press, two minutes of coordination."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_preferences
from app.kept_forms import sent_form_id
from app.views import filing
from app.views.before_filing import Record, notice
from app.views.page import BANNER_TYPES, CONTACT_WRITES
from fhir_profiles.terminology import display
from mappings.chart import Chart
from mappings.consent import consent_view
from mappings.enrolment import contact_note
from mappings.form import Submitted
from mappings.quick_note import (
    PEOPLE,
    QuickNote,
    parse_quick_note,
    quick_note_defaults,
    quick_note_resources,
)

blueprint = Blueprint("quick_note", __name__)


def records(of: Chart) -> tuple[Record, ...]:
    """What it files."""
    return (Record("the note, as a contact", "Task"),)


def _parse(values: filing.Values, of: Chart, now: datetime) -> Submitted[QuickNote]:
    here = current_launch()
    return parse_quick_note(
        values,
        chart=of,
        now=now,
        user=here.user,
        staff=current_preferences().staff_kind,
        form_id=here.record_form(sent_form_id()),
    )


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "people": [(code, display("contact-with", code)) for code in PEOPLE],
        "before": notice(records(of), of),
        "cautions": (contact_note(consent_view(of, now=now)),),
    }


FORM: filing.FormPage[QuickNote] = filing.FormPage(
    name="quick-note",
    endpoint="quick_note",
    template="quick_note/form.html",
    types=BANNER_TYPES,
    parse=_parse,
    build=quick_note_resources,
    defaults=lambda of, now: quick_note_defaults(),
    gate=lambda of, now: "",
    context=_context,
    writes=lambda of: CONTACT_WRITES,
)


@blueprint.get("/l/<launch_id>/quick-note")
def show(launch_id: str) -> ResponseReturnValue:
    """The note, ready to be typed."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/quick-note")
def send(launch_id: str) -> ResponseReturnValue:
    """Files it as a contact of coordination."""
    return filing.send(FORM)
