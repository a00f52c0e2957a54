"""Walter Boone: came home from the hospital yesterday with heart failure, so the transition clock is running.

The hospital's list and the kitchen table disagree (a water pill doubled, a blood thinner replaced): the discrepancies
that reconciliation exists to find.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast import staff
from samples.cast.builders import (
    EMERGENCY,
    ENCOUNTER_DIAGNOSIS,
    INPATIENT,
    NO_KNOWN_ALLERGY,
    allergy,
    appointment,
    care_team,
    condition,
    document,
    encounter,
    office_visit,
    procedure,
)
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import HL7, NUBC_DISCHARGE, coding, concept, diagnosis, hl7, profile
from samples.cast.heart_failure_documents import documents
from samples.cast.medicines import ordered, stated
from samples.cast.patient import WHITE, background, coverage, home, patient, related_person
from samples.cast.readings import (
    BMI,
    CREATININE,
    EGFR,
    EJECTION_FRACTION,
    NT_PROBNP,
    POTASSIUM,
    WEIGHT,
    blood_pressure,
    readings,
)

STORY = Story(
    "walter-boone",
    "Discharged yesterday with heart failure",
    "Home since yesterday afternoon, two emergency visits in six weeks, medicines changed in the hospital.",
)

SUMMARY = """DISCHARGE SUMMARY - Millstone General Hospital
Patient: Walter Boone    Admitted: {admitted}    Discharged: {discharged} to home with wife

Diagnosis: acute on chronic systolic heart failure (EF 30 %). Atrial fibrillation, hypertension, CKD stage 3a.
Course: diuresed 5.4 kg with IV furosemide. Weight at discharge 91.2 kg.

CHANGES TO MEDICINES
- furosemide raised from 20 mg to 40 mg once a day
- warfarin STOPPED; apixaban 5 mg twice a day STARTED
- spironolactone 25 mg once a day STARTED

FOR THE PRACTICE
- potassium and creatinine within one week
- see primary care within 7 days
- call for weight gain over 1 kg in a day or 2 kg in a week, more swelling, breathless lying flat
Patient has a scale. Wife June manages the pill box.
"""


def resources(today: date) -> Iterator[Resource]:
    """His chart as it stands today."""
    chart = Chart(STORY.patient_id, "Walter Boone", today)
    yield patient(
        chart,
        name=("Boone", "Walter", "Emmett"),
        gender="male",
        birth_date="1948-07-30",
        mrn="RB-100127",
        phone="0127",
        extension=background(WHITE),
        address=home("9 Mill Race Lane"),
    )
    yield coverage(chart, "medicare", "SYN-4400127")
    yield related_person(chart, "june", ("Boone", "June"), ("WIFE", "wife"), "0128")
    yield from _problems(chart)
    yield from _visits(chart)
    yield from _medicines(chart)
    yield from _readings(chart)
    yield care_team(
        chart,
        ("453231000124104", "Primary care provider", staff.reference("physician")),
        ("17561000", "Cardiologist", staff.reference("cardiologist")),
        ("133932002", "Caregiver", chart.reference("RelatedPerson", "june")),
    )


def _problems(chart: Chart) -> Iterator[Resource]:
    failing = diagnosis("Chronic systolic heart failure", "88805009", "I50.22")
    yield condition(chart, "heart-failure", failing, "2021-11")
    yield condition(
        chart, "fibrillation", diagnosis("Atrial fibrillation", "49436004", "I48.91"), "2019-04-02"
    )
    yield condition(chart, "hypertension", diagnosis("Hypertension", "38341003", "I10"), "2002")
    kidney = diagnosis("Chronic kidney disease stage 3a", "700378005", "N18.31")
    yield condition(chart, "kidney", kidney, chart.month(760))
    yield condition(
        chart,
        "admitted-for",
        diagnosis("Acute on chronic systolic heart failure", icd10="I50.23"),
        chart.day(6),
        meta=profile("condition-encounter-diagnosis"),
        category=[ENCOUNTER_DIAGNOSIS],
        encounter=chart.reference("Encounter", "admission"),
        recorder=staff.reference("hospitalist"),
    )
    yield allergy(chart, "none", NO_KNOWN_ALLERGY)


def _visits(chart: Chart) -> Iterator[Resource]:
    yield office_visit(chart, "visit-1", 190, "Heart failure follow-up")
    evening = (chart.moment(41, "18:20"), chart.moment(41, "22:45"))
    yield encounter(chart, "emergency-1", EMERGENCY, evening, "Short of breath", seen_by="hospitalist")
    yield office_visit(chart, "visit-2", 33, "After the emergency visit")
    morning = (chart.moment(6, "05:40"), chart.moment(6, "09:10"))
    yield encounter(
        chart, "emergency-2", EMERGENCY, morning, "Breathless, leg swelling", seen_by="hospitalist"
    )
    yield _admission(chart)
    yield procedure(
        chart, "echo", "40701008", "Echocardiography", 5, performedDateTime=chart.moment(5, "11:00")
    )
    text = SUMMARY.format(admitted=chart.day(6), discharged=chart.day(1))
    yield document(
        chart,
        "discharge-summary",
        ("18842-5", "Discharge summary"),
        chart.moment(1, "15:05"),
        text,
        author="hospitalist",
        context={"encounter": [chart.reference("Encounter", "admission")]},
    )
    yield from documents(chart)
    yield appointment(chart, "after-discharge", -6, "11", "Visit after discharge")


def _admission(chart: Chart) -> Resource:
    """The stay that ended yesterday at half past two, told with both disposition systems that US hospitals send."""
    home_codes = concept(
        "Discharged to home",
        coding(NUBC_DISCHARGE, "01", "Discharged to home care or self care (routine discharge)"),
        coding(HL7 + "discharge-disposition", "home", "Home"),
    )
    stay = (chart.moment(6, "09:10"), chart.moment(1, "14:30"))
    return encounter(
        chart,
        "admission",
        INPATIENT,
        stay,
        "Acute on chronic systolic heart failure",
        seen_by="hospitalist",
        diagnosis=[{"condition": chart.reference("Condition", "admitted-for")}],
        hospitalization={
            "admitSource": hl7("admit-source", "emd", "From accident/emergency department"),
            "dischargeDisposition": home_codes,
        },
    )


def _medicines(chart: Chart) -> Iterator[Resource]:
    discharge = {
        "authoredOn": chart.day(1),
        "category": [hl7("medicationrequest-category", "discharge", "Discharge")],
    }
    once, twice = "1 tablet once a day", "1 tablet twice a day"
    for slug, name, dose in (
        ("furosemide", "furosemide 40 MG Oral Tablet", "1 tablet every morning"),
        ("apixaban", "apixaban 5 MG Oral Tablet", twice),
        ("spironolactone", "spironolactone 25 MG Oral Tablet", once),
    ):
        yield ordered(chart, slug, name, dose, 1, by="hospitalist", **discharge)
    yield ordered(chart, "carvedilol", "carvedilol 12.5 MG Oral Tablet", twice, 190)
    yield ordered(chart, "lisinopril", "lisinopril 10 MG Oral Tablet", once, 190)
    yield ordered(chart, "furosemide-before", "furosemide 20 MG Oral Tablet", once, 190, status="stopped")
    yield ordered(
        chart, "warfarin", "warfarin sodium 5 MG Oral Tablet", "as told by clinic", 400, status="stopped"
    )
    yield stated(chart, "warfarin-at-home", "warfarin sodium 5 MG Oral Tablet", "1 tablet in the evening", 33)
    yield stated(chart, "furosemide-at-home", "furosemide 20 MG Oral Tablet", "1 tablet every morning", 33)


def _readings(chart: Chart) -> Iterator[Resource]:
    yield from readings(
        chart,
        "weight",
        WEIGHT,
        (190, 90.6),
        (41, 92.4),
        (33, 91.5),
        (6, 96.6),
        (4, 94.1),
        (2, 91.9),
        (1, 91.2),
        any_day=True,
    )
    yield from readings(chart, "bmi", BMI, (33, 29.2))
    yield from blood_pressure(chart, (190, 138, 82), (33, 134, 80), (6, 168, 98), (1, 122, 74), any_day=True)
    yield from readings(chart, "nt-probnp", NT_PROBNP, (41, 2900), (6, 8640), (1, 3150), any_day=True)
    yield from readings(chart, "ejection-fraction", EJECTION_FRACTION, (5, 30), any_day=True)
    yield from readings(chart, "creatinine", CREATININE, (190, 1.3), (1, 1.5), any_day=True)
    yield from readings(chart, "egfr", EGFR, (190, 56), (1, 48), any_day=True)
    yield from readings(chart, "potassium", POTASSIUM, (190, 4.4), (1, 4.9), any_day=True)
