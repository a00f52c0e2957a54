"""Bobby O'Shea: everything that real charts get wrong, in one chart that is still readable FHIR R4.

Half dates, words without codes, codes of unknown systems, things filed in error or refuted, a name that is also HTML,
references to what is gone. The app must show each honestly, run none of it, and count none of what was taken back.
https://hl7.org/fhir/R4/datatypes.html#date and https://hl7.org/fhir/R4/extension-data-absent-reason.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.cast.builders import OFFICE, allergy, condition, encounter, immunization, without
from samples.cast.chart import Chart, Resource, Story
from samples.cast.codes import HL7, LOINC, coding, concept, diagnosis, hl7
from samples.cast.medicines import ordered, stated
from samples.cast.patient import patient, record_number
from samples.cast.readings import A1C, BMI, WEIGHT, Measure, blood_pressure, reading

STORY = Story(
    "bobby-oshea",
    "Wrong and partial data",
    "A year for a birthday, HTML in a name, problems without codes, readings without dates, things filed in error.",
)

GONE = {"reference": "Practitioner/left-in-2019", "display": "Dr Somebody, no longer here"}
"""The one reference of the cast that leads nowhere."""

LONG = "Low back pain that began while lifting a crate at work and comes and goes since then; "
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
A1C_IFCC = Measure("59261-8", "Hemoglobin A1c (IFCC)", "mmol/mol", "mmol/mol", high=38)


def resources(today: date) -> Iterator[Resource]:
    """The chart as it stands today."""
    chart = Chart(STORY.patient_id, "Bobby O'Shea", today)
    yield _person(chart)
    for resource in (
        *_problems(chart),
        *_taken_back(chart),
        *_visits(chart),
        *_readings(chart),
        *_half_readings(chart),
        *_medicines(chart),
        *_other(chart),
    ):
        yield without(resource, "meta")


def _person(chart: Chart) -> Resource:
    names = [
        {"use": "official", "family": 'O\'Shea <b>"& Sons"</b>', "given": ['Roberta "Bobby"', "🦋"]},
        {"use": "old", "text": "<script>alert(1)</script>"},
        {"use": "nickname", "given": ["Bobby"]},
    ]
    person = patient(
        chart, name=("O'Shea", "Bobby"), gender="other", birth_date="1951", mrn="RB-100130", phone="0130"
    )
    return without(person, "meta") | {
        "name": names,
        "identifier": [{"value": "17"}, record_number("RB-100130")],
        "telecom": [{"system": "phone", "value": "call the neighbor"}, {"system": "phone", "use": "old"}],
        "generalPractitioner": [GONE],
        "maritalStatus": concept("it's complicated"),
        "address": [{"text": "blue house\nbehind the mill"}],
    }


def _problems(chart: Chart) -> Iterator[Resource]:
    nowhere = "urn:oid:1.2.3.4.5.6.7.8.9"
    named = condition(chart, "no-code", {}, "2019")
    yield without(named, "code", "clinicalStatus")
    yield condition(chart, "words-only", concept("sugar, per patient"), "2008")
    yield condition(chart, "code-only", {"coding": [coding("http://snomed.info/sct", "44054006")]}, "2008-06")
    yield condition(chart, "unknown-system", {"coding": [coding(nowhere, "X-17", "Legacy code 17")]}, "1999")
    yield condition(chart, "long", concept((LONG * 4)[:300]), "2015-02")
    yield condition(chart, "emoji", concept("Migraine 🤕 since the move"), "2020") | {"recorder": GONE}
    yield without(condition(chart, "told-onset", concept("Gout"), ""), "onsetDateTime", "recordedDate") | {
        "onsetString": "a few winters ago"
    }
    absent = {"extension": [{"url": ABSENT, "valueCode": "masked"}]}
    yield condition(chart, "masked", absent, "2021-03-03")
    signer = {"resourceType": "Practitioner", "id": "signer", "name": [{"text": "Locum, name unreadable"}]}
    hypertension = diagnosis("Hypertension", "38341003", "I10")
    yield condition(
        chart, "contained", hypertension, "2010", contained=[signer], asserter={"reference": "#signer"}
    )
    elsewhere = {"reference": "https://old-ehr.example/fhir/Practitioner/17", "display": "Old EHR"}
    yield condition(chart, "absolute", diagnosis("Anemia", "271737000", "D64.9"), "2012", recorder=elsewhere)


def _taken_back(chart: Chart) -> Iterator[Resource]:
    """What must never count as active."""
    error = hl7("condition-ver-status", "entered-in-error", "Entered in Error")
    stroke = condition(chart, "in-error", diagnosis("Stroke", "230690007", "I63.9"), "2018-08-08")
    yield without(stroke, "clinicalStatus") | {"verificationStatus": error}
    refuted = hl7("condition-ver-status", "refuted", "Refuted")
    copd = diagnosis("Chronic obstructive pulmonary disease", "13645005", "J44.9")
    yield condition(chart, "refuted", copd, "2017", verificationStatus=refuted)
    fibrillation = diagnosis("Atrial fibrillation", "49436004", "I48.91")
    yield condition(chart, "inactive", fibrillation, "2011", status="inactive")
    allergic = concept("Iodine")
    wrong = hl7("allergyintolerance-verification", "entered-in-error", "Entered in Error")
    iodine = allergy(chart, "in-error", allergic, verificationStatus=wrong)
    yield without(iodine, "clinicalStatus")
    yield without(allergy(chart, "no-code", {}), "code") | {"note": [{"text": "some antibiotic, as a child"}]}


def _visits(chart: Chart) -> Iterator[Resource]:
    day = chart.office(77)
    hour = (chart.moment(day, "10:00"), chart.moment(day, "11:00"))
    yield without(encounter(chart, "no-period", OFFICE, hour, "Unknown"), "period", "participant")
    local = coding("urn:riverbend:visit-class", "WALK", "walk-in")
    yield encounter(chart, "local-class", OFFICE, hour, "Walked in") | {"class": local}
    never_ended = {"period": {"start": chart.month(400)}, "status": "unknown"}
    yield without(encounter(chart, "no-end", OFFICE, hour, "Unknown"), "reasonCode") | never_ended
    yield encounter(chart, "ends-before", OFFICE, (hour[1], hour[0]), "Clock set wrong")
    yield encounter(chart, "in-error", OFFICE, hour, "Another patient's visit", status="entered-in-error")


def _readings(chart: Chart) -> Iterator[Resource]:
    """A1c in every shape that is not a dated percent."""
    when = chart.moment(chart.office(77), "10:20")
    yield reading(chart, "a1c-year", A1C, str(chart.today.year - 3), 7.2)
    yield reading(chart, "a1c-words", A1C, when, None, valueString="8,9 % (outside lab)")
    yield reading(chart, "a1c-in-error", A1C, when, 101, status="entered-in-error")
    yield reading(chart, "a1c-ifcc", A1C_IFCC, when, 87)
    yield reading(
        chart, "a1c-less", A1C, when, None, valueQuantity={"value": 4.0, "comparator": "<", "unit": "%"}
    )
    missing = hl7("data-absent-reason", "unknown", "Unknown")
    yield reading(chart, "bmi-absent", BMI, when, None, dataAbsentReason=missing)


def _half_readings(chart: Chart) -> Iterator[Resource]:
    when = chart.moment(chart.office(77), "10:20")
    yield without(reading(chart, "weight-undated", WEIGHT, when, 80), "effectiveDateTime")
    yield reading(chart, "weight-unitless", WEIGHT, when, None, valueQuantity={"value": 176})
    (pressure,) = blood_pressure(chart, (77, 150, 0))
    not_asked = hl7("data-absent-reason", "not-performed", "Not Performed")
    diastolic = {"code": pressure["component"][1]["code"], "dataAbsentReason": not_asked}
    yield pressure | {"component": [pressure["component"][0], diastolic]}
    uncoded = {
        "code": concept("finger stick, machine in the kitchen"),
        "valueInteger": 240,
        "status": "preliminary",
    }
    yield reading(chart, "finger-stick", A1C, when, None) | uncoded
    smoker = {"code": concept("Tobacco", coding(LOINC, "72166-2")), "valueString": "<i>sometimes</i>"}
    yield reading(chart, "tobacco", A1C, when, None) | smoker


def _medicines(chart: Chart) -> Iterator[Resource]:
    script = "water pill 💊 <img src=x onerror=alert(1)>"
    yield without(ordered(chart, "words", script, "", 77), "dosageInstruction", "category")
    bottle = {"resourceType": "Medication", "id": "bottle", "code": concept("ginkgo, from a neighbor")}
    herbs = stated(chart, "herbs", "", "a handful", 77, contained=[bottle])
    undated = without(herbs, "medicationCodeableConcept", "effectivePeriod", "dateAsserted")
    yield undated | {"medicationReference": {"reference": "#bottle"}}
    yield stated(chart, "unknown-status", "heart pill", "1", 77, status="unknown")


def _other(chart: Chart) -> Iterator[Resource]:
    told = immunization(chart, "childhood", "03", "MMR", 77)
    yield without(told, "occurrenceDateTime") | {"occurrenceString": "as a child", "primarySource": False}
    yield {
        "resourceType": "Procedure",
        "id": chart.id("surgery"),
        "status": "unknown",
        "subject": chart.subject,
        "performedString": "before the flood",
        "code": concept("gallbladder out?"),
    }
    yield {
        "resourceType": "CarePlan",
        "id": chart.id("plan"),
        "status": "unknown",
        "intent": "plan",
        "subject": chart.subject,
        "description": "Lose weight <em>soon</em>",
        "category": [concept("Misc", coding(HL7 + "no-such-system", "misc"))],
    }
    yield {
        "resourceType": "Goal",
        "id": chart.id("goal"),
        "lifecycleStatus": "proposed",
        "subject": chart.subject,
        "description": concept("feel better"),
    }
