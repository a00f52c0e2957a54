"""Who the patient is: Patient, the people who care for them, and who pays.

US Core Patient, RelatedPerson and Coverage 6.1.0: https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-patient.html
"""

from __future__ import annotations

from typing import Any

from samples.cast.chart import Chart, Resource
from samples.cast.codes import HL7, US_CORE, coding, concept, hl7, profile

MRN = "https://riverbend.example/sid/mrn"
MEMBER = "https://riverbend.example/sid/member"
OMB = "urn:oid:2.16.840.1.113883.6.238"

WHITE = ("2106-3", "White")
BLACK = ("2054-5", "Black or African American")
ASIAN = ("2028-9", "Asian")
HISPANIC = ("2135-2", "Hispanic or Latino")
NOT_HISPANIC = ("2186-5", "Not Hispanic or Latino")

PAYERS = {
    "medicare": ("Medicare", "1", "MEDICARE"),
    "ohio-medicaid": ("Ohio Medicaid", "2", "MEDICAID"),
    "northlake-health": ("Northlake Health Plan", "5", "PRIVATE HEALTH INSURANCE"),
}


def patient(
    chart: Chart, *, name: tuple[str, ...], gender: str, birth_date: str, mrn: str, phone: str, **more: Any
) -> Resource:
    """A US Core Patient of Riverbend; `name` is the family name and then the given names.

    `phone` is the end of a 555-01xx number, which belongs to nobody. `more` adds or replaces elements.
    """
    return {
        "resourceType": "Patient",
        "id": chart.patient_id,
        "meta": profile("patient"),
        "identifier": [record_number(mrn)],
        "active": True,
        "name": [{"use": "official", "family": name[0], "given": list(name[1:])}],
        "telecom": [{"system": "phone", "value": f"(614) 555-{phone}", "use": "mobile"}],
        "gender": gender,
        "birthDate": birth_date,
        "generalPractitioner": [{"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}],
        "managingOrganization": {"reference": "Organization/riverbend"},
    } | more


def record_number(mrn: str) -> dict[str, Any]:
    """The medical record number, marked as such."""
    kind = concept("Medical record number", coding(HL7 + "v2-0203", "MR", "Medical record number"))
    return {"use": "usual", "type": kind, "system": MRN, "value": mrn}


def background(race: tuple[str, str], ethnicity: tuple[str, str] = NOT_HISPANIC) -> list[dict[str, Any]]:
    """US Core's race and ethnicity extensions, as the patient told the practice."""
    return [
        {
            "url": US_CORE + kind,
            "extension": [
                {"url": "ombCategory", "valueCoding": coding(OMB, code, words)},
                {"url": "text", "valueString": words},
            ],
        }
        for kind, (code, words) in (("race", race), ("ethnicity", ethnicity))
    ]


def home(street: str, **more: Any) -> list[dict[str, Any]]:
    """A home address in the invented town of Riverbend."""
    address = {"use": "home", "line": [street], "city": "Riverbend", "state": "OH", "postalCode": "43999"}
    return [address | {"country": "US"} | more]


def related_person(
    chart: Chart, slug: str, name: tuple[str, str], relationship: tuple[str, str], phone: str, **more: Any
) -> Resource:
    """A US Core RelatedPerson: family and given name, v3-RoleCode of the relationship and its words."""
    return {
        "resourceType": "RelatedPerson",
        "id": chart.id(slug),
        "meta": profile("relatedperson"),
        "active": True,
        "patient": chart.subject,
        "relationship": [hl7("v3-RoleCode", *relationship)],
        "name": [{"family": name[0], "given": [name[1]]}],
        "telecom": [{"system": "phone", "value": f"(614) 555-{phone}", "use": "mobile"}],
    } | more


def coverage(chart: Chart, payer: str, member: str, **more: Any) -> Resource:
    """A US Core Coverage by one of `PAYERS`; `member` is a made-up member number."""
    name, code, display = PAYERS[payer]
    kind = concept("Member number", coding(HL7 + "v2-0203", "MB", "Member Number"))
    return {
        "resourceType": "Coverage",
        "id": chart.id(payer),
        "meta": profile("coverage"),
        "identifier": [{"type": kind, "system": MEMBER, "value": member}],
        "status": "active",
        "type": concept(name, coding("https://nahdo.org/sopt", code, display)),
        "subscriberId": member,
        "beneficiary": chart.subject,
        "relationship": hl7("subscriber-relationship", "self", "Self"),
        "period": {"start": f"{chart.today.year - 2}-01-01"},
        "payor": [{"reference": f"Organization/{payer}", "display": name}],
    } | more
