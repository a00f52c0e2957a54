"""The body of a call, read: which hook, whose chart, and what was prefetched. All else in it is left alone.

`fhirAuthorization` is not looked at: a token that nobody uses cannot leak.
https://cds-hooks.hl7.org/2.0/#http-request_1, https://cds-hooks.hl7.org/hooks/patient-view/STU1/patient-view/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.cds_hooks.errors import CallUnreadable, PrefetchLacking
from mappings.cds_prefetch import is_of, lacking

HOOK = "patient-view"
BODY_LIMIT = 4 * 1024 * 1024
"""Bytes. The chart of a long illness, prefetched whole, is about 1 MB; what is larger would not be answered in time."""

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_INSTANCE = re.compile(r"[\x21-\x7e]{8,100}")
_USER = re.compile(r"[A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True)
class CdsCall:
    """One call of a service: the patient whose chart was opened and what was brought of it."""

    patient_id: str
    prefetch: Mapping[str, Any] = field(repr=False)


def read_call(body: bytes, *, iss: str) -> CdsCall:
    """The call of the EHR at `iss`.

    Raises CallUnreadable with the name of what is wrong, PrefetchLacking where no card could be made of it.
    """
    told = _object(read_json(body), "the body")
    if told.get("hook") != HOOK:
        raise CallUnreadable("hook")
    if not _fits(_INSTANCE, told.get("hookInstance")):
        raise CallUnreadable("hookInstance")
    if str(told.get("fhirServer", iss)).rstrip("/") != iss.rstrip("/"):
        raise CallUnreadable("fhirServer")
    context = _object(told.get("context"), "context")
    patient_id = context.get("patientId")
    if not isinstance(patient_id, str) or not _ID.fullmatch(patient_id):
        raise CallUnreadable("context.patientId")
    if not _fits(_USER, context.get("userId")):
        raise CallUnreadable("context.userId")
    return CdsCall(patient_id, _prefetch(told, patient_id))


def read_json(body: bytes) -> Any:
    """The JSON of a body. Raises CallUnreadable."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise CallUnreadable("the body") from None


def _prefetch(told: Mapping[str, Any], patient_id: str) -> Mapping[str, Any]:
    prefetch = _object(told.get("prefetch") or {}, "prefetch")
    missing = lacking(prefetch)
    if missing:
        raise PrefetchLacking(", ".join(missing))
    if not is_of(prefetch, patient_id):
        raise CallUnreadable("prefetch.patient")
    return prefetch


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise CallUnreadable(name)
    return value


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))
