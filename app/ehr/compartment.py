"""Whose resource this is: the wrong-patient guard's one question, asked of everything read and everything written.

A token confines what the server should give; this does not trust that it does. R4's Patient compartment lacks Task,
which names its patient in `for`. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.element import as_objects

PATIENT_ELEMENTS = ("subject", "patient", "for", "beneficiary", "individual")
"""The elements that name the patient in the types this app reads and writes."""


def belongs_to(resource: Mapping[str, Any], patient_id: str) -> bool:
    """True when the resource names no other patient: it is of this one, or of none (a Practitioner, a Medication).

    `patient_id` is the logical id of the launch's Patient. A reference may be relative, versioned or absolute; an
    absolute one on another server with the same id is another patient, but the reader asks only its own server.
    Never raises, whatever stands where a Reference should.
    """
    if resource.get("resourceType") == "Patient":
        return resource.get("id") == patient_id
    return all(id_of(named, "Patient") == patient_id for named in patient_references(resource))


def names_patient(resource: Mapping[str, Any], patient_id: str, *, base: str) -> bool:
    """True only when the resource says that it is of that patient, and of no other: what a write must do.

    A record that was read from the EHR may name the patient by an address below its own FHIR `base`.
    """
    home = f"{base.rstrip('/')}/"
    named = [text.removeprefix(home).split("/_history/")[0] for text in patient_references(resource)]
    return bool(named) and all(text == f"Patient/{patient_id}" for text in named)


def patient_references(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Every reference to a patient in PATIENT_ELEMENTS, as the resource spells it; also one that is a bare string."""
    found: list[Any] = []
    for element in PATIENT_ELEMENTS:
        value = resource.get(element)
        found += [value] if isinstance(value, str) else [item.get("reference") for item in as_objects(value)]
    return tuple(text for text in found if isinstance(text, str) and id_of(text, "Patient") is not None)


def id_of(reference: str, resource_type: str) -> str | None:
    """The logical id in a relative, versioned or absolute reference to `resource_type`, else None."""
    parts = reference.split("/")
    places = [index for index, part in enumerate(parts[:-1]) if part == resource_type]
    return (parts[places[-1] + 1] or None) if places else None
