"""What the chart says of each part of the needs assessment: one line for each fact, with its date and its source.

They are shown beside the questions and never taken for answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mappings.chart import Chart
from mappings.chart_review import ReviewRow, chart_review
from mappings.condition import problems
from mappings.consent import related_persons
from mappings.encounter import visits
from mappings.medication import medications
from mappings.observation import latest_readings
from mappings.patient import patient_banner
from mappings.questionnaire.history import history
from mappings.questionnaire.recorded import AssessmentView
from mappings.social_problem import social_problems

TYPES = (
    "Condition",
    "Encounter",
    "MedicationStatement",
    "MedicationRequest",
    "AllergyIntolerance",
    "Observation",
    "RelatedPerson",
)
"""What is read for these facts, beside the patient and our own records."""
_BODY = frozenset({"a1c", "blood-pressure", "ldl", "bmi", "weight"})
_SCREENS = {
    "mental": ("phq-2", "phq-9"),
    "psychosocial": ("hunger", "housing", "transportation"),
    "functional": ("function", "falls"),
    "environmental": ("safety",),
    "self-care": ("health-literacy",),
}
"""Which screenings tell of which part."""
_RECENT = timedelta(days=183)


def needs_facts(chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """The lines for each part, by its key; a part of which the chart says nothing is not in it."""
    screened = {each.instrument.id: each.last for each in history(chart, now=now)}
    found: dict[str, list[str]] = {
        "review": [_reviewed(row) for row in chart_review(chart, now=now)],
        "physical": [*_body(chart, now), *_use(chart, now)],
        "psychosocial": [
            f"{each.problem.text} · {each.problem.source}"
            for each in social_problems(problems(chart, now=now).rows)
        ],
        "supports": [f"{name} · family and caregivers on file" for name in related_persons(chart).values()],
        "preferences": list(_language(chart, now)),
        "professionals": list(_provider(chart, now)),
    }
    for part, names in _SCREENS.items():
        views = [view for name in names if (view := screened.get(name))]
        found.setdefault(part, []).extend(map(_screened, views))
    return {part: tuple(lines) for part, lines in found.items() if lines}


def _reviewed(row: ReviewRow) -> str:
    return f"{row.title}: {' '.join(filter(None, (row.words, row.warning)))} · {row.reviewed}"


def _screened(view: AssessmentView) -> str:
    said = ", ".join(filter(None, (view.score_words, view.meaning)))
    return " · ".join(filter(None, (f"{view.instrument.title}: {said}", view.date_words, view.source)))


def _body(chart: Chart, now: datetime) -> Iterator[str]:
    for row in latest_readings(chart, now=now).rows:
        if row.key in _BODY:
            yield f"{row.name} {row.value_words} · {row.date_words} · result in this EHR"


def _use(chart: Chart, now: datetime) -> Iterator[str]:
    active = [row for row in medications(chart, now=now).rows if row.active]
    if active:
        yield f"{len(active)} active medicines · medicine list"
    recent = [row for row in visits(chart, now=now).rows if row.when and now - _RECENT <= row.when <= now]
    for visit in [row for row in recent if row.is_emergency or row.is_stay][:3]:
        yield " · ".join(filter(None, (visit.kind_words, visit.start_words, visit.reason)))


def _language(chart: Chart, now: datetime) -> Iterator[str]:
    banner = patient_banner(chart, today=now.date())
    if banner.language:
        needed = ", interpreter needed" if banner.interpreter_needed else ""
        yield f"Language: {banner.language}{needed} · patient record"


def _provider(chart: Chart, now: datetime) -> Iterator[str]:
    name = patient_banner(chart, today=now.date()).pcp_name
    if name:
        yield f"Primary care: {name} · patient record"
