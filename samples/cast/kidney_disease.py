"""Linda Cho: already has the EHR's own care plan, goal and care team, written by her physician and not by Chartside.

They must be shown beside ours and never changed. They bear no identifier or tag of the app.
https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-careplan.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast import staff
from samples.cast.builders import (
    NO_KNOWN_ALLERGY,
    allergy,
    appointment,
    care_team,
    condition,
    immunization,
    office_visit,
)
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import LOINC, coding, concept, diagnosis, hl7, profile
from samples.cast.medicines import ordered
from samples.cast.patient import ASIAN, background, coverage, home, patient
from samples.cast.readings import (
    BMI,
    EGFR,
    POTASSIUM,
    URINE_ALBUMIN,
    blood_pressure,
    quantity,
    readings,
    smoking,
)

STORY = Story(
    "linda-cho",
    "Kidney disease with the EHR's own plan",
    "A physician's care plan, goal and care team are already in the chart; eGFR falls slowly, pressure above goal.",
)

PLAN = (
    '<div xmlns="http://www.w3.org/1999/xhtml"><p>Chronic kidney disease stage 3b and high blood pressure.</p>'
    "<ul><li>Blood pressure below 130/80</li><li>No ibuprofen or naproxen</li><li>Low salt, dietitian visit</li>"
    "<li>Creatinine and potassium every three months</li></ul></div>"
)


def resources(today: date) -> Iterator[Resource]:
    """Her chart as it stands today."""
    chart = Chart(STORY.patient_id, "Linda Cho", today)
    yield patient(
        chart,
        name=("Cho", "Linda", "Hye-jin"),
        gender="female",
        birth_date="1958-09-14",
        mrn="RB-100105",
        phone="0105",
        extension=background(ASIAN),
        address=home("18 Ferry Landing"),
    )
    yield coverage(chart, "medicare", "SYN-4400105")
    yield from _problems(chart)
    yield from _visits(chart)
    yield ordered(chart, "lisinopril", "lisinopril 20 MG Oral Tablet", "1 tablet once a day", 51)
    yield ordered(chart, "amlodipine", "amlodipine 5 MG Oral Tablet", "1 tablet once a day", 51)
    yield from _readings(chart)
    yield _care_plan(chart)
    yield _goal(chart)
    yield care_team(
        chart,
        ("453231000124104", "Primary care provider", staff.reference("physician")),
        ("224535009", "Registered nurse", staff.reference("nurse")),
        ("116154003", "Patient", chart.subject),
    )


def _problems(chart: Chart) -> Iterator[Resource]:
    kidney = diagnosis("Chronic kidney disease stage 3b", "700379002", "N18.32")
    yield condition(chart, "kidney", kidney, "2022-06-21")
    hypertension = diagnosis("Hypertensive chronic kidney disease", "38341003", "I12.9")
    yield condition(chart, "hypertension", hypertension, "2008")
    yield allergy(chart, "none", NO_KNOWN_ALLERGY)


def _visits(chart: Chart) -> Iterator[Resource]:
    yield office_visit(chart, "visit-1", 330, "Kidney disease")
    yield office_visit(chart, "visit-2", 170, "Kidney disease")
    yield office_visit(chart, "visit-3", 51, "Kidney disease and blood pressure")
    yield immunization(chart, "flu", "140", "Influenza, seasonal, injectable, preservative free", 51)
    yield immunization(chart, "zoster", "187", "zoster recombinant", 700)
    yield appointment(chart, "next", -40, "09", "Kidney disease follow-up")


def _readings(chart: Chart) -> Iterator[Resource]:
    yield from readings(chart, "egfr", EGFR, (330, 43), (170, 40), (51, 37))
    yield from readings(chart, "urine-albumin", URINE_ALBUMIN, (330, 180), (51, 240))
    yield from readings(chart, "potassium", POTASSIUM, (170, 4.7), (51, 5.0))
    yield from blood_pressure(chart, (330, 146, 84), (170, 141, 82), (51, 138, 80))
    yield from readings(chart, "bmi", BMI, (51, 24.2))
    yield smoking(chart, "266919005", "Never smoked tobacco", 51)


def _care_plan(chart: Chart) -> Resource:
    category = coding("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")
    return {
        "resourceType": "CarePlan",
        "id": chart.id("plan"),
        "meta": profile("careplan"),
        "text": {"status": "additional", "div": PLAN},
        "status": "active",
        "intent": "plan",
        "category": [concept("Assessment and Plan of Treatment", category)],
        "title": "Kidney disease plan",
        "subject": chart.subject,
        "period": {"start": chart.day(chart.office(170))},
        "created": chart.moment(chart.office(170), "10:25"),
        "author": staff.reference("physician"),
        "careTeam": [chart.reference("CareTeam", "care-team")],
        "addresses": [chart.reference("Condition", slug) for slug in ("kidney", "hypertension")],
        "goal": [chart.reference("Goal", "pressure-goal")],
    }


def _goal(chart: Chart) -> Resource:
    systolic = concept("Systolic blood pressure", coding(LOINC, "8480-6", "Systolic blood pressure"))
    target = {
        "measure": systolic,
        "detailRange": {"high": quantity(130, "mmHg", "mm[Hg]")},
        "dueDate": chart.day(-60),
    }
    return {
        "resourceType": "Goal",
        "id": chart.id("pressure-goal"),
        "meta": profile("goal"),
        "lifecycleStatus": "active",
        "achievementStatus": hl7("goal-achievement", "improving", "Improving"),
        "description": concept("Blood pressure below 130/80"),
        "subject": chart.subject,
        "startDate": chart.day(chart.office(170)),
        "target": [target],
        "statusDate": chart.day(chart.office(51)),
        "expressedBy": staff.reference("physician"),
        "addresses": [chart.reference("Condition", "hypertension")],
    }
