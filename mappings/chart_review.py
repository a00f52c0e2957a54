"""The four things that every plan rests on, as the chart has them: details, problems, medicines, allergies.

Each with how much there is, when it was last gone through with the patient, and a warning where it is missing. That it
was gone through is an answer of the needs assessment and is read from there (domain row 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.allergy import allergies
from mappings.chart import Chart
from mappings.condition import problems
from mappings.element import as_objects, as_text
from mappings.medication import medications
from mappings.needs_assessment import needs_instrument
from mappings.panel import Panel
from mappings.patient import patient_banner
from mappings.questionnaire.history import assessments
from mappings.questionnaire.recorded import AssessmentView
from mappings.questionnaire.value import key_of

RIGHT, WRONG = "review-right", "review-wrong"
TYPES = ("Condition", "MedicationStatement", "MedicationRequest", "AllergyIntolerance")
"""What must be read for it, beside the Patient and our own records."""
_NONE = {
    "problems": "No active problem is recorded.",
    "medicines": "No active medicine is recorded. Ask what the patient takes.",
    "allergies": "No allergy is recorded, nor that there are none. Ask, and have it recorded in the EHR.",
}
_NEVER = "Not yet gone through with the patient"
_MOST_NAMED = 4


@dataclass(frozen=True)
class ReviewRow:
    """One of the four: `words` what the chart has, `reviewed` when it was gone through, `warning` what is missing."""

    key: str
    title: str
    words: str
    reviewed: str
    warning: str


def chart_review(chart: Chart, *, now: datetime) -> tuple[ReviewRow, ...]:
    """The four rows, in the order of a nurse's talk."""
    views = [view for view in assessments(chart, now=now) if view.instrument.id == needs_instrument().id]
    drugs, troubles, harms = medications(chart, now=now), problems(chart, now=now), allergies(chart, now=now)
    return (
        _details(chart, views, now),
        _row("problems", troubles, views),
        _row("medicines", drugs, views),
        _row("allergies", harms, views),
    )


def _details(chart: Chart, views: Sequence[AssessmentView], now: datetime) -> ReviewRow:
    banner = patient_banner(chart, today=now.date())
    known = {
        "birth date": banner.birth_date_words if banner.birth_date else "",
        "sex": banner.sex,
        "phone": banner.phone,
        "address": _address(chart.patient),
        "language": banner.language,
    }
    missing = [name for name, words in known.items() if not words]
    return ReviewRow(
        "details",
        "Name, address, phone and language",
        " · ".join(filter(None, (banner.name, banner.phone, known["address"], banner.language))),
        _reviewed("details", views),
        f"Not in the chart: {', '.join(missing)}." if missing else "",
    )


def _address(patient: Any) -> str:
    for address in as_objects(patient.get("address") if isinstance(patient, dict) else None):
        lines = [text for text in address.get("line") or () if isinstance(text, str)]
        parts = (*lines, as_text(address.get("city")), as_text(address.get("state")))
        if any(parts):
            return ", ".join(filter(None, parts))
        return as_text(address.get("text"))
    return ""


def _row(key: str, panel: Panel[Any], views: Sequence[AssessmentView]) -> ReviewRow:
    words = _names(panel)
    warning = panel.incomplete or ("" if words else _NONE[key] if _is_empty(panel) else panel.sentence)
    return ReviewRow(key, panel.title, words, _reviewed(key, views), warning)


def _is_empty(panel: Panel[Any]) -> bool:
    """Nothing active is there: none at all, or only what is past."""
    return panel.known_empty or bool(panel.rows)


def _names(panel: Panel[Any]) -> str:
    """As "4: Diabetes, High blood pressure, …": how many are active, and the first of them."""
    rows = [row for row in panel.rows if row.active]
    named = ", ".join(row.text for row in rows[:_MOST_NAMED])
    return f"{len(rows)}: {named}{' …' if len(rows) > _MOST_NAMED else ''}" if rows else ""


def _reviewed(key: str, views: Sequence[AssessmentView]) -> str:
    """As "Gone through 3 Nov 2026 by Dana Whitfield RN; something was missing or wrong"."""
    for view in views:
        said = [key_of(value) for value in view.answers.get(f"review-{key}", ())]
        if RIGHT in said or WRONG in said:
            by = f" by {view.by}" if view.by else ""
            wrong = "; something was missing or wrong" if WRONG in said else ""
            return f"Gone through {view.date_words}{by}{wrong}"
    return _NEVER
