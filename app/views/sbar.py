"""Asking the provider in four short parts, filled from the chart; or telling something that needs no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from fhir_profiles.terminology import codes, display
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.patient_warning import DIED, is_deceased
from mappings.sbar import ANSWERS, SbarEntry, parse_sbar, sbar_defaults, sbar_resources, topic
from mappings.to_do import PRIORITIES

blueprint = Blueprint("sbar", __name__)

TYPES = (
    *BANNER_TYPES,
    *("Goal", "Condition", "Observation", "MedicationStatement", "MedicationRequest", "AllergyIntolerance"),
)


def records(of: Chart) -> tuple[Record, ...]:
    """What a question files."""
    return (Record("the question", "Task"),)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    here = current_launch()
    provider = primary_care_provider(of)
    topics = codes("question-topic")
    answered_by = {code: topic(code, here.ehr.practice).answered_by for code in topics}
    return {
        "topics": [(code, display("question-topic", code)) for code in topics],
        "answers": tuple(ANSWERS.items()),
        "priorities": [(code, code.capitalize()) for code in PRIORITIES],
        "provider": provider["display"] if provider else "the primary care provider",
        "others": [(display("question-topic", code), who) for code, who in answered_by.items() if who],
        "cautions": (),
        "before": notice(records(of), of),
    }


FORM: filing.FormPage[SbarEntry] = filing.FormPage(
    name="sbar",
    endpoint="sbar",
    template="sbar/form.html",
    types=TYPES,
    parse=lambda values, of, now: parse_sbar(
        values, chart=of, now=now, practice=current_launch().ehr.practice
    ),
    build=sbar_resources,
    defaults=lambda of, now: sbar_defaults(
        of, now=now, about=request.args.get("about", ""), practice=current_launch().ehr.practice
    ),
    gate=lambda of, now: DIED if is_deceased(of) else "",
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


def _form() -> filing.FormPage[SbarEntry]:
    """The form with the topic that its address names."""
    asked = request.args.get("about", "")
    return replace(FORM, parameters={"about": asked} if asked in codes("question-topic") else {})


@blueprint.get("/l/<launch_id>/ask")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, filled from the chart."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/ask")
def send(launch_id: str) -> ResponseReturnValue:
    """Sends the question."""
    return filing.send(_form())
