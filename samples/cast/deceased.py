"""Beatrice Lund: died three weeks ago, with a plan still open and a visit still standing in the book.

Nobody must call her family to remind her of that visit. https://hl7.org/fhir/R4/patient.html (deceased[x])
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import (
    INPATIENT,
    NO_KNOWN_ALLERGY,
    allergy,
    appointment,
    condition,
    encounter,
    office_visit,
)
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import HL7, NUBC_DISCHARGE, coding, concept, diagnosis
from samples.cast.medicines import ordered
from samples.cast.patient import WHITE, background, coverage, home, patient, related_person
from samples.cast.readings import BMI, EGFR, blood_pressure, readings

STORY = Story(
    "beatrice-lund",
    "Deceased",
    "Died 23 days ago in the hospital; one appointment was never cancelled.",
)

DIED = 23


def resources(today: date) -> Iterator[Resource]:
    """Her chart as it stands today."""
    chart = Chart(STORY.patient_id, "Beatrice Lund", today)
    yield patient(
        chart,
        name=("Lund", "Beatrice", "Ann"),
        gender="female",
        birth_date="1938-02-27",
        mrn="RB-100188",
        phone="0188",
        extension=background(WHITE),
        address=home("Cedar House, Room 12"),
        deceasedDateTime=chart.moment(DIED, "04:10"),
    )
    yield coverage(chart, "medicare", "SYN-4400188", status="cancelled")
    yield related_person(chart, "son", ("Lund", "Peter"), ("SON", "natural son"), "0189")
    yield condition(
        chart, "kidney", diagnosis("Chronic kidney disease stage 4", "431857002", "N18.4"), "2020-01"
    )
    yield condition(chart, "heart-failure", diagnosis("Heart failure", "84114007", "I50.9"), "2021")
    yield condition(chart, "dementia", diagnosis("Dementia", "52448006", "F03.90"), "2023-07")
    yield allergy(chart, "none", NO_KNOWN_ALLERGY)
    yield office_visit(chart, "visit-1", 96, "Kidney disease, goals of care")
    yield _last_stay(chart)
    yield ordered(chart, "furosemide", "furosemide 40 MG Oral Tablet", "1 tablet every morning", 96)
    yield from readings(chart, "egfr", EGFR, (280, 24), (96, 19))
    yield from blood_pressure(chart, (96, 128, 66))
    yield from readings(chart, "bmi", BMI, (96, 19.8))
    yield appointment(chart, "still-booked", -9, "10", "Kidney disease follow-up")


def _last_stay(chart: Chart) -> Resource:
    """Four days in the hospital that ended with her death."""
    expired = concept(
        "Expired",
        coding(NUBC_DISCHARGE, "20", "Expired"),
        coding(HL7 + "discharge-disposition", "exp", "Expired"),
    )
    return encounter(
        chart,
        "last-stay",
        INPATIENT,
        (chart.moment(DIED + 4, "21:30"), chart.moment(DIED, "04:10")),
        "Heart failure and kidney failure",
        seen_by="hospitalist",
        hospitalization={"dischargeDisposition": expired},
    )
