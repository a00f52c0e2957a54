"""Deciding eligibility: the conditions that count, the three tests, the risk level with its reasons, who attests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.services import services
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from fhir_profiles.terminology import codes, display
from mappings.chart import Chart
from mappings.eligibility import TEST_WORDS, eligibility_view, to_attest
from mappings.eligibility_decision import (
    eligibility_defaults,
    eligibility_resources,
    is_first_step,
    may_decide,
    offered_problems,
    parse_eligibility,
    suggestion,
)
from mappings.eligibility_form import ATTESTS, DECISIONS, EligibilityEntry, Picked
from mappings.finding import findings
from mappings.patient_warning import patient_warnings
from mappings.program_referral import open_referrals, referrals
from mappings.risk_rule import risk_rules

blueprint = Blueprint("eligibility", __name__)

NO_CODES = (
    "None of the problems bears a code that the value sets of chronic conditions know. Tick those that count: your pick"
    " is what stands."
)


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    rows = offered_problems(of, now)
    level = suggestion(_picked(of, now), of, now)
    known = [row for row in rows if row.chronic_group]
    return {
        "known": known,
        "others": [row for row in rows if not row.chronic_group],
        "level": level,
        "levels": [(code, f"{display('risk-tier', code)}") for code in codes("risk-tier")],
        "cares": [(display("risk-tier", code), risk_rules().care[code]) for code in codes("risk-tier")],
        "tests": TEST_WORDS,
        "findings": findings(of, now=now),
        "attests": tuple(ATTESTS.items()),
        "decisions": tuple(DECISIONS.items()),
        "last": eligibility_view(of, now=now),
        "waiting": [each for each in referrals(of, now=now) if each.open],
        "cautions": (
            *patient_warnings(of, today=now.date()),
            NO_CODES if rows and not known else "",
            may_decide(of, now=now).caution,
        ),
        "before": notice(records(of), of),
    }


def _picked(of: Chart, now: datetime) -> Picked:
    """The pick on the page: as it was sent, as it was left, or as the chart suggests it."""
    draft = services().drafts.load(current_launch().draft_key("eligibility"))
    usual = eligibility_defaults(of, now=now)
    if request.method == "POST" and "condition" in request.form:
        return _pick(tuple(request.form.getlist("condition")), request.form.get("other_condition", ""))
    values = draft.values if draft else usual
    return _pick(tuple(values.get("condition", ())), next(iter(values.get("other_condition", ())), ""))


def _pick(conditions: tuple[str, ...], other: str) -> Picked:
    return Picked((*conditions, "other") if other else conditions, (), (), other)


def records(of: Chart) -> tuple[Record, ...]:
    """What a decision files."""
    step = (Record("the enrollment step", "Task"),) if is_first_step(of) else ()
    waits = open_referrals(of) or to_attest(of)
    closed = (Record("what waited for it, as done", "Task", "update"),) if waits else ()
    return Record("the decision", "Task"), *step, *closed


FORM: filing.FormPage[EligibilityEntry] = filing.FormPage(
    name="eligibility",
    endpoint="eligibility",
    template="eligibility/form.html",
    types=(
        *BANNER_TYPES,
        "Condition",
        "Encounter",
        "MedicationStatement",
        "MedicationRequest",
        "Observation",
        "RiskAssessment",
        "Coverage",
    ),
    parse=lambda values, of, now: parse_eligibility(values, chart=of, now=now),
    build=eligibility_resources,
    defaults=lambda of, now: eligibility_defaults(of, now=now),
    gate=lambda of, now: may_decide(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/eligibility")
def show(launch_id: str) -> ResponseReturnValue:
    """The decision, prefilled from the chart."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/eligibility")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the decision."""
    return filing.send(FORM)
