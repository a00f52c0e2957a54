"""The six keywords that FHIR's rules need beside those of JSON Schema.

Presence of a primitive by its ``_name``, patterns, codings, reference targets and slices can all be spelled in plain
JSON Schema, but as towers of ``anyOf`` and ``contains`` that took four times the budget of a save and answered with
errors about the tower. JSON Schema provides for such vocabularies, and ``jsonschema`` for extending itself.
Spec: https://json-schema.org/draft/2020-12/json-schema-core#section-8, https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError, validators

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
    if "coded" in test:
        return _is_coded(item, test["coded"])
    return bool(item == test["is"]) if test["exact"] else includes(item, test["is"])


def _is_coded(item: Any, wanted: Mapping[str, str]) -> bool:
    """Whether a CodeableConcept has this code; a record of a dozen slices asks it two hundred times."""
    codings = item.get("coding") if isinstance(item, dict) else None
    return isinstance(codings, list) and any(
        isinstance(each, dict)
        and each.get("code") == wanted["code"]
        and each.get("system") == wanted["system"]
        for each in codings
    )


def _present(_: Any, rules: Sequence[dict[str, Any]], value: Any, __: Any) -> Iterator[ValidationError]:
    for rule in rules if isinstance(value, dict) else ():
        if not any(name in value or f"_{name}" in value for name in rule["names"]):
            yield ValidationError("absent", schema=rule)


def _absent(_: Any, rules: Sequence[dict[str, Any]], value: Any, __: Any) -> Iterator[ValidationError]:
    for rule in rules if isinstance(value, dict) else ():
        if any(name.removeprefix("_") in rule["names"] for name in value if isinstance(name, str)):
            yield ValidationError("present", schema=rule)


def _pattern(_: Any, pattern: Any, value: Any, __: Any) -> Iterator[ValidationError]:
    if not includes(value, pattern):
        yield ValidationError("does not hold the pattern")


def _codes(_: Any, allowed: Mapping[str, list[str]], value: Any, __: Any) -> Iterator[ValidationError]:
    """``value`` is a Coding or a CodeableConcept; of the latter one coding must be allowed."""
    codings = value.get("coding", [value]) if isinstance(value, dict) else ()
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict) and coding.get("code") in allowed.get(str(coding.get("system")), ()):
            return
    yield ValidationError("no coding is allowed")


def _targets(_: Any, types: Sequence[str], value: Any, __: Any) -> Iterator[ValidationError]:
    """What cannot be judged from the text passes: ``urn:uuid:``, ``#id``, and an identifier alone."""
    if isinstance(value, dict):
        named = _LAST_PARTS.search(str(value.get("reference", "")))
        stated = value.get("type")
        if (named and named[1] not in types) or (stated is not None and stated not in types):
            yield ValidationError("points elsewhere")


def _slices(
    validator: Any, slices: Sequence[dict[str, Any]], value: Any, _: Any
) -> Iterator[ValidationError]:
    for each in slices if isinstance(value, list) else ():
        members = [number for number, item in enumerate(value) if matches(item, each["matches"])]
        if not each["min"] <= len(members) <= each.get("max", len(members)):
            yield ValidationError("too few or too many", schema=each)
        for number in members:
            yield from validator.descend(value[number], each["then"], path=number)


_extend: Callable[..., Any] = validators.extend

FhirSchemaValidator: Final = _extend(
    Draft202012Validator,
    {
        PRESENT: _present,
        ABSENT: _absent,
        PATTERN: _pattern,
        CODES: _codes,
        TARGETS: _targets,
        SLICES: _slices,
    },
)
"""A Draft 2020-12 validator that knows these keywords."""
