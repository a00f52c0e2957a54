"""What this EHR offers, read from its own CapabilityStatement, and what this launch was granted of it.

The live metadata decides, not the vendor's name: a scope being granted is not evidence that an interaction works,
and the other way round. https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from smart_launch.scopes import ScopeSet

CACHE_SECONDS = 3600.0
"""An EHR's metadata changes with its releases, a few times a year; an hour keeps a new one from waiting for long."""

SEARCH = "search-type"


class Offer(StrEnum):
    """Whether an interaction can be used in this launch, and if not, who says so."""

    YES = "yes"
    NOT_IN_METADATA = "not in metadata"
    NOT_GRANTED = "not granted"


@dataclass(frozen=True)
class ResourceCapability:
    """One `CapabilityStatement.rest.resource`, reduced to what decides a read or a write."""

    interactions: frozenset[str] = frozenset()
    search_parameters: frozenset[str] = frozenset()
    includes: frozenset[str] = frozenset()
    conditional_create: bool = False


@dataclass(frozen=True)
class Capabilities:
    """A CapabilityStatement's offers by resource type, and its system interactions (`transaction`, `batch`)."""

    resources: Mapping[str, ResourceCapability] = field(default_factory=dict)
    system: frozenset[str] = frozenset()
    software: str = ""

    def of(self, resource_type: str) -> ResourceCapability:
        """What is offered for the type; nothing, when the statement does not list it."""
        return self.resources.get(resource_type, ResourceCapability())

    def offer(self, resource_type: str, interaction: str, scopes: ScopeSet) -> Offer:
        """Whether `interaction` (FHIR's code: read, search-type, create, update) can be used with `scopes`."""
        if interaction not in self.of(resource_type).interactions:
            return Offer.NOT_IN_METADATA
        letter = {"read": "r", SEARCH: "s", "create": "c", "update": "u", "delete": "d"}[interaction]
        return Offer.YES if scopes.allows(resource_type, letter) else Offer.NOT_GRANTED


def capabilities_from(statement: Mapping[str, Any]) -> Capabilities:
    """Reads an R4 CapabilityStatement's server part. Elements that are missing or of a wrong type offer nothing."""
    rest = next(
        (part for part in _dicts(statement.get("rest")) if part.get("mode", "server") == "server"), {}
    )
    return Capabilities(
        resources={
            str(part.get("type")): _resource_capability(part) for part in _dicts(rest.get("resource"))
        },
        system=_codes(rest.get("interaction")),
        software=_software(statement.get("software")),
    )


def _resource_capability(part: Mapping[str, Any]) -> ResourceCapability:
    return ResourceCapability(
        interactions=_codes(part.get("interaction")),
        search_parameters=frozenset(str(item.get("name")) for item in _dicts(part.get("searchParam"))),
        includes=frozenset(item for item in _list(part.get("searchInclude")) if isinstance(item, str)),
        conditional_create=part.get("conditionalCreate") is True,
    )


def _software(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, dict) else ""


def _codes(interactions: Any) -> frozenset[str]:
    return frozenset(str(item.get("code")) for item in _dicts(interactions))


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class CapabilityCache:
    """Keeps each EHR's capabilities for an hour in this process, so that a chart opens without asking again."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, Capabilities]] = {}
        self._lock = threading.Lock()

    def get(self, iss: str, fetch: Callable[[], Mapping[str, Any]]) -> Capabilities:
        """The capabilities of `iss`; `fetch` is called when none are kept or they are too old.

        What `fetch` raises passes through, and nothing is kept.
        """
        kept = self._kept.get(iss)
        if kept and self._clock() - kept[0] < CACHE_SECONDS:
            return kept[1]
        capabilities = capabilities_from(fetch())
        with self._lock:
            self._kept[iss] = (self._clock(), capabilities)
        return capabilities
