"""What was opened or filed, as an R4 AuditEvent for the EHR's own audit: who, what, when, whose; never what it says.

https://hl7.org/fhir/R4/auditevent.html (4.0.1, read 2026-11-21); the codes are those of its value sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

Action = Literal["R", "C", "U"]
"""AuditEvent.action: read, create, update."""

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_PATIENT_RECORD = ("http://dicom.nema.org/resources/ontology/DCM", "110110", "Patient Record")
_TREATMENT = (f"{_TERMINOLOGY}/v3-ActReason", "TREAT", "treatment")
_HUMAN = (f"{_TERMINOLOGY}/extra-security-role-type", "humanuser", "human user")
_APPLICATION_SERVER = (f"{_TERMINOLOGY}/security-source-type", "4", "Application Server")
_PERSON = (f"{_TERMINOLOGY}/audit-entity-type", "1", "Person")
_SYSTEM_OBJECT = (f"{_TERMINOLOGY}/audit-entity-type", "2", "System Object")
_PATIENT = (f"{_TERMINOLOGY}/object-role", "1", "Patient")
_DOMAIN_RESOURCE = (f"{_TERMINOLOGY}/object-role", "4", "Domain Resource")


def audit_event(
    action: Action, *, patient_id: str, user: str | None, recorded: datetime, records: Sequence[str] = ()
) -> dict[str, Any]:
    """An AuditEvent of one patient's record. `recorded` is aware.

    `user` is a relative reference ("Practitioner/17"); None where the EHR did not say who it is. `records` are the
    references, with version where known, of what was created or changed ("Task/812/_history/1").
    """
    agent: dict[str, Any] = {"type": {"coding": [_coding(_HUMAN)]}, "requestor": True}
    if user:
        agent["who"] = {"reference": user}
    return {
        "resourceType": "AuditEvent",
        "type": _coding(_PATIENT_RECORD),
        "action": action,
        "recorded": recorded.isoformat(timespec="milliseconds"),
        "outcome": "0",
        "purposeOfEvent": [{"coding": [_coding(_TREATMENT)]}],
        "agent": [agent],
        "source": {"observer": {"display": "Chartside"}, "type": [_coding(_APPLICATION_SERVER)]},
        "entity": [
            _entity(f"Patient/{patient_id}", _PERSON, _PATIENT),
            *(_entity(record, _SYSTEM_OBJECT, _DOMAIN_RESOURCE) for record in records),
        ],
    }


def _entity(reference: str, kind: tuple[str, str, str], role: tuple[str, str, str]) -> dict[str, Any]:
    return {"what": {"reference": reference}, "type": _coding(kind), "role": _coding(role)}


def _coding(parts: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("system", "code", "display"), parts, strict=True))
