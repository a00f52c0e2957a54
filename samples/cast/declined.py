"""Raymond Tull: said no to care management once before, in his insurer's programme, and the chart says why.

The Consent and the Task are that programme's, not ours: they bear no identifier, tag or profile of Chartside, and must
be read as somebody else's. https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import NO_KNOWN_ALLERGY, allergy, condition, office_visit
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import HL7, LOINC, coding, concept, diagnosis, hl7
from samples.cast.medicines import ordered
from samples.cast.patient import WHITE, background, coverage, home, patient
from samples.cast.readings import A1C, BMI, LDL, blood_pressure, readings

STORY = Story(
    "raymond-tull",
    "Declined before",
    "Refused his insurer's care program more than a year ago: no calls at work. Three chronic conditions.",
)

PROGRAM = "Northlake Health Plan care program"
WHY = "Does not want calls at work. Might talk to someone from his own doctor's office, after five."


def resources(today: date) -> Iterator[Resource]:
    """His chart as it stands today."""
    chart = Chart(STORY.patient_id, "Raymond Tull", today)
    yield patient(
        chart,
        name=("Tull", "Raymond"),
        gender="male",
        birth_date="1966-06-18",
        mrn="RB-100170",
        phone="0170",
        extension=background(WHITE),
        address=home("31 Foundry Street"),
    )
    yield coverage(chart, "northlake-health", "SYN-8800170")
    yield from _problems(chart)
    yield office_visit(chart, "visit-1", 215, "Diabetes and blood pressure")
    yield office_visit(chart, "visit-2", 29, "Chest discomfort on stairs, settled")
    yield _refusal(chart)
    yield _outreach(chart)
    yield ordered(
        chart, "metformin", "metformin hydrochloride 500 MG Oral Tablet", "1 tablet twice a day", 29
    )
    yield ordered(chart, "aspirin", "aspirin 81 MG Oral Tablet", "1 tablet once a day", 29)
    yield ordered(chart, "atorvastatin", "atorvastatin 40 MG Oral Tablet", "1 tablet at bedtime", 29)
    yield from readings(chart, "a1c", A1C, (215, 8.0), (29, 8.4))
    yield from readings(chart, "ldl", LDL, (29, 112))
    yield from blood_pressure(chart, (215, 140, 88), (29, 146, 92))
    yield from readings(chart, "bmi", BMI, (29, 32.3))


def _problems(chart: Chart) -> Iterator[Resource]:
    yield condition(chart, "diabetes", diagnosis("Type 2 diabetes", "44054006", "E11.65"), "2019-10")
    yield condition(chart, "hypertension", diagnosis("Hypertension", "38341003", "I10"), "2015")
    coronary = diagnosis("Coronary artery disease", "53741008", "I25.10")
    yield condition(chart, "coronary", coronary, "2022-02-11")
    yield allergy(chart, "none", NO_KNOWN_ALLERGY)


def _refusal(chart: Chart) -> Resource:
    """A Consent that was refused: `rejected`, with a policy in words (invariant ppc-1)."""
    return {
        "resourceType": "Consent",
        "id": chart.id("refusal"),
        "status": "rejected",
        "scope": hl7("consentscope", "treatment", "Treatment"),
        "category": [concept(PROGRAM, coding(LOINC, "59284-0", "Consent Document"))],
        "patient": chart.subject,
        "dateTime": chart.moment(chart.office(432), "13:20"),
        "performer": [chart.subject],
        "organization": [{"reference": "Organization/northlake-health", "display": "Northlake Health Plan"}],
        "policyRule": concept(f"{PROGRAM}: enrollment is voluntary", coding(HL7 + "v3-ActCode", "OPTOUT")),
    }


def _outreach(chart: Chart) -> Resource:
    """The call in which he refused, as the insurer's system closed it."""
    ago = chart.office(432)
    return {
        "resourceType": "Task",
        "id": chart.id("outreach"),
        "status": "completed",
        "businessStatus": concept("Declined"),
        "intent": "order",
        "code": concept(f"{PROGRAM}: outreach call"),
        "focus": chart.reference("Consent", "refusal"),
        "for": chart.subject,
        "executionPeriod": {"start": chart.moment(ago, "13:10"), "end": chart.moment(ago, "13:22")},
        "authoredOn": chart.moment(ago, "09:00"),
        "lastModified": chart.moment(ago, "13:25"),
        "requester": {"reference": "Organization/northlake-health"},
        "owner": {"reference": "Organization/northlake-health", "display": "Northlake Health Plan"},
        "note": [{"time": chart.moment(ago, "13:25"), "text": WHY}],
    }
