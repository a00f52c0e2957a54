"""Gloria Reyes: the guide's own list, "diabetic patients who have not had a visit in the past six months and whose
clinical values are out of recommended range". Her laboratory still sees her, the practice does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast import staff
from samples.cast.builders import allergy, appointment, condition, immunization, office_visit, procedure
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import RXNORM, SNOMED, coding, concept, diagnosis, profile
from samples.cast.medicines import ordered, stated
from samples.cast.patient import HISPANIC, WHITE, background, coverage, home, patient
from samples.cast.readings import A1C, BMI, EGFR, HEIGHT, LDL, URINE_ALBUMIN, WEIGHT, blood_pressure, readings

STORY = Story(
    "gloria-reyes",
    "Uncontrolled diabetes",
    "A1c 10.1 and rising, no visit for eight months, eye exam overdue for more than two years.",
)


def resources(today: date) -> Iterator[Resource]:
    """Her chart as it stands today."""
    chart = Chart(STORY.patient_id, "Gloria Reyes", today)
    yield patient(
        chart,
        name=("Reyes", "Gloria", "Inés"),
        gender="female",
        birth_date="1955-03-12",
        mrn="RB-100112",
        phone="0112",
        extension=background(WHITE, HISPANIC),
        address=home("48 Orchard Street"),
    )
    yield coverage(chart, "medicare", "SYN-4400112")
    yield from _problems(chart)
    yield from _visits(chart)
    yield from _medicines(chart)
    yield from _readings(chart)


def _problems(chart: Chart) -> Iterator[Resource]:
    yield condition(
        chart, "diabetes", diagnosis("Type 2 diabetes with hyperglycemia", "44054006", "E11.65"), "2011-05"
    )
    yield condition(chart, "hypertension", diagnosis("Hypertension", "38341003", "I10"), "2009-02-17")
    yield condition(chart, "lipids", diagnosis("Hyperlipidemia", "55822004", "E78.5"), "2012")
    yield condition(
        chart,
        "neuropathy",
        diagnosis("Neuropathy due to type 2 diabetes", "368581000119106", "E11.42"),
        chart.month(900),
    )
    yield condition(chart, "obesity", diagnosis("Obesity", "414916001", "E66.9"), "2011-05")
    sinusitis = diagnosis("Acute bacterial sinusitis", "75498004", "J01.90")
    yield condition(
        chart, "sinusitis", sinusitis, chart.day(700), status="resolved", abatementDateTime=chart.day(684)
    )
    penicillin = concept("Penicillin", coding(RXNORM, "70618"))
    yield allergy(chart, "penicillin", penicillin, "Hives", category=["medication"], criticality="low")


def _visits(chart: Chart) -> Iterator[Resource]:
    for number, (ago, reason) in enumerate(
        [
            (820, "Annual visit"),
            (610, "Diabetes follow-up"),
            (430, "Diabetes follow-up"),
            (245, "Diabetes follow-up"),
        ],
        start=1,
    ):
        yield office_visit(chart, f"visit-{number}", ago, reason)
    yield appointment(
        chart, "missed", 92, "14", "Diabetes follow-up", status="noshow", comment="Did not come, no call."
    )
    yield procedure(chart, "eye-exam", "722161008", "Diabetic retinal eye exam", 800)
    yield procedure(chart, "foot-exam", "401191002", "Diabetic foot examination", 430)
    yield _eye_referral(chart)
    yield immunization(chart, "flu", "140", "Influenza, seasonal, injectable, preservative free", 430)


def _eye_referral(chart: Chart) -> Resource:
    """Sent at the last visit and never answered: a loop that nobody closed."""
    return {
        "resourceType": "ServiceRequest",
        "id": chart.id("eye-referral"),
        "meta": profile("servicerequest"),
        "status": "active",
        "intent": "order",
        "code": concept(
            "Referral to the eye clinic", coding(SNOMED, "103696004", "Patient referral to specialist")
        ),
        "subject": chart.subject,
        "encounter": chart.reference("Encounter", "visit-4"),
        "authoredOn": chart.day(chart.office(245)),
        "requester": staff.reference("physician"),
        "performer": [{"reference": "Organization/lakeside-eye", "display": "Lakeside Eye Center"}],
    }


def _medicines(chart: Chart) -> Iterator[Resource]:
    metformin = "metformin hydrochloride 500 MG Oral Tablet"
    yield ordered(chart, "metformin", metformin, "2 tablets by mouth twice a day with meals", 245)
    yield ordered(chart, "glipizide", "glipizide 5 MG Oral Tablet", "1 tablet before breakfast", 245)
    yield ordered(chart, "lisinopril", "lisinopril 20 MG Oral Tablet", "1 tablet once a day", 245)
    yield ordered(chart, "atorvastatin", "atorvastatin 40 MG Oral Tablet", "1 tablet at bedtime", 245)
    yield stated(
        chart,
        "metformin-taken",
        metformin,
        "1 tablet in the morning",
        245,
        note=[{"text": "Takes half of what was ordered: the evening dose upsets her stomach."}],
    )


def _readings(chart: Chart) -> Iterator[Resource]:
    yield from readings(chart, "a1c", A1C, (820, 7.8), (610, 8.3), (430, 8.9), (245, 9.4), (21, 10.1))
    yield from readings(chart, "ldl", LDL, (430, 131), (21, 148))
    yield from readings(chart, "egfr", EGFR, (430, 66), (21, 58))
    yield from readings(chart, "urine-albumin", URINE_ALBUMIN, (430, 41), (21, 95))
    yield from blood_pressure(chart, (610, 142, 86), (430, 149, 88), (245, 158, 94))
    yield from readings(chart, "weight", WEIGHT, (430, 88.1), (245, 90.4))
    yield from readings(chart, "height", HEIGHT, (430, 162))
    yield from readings(chart, "bmi", BMI, (430, 33.6), (245, 34.4))
