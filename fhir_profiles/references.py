"""Reference strings: their form, the types they may name, and that ``#id`` leads somewhere.

Servers keep a malformed reference as it is, and then the record hangs in the air, so it is stopped before the
write. Whether the target exists only the EHR can say. Spec: https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from fhir_profiles.problem import REFERENCE, Problem
from fhir_profiles.walk import Place

_ID: Final = r"[A-Za-z0-9\-.]{1,64}"
_LITERAL: Final = re.compile(
    rf"(?:https?://[^\s/?#]+(?:/[^\s?#]*)?/)?(?P<type>[A-Z][A-Za-z]{{1,63}})/{_ID}(?:/_history/{_ID})?"
)
_URN: Final = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+"
)


def reference_problems(resource: dict[str, Any], places: Iterable[Place]) -> list[Problem]:
    """What is wrong with the references of a resource (its contained ones included). Never raises."""
    inside = _contained_ids(resource)
    found = []
    for place in places:
        if place.type_name == "Reference":
            found += _problems(place, inside)
    return found


def _problems(place: Place, inside: frozenset[str]) -> list[Problem]:
    literal = place.value.get("reference")
    if literal is None:
        named = any(place.value.get(name) for name in ("identifier", "display", "extension"))
        says = "must hold a reference, an identifier or a display"
        return [] if named else [Problem(place.path, REFERENCE, says)]
    if not isinstance(literal, str) or _URN.fullmatch(literal):
        return []  # Of another JSON type: the walk has said so already.
    path = f"{place.path}.reference"
    if literal.startswith("#"):
        known = literal == "#" or literal[1:] in inside
        return [] if known else [Problem(path, "ref-1", "must name a resource that is contained here")]
    match = _LITERAL.fullmatch(literal)
    if match is None:
        says = "must be Type/id, an http(s) address of one, #id, urn:uuid: or urn:oid:"
        return [Problem(path, REFERENCE, says)]
    return _target_problems(place, match["type"], path)


def _target_problems(place: Place, named: str, path: str) -> list[Problem]:
    stated = place.value.get("type")
    if isinstance(stated, str) and stated != named:
        return [Problem(path, REFERENCE, "must name the same resource type as its type element")]
    if place.targets and named not in place.targets:
        return [Problem(path, REFERENCE, f"must point to {' or '.join(place.targets)}")]
    return []


def _contained_ids(resource: dict[str, Any]) -> frozenset[str]:
    contained = resource.get("contained")
    listed = contained if isinstance(contained, list) else ()
    ids = (each.get("id") for each in listed if isinstance(each, dict))
    return frozenset(each for each in ids if isinstance(each, str))
