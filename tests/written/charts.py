"""The charts that the variety is written into: the sandbox's cast, and patients of the public data where at hand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson

import samples.cast
from app.ehr.compartment import patient_references
from tests.conftest import SHARED_DATA
from tests.written.clock import START

Resource = dict[str, Any]
PUBLIC = SHARED_DATA / "synthea_ndjson"
PRACTICE = ("Organization", "Location", "Practitioner", "PractitionerRole")
CHART = ("Patient", "RelatedPerson", "Encounter", "Condition", "CarePlan", "Goal", "Task", "Consent")
"""What a record of ours can refer to, and what stands beside it in the same panels. Ours never refer to a reading."""


def practice() -> list[Resource]:
    """The sandbox's own practice, to which the users belong."""
    return [each for each in _cast() if each["resourceType"] in PRACTICE]


def chart_of(patient_id: str) -> list[Resource]:
    """The Patient and their records of the types in CHART, as they stand on the first day."""
    public = PUBLIC.is_dir() and patient_id in _public_ids()
    listed = _public() if public else _cast()
    return [each for each in listed if each["resourceType"] in CHART and _is_of(each, patient_id)]


def _is_of(resource: Resource, patient_id: str) -> bool:
    if resource["resourceType"] == "Patient":
        return bool(resource["id"] == patient_id)
    return f"Patient/{patient_id}" in patient_references(resource)


@cache
def _cast() -> tuple[Resource, ...]:
    return tuple(samples.cast.resources(START.date()))


@cache
def _public_ids() -> frozenset[str]:
    return frozenset(each["id"] for each in _public() if each["resourceType"] == "Patient")


@cache
def _public() -> tuple[Resource, ...]:
    return tuple(_lines())


def _lines() -> Iterator[Resource]:
    for kind in CHART:
        file = PUBLIC / f"{kind}.ndjson"
        if file.exists():
            yield from map(orjson.loads, file.read_bytes().splitlines())
