"""María José Núñez Peña: speaks Spanish, needs an interpreter, is helped by a daughter, and is here this afternoon.

Her name must come through every page, header and file as she writes it.
https://hl7.org/fhir/R4/extension-patient-interpreterrequired.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import FOLLOW_UP, NO_KNOWN_ALLERGY, allergy, appointment, condition, office_visit
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import coding, concept, diagnosis
from samples.cast.medicines import ordered
from samples.cast.patient import HISPANIC, WHITE, background, coverage, home, patient, related_person
from samples.cast.readings import A1C, BMI, LDL, blood_pressure, readings

STORY = Story(
    "maria-jose-nunez",
    "Spanish-speaking, needs an interpreter",
    "Diabetes and high blood pressure; her daughter Lucía helps at home; has a visit today with an interpreter.",
)


def resources(today: date) -> Iterator[Resource]:
    """Her chart as it stands today."""
    chart = Chart(STORY.patient_id, "María José Núñez Peña", today)
    yield patient(
        chart,
        name=("Núñez Peña", "María", "José"),
        gender="female",
        birth_date="1961-12-08",
        mrn="RB-100164",
        phone="0164",
        extension=[
            *background(WHITE, HISPANIC),
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
                "valueBoolean": True,
            },
        ],
        communication=[
            {"language": concept("Español", coding("urn:ietf:bcp:47", "es", "Spanish")), "preferred": True}
        ],
        address=home("5 Peña Court"),
    )
    yield coverage(chart, "ohio-medicaid", "SYN-7700164")
    yield related_person(chart, "lucia", ("Núñez", "Lucía"), ("DAU", "natural daughter"), "0165")
    yield from _problems(chart)
    yield from _visits(chart)
    yield from _medicines(chart)
    yield from readings(chart, "a1c", A1C, (310, 7.9), (118, 8.2))
    yield from readings(chart, "ldl", LDL, (310, 118))
    yield from blood_pressure(chart, (310, 144, 84), (118, 148, 90))
    yield from readings(chart, "bmi", BMI, (118, 30.1))


def _problems(chart: Chart) -> Iterator[Resource]:
    diabetes = diagnosis("Type 2 diabetes", "44054006", "E11.9")
    yield condition(chart, "diabetes", diabetes, "2018-03")
    yield condition(chart, "hypertension", diagnosis("Hypertension", "38341003", "I10"), "2016-11-30")
    yield condition(
        chart, "literacy", diagnosis("Problems related to health literacy", icd10="Z55.6"), chart.month(310)
    )
    yield allergy(chart, "none", NO_KNOWN_ALLERGY)


def _visits(chart: Chart) -> Iterator[Resource]:
    yield office_visit(chart, "visit-1", 310, "Diabetes", seen_by="second-physician")
    yield office_visit(chart, "visit-2", 118, "Diabetes", seen_by="second-physician", kind=FOLLOW_UP)
    yield appointment(
        chart,
        "today",
        0,
        "15",
        "Diabetes and blood pressure",
        with_="second-physician",
        comment="Intérprete de español pedido. Su hija Lucía la acompaña.",
    )


def _medicines(chart: Chart) -> Iterator[Resource]:
    metformin = "metformin hydrochloride 500 MG Oral Tablet"
    yield ordered(chart, "metformin", metformin, "Tome 1 tableta dos veces al día con comida", 118)
    yield ordered(chart, "lisinopril", "lisinopril 10 MG Oral Tablet", "Tome 1 tableta cada mañana", 118)
