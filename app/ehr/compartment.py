"""Whose resource this is: the wrong-patient guard's one question, asked of everything read and everything written.

A token confines what the server should give; this does not trust that it does. R4's Patient compartment lacks Task,
which names its patient in `for`. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PATIENT_ELEMENTS = ("subject", "patient", "for", "beneficiary", "individual")
"""The elements that name the patient in the types this app reads and writes, in the order in which they are asked."""


def belongs_to(resource: Mapping[str, Any], patient_id: str) -> bool:
    """True when the resource is of that patient, or names no patient at all (a Practitioner, a Medication).

    `patient_id` is the logical id of the launch's Patient. A reference may be relative, versioned or absolute; an
    absolute one on another server with the same id is another patient, but the reader asks only its own server.
    """
    if resource.get("resourceType") == "Patient":
        return resource.get("id") == patient_id
    named = patient_reference(resource)
    return named is None or id_of(named, "Patient") == patient_id


def names_patient(resource: Mapping[str, Any], patient_id: str) -> bool:
    """True only when the resource says that it is of that patient: what a write must do."""
    named = patient_reference(resource)
    return named is not None and named == f"Patient/{patient_id}"


def patient_reference(resource: Mapping[str, Any]) -> str | None:
    """The reference to the patient as the resource spells it, or None when it names none."""
    for element in PATIENT_ELEMENTS:
        value = resource.get(element)
        reference = value.get("reference") if isinstance(value, Mapping) else None
        if isinstance(reference, str) and "Patient/" in reference:
            return reference
    return None


def id_of(reference: str, resource_type: str) -> str | None:
    """The logical id in a relative, versioned or absolute reference to `resource_type`, else None."""
    parts = reference.split("/")
    places = [index for index, part in enumerate(parts[:-1]) if part == resource_type]
    return (parts[places[-1] + 1] or None) if places else None
