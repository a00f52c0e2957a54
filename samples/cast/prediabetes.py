"""Kevin Marsh: an A1c of 6.1 from the practice's own laboratory and no diagnosis yet: found on paper, not by anybody.

The guide asks to "identify patients at risk (i.e. borderline diabetes) so the referral can be made on site". He is also
the patient with little wrong, whom nobody should enrol by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import allergy, condition, immunization, office_visit, procedure
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import SNOMED, coding, concept, diagnosis
from samples.cast.medicines import ordered
from samples.cast.patient import WHITE, background, coverage, home, patient
from samples.cast.readings import A1C, BMI, LDL, PHQ9, blood_pressure, readings, smoking

STORY = Story(
    "kevin-marsh",
    "Borderline, mostly well",
    "A1c 6.1 without a diagnosis, one chronic condition under control: not a patient for the program.",
)


def resources(today: date) -> Iterator[Resource]:
    """His chart as it stands today."""
    chart = Chart(STORY.patient_id, "Kevin Marsh", today)
    yield patient(
        chart,
        name=("Marsh", "Kevin"),
        gender="male",
        birth_date="1972-04-09",
        mrn="RB-100123",
        phone="0123",
        extension=background(WHITE),
        address=home("140 Depot Street"),
    )
    yield coverage(chart, "northlake-health", "SYN-8800123")
    yield condition(chart, "lipids", diagnosis("Hyperlipidemia", "55822004", "E78.5"), "2020-05-12")
    ankle = diagnosis("Sprain of ankle", "44465007", "S93.409A")
    yield condition(
        chart, "ankle", ankle, chart.day(500), status="resolved", abatementDateTime=chart.month(460)
    )
    latex = concept("Latex", coding(SNOMED, "111088007", "Latex"))
    yield allergy(chart, "latex", latex, "Itching", category=["environment"], criticality="low")
    yield office_visit(chart, "visit-1", 405, "Annual visit")
    yield office_visit(chart, "visit-2", 19, "Annual visit")
    yield procedure(chart, "colonoscopy", "73761001", "Colonoscopy", 640)
    yield immunization(chart, "tdap", "115", "Tdap", 1100)
    yield ordered(chart, "atorvastatin", "atorvastatin 20 MG Oral Tablet", "1 tablet at bedtime", 19)
    yield from readings(chart, "a1c", A1C, (405, 5.8), (19, 6.1))
    yield from readings(chart, "ldl", LDL, (405, 104), (19, 88))
    yield from readings(chart, "phq9", PHQ9, (19, 2))
    yield from blood_pressure(chart, (405, 122, 78), (19, 124, 78))
    yield from readings(chart, "bmi", BMI, (19, 28.9))
    yield smoking(chart, "8517006", "Former smoker", 19)
