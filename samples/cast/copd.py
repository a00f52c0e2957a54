"""Harold Pike: his lungs bring him to the emergency room, and so do no ride and no money.

The guide's social triggers: "difficulty paying for medications, transportation problems". His answers are PRAPARE's
and the Hunger Vital Sign's. https://hl7.org/fhir/us/core/STU6.1/screening-and-assessments.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import (
    EMERGENCY,
    PROBLEM,
    SOCIAL,
    allergy,
    condition,
    encounter,
    immunization,
    office_visit,
    procedure,
)
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import RXNORM, coding, concept, diagnosis
from samples.cast.medicines import ordered, stated
from samples.cast.patient import BLACK, background, coverage, home, patient
from samples.cast.readings import BMI, FEV1, SDOH, SURVEY, answer, blood_pressure, oxygen, readings, smoking

STORY = Story(
    "harold-pike",
    "COPD with no ride and no money",
    "Four emergency visits in five months, skips the inhaler he cannot pay for, misses visits for want of a ride.",
)

INHALER = "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler"


def resources(today: date) -> Iterator[Resource]:
    """His chart as it stands today."""
    chart = Chart(STORY.patient_id, "Harold Pike", today)
    yield patient(
        chart,
        name=("Pike", "Harold"),
        gender="male",
        birth_date="1957-10-05",
        mrn="RB-100133",
        phone="0133",
        extension=background(BLACK),
        address=home("Route 6, Lot 14"),
    )
    yield coverage(chart, "medicare", "SYN-4400133")
    yield coverage(chart, "ohio-medicaid", "SYN-7700133")
    yield from _problems(chart)
    yield from _visits(chart)
    yield from _medicines(chart)
    yield from _answers(chart)
    yield from readings(chart, "fev1", FEV1, (400, 54))
    yield oxygen(chart, 58, 91)
    yield from blood_pressure(chart, (240, 136, 78), (58, 139, 80))
    yield from readings(chart, "bmi", BMI, (240, 21.9), (58, 20.6))
    yield smoking(chart, "449868002", "Current every day smoker", 58)


def _problems(chart: Chart) -> Iterator[Resource]:
    copd = diagnosis("Chronic obstructive pulmonary disease", "13645005", "J44.9")
    yield condition(chart, "copd", copd, "2016-09")
    nicotine = diagnosis("Nicotine dependence, cigarettes", icd10="F17.210")
    yield condition(chart, "nicotine", nicotine, "1975")
    yield condition(chart, "hypertension", diagnosis("Hypertension", "38341003", "I10"), "2014-01-20")
    found = chart.day(chart.office(58))
    for slug, words, snomed, icd10 in (
        ("transport", "Lack of access to transportation", "713458007", "Z59.82"),
        ("money", "Financial insecurity", None, "Z59.86"),
        ("food", "Food insecurity", "733423003", "Z59.41"),
    ):
        yield condition(chart, slug, diagnosis(words, snomed, icd10), found, category=[PROBLEM, SOCIAL])
    sulfa = concept("Sulfamethoxazole", coding(RXNORM, "10180"))
    yield allergy(chart, "sulfa", sulfa, "Rash", category=["medication"])


def _visits(chart: Chart) -> Iterator[Resource]:
    yield office_visit(chart, "visit-1", 400, "Breathing test and follow-up")
    yield office_visit(chart, "visit-2", 240, "COPD follow-up")
    yield office_visit(chart, "visit-3", 58, "After the emergency visit")
    for number, (ago, start, end) in enumerate(
        [(149, "10:15", "14:40"), (101, "19:05", "23:30"), (63, "11:30", "16:10"), (12, "13:50", "17:20")],
        start=1,
    ):
        period = (chart.moment(ago, start), chart.moment(ago, end))
        reason = "COPD with acute exacerbation"
        yield encounter(chart, f"emergency-{number}", EMERGENCY, period, reason, seen_by="hospitalist")
    yield procedure(chart, "spirometry", "127783003", "Spirometry", 400)
    yield immunization(chart, "pneumococcal", "33", "pneumococcal polysaccharide PPV23", 1500)


def _medicines(chart: Chart) -> Iterator[Resource]:
    albuterol = "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"
    yield ordered(chart, "albuterol", albuterol, "2 puffs every 4 to 6 hours when needed", 58)
    yield ordered(chart, "inhaler", INHALER, "1 puff twice a day", 58)
    yield ordered(chart, "lisinopril", "lisinopril 10 MG Oral Tablet", "1 tablet once a day", 240)
    prednisone = "prednisone 20 MG Oral Tablet"
    yield ordered(chart, "prednisone", prednisone, "2 tablets once a day for 5 days", 12, status="completed")
    yield stated(
        chart,
        "inhaler-not-taken",
        INHALER,
        "1 puff twice a day",
        58,
        status="not-taken",
        statusReason=[concept("Cannot pay the copay")],
    )


def _answers(chart: Chart) -> Iterator[Resource]:
    needs = "Unable to get when really needed, in the past year"
    said = (
        ("ride", "93030-5", "Has lack of transportation kept you from appointments, work or daily needs?",
         "LA30133-5", "Yes, it has kept me from medical appointments or from getting my medications"),
        ("need-medicine", "93031-3", needs, "LA30128-5",
         "Medicine or Any Health Care (Medical, Dental, Mental Health, Vision)"),
        ("need-food", "93031-3", needs, "LA30125-1", "Food"),
        ("housing", "71802-3", "Housing status", "LA30189-7", "I have housing"),
        ("losing-housing", "93033-9", "Are you worried about losing your housing?", "LA33-6", "Yes"),
        ("food-risk", "88124-3", "Food insecurity risk", "LA19952-3", "At risk"),
        ("company", "93029-7", "How often do you see or talk to people that you care about?",
         "LA27722-0", "Less than once a week"),
    )  # fmt: skip
    for slug, question, question_words, code, words in said:
        yield answer(chart, slug, (question, question_words), (code, words), 58, category=[SURVEY, SDOH])
