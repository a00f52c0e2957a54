"""Keeping a patient-bound token inside that patient's data.

A resource belongs to the patient whom its type's `patient` search parameter names (Task: `for`), a Patient to itself.
R4's Patient compartment also counts authors and performers; those are left out on purpose, since a patient who
once asserted something in another's chart has no right to that chart. Staff, places, forms and drug definitions are no
patient's data and may be read. A write must name the patient and no other.
Spec: https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from __future__ import annotations

from typing import Any

from samples.fhir.access import Access
from samples.fhir.criteria import Select
from samples.fhir.errors import Forbidden
from samples.fhir.index_rows import IndexContext, kind_rows
from samples.fhir.search_table import SearchParameter, extractors, parameters

SHARED_TYPES = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "Location", "Questionnaire", "Medication"}
)
_READING = frozenset({"r", "s"})
_NAMING = frozenset({"patient", "subject"})


def require_scope(access: Access, resource_type: str, letter: str) -> None:
    """Raises Forbidden unless some scope grants this interaction on this type."""
    if not access.allows(resource_type, letter):
        raise Forbidden(f"no granted scope allows this interaction on {resource_type}")


def confining_select(access: Access, resource_type: str, letter: str) -> Select | None:
    """The keys this access may see of a type, or None when it may see all.

    Raises Forbidden when the type has no patient to be confined to.
    """
    if not access.confined(resource_type, letter) or resource_type in SHARED_TYPES:
        return None
    if resource_type == "Patient":
        return Select("SELECT key FROM current WHERE type = 'Patient' AND id = ?", (access.patient,))
    patient = parameters(resource_type).get("patient")
    if patient is None:
        raise Forbidden(f"{resource_type} belongs to no one patient: a patient scope does not reach it")
    return Select(
        "SELECT key FROM reference_index WHERE param = ? AND target_id = ? AND target_type = 'Patient'",
        (patient.number, access.patient),
    )


def require_visible(access: Access, resource: dict[str, Any], context: IndexContext) -> None:
    """Raises Forbidden when a confined access may not read this resource."""
    if not may_read(access, resource, context):
        raise Forbidden("this resource is outside the launch patient's data")


def may_read(access: Access, resource: dict[str, Any], context: IndexContext) -> bool:
    """True when the access reaches this resource, the scope for reading its type being granted."""
    resource_type = resource["resourceType"]
    if not access.confined(resource_type, "r") or resource_type in SHARED_TYPES:
        return True
    return access.patient is not None and access.patient in patients_of(resource, context)


def require_writable(access: Access, letter: str, resource: dict[str, Any], context: IndexContext) -> None:
    """Raises Forbidden unless the resource is the launch patient's and no other patient's."""
    if not access.confined(resource["resourceType"], letter):
        return
    if access.patient is None or patients_of(resource, context) != {access.patient}:
        raise Forbidden("a patient scope writes only what is about the launch patient")


def require_own_patient(
    access: Access, parameter: SearchParameter, resource_type: str, select: Select
) -> None:
    """Raises Forbidden when a confined search names another patient, by reference or by a Patient's `_id`."""
    if not access.confined(resource_type, "s"):
        return
    named, target_type = select.arguments[1], select.arguments[2:]
    if parameter.kind == "reference":
        names_patient = target_type == ("Patient",) or (not target_type and parameter.code in _NAMING)
    else:
        names_patient = resource_type == "Patient" and parameter.code == "_id"
    if names_patient and named != access.patient:
        raise Forbidden("a patient scope searches only the launch patient's data")


def patients_of(resource: dict[str, Any], context: IndexContext) -> set[str]:
    """The ids of the patients whose data this resource is."""
    if resource["resourceType"] == "Patient":
        return {str(resource.get("id"))}
    return {
        row[0]
        for parameter, extract in extractors(resource["resourceType"])
        if parameter.code == "patient"
        for row in kind_rows("reference", extract(resource), context)
        if row[1] == "Patient"
    }
