"""In which order the records of one save are written where the EHR does not take them all at once.

A record is written before those that name it, since a reference must lead to an id that the EHR has given
(https://hl7.org/fhir/R4/references.html). Where two name each other, the first names the second by our identifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.identity import full_url

Resource = Mapping[str, Any]
_URN = "urn:uuid:"


def waves(resources: Sequence[Resource]) -> Iterator[tuple[Resource, ...]]:
    """The records in groups: each names only records of earlier groups, or none of this save."""
    waiting = list(resources)
    while waiting:
        urls = {full_url(resource) for resource in waiting if "id" not in resource} - {""}
        ready = [resource for resource in waiting if not (_named(resource) & (urls - {full_url(resource)}))]
        wave = ready or waiting[:1]
        waiting = [resource for resource in waiting if not any(resource is each for each in wave)]
        yield tuple(wave)


def with_places(resource: Resource, places: Mapping[str, str]) -> dict[str, Any]:
    """The record with its references to others of the save as `Type/id`; `places` maps their urns to that.

    One that has no place yet is named by our identifier: https://hl7.org/fhir/R4/references.html#logical
    """
    return {key: _placed(value, places) for key, value in resource.items()}


def _placed(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_placed(item, places) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _placed(item, places) for key, item in value.items()}
    urn = found.get("reference")
    if not isinstance(urn, str) or not urn.startswith(_URN):
        return found
    if urn in places:
        return {**found, "reference": places[urn]}
    rest = {key: item for key, item in found.items() if key != "reference"}
    return {"identifier": {"system": IDENTIFIER_SYSTEM, "value": urn.removeprefix(_URN)}, **rest}


def _named(value: Any) -> frozenset[str]:
    """Every urn that a reference in the value holds."""
    if isinstance(value, list):
        return frozenset[str]().union(*(_named(item) for item in value))
    if not isinstance(value, dict):
        return frozenset()
    urn = value.get("reference")
    own = frozenset({urn}) if isinstance(urn, str) and urn.startswith(_URN) else frozenset[str]()
    return own.union(*(_named(item) for item in value.values()))
