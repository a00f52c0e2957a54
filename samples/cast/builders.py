"""What happened to the patient, as US Core 6.1.0 resources: problems, visits, allergies, shots, procedures, papers.

Each function takes the chart, a short name that becomes the end of the id, and what the story says; `more` adds or
replaces elements for the one story that needs them. Days are counted back from the chart's today.
https://hl7.org/fhir/us/core/STU6.1/profiles-and-extensions.html
"""

from __future__ import annotations

import base64
from typing import Any

from samples.cast import staff
from samples.cast.chart import Chart, Resource
from samples.cast.codes import CVX, HL7, LOINC, SNOMED, US_CORE_CATEGORY, coding, concept, hl7, profile

PROBLEM = hl7("condition-category", "problem-list-item", "Problem List Item")
ENCOUNTER_DIAGNOSIS = hl7("condition-category", "encounter-diagnosis", "Encounter Diagnosis")
SOCIAL = concept("SDOH", coding(US_CORE_CATEGORY, "sdoh", "SDOH"))

NO_KNOWN_ALLERGY = concept("No known allergy", coding(SNOMED, "716186003", "No known allergy"))

Kind = tuple[str, str, str, str, str, str]
OFFICE: Kind = ("AMB", "ambulatory", "185349003", "Office visit", "riverbend", "riverbend-clinic")
FOLLOW_UP: Kind = ("AMB", "ambulatory", "390906007", "Follow-up visit", "riverbend", "riverbend-clinic")
EMERGENCY: Kind = (
    "EMER",
    "emergency",
    "50849002",
    "Emergency room visit",
    "millstone",
    "millstone-emergency",
)
INPATIENT: Kind = (
    "IMP",
    "inpatient encounter",
    "32485007",
    "Hospital admission",
    "millstone",
    "millstone-ward",
)


def condition(
    chart: Chart, slug: str, code: dict[str, Any], onset: str, *, status: str = "active", **more: Any
) -> Resource:
    """A problem on the list, confirmed; `onset` is a FHIR date, `status` a condition-clinical code."""
    return {
        "resourceType": "Condition",
        "id": chart.id(slug),
        "meta": profile("condition-problems-health-concerns"),
        "clinicalStatus": hl7("condition-clinical", status, status.capitalize()),
        "verificationStatus": hl7("condition-ver-status", "confirmed", "Confirmed"),
        "category": [PROBLEM],
        "code": code,
        "subject": chart.subject,
        "onsetDateTime": onset,
        "recordedDate": onset,
        "recorder": staff.reference("physician"),
    } | more


def encounter(
    chart: Chart,
    slug: str,
    kind: Kind,
    period: tuple[str, str],
    reason: str,
    *,
    seen_by: str = "physician",
    **more: Any,
) -> Resource:
    """A finished visit of one of the kinds above, from and to a dateTime, with its reason in words."""
    code, words, snomed, text, organization_id, location_id = kind
    return {
        "resourceType": "Encounter",
        "id": chart.id(slug),
        "meta": profile("encounter"),
        "status": "finished",
        "class": coding(HL7 + "v3-ActCode", code, words),
        "type": [concept(text, coding(SNOMED, snomed))],
        "subject": chart.subject,
        "participant": [
            {
                "type": [hl7("v3-ParticipationType", "ATND", "attender")],
                "individual": staff.reference(seen_by),
            }
        ],
        "period": {"start": period[0], "end": period[1]},
        "reasonCode": [concept(reason)],
        "location": [{"location": {"reference": f"Location/{location_id}"}}],
        "serviceProvider": {"reference": f"Organization/{organization_id}"},
    } | more


def office_visit(chart: Chart, slug: str, ago: int, reason: str, clock: str = "10", **more: Any) -> Resource:
    """Twenty-five minutes at Riverbend about that many days ago, never on a weekend; `clock` is the hour."""
    day = chart.office(ago)
    period = (chart.moment(day, f"{clock}:00"), chart.moment(day, f"{clock}:25"))
    return encounter(chart, slug, more.pop("kind", OFFICE), period, reason, **more)


def allergy(chart: Chart, slug: str, code: dict[str, Any], reaction: str = "", **more: Any) -> Resource:
    """An active, confirmed allergy with its reaction in words; without one, as for `NO_KNOWN_ALLERGY`."""
    return (
        {
            "resourceType": "AllergyIntolerance",
            "id": chart.id(slug),
            "meta": profile("allergyintolerance"),
            "clinicalStatus": hl7("allergyintolerance-clinical", "active", "Active"),
            "verificationStatus": hl7("allergyintolerance-verification", "confirmed", "Confirmed"),
            "code": code,
            "patient": chart.subject,
        }
        | ({"reaction": [{"manifestation": [concept(reaction)]}]} if reaction else {})
        | more
    )


def immunization(chart: Chart, slug: str, cvx: str, words: str, ago: int, **more: Any) -> Resource:
    """A dose given about that many days ago; `cvx` is CDC's vaccine code."""
    return {
        "resourceType": "Immunization",
        "id": chart.id(slug),
        "meta": profile("immunization"),
        "status": "completed",
        "vaccineCode": concept(words, coding(CVX, cvx, words)),
        "patient": chart.subject,
        "occurrenceDateTime": chart.day(chart.office(ago)),
        "primarySource": True,
    } | more


def procedure(chart: Chart, slug: str, snomed: str, words: str, ago: int, **more: Any) -> Resource:
    """A procedure done about that many days ago."""
    return {
        "resourceType": "Procedure",
        "id": chart.id(slug),
        "meta": profile("procedure"),
        "status": "completed",
        "code": concept(words, coding(SNOMED, snomed)),
        "subject": chart.subject,
        "performedDateTime": chart.day(chart.office(ago)),
    } | more


def appointment(
    chart: Chart, slug: str, ago: int, clock: str, reason: str, *, with_: str = "physician", **more: Any
) -> Resource:
    """Thirty minutes booked for the hour `clock`; a negative `ago` is days ahead. R4 has no US Core Appointment."""
    day = chart.office(ago)
    accepted = {"status": "accepted"}
    return {
        "resourceType": "Appointment",
        "id": chart.id(slug),
        "status": "booked",
        "serviceType": [concept("Primary care")],
        "description": reason,
        "start": chart.moment(day, f"{clock}:00"),
        "end": chart.moment(day, f"{clock}:30"),
        "participant": [
            {"actor": chart.subject} | accepted,
            {"actor": staff.reference(with_)} | accepted,
            {"actor": {"reference": "Location/riverbend-clinic"}} | accepted,
        ],
    } | more


def document(
    chart: Chart, slug: str, kind: tuple[str, str], written: str, text: str, *, author: str, **more: Any
) -> Resource:
    """A clinical note in plain text, inside the DocumentReference; `kind` is its LOINC code and words."""
    category = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
    data = base64.b64encode(text.encode()).decode()
    return {
        "resourceType": "DocumentReference",
        "id": chart.id(slug),
        "meta": profile("documentreference"),
        "status": "current",
        "type": concept(kind[1], coding(LOINC, *kind)),
        "category": [concept("Clinical Note", coding(category, "clinical-note", "Clinical Note"))],
        "subject": chart.subject,
        "date": written,
        "author": [staff.reference(author)],
        "content": [
            {"attachment": {"contentType": "text/plain; charset=utf-8", "data": data, "title": kind[1]}}
        ],
    } | more


def care_team(chart: Chart, *members: tuple[str, str, dict[str, str]]) -> Resource:
    """The EHR's care team: of each member the SNOMED role, the role's words and a Reference."""
    return {
        "resourceType": "CareTeam",
        "id": chart.id("care-team"),
        "meta": profile("careteam"),
        "status": "active",
        "name": f"Care team of {chart.name}",
        "subject": chart.subject,
        "participant": [
            {"role": [concept(words, coding(SNOMED, role, words))], "member": member}
            for role, words, member in members
        ],
    }


def without(resource: Resource, *elements: str) -> Resource:
    """The resource less some elements: for the stories in which something was never written down."""
    return {name: value for name, value in resource.items() if name not in elements}
