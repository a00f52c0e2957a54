"""Denise Whitaker: depression that got better and came back, seen in her PHQ-9 scores.

The score is LOINC 44261-6 (44249-1 is the questionnaire); her item 9 was asked and answered "not at all", which a care
manager must be able to see. https://hl7.org/fhir/us/core/STU6.1/Observation-PHQ9-item-example-44261-6.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import NO_KNOWN_ALLERGY, allergy, appointment, condition, office_visit, procedure
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import concept, diagnosis
from samples.cast.medicines import ordered
from samples.cast.patient import BLACK, background, coverage, home, patient
from samples.cast.readings import BMI, GAD7, PHQ9, TSH, answer, blood_pressure, readings

STORY = Story(
    "denise-whitaker",
    "Depression, worse again",
    "PHQ-9 fell from 22 to 9 and is back at 17; stopped the higher dose by herself; works nights.",
)


def resources(today: date) -> Iterator[Resource]:
    """Her chart as it stands today."""
    chart = Chart(STORY.patient_id, "Denise Whitaker", today)
    yield patient(
        chart,
        name=("Whitaker", "Denise", "Marie"),
        gender="female",
        birth_date="1979-01-23",
        mrn="RB-100146",
        phone="0146",
        extension=background(BLACK),
        address=home("210 Canal Street, Apt 3"),
    )
    yield coverage(chart, "northlake-health", "SYN-8800146")
    yield from _problems(chart)
    yield from _visits(chart)
    yield from _medicines(chart)
    yield from _readings(chart)


def _problems(chart: Chart) -> Iterator[Resource]:
    depression = diagnosis("Major depressive disorder, recurrent, moderate", "370143000", "F33.1")
    yield condition(chart, "depression", depression, chart.month(395))
    anxiety = diagnosis("Generalized anxiety disorder", icd10="F41.1")
    yield condition(chart, "anxiety", anxiety, chart.month(395))
    yield condition(chart, "thyroid", diagnosis("Hypothyroidism", "40930008", "E03.9"), "2015-06-09")
    yield allergy(chart, "none", NO_KNOWN_ALLERGY)


def _visits(chart: Chart) -> Iterator[Resource]:
    for number, ago in enumerate((395, 340, 250, 130, 16), start=1):
        yield office_visit(chart, f"visit-{number}", ago, "Low mood")
    yield procedure(chart, "screening", "171207006", "Depression screening", 16)
    yield appointment(chart, "follow-up", -12, "16", "Mood follow-up", with_="second-physician")


def _medicines(chart: Chart) -> Iterator[Resource]:
    mornings = "1 tablet every morning"
    yield ordered(chart, "sertraline", "sertraline 50 MG Oral Tablet", mornings, 16)
    yield ordered(
        chart,
        "sertraline-100",
        "sertraline 100 MG Oral Tablet",
        mornings,
        250,
        status="stopped",
        statusReason=concept("Stopped by the patient: could not sleep after night shifts"),
    )
    yield ordered(chart, "levothyroxine", "levothyroxine sodium 0.075 MG Oral Tablet", mornings, 250)


def _readings(chart: Chart) -> Iterator[Resource]:
    yield from readings(chart, "phq9", PHQ9, (395, 22), (340, 18), (250, 12), (130, 9), (16, 17))
    yield from readings(chart, "gad7", GAD7, (395, 14), (16, 12))
    harm = ("44260-8", "Thoughts that you would be better off dead, or of hurting yourself in some way")
    yield answer(chart, "phq9-item-9", harm, ("LA6568-5", "Not at all"), 16)
    hardship = (
        "69722-7",
        "How difficult have these problems made it to work, take care of things or get along?",
    )
    yield answer(chart, "phq9-difficulty", hardship, ("LA6575-0", "Very difficult"), 16)
    yield from readings(chart, "tsh", TSH, (250, 3.1), (16, 2.8))
    yield from blood_pressure(chart, (250, 118, 74), (16, 124, 76))
    yield from readings(chart, "bmi", BMI, (250, 27.0), (16, 28.4))
