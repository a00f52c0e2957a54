"""What this EHR offers, read from its own CapabilityStatement, and what this launch was granted of it.

The live metadata decides, not the vendor's name: a scope being granted is not evidence that an interaction works,
and the other way round. https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mappings.vendor_facts import UpdateStyle
from smart_launch.scopes import ScopeSet

CACHE_SECONDS = 3600.0
"""An EHR's metadata changes with its releases, a few times a year; an hour keeps a new one from waiting for long."""

SEARCH = "search-type"
SYSTEM = ""
"""Where a resource type stands, the EHR itself: its `transaction` is an interaction of no type."""

UPDATE_CODES = {UpdateStyle.PUT: "update", UpdateStyle.PATCH: "patch"}
_LETTERS = {"read": "r", SEARCH: "s", "create": "c", "update": "u", "patch": "u", "delete": "d"}

_EXPECTATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation"
_COMBINATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination"
_ATHENA_SEARCH = "ah-search-parameter-metadata"
_ATHENA_ONE_OF, _ATHENA_ALL_OF = "requiredAnySearchParams", "requiredSearchParams"
_BETWEEN_NAMES = re.compile(r"[\s,;&+|]+")


class Offer(StrEnum):
    """Whether an interaction can be used in this launch, and if not, who says so."""

    YES = "yes"
    NOT_IN_METADATA = "not in metadata"
    NOT_GRANTED = "not granted"
    REFUSED = "refused before"
    """Listed, but this EHR answered 404, 405 or 501 to it within the last hour: metadata promises too much at times."""


@dataclass(frozen=True)
class ResourceCapability:
    """One `CapabilityStatement.rest.resource`, reduced to what decides a read or a write.

    `required` are alternatives: a search must hold every parameter of one of them; () where the metadata demands none.
    """

    interactions: frozenset[str] = frozenset()
    search_parameters: frozenset[str] = frozenset()
    includes: frozenset[str] = frozenset()
    conditional_create: bool = False
    conditional_update: bool = False
    required: tuple[frozenset[str], ...] = ()


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
        """Whether `interaction` (FHIR's code: read, search-type, create, update) can be used with `scopes`.

        A type that is changed by PATCH alone counts as offering `update`.
        """
        ways = set(UPDATE_CODES.values()) if interaction == "update" else {interaction}
        if not ways & self.of(resource_type).interactions:
            return Offer.NOT_IN_METADATA
        return Offer.YES if scopes.allows(resource_type, _LETTERS[interaction]) else Offer.NOT_GRANTED

    def update_style(self, resource_type: str, usual: UpdateStyle = UpdateStyle.PUT) -> UpdateStyle:
        """How a record of the type is changed here: the one way that is listed; `usual` where both or neither are."""
        listed = {
            style for style, code in UPDATE_CODES.items() if code in self.of(resource_type).interactions
        }
        return listed.pop() if len(listed) == 1 else usual


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
        conditional_update=part.get("conditionalUpdate") is True,
        required=_required(part.get("extension")),
    )


def _required(extensions: Any) -> tuple[frozenset[str], ...]:
    """The combinations of search parameters of which a search must hold one, by either of the extensions in use.

    R4's own says that a search without any of the combinations is unsuccessful; US Core bears it with an expectation
    beside it and then means what is supported, not what is demanded, so those are left out. athenaOne has its own.
    https://hl7.org/fhir/R4/extension-capabilitystatement-search-parameter-combination.html
    """
    found: list[frozenset[str]] = []
    for extension in _dicts(extensions):
        parts = [
            (str(part.get("url")), part.get("valueString")) for part in _dicts(extension.get("extension"))
        ]
        url = str(extension.get("url"))
        if url == _COMBINATION and not any(name == _EXPECTATION for name, _ in parts):
            found.append(_names(parts, "required"))
        elif url.endswith(_ATHENA_SEARCH):
            always = _names(parts, _ATHENA_ALL_OF)
            choices = [_names([part], _ATHENA_ONE_OF) for part in parts if part[0] == _ATHENA_ONE_OF]
            found += [always | choice for choice in choices or [frozenset()]]
    return tuple(dict.fromkeys(names for names in found if names))


def _names(parts: Iterable[tuple[str, Any]], url: str) -> frozenset[str]:
    texts = [text for name, text in parts if name == url and isinstance(text, str)]
    return frozenset(name for text in texts for name in _BETWEEN_NAMES.split(text) if name)


def _software(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, dict) else ""


def _codes(interactions: Any) -> frozenset[str]:
    return frozenset(str(item.get("code")) for item in _dicts(interactions))


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class CapabilityCache:
    """Keeps each EHR's capabilities for an hour in this process, so that a chart opens without asking again.

    Beside them it keeps which listed writes the EHR then refused as not supported, so that no second form is filled
    in for nothing.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, Capabilities]] = {}
        self._refused: dict[tuple[str, str, str], float] = {}
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

    def refuse(self, iss: str, resource_type: str, interaction: str) -> None:
        """Notes that the EHR does not do this, whatever it lists. `resource_type` is SYSTEM for the EHR's own."""
        with self._lock:
            self._refused[iss, resource_type, interaction] = self._clock()

    def refused(self, iss: str, resource_type: str, interaction: str) -> bool:
        """True for an hour after `refuse`."""
        since = self._refused.get((iss, resource_type, interaction))
        return since is not None and self._clock() - since < CACHE_SECONDS
