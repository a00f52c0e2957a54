"""The enrollment page: where the patient stands on the way, what may be done next, and all that led here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, url_for

from app.current import current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.assess import may_assess
from mappings.chart import Chart
from mappings.chart_rows import ChartRows
from mappings.consent import consent_view
from mappings.eligibility import EligibilityView, eligibility_view
from mappings.eligibility_decision import may_decide
from mappings.enrolment import BEFORE_CONSENT, ENDED, EnrolmentView, enrolment_view
from mappings.enrolment_path import history, path
from mappings.enrolment_state import Gate
from mappings.finding import findings
from mappings.finding_rule import finding_rules
from mappings.introduction_form import may_introduce
from mappings.patient_warning import DIED, is_deceased, patient_warnings
from mappings.program_referral import may_refer, referrals
from mappings.risk_fact import unread_facts
from mappings.step import may_step, offered_steps
from mappings.stop import may_stop

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
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    view, eligibility = enrolment_view(of, now=now), eligibility_view(of, now=now)
    ways = tuple(_ways(of, view, now))
    first = _first(view, eligibility)
    return render_template(
        "enrolment/show.html",
        page=launch_page("enrolment", of),
        view=view,
        path=path(view, now=now),
        history=history(view, now=now),
        ways=[way for way in ways if way.address],
        not_yet=[way for way in ways if not way.address],
        first=next((way for way in ways if way.key == first and way.address), None),
        # The banner says of every page that the patient has died.
        warnings=[each for each in patient_warnings(of, today=now.date()) if each != DIED],
        referrals=referrals(of, now=now),
        eligibility=eligibility,
        consent=consent_view(of, now=now),
        findings=() if is_deceased(of) else findings(of, now=now),
        unread=unread_facts(ChartRows(of, now)),
        rules=finding_rules(),
    )


def _ways(of: Chart, view: EnrolmentView, now: datetime) -> Iterator[Way]:
    """Every step, in the order of the way."""
    gates = (
        ("refer", "Refer to care management", "refer.show", may_refer(of, now=now)),
        ("eligibility", "Decide eligibility", "eligibility.show", may_decide(of, now=now)),
        ("introduce", "Introduce the service", "introduce.show", may_introduce(of, now=now)),
        ("consent", "Record consent", "consent.show", view.may_consent),
        ("assess", "Assess", "assess.index", Gate(may_assess(of))),
        ("care-plan", "Open the care plan", "care_plan.show", view.may_plan),
        ("contact", "Document a contact", "contact.show", view.may_contact),
    )
    for key, words, endpoint, gate in gates:
        yield _way(key, words, gate, endpoint)
    steps, gate = offered_steps(of, now=now), may_step(of, now=now)
    for to, rule in steps.items():
        yield _way(to, rule.label, gate, "step.show", to=to)
    if not steps:
        yield Way("step", "Pause, resume or move on", "", gate.reason or "A step needs an open care plan.")
    yield _way("close", "Close the plan", view.may_close, "close_plan.show")
    yield _way("stop", "The patient stops the service", may_stop(of, now=now), "stop.show")


def _way(key: str, words: str, gate: Gate, endpoint: str, **parameters: str) -> Way:
    named: dict[str, object] = {"launch_id": current_launch().id, **parameters}
    return Way(key, words, url_for(endpoint, **named) if gate else "", gate.reason)  # type: ignore[arg-type]


def _first(view: EnrolmentView, eligibility: EligibilityView) -> str:
    """The step that comes next by where the patient stands: the page's one primary button."""
    if view.state in ENDED:
        return "refer"
    if view.state in BEFORE_CONSENT:
        decided = eligibility.state in ("eligible", "waiting")
        return ("consent" if view.state == "introduced" else "introduce") if decided else "eligibility"
    return {"consented": "assess", "assessed": "care-plan"}.get(view.state, "contact")
