"""What each keyword of a compiled profile asks of a value, and the walk that asks.

The keywords of JSON Schema keep their meaning; six more say what FHIR needs: presence of a primitive by its ``_name``,
patterns, codings, reference targets and slices. A general JSON Schema library would resolve references and dialects
at each step that these schemas never have, and that took a quarter of the time of a save's validation.
Spec: https://json-schema.org/draft/2020-12/json-schema-validation, https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

PRESENT: Final = "fhirPresent"
ABSENT: Final = "fhirAbsent"
PATTERN: Final = "fhirPattern"
CODES: Final = "fhirCodes"
TARGETS: Final = "fhirTargets"
SLICES: Final = "fhirSlices"
SAYS: Final = "x-says"

_LAST_PARTS: Final = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/[^/]+(?:/_history/[^/]+)?$")


def includes(value: Any, pattern: Any) -> bool:
    """``pattern[x]``: True where the value holds all of the pattern, with whatever else beside it."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and includes(value[name], part) for name, part in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(
            any(includes(item, part) for item in value) for part in pattern
        )
    return type(value) is type(pattern) and bool(value == pattern)


def matches(item: Any, tests: Sequence[Mapping[str, Any]]) -> bool:
    """True where an item belongs to a slice: each discriminator's path holds what the slice says."""
    return all(_test(item, each["path"], each) for each in tests)


def _test(item: Any, path: Sequence[str], test: Mapping[str, Any]) -> bool:
    if isinstance(item, list):
        return any(_test(each, path, test) for each in item)
    if path:
        return isinstance(item, dict) and path[0] in item and _test(item[path[0]], path[1:], test)
    return bool(item == test["is"]) if test["exact"] else includes(item, test["is"])


Path = tuple[str | int, ...]
"""The way to a value: names and list positions."""


class Broken(NamedTuple):
    """A rule that a value breaks: the way to the value, and the words that stand with the rule."""

    path: Path
    says: Mapping[str, str]


def broken(schema: Mapping[str, Any], value: Any, path: Path = ()) -> Iterator[Broken]:
    """Every rule of a schema that a value breaks, and those of everything inside it. Never raises."""
    for name, rule in schema.items():
        if name in _INTO:
            yield from _INTO[name](rule, value, path)
        elif name in _HOLDS and not _HOLDS[name](rule, value):
            yield Broken(path, schema[SAYS][name])


def _properties(rules: Mapping[str, Any], value: Any, path: Path) -> Iterator[Broken]:
    if isinstance(value, dict):
        for name, inner in rules.items():
            if name in value:
                yield from broken(inner, value[name], (*path, name))


def _items(inner: Mapping[str, Any], value: Any, path: Path) -> Iterator[Broken]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from broken(inner, item, (*path, number))


def _present(rules: Sequence[Mapping[str, Any]], value: Any, path: Path) -> Iterator[Broken]:
    for rule in rules if isinstance(value, dict) else ():
        if not any(name in value or f"_{name}" in value for name in rule["names"]):
            yield Broken(path, rule)


def _absent(rules: Sequence[Mapping[str, Any]], value: Any, path: Path) -> Iterator[Broken]:
    for rule in rules if isinstance(value, dict) else ():
        if any(name.removeprefix("_") in rule["names"] for name in value if isinstance(name, str)):
            yield Broken(path, rule)


def _slices(slices: Sequence[Mapping[str, Any]], value: Any, path: Path) -> Iterator[Broken]:
    for each in slices if isinstance(value, list) else ():
        members = [number for number, item in enumerate(value) if matches(item, each["matches"])]
        if not each["min"] <= len(members) <= each.get("max", len(members)):
            yield Broken(path, each)
        for number in members:
            yield from broken(each["then"], value[number], (*path, number))


def _has_code(allowed: Mapping[str, list[str]], value: Any) -> bool:
    """``value`` is a Coding or a CodeableConcept; of the latter one coding must be allowed."""
    codings = value.get("coding", [value]) if isinstance(value, dict) else ()
    return any(
        isinstance(coding, dict) and coding.get("code") in allowed.get(str(coding.get("system")), ())
        for coding in (codings if isinstance(codings, list) else ())
    )


def _points_to(types: Sequence[str], value: Any) -> bool:
    """What cannot be judged from the text passes: ``urn:uuid:``, ``#id``, and an identifier alone."""
    if not isinstance(value, dict):
        return True
    named = _LAST_PARTS.search(str(value.get("reference", "")))
    stated = value.get("type")
    return not ((named and named[1] not in types) or (stated is not None and stated not in types))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(expected: Any, value: Any) -> bool:
    return isinstance(value, bool) == isinstance(expected, bool) and bool(value == expected)


_INTO: Final[Mapping[str, Callable[[Any, Any, Path], Iterator[Broken]]]] = {
    "properties": _properties,
    "items": _items,
    PRESENT: _present,
    ABSENT: _absent,
    SLICES: _slices,
}
"""Keywords that lead into the value, or hold several rules each with its own words."""

_HOLDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "minItems": lambda least, value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most, value: not isinstance(value, list) or len(value) <= most,
    "const": _same,
    "enum": lambda listed, value: any(_same(each, value) for each in listed),
    "minimum": lambda least, value: not _is_number(value) or value >= least,
    "maximum": lambda most, value: not _is_number(value) or value <= most,
    PATTERN: lambda pattern, value: includes(value, pattern),
    CODES: _has_code,
    TARGETS: _points_to,
}
"""Keywords that one value keeps or breaks; the words for each stand in the schema under ``SAYS``."""
