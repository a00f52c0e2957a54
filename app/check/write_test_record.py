"""The four records of a write test: plainly labelled, never taken for the app's own, and compared with what was kept.

They bear none of our profiles, tags or identifiers, so that one left behind is never read as a contact or a plan; but
they have every kind of element that our own records have, since EHRs drop some kinds without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fhir_profiles import canonical

LABEL = "Chartside write test, not part of the record"
IDENTIFIER_SYSTEM = f"{canonical.BASE}/sid/write-test"
_TAG = {"system": canonical.code_system("tag"), "code": "write-test"}
_DIV = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{LABEL}.</p></div>'

ERROR_STATUS: Mapping[str, str] = {
    "Task": "status",
    "CarePlan": "status",
    "Goal": "lifecycleStatus",
    "Consent": "status",
}
"""The element of each type that takes `entered-in-error` (R4)."""

ERROR = "entered-in-error"


def records(patient_id: str, marker: str, now: datetime) -> dict[str, dict[str, Any]]:
    """A Task, a CarePlan, a Goal and a Consent for the patient. `marker` tells one run from another; `now` is aware."""
    patient = {"reference": f"Patient/{patient_id}"}
    moment, day = now.isoformat(timespec="seconds"), now.date().isoformat()
    note = [{"time": moment, "text": LABEL}]
    made = {
        "Task": {
            "status": "requested",
            "intent": "order",
            "code": {"text": LABEL},
            "description": LABEL,
            "businessStatus": {"text": LABEL},
            "for": patient,
            "authoredOn": moment,
            "lastModified": moment,
            "restriction": {"period": {"end": day}},
            "note": note,
            "output": [{"type": {"text": LABEL}, "valueInteger": 1}],
        },
        "CarePlan": {
            "status": "draft",
            "intent": "plan",
            "category": [_concept("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")],
            "title": LABEL,
            "subject": patient,
            "period": {"start": day},
            "note": note,
        },
        "Goal": {
            "extension": [{"url": f"{canonical.BASE}/write-test", "valueString": LABEL}],
            "lifecycleStatus": "proposed",
            "description": {"text": LABEL},
            "subject": patient,
            "target": [{"dueDate": day}],
            "note": note,
        },
        "Consent": {
            "status": "proposed",
            "scope": _concept("http://terminology.hl7.org/CodeSystem/consentscope", "treatment"),
            "category": [_concept("http://loinc.org", "59284-0")],
            "patient": patient,
            "dateTime": moment,
            "policyRule": {"text": LABEL},
            "provision": {"period": {"start": day}},
        },
    }
    return {name: _labelled(name, marker, content) for name, content in made.items()}


def is_ours(resource: Mapping[str, Any], marker: str) -> bool:
    """True for a record that this very run made: a write test changes nothing else."""
    identifiers = resource.get("identifier")
    return isinstance(identifiers, list) and any(
        isinstance(item, dict) and item.get("system") == IDENTIFIER_SYSTEM and item.get("value") == marker
        for item in identifiers
    )


def not_kept(sent: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    """The paths of what was sent and is not there any more, or is there as something else. No values."""
    return list(_lost(sent, kept, str(sent["resourceType"])))


def _lost(sent: Any, kept: Any, path: str) -> Iterator[str]:
    if isinstance(sent, Mapping):
        if not isinstance(kept, Mapping):
            yield path
            return
        for name, value in sent.items():
            yield from _lost(value, kept.get(name), f"{path}.{name}")
    elif isinstance(sent, list):
        found = kept if isinstance(kept, list) else []
        for index, value in enumerate(sent):
            yield from _lost(value, found[index] if index < len(found) else None, path)
    elif path.endswith(".div"):
        # A server may write the same text in other markup.
        if LABEL not in str(kept):
            yield path
    elif not _same(sent, kept):
        yield path


def _same(sent: Any, kept: Any) -> bool:
    if sent == kept:
        return True
    try:
        return datetime.fromisoformat(str(sent)) == datetime.fromisoformat(str(kept))
    except (TypeError, ValueError):
        return False


def _labelled(name: str, marker: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": name,
        "meta": {"tag": [_TAG]},
        "text": {"status": "generated", "div": _DIV},
        "identifier": [{"system": IDENTIFIER_SYSTEM, "value": marker}],
        **content,
    }


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
