"""Riverbend Family Practice and its neighbours: the people and places every chart points at.

The ids `nurse`, `physician`, `assistant` and `manager` are the sandbox's four users. Staff carry an identifier of the
practice and no NPI: every ten digits that pass the NPI's checksum may be somebody's.
https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-practitionerrole.html
"""

from __future__ import annotations

from collections.abc import Iterator

from samples.cast.chart import Resource
from samples.cast.codes import HL7, NUCC, coding, concept, profile
from samples.cast.patient import PAYERS

STAFF = "https://riverbend.example/sid/staff"
PLACES = "https://riverbend.example/sid/place"

PEOPLE: dict[str, tuple[str, str, str, str, str, str]] = {
    # id: family, given, prefix, credential, NUCC taxonomy code ("" where there is none), role in words
    "nurse": ("Whitfield", "Dana", "", "RN", "163WC0400X", "Care manager"),
    "physician": ("Alvarez", "Luis", "Dr", "MD", "207Q00000X", "Family physician"),
    "assistant": ("Raman", "Priya", "", "CMA", "", "Medical assistant"),
    "manager": ("Becker", "Tom", "", "", "", "Practice manager"),
    "second-physician": ("Nyström", "Helena", "Dr", "DO", "207Q00000X", "Family physician"),
    "cardiologist": ("Adeyemi", "Folake", "Dr", "MD", "207RC0000X", "Cardiologist"),
    "hospitalist": ("Kowalczyk", "Piotr", "Dr", "MD", "208M00000X", "Hospitalist"),
    "pharmacist": ("Sato", "Mei", "", "PharmD", "183500000X", "Clinical pharmacist"),
    "social-worker": ("Greene", "Patrice", "", "LISW", "1041C0700X", "Social worker"),
}
WORKPLACE = {"cardiologist": "millstone-heart", "hospitalist": "millstone"}

ORGANIZATIONS = {
    "riverbend": ("Riverbend Family Practice", "prov", "Healthcare Provider", "0100"),
    "millstone": ("Millstone General Hospital", "prov", "Healthcare Provider", "0190"),
    "millstone-heart": ("Millstone Heart Clinic", "prov", "Healthcare Provider", "0192"),
    "lakeside-eye": ("Lakeside Eye Center", "prov", "Healthcare Provider", "0194"),
} | {payer: (name, "pay", "Payer", "0198") for payer, (name, _, _) in PAYERS.items()}

LOCATIONS = {
    "riverbend-clinic": ("Riverbend Family Practice, Main Street", "riverbend", "12 Main Street"),
    "millstone-emergency": ("Millstone General Hospital, Emergency Department", "millstone", "400 Hill Road"),
    "millstone-ward": ("Millstone General Hospital, 3 West", "millstone", "400 Hill Road"),
}


def resources() -> Iterator[Resource]:
    """Organizations, Locations, Practitioners and their PractitionerRoles: the same on every day."""
    for organization_id in ORGANIZATIONS:
        yield _organization(organization_id)
    for location_id in LOCATIONS:
        yield _location(location_id)
    for practitioner_id in PEOPLE:
        yield _practitioner(practitioner_id)
        yield _role(practitioner_id)


def display(practitioner_id: str) -> str:
    """How a Reference names a member of staff: "Dana Whitfield, RN"."""
    family, given, prefix, credential, _, _ = PEOPLE[practitioner_id]
    name = " ".join(part for part in (prefix, given, family) if part)
    return f"{name}, {credential}" if credential and not prefix else name


def reference(practitioner_id: str) -> dict[str, str]:
    """A Reference to a member of staff, with their name."""
    return {"reference": f"Practitioner/{practitioner_id}", "display": display(practitioner_id)}


def _organization(organization_id: str) -> Resource:
    name, code, words, phone = ORGANIZATIONS[organization_id]
    return {
        "resourceType": "Organization",
        "id": organization_id,
        "meta": profile("organization"),
        "identifier": [{"system": PLACES, "value": organization_id}],
        "active": True,
        "type": [concept(words, coding(HL7 + "organization-type", code, words))],
        "name": name,
        "telecom": [{"system": "phone", "value": f"(614) 555-{phone}"}],
    }


def _location(location_id: str) -> Resource:
    name, organization_id, street = LOCATIONS[location_id]
    return {
        "resourceType": "Location",
        "id": location_id,
        "meta": profile("location"),
        "status": "active",
        "name": name,
        "address": {"line": [street], "city": "Riverbend", "state": "OH", "postalCode": "43999"},
        "managingOrganization": {"reference": f"Organization/{organization_id}"},
    }


def _practitioner(practitioner_id: str) -> Resource:
    family, given, prefix, credential, _, _ = PEOPLE[practitioner_id]
    name: dict[str, object] = {"use": "official", "family": family, "given": [given]}
    if prefix:
        name["prefix"] = [prefix]
    if credential:
        name["suffix"] = [credential]
    return {
        "resourceType": "Practitioner",
        "id": practitioner_id,
        "meta": profile("practitioner"),
        "identifier": [{"system": STAFF, "value": practitioner_id}],
        "active": True,
        "name": [name],
    }


def _role(practitioner_id: str) -> Resource:
    _, _, _, _, taxonomy, words = PEOPLE[practitioner_id]
    organization_id = WORKPLACE.get(practitioner_id, "riverbend")
    code = concept(words, coding(NUCC, taxonomy)) if taxonomy else concept(words)
    return {
        "resourceType": "PractitionerRole",
        "id": f"{practitioner_id}-role",
        "meta": profile("practitionerrole"),
        "active": True,
        "practitioner": reference(practitioner_id),
        "organization": {"reference": f"Organization/{organization_id}"},
        "code": [code],
        "telecom": [{"system": "phone", "value": f"(614) 555-{ORGANIZATIONS[organization_id][3]}"}],
    }
