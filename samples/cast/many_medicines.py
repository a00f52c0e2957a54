"""Earl Whitcomb: "patients taking eight or more medications", written down in two places that overlap.

Orders and statements name the same medicines in different words, doses and shapes (coded, contained, words alone);
some were stopped, one was filed in error, one he buys himself. Ten are really taken.
https://hl7.org/fhir/us/core/STU6.1/medication-list.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from samples.cast.builders import allergy, condition, office_visit, without
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import RXNORM, coding, concept, diagnosis, profile
from samples.cast.medicines import drug, ordered, stated
from samples.cast.patient import WHITE, background, coverage, home, patient
from samples.cast.readings import A1C, BMI, EGFR, LDL, blood_pressure, readings

STORY = Story(
    "earl-whitcomb",
    "Ten medicines from two lists",
    "Orders and what he says he takes overlap and disagree; some stopped, one filed in error, one bought himself.",
)


def resources(today: date) -> Iterator[Resource]:
    """His chart as it stands today."""
    chart = Chart(STORY.patient_id, "Earl Whitcomb", today)
    yield patient(
        chart,
        name=("Whitcomb", "Earl", "J."),
        gender="male",
        birth_date="1944-12-02",
        mrn="RB-100151",
        phone="0151",
        extension=background(WHITE),
        address=home("77 Granary Road"),
    )
    yield coverage(chart, "medicare", "SYN-4400151")
    yield from _problems(chart)
    yield office_visit(chart, "visit-1", 204, "Medicines, blood pressure, diabetes")
    yield office_visit(chart, "visit-2", 37, "Dizzy when standing up")
    yield from _orders(chart)
    yield from _not_taken(chart)
    yield from _statements(chart)
    yield from readings(chart, "a1c", A1C, (204, 7.4), (37, 7.1))
    yield from readings(chart, "ldl", LDL, (204, 84))
    yield from readings(chart, "egfr", EGFR, (204, 62), (37, 57))
    yield from blood_pressure(chart, (204, 132, 76), (37, 104, 62))
    yield from readings(chart, "bmi", BMI, (37, 27.7))


def _problems(chart: Chart) -> Iterator[Resource]:
    for slug, words, snomed, icd10, onset in (
        ("diabetes", "Type 2 diabetes", "44054006", "E11.9", "2003"),
        ("hypertension", "Hypertension", "38341003", "I10", "1998"),
        ("coronary", "Coronary artery disease", "53741008", "I25.10", "2010-08"),
        ("lipids", "Hyperlipidemia", "55822004", "E78.5", "2010-08"),
        ("reflux", "Gastro-esophageal reflux", "235595009", "K21.9", "2013-03"),
        ("prostate", "Benign prostatic hyperplasia", "266569009", "N40.0", "2017"),
        ("pain", "Chronic pain", "82423001", "G89.29", "2018-05"),
        ("knee", "Osteoarthritis of knee", "239873007", "M17.9", "2018-05"),
    ):
        yield condition(chart, slug, diagnosis(words, snomed, icd10), onset)
    codeine = concept("Codeine", coding(RXNORM, "2670"))
    yield allergy(chart, "codeine", codeine, "Confusion", category=["medication"], criticality="high")


def _orders(chart: Chart) -> Iterator[Resource]:
    """The practice's list: seven coded orders, one as a plan reported by the patient, one with a contained medicine."""
    for slug, name, dose in (
        ("metformin", "metformin hydrochloride 500 MG Oral Tablet", "1 tablet twice a day with meals"),
        ("lisinopril", "lisinopril 20 MG Oral Tablet", "1 tablet once a day"),
        ("amlodipine", "amlodipine 5 MG Oral Tablet", "1 tablet once a day"),
        ("atorvastatin", "atorvastatin 40 MG Oral Tablet", "1 tablet at bedtime"),
        (
            "metoprolol",
            "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet",
            "1 tablet once a day",
        ),
        ("omeprazole", "omeprazole 20 MG Delayed Release Oral Capsule", "1 capsule before breakfast"),
        ("tamsulosin", "tamsulosin hydrochloride 0.4 MG Oral Capsule", "1 capsule at bedtime"),
    ):
        yield ordered(chart, slug, name, dose, 204)
    yield ordered(
        chart,
        "aspirin",
        "aspirin 81 MG Oral Tablet",
        "1 tablet once a day",
        204,
        intent="plan",
        reportedBoolean=True,
        requester=chart.subject,
    )
    gabapentin = ordered(chart, "gabapentin", "", "1 capsule three times a day", 37)
    yield without(gabapentin, "medicationCodeableConcept") | _contained("gabapentin 300 MG Oral Capsule")


def _not_taken(chart: Chart) -> Iterator[Resource]:
    """Orders that must not count: stopped, run out, on hold, and one that was another patient's."""
    for slug, name, ago, status in (
        ("hydrochlorothiazide", "hydrochlorothiazide 25 MG Oral Tablet", 900, "stopped"),
        ("lisinopril-10", "lisinopril 10 MG Oral Tablet", 900, "stopped"),
        ("prednisone", "prednisone 20 MG Oral Tablet", 300, "completed"),
        ("insulin", "insulin glargine 100 UNT/ML Injectable Solution", 204, "entered-in-error"),
        ("glipizide", "glipizide 5 MG Oral Tablet", 37, "on-hold"),
    ):
        yield ordered(chart, slug, name, "1 tablet once a day", ago, status=status)


def _statements(chart: Chart) -> Iterator[Resource]:
    """The kitchen table's list, told to the assistant: the same and other medicines, in his words."""
    for slug, name, dose in (
        ("metformin-said", "metformin hydrochloride 500 MG Oral Tablet", "1 tablet twice a day"),
        ("atorvastatin-said", "atorvastatin 20 MG Oral Tablet", "1 tablet at bedtime, has old bottles left"),
        ("omeprazole-said", "Omeprazole 20 mg", "when his stomach burns"),
        ("vitamin-said", "Vitamin D 1,000 units", "1 a day, buys it himself"),
    ):
        yield stated(chart, slug, name, dose, 37)
    yield stated(
        chart, "ibuprofen-said", "ibuprofen 200 MG Oral Tablet", "2 or 3 for his knee", 37, status="stopped"
    )
    error = "entered-in-error"
    yield stated(chart, "warfarin-said", "warfarin sodium 5 MG Oral Tablet", "unknown", 37, status=error)
    lisinopril = stated(chart, "lisinopril-said", "", "1 tablet every morning", 37)
    based = {"derivedFrom": [chart.reference("MedicationRequest", "lisinopril")]}
    yield (
        without(lisinopril, "medicationCodeableConcept") | _contained("lisinopril 20 MG Oral Tablet") | based
    )


def _contained(name: str) -> dict[str, Any]:
    """The medicine as a contained Medication, the way a pharmacy system sends it."""
    medication = {
        "resourceType": "Medication",
        "id": "med",
        "meta": profile("medication"),
        "code": drug(name),
    }
    return {"contained": [medication], "medicationReference": {"reference": "#med", "display": name}}
