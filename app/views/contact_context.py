"""What the contact form shows around its fields: the choices, last time, the goals and the chart beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import url_for

from app.current import current_launch
from app.services import services
from app.views.before_filing import Record, notice
from app.views.page import not_accepted
from fhir_profiles.terminology import codes, display
from mappings import contact_details, contact_parts, one_tap
from mappings.allergy import Allergy, allergies
from mappings.cadence import next_contact_day, rhythm
from mappings.chart import Chart
from mappings.condition import Problem, problems
from mappings.consent import consent_view
from mappings.contact_form import CONFIDENCE_PREFIX, IMPORTANCE_PREFIX, PROGRESS_PREFIX, ContactEntry
from mappings.contact_overlap import beside_caution
from mappings.contact_save import begins_following
from mappings.dates import words
from mappings.enrolment import contact_note, may_contact, pause_note
from mappings.enrolment_state import unread
from mappings.form import Submitted
from mappings.goal import PROGRESS, GoalView, goals, own_open_goals
from mappings.medication import Medication, medications
from mappings.observation import LatestReading, latest_readings
from mappings.panel import Panel
from mappings.promised import promised
from mappings.to_do import to_dos

Choices = list[tuple[str, str]]
BESIDE_TYPES = (
    *("Condition", "MedicationRequest", "MedicationStatement", "Observation", "AllergyIntolerance"),
    *("Encounter", "Procedure", "Appointment", "CareTeam"),
)
"""What the chart beside the form and the parts of other rooms are made of; none of it keeps a contact from filing."""


@dataclass(frozen=True)
class Beside:
    """The chart beside the form; `at` is where each panel is fetched again."""

    medications: Panel[Medication]
    readings: Panel[LatestReading]
    problems: Panel[Problem]
    allergies: Panel[Allergy]
    at: Mapping[str, str]


@dataclass(frozen=True)
class Offered:
    """What the folded groups offer to choose from."""

    topics: Choices
    taught: Choices
    taught_prefix: str
    barriers: Choices
    interventions: Choices
    given: Choices
    activities: Choices
    staff: Choices


def context(of: Chart, now: datetime) -> Mapping[str, Any]:
    """Everything that the form's template shows beside the form itself."""
    no_goals = not_accepted((("Goal", "update"),)) if own_open_goals(of) else ""
    no_tasks = not_accepted((("Task", "update"),))
    marked = () if no_goals else tuple(row for row in goals(of, now).rows if row.ours and row.active)
    return {
        **_five_facts(of, now),
        "promised": promised(of, now),
        "goals": marked,
        "cautions": (
            contact_note(consent_view(of, now=now)),
            pause_note(of, now=now),
            may_contact(of).caution,
            _somebody_else(of, now),
        ),
        "before": notice(records(marked, begins=begins_following(of, now=now)), of),
        "unread": tuple(filter(None, (unread(of, kind) for kind in ("Goal", "Task")))),
        "no_goals": no_goals,
        "to_dos": [] if no_tasks else [row for row in to_dos(of, now).rows if row.ours],
        "beside": _beside(of, now),
        "offered": _offered(),
        "parts": partial(_parts, of=of, now=now),
        "draw_at": url_for("contact.redraw", launch_id=current_launch().id),
        "progress": [(code, code.capitalize()) for code in PROGRESS],
        "progress_prefix": PROGRESS_PREFIX,
        "importance_prefix": IMPORTANCE_PREFIX,
        "confidence_prefix": CONFIDENCE_PREFIX,
    }


def records(marked: Sequence[GoalView] = (), *, begins: bool = False) -> tuple[Record, ...]:
    """What one contact files; `marked` are the goals whose progress it may tell, `begins` the first under a plan."""
    each_goal = (Record("each goal you mark", "Goal", "update"),) if marked else ()
    step = (Record("the start of regular follow-up", "Task"),) if begins else ()
    return Record("the contact", "Task"), *each_goal, Record("the next task", "Task"), *step


def _somebody_else(of: Chart, now: datetime) -> str:
    """While the clock runs: whether a colleague documented a contact in the same time."""
    here = current_launch()
    timer = services().timers.get(here.timer_key)
    if timer is None:
        return ""
    return beside_caution(of, here.local_time(timer.first_started_at), now, user=here.user or "", now=now)


def _five_facts(of: Chart, now: datetime) -> dict[str, Any]:
    return {
        "modes": _choices("contact-mode"),
        "people": _choices("contact-with"),
        "results": _choices("contact-result"),
        "services": _choices("service-type"),
        "one_tap": [(code, display("contact-result", code)) for code in one_tap.RESULTS],
        "next_try_words": words(next_contact_day(of, now=now, result="no-answer"), now),
        "rhythm": rhythm(of, now=now).why.capitalize(),
    }


def _beside(of: Chart, now: datetime) -> Beside | None:
    """None where it was not asked for: the EHR did not answer while a save was tried."""
    if not set(BESIDE_TYPES) <= set(of.readings):
        return None
    names = ("medications", "readings", "problems", "allergies")
    here = current_launch().id
    return Beside(
        medications=medications(of, now=now),
        readings=latest_readings(of, now=now),
        problems=problems(of, now=now),
        allergies=allergies(of, now=now),
        at={name: url_for("today.panel", launch_id=here, name=name) for name in names},
    )


def _offered() -> Offered:
    return Offered(
        topics=_choices("contact-topic"),
        taught=_choices("teach-back"),
        taught_prefix=contact_details.TAUGHT_PREFIX,
        barriers=_choices("barrier"),
        interventions=_choices("intervention"),
        given=list(contact_details.items()),
        activities=_choices("activity-type"),
        staff=_choices("staff-kind"),
    )


def _parts(form: Submitted[ContactEntry], *, of: Chart, now: datetime) -> Mapping[str, Any]:
    """What other rooms drew into the form, and what may still be drawn."""
    return {
        "drawn": contact_parts.drawn(form.values, form.errors, chart=of, now=now),
        "buttons": contact_parts.buttons(form.values, chart=of, now=now),
    }


def _choices(system: str) -> Choices:
    return [(code, display(system, code)) for code in codes(system)]
