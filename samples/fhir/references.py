"""References between resources: read, compared, and rewritten inside a body.

A reference may be relative (`Patient/1`), absolute on this server, absolute elsewhere, versioned, a `urn:uuid:` of a
Bundle, a fragment (`#med`) or a search (`Practitioner?identifier=...`). Search and confinement see only the first
four; the Bundle forms are replaced before anything is stored.
Spec: https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_ABSOLUTE = re.compile(
    r"(https?://.+)/([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?(.+)")


@dataclass(frozen=True)
class Target:
    """What a reference points at. `base` is empty for this server; `url` holds what has no type and id here."""

    resource_type: str = ""
    id: str = ""
    base: str = ""
    url: str = ""

    @property
    def local(self) -> bool:
        """True when it names a resource of this server."""
        return bool(self.id) and not self.base


def parse_reference(reference: str, own_base: str = "") -> Target:
    """What `reference` points at; an absolute one on `own_base` counts as relative, a version is left aside."""
    relative = _RELATIVE.fullmatch(reference)
    if relative:
        return Target(relative[1], relative[2])
    absolute = _ABSOLUTE.fullmatch(reference)
    if absolute is None:
        return Target(url=reference)
    base = "" if absolute[1] == own_base else absolute[1]
    return Target(absolute[2], absolute[3], base, reference if base else "")


def conditional_reference(reference: str) -> tuple[str, str] | None:
    """The resource type and the query of a conditional reference such as `Practitioner?identifier=x|1`."""
    match = _CONDITIONAL.fullmatch(reference)
    return (match[1], match[2]) if match else None


def references_in(element: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every Reference.reference below this element, with the path that leads to it."""
    if isinstance(element, dict):
        for key, value in element.items():
            here = f"{path}.{key}" if path else key
            if key == "reference" and isinstance(value, str):
                yield here, value
            else:
                yield from references_in(value, here)
    elif isinstance(element, list):
        for index, value in enumerate(element):
            yield from references_in(value, f"{path}[{index}]")


def rewrite_references(element: Any, replace: Callable[[str], str]) -> Any:
    """A copy of the element in which every Reference.reference is what `replace` makes of it."""
    if isinstance(element, dict):
        return {
            key: replace(value)
            if key == "reference" and isinstance(value, str)
            else rewrite_references(value, replace)
            for key, value in element.items()
        }
    if isinstance(element, list):
        return [rewrite_references(value, replace) for value in element]
    return element
