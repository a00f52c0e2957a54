"""Everything the first screen shows of one patient, and the one thing to do next.

Each panel is made from its own reads and carries its own absence, so one that could not be read takes no other with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings import dates
from mappings.allergy import Allergy, allergies
from mappings.care_plan import CarePlanView, care_plan_view, plan_absence
from mappings.chart import Chart
from mappings.condition import Problem, problems
from mappings.consent import ConsentView, consent_view
from mappings.contact import ContactView, contacts
from mappings.encounter import Visit, visits
from mappings.enrolment import ENDED, EnrolmentView, enrolment_view
from mappings.goal import GoalView, goals
from mappings.medication import Medication, medications
from mappings.month import MonthView, month_view
from mappings.month_count import USUAL
from mappings.observation import LatestReading, latest_readings
from mappings.other_plan import OtherPlan, others
from mappings.panel import Absence, Panel
from mappings.patient import PatientBanner, patient_banner
from mappings.sight import NOT_SHOWN_AGAIN
from mappings.to_do import ToDoView, to_dos

OF_OTHERS = ("self-care", "sbar-question", "tell-provider")
"""Kinds of task that are not what the nurse does next: the patient's own steps, and what a provider is to answer."""


@dataclass(frozen=True)
class NextAction:
    """The one thing to do: a sentence, the button's words, and the page it leads to ("" for none)."""

    sentence: str
    label: str
    target: str


@dataclass(frozen=True)
class TodayView:
    """One patient, today. `plan` is None where there is none among what could be read: `plan_absence` says why.

    Beside a plan it says that a newer one may not be shown, or is "".
    """

    banner: PatientBanner
    problems: Panel[Problem]
    medications: Panel[Medication]
    allergies: Panel[Allergy]
    visits: Panel[Visit]
    readings: Panel[LatestReading]
    plan: CarePlanView | None
    plan_absence: str
    other_plans: Panel[OtherPlan]
    goals: Panel[GoalView]
    to_dos: Panel[ToDoView]
    contacts: Panel[ContactView]
    consent: ConsentView
    enrolment: EnrolmentView
    month: MonthView
    next_action: NextAction


def today_view(chart: Chart, *, now: datetime, families: tuple[str, ...] = USUAL) -> TodayView:
    """The first screen on the day of `now`, in the EHR's zone; `families` are the services that the practice bills."""
    tasks = to_dos(chart, now)
    enrolment = enrolment_view(chart, now=now)
    consent = consent_view(chart, now=now)
    plan = care_plan_view(chart, now=now)
    banner = patient_banner(chart, today=now.date())
    return TodayView(
        banner=banner,
        problems=problems(chart, now=now),
        medications=medications(chart, now=now),
        allergies=allergies(chart, now=now),
        visits=visits(chart, now=now),
        readings=latest_readings(chart, now=now),
        plan=plan,
        plan_absence=plan_absence(chart, plan),
        other_plans=others(chart, now),
        goals=goals(chart, now),
        to_dos=tasks,
        contacts=contacts(chart, now),
        consent=consent,
        enrolment=enrolment,
        month=month_view(chart, now=now, families=families),
        next_action=next_action(deceased=banner.deceased, consent=consent, enrolment=enrolment, tasks=tasks),
    )


def next_action(
    *,
    deceased: bool,
    consent: ConsentView,
    enrolment: EnrolmentView,
    tasks: Panel[ToDoView],
) -> NextAction:
    """What comes first: what cannot be known, then consent, then the plan, then what is due."""
    if deceased:
        return _after_death(enrolment)
    if consent.state == "unknown" or not enrolment.known:
        said = consent.sentence if consent.state == "unknown" else f"{enrolment.sentence}."
        return NextAction(said, "Document contact", "contact")
    if consent.state != "active":
        return _without_consent(consent)
    if enrolment.state in ENDED and not any(row.ours for row in tasks.rows):
        return NextAction(f"{enrolment.sentence}. Nothing is planned.", "Document contact", "contact")
    # A plan that the EHR would not show is not called "not open yet".
    if enrolment.may_plan and not enrolment.may_plan.caution and enrolment.state not in ENDED:
        return NextAction(
            "Consent is on file; the care plan is not open yet.", "Open the care plan", "care-plan"
        )
    return _next_task(tasks)


def _after_death(enrolment: EnrolmentView) -> NextAction:
    if enrolment.enrolled and enrolment.may_close:
        return NextAction("The chart says that this patient has died.", "Close the plan", "care-plan/close")
    return NextAction("The chart says that this patient has died.", "", "")


def _without_consent(consent: ConsentView) -> NextAction:
    if consent.state == "declined":
        why = f" {consent.reason}." if consent.reason else ""
        if consent.wait:
            asked = f"{consent.sentence}{why} Not to be asked again before {dates.day_words(consent.wait)}."
            return NextAction(asked, "Document contact", "contact")
        return NextAction(f"{consent.sentence}{why}", "Record a new answer", "consent")
    return NextAction(
        f"{consent.sentence} Ask whether care management is wanted.", "Record consent", "consent"
    )


def _next_task(tasks: Panel[ToDoView]) -> NextAction:
    mine = [row for row in tasks.rows if row.ours and row.kind not in OF_OTHERS]
    if mine:
        first = mine[0]
        late = "overdue since" if first.overdue else "due"
        when = f" - {late} {first.due_words}" if first.due_words else ""
        return NextAction(f"{first.text}{when}", "Document contact", "contact")
    if tasks.unseen or tasks.absence is Absence.NOT_SHOWN_AGAIN:
        return NextAction(f"The next contact is unknown: {NOT_SHOWN_AGAIN}.", "Document contact", "contact")
    if tasks.absence and not tasks.known_empty:
        return NextAction(f"Tasks: {tasks.sentence.lower()}.", "Document contact", "contact")
    return NextAction("No next contact is planned.", "Document contact", "contact")
