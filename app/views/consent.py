"""Consent to the service: asked with the four things a patient must be told, and recorded in under a minute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from fhir_profiles.terminology import codes, display
from mappings import pick_lists
from mappings.chart import Chart
from mappings.consent import consent_resources, drafts_plan, may_consent, parse_consent, related_persons
from mappings.consent_form import DECISIONS, ServiceConsent
from mappings.patient import patient_banner

blueprint = Blueprint("consent", __name__)


def _defaults(of: Chart, now: datetime) -> filing.Values:
    provider = patient_banner(of, today=now.date()).pcp_name
    return {
        "mode": ("verbal",),
        "agreed_by": ("patient",),
        "discussed_by": (provider or current_launch().user_name,),
        "date": (now.date().isoformat(),),
    }


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "decisions": tuple(DECISIONS.items()),
        "modes": [(code, display("consent-mode", code)) for code in codes("consent-mode")],
        "agreeing": [
            ("patient", "The patient"),
            *related_persons(of).items(),
            ("caregiver", "A caregiver who is not on file"),
        ],
        "disclosures": codes("disclosure"),
        "decline_reasons": tuple(pick_lists.decline_reasons().items()),
        "provider": patient_banner(of, today=now.date()).pcp_name,
        "cautions": (may_consent(of, now=now).caution,),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What an answer files."""
    draft = (Record("the draft of a care plan (if agreed)", "CarePlan"),) if drafts_plan(of) else ()
    return Record("the patient’s answer", "Consent"), *draft, Record("the enrollment step", "Task")


FORM: filing.FormPage[ServiceConsent] = filing.FormPage(
    name="consent",
    endpoint="consent",
    template="consent/form.html",
    types=(*BANNER_TYPES, "RelatedPerson"),
    parse=lambda values, of, now: parse_consent(values, chart=of, now=now),
    build=consent_resources,
    defaults=_defaults,
    gate=lambda of, now: may_consent(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/consent")
def show(launch_id: str) -> ResponseReturnValue:
    """The consent form, or why none is needed now."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/consent")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the patient's answer."""
    return filing.send(FORM)
