"""The enrollment page: where the patient stands on the way, what may be done next, and all that led here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, current_app, render_template, url_for

from app.current import current_launch, current_time
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.chart import Chart
from mappings.chart_rows import ChartRows
from mappings.consent import consent_view
from mappings.eligibility import eligibility_view
from mappings.eligibility_decision import may_decide
from mappings.enrolment import BEFORE_CONSENT, ENDED, EnrolmentView, enrolment_view
from mappings.enrolment_path import history, path
from mappings.enrolment_state import Gate
from mappings.finding import findings
from mappings.finding_rule import finding_rules
from mappings.patient_warning import patient_warnings
from mappings.program_referral import may_refer, referrals
from mappings.risk_fact import unread_facts

blueprint = Blueprint("enrolment", __name__)

TYPES = (
    *BANNER_TYPES,
    "Goal",
    "Condition",
    "Encounter",
    "MedicationStatement",
    "MedicationRequest",
    "Observation",
    "Coverage",
)


@dataclass(frozen=True)
class Way:
    """A step that may be taken next: its words and address, or the sentence that says why not yet."""

    key: str
    words: str
    address: str
    why_not: str


@blueprint.get("/l/<launch_id>/enrollment")
def show(launch_id: str) -> str:
    """The whole page, from one read of the chart."""
    of, now = chart(TYPES), current_time()
    view = enrolment_view(of, now=now)
    ways = tuple(_ways(of, view, now))
    first = _first(of, view, now)
    return render_template(
        "enrolment/show.html",
        page=launch_page("enrolment", of),
        view=view,
        path=path(view, now=now),
        history=history(view, now=now),
        ways=ways,
        first=next((way for way in ways if way.key == first and way.address), None),
        warnings=patient_warnings(of, today=now.date()),
        referrals=referrals(of, now=now),
        eligibility=eligibility_view(of, now=now),
        consent=consent_view(of, now=now),
        findings=findings(of, now=now),
        unread=unread_facts(ChartRows(of, now)),
        rules=finding_rules(),
    )


def _ways(of: Chart, view: EnrolmentView, now: datetime) -> Iterator[Way]:
    """Every step, in the order of the way; those of a page that this app does not have are left out."""
    gates = (
        ("refer", "Refer to care management", "refer.show", may_refer(of, now=now)),
        ("eligibility", "Decide eligibility", "eligibility.show", may_decide(of, now=now)),
        ("introduce", "Introduce the service", "introduce.show", _may_introduce(view)),
        ("consent", "Record consent", "consent.show", view.may_consent),
        ("assess", "Assess", "assess.index", _may_assess(view)),
        ("care-plan", "Open the care plan", "care_plan.show", view.may_plan),
        ("contact", "Document a contact", "contact.show", view.may_contact),
        ("close", "Close the plan", "close_plan.show", view.may_close),
    )
    for key, words, endpoint, gate in gates:
        if endpoint in current_app.view_functions:
            address = url_for(endpoint, launch_id=current_launch().id) if gate else ""
            yield Way(key, words, address, gate.reason)


def _may_introduce(view: EnrolmentView) -> Gate:
    if view.enrolled:
        return Gate("The patient has agreed to the service already.")
    return Gate(view.may_consent.reason)


def _may_assess(view: EnrolmentView) -> Gate:
    if view.state in ENDED:
        return Gate("Care management has ended. Refer the patient again first.")
    return Gate()


def _first(of: Chart, view: EnrolmentView, now: datetime) -> str:
    """The step that comes next by where the patient stands: the page's one primary button."""
    if view.state in ENDED:
        return "refer"
    decided = eligibility_view(of, now=now).state in ("eligible", "waiting")
    if view.state in BEFORE_CONSENT:
        return ("consent" if view.state == "introduced" else "introduce") if decided else "eligibility"
    return {"consented": "assess", "assessed": "care-plan"}.get(view.state, "contact")
