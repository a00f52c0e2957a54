"""The rules of a differential as parts of a JSON Schema, each with its name and what would be right.

The words stand in the schema beside the keyword (``x-says``) or in the rule's own entry, so an error leads straight
back to the rule that it broke. JSON Schema ignores keywords that it does not know.
Spec: https://json-schema.org/draft/2020-12/json-schema-core
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from jsonschema import ValidationError

from fhir_profiles import canonical, problem
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.keywords import ABSENT, CODES, PATTERN, PRESENT, SAYS, SLICES, TARGETS
from fhir_profiles.problem import Problem, json_path
from fhir_profiles.terminology import members

Schema = dict[str, Any]

_GROWING: Final = (PRESENT, ABSENT, SLICES)
_US_CORE_RESOURCES: Final = {"us-core-patient": "Patient"}
"""US Core profiles that our definitions name as targets, and the resource types that they are of."""


def merged(rules: Iterable[Schema]) -> Schema:
    """One schema of many rules for one value. Raises UnsupportedDefinitionError where two would collide."""
    whole: Schema = {}
    for rule in rules:
        for keyword, value in rule.items():
            if keyword not in whole:
                whole[keyword] = value
            elif keyword in _GROWING:
                whole[keyword] = [*whole[keyword], *value]
            elif keyword == "items":
                whole[keyword] = merged([whole[keyword], value])
            elif keyword in {"properties", SAYS} and not set(whole[keyword]) & set(value):
                whole[keyword] = {**whole[keyword], **value}
            else:
                raise UnsupportedDefinitionError(f"two rules of the kind {keyword} for one value")
    return whole


def keyword(name: str, value: Any, rule: str, message: str, at: str = "") -> Schema:
    """A rule of one keyword, its name among the problems, what would be right, and the child that it is about."""
    return {name: value, SAYS: {name: _words(rule, message, at)}}


def required(names: Sequence[str], at: str, words: str) -> Schema:
    """One of the elements must be there."""
    return {PRESENT: [{"names": list(names), **_words(problem.CARDINALITY, f"must be present{words}", at)}]}


def forbidden(names: Iterable[str], at: str, rule: str, message: str) -> Schema:
    """None of the elements may be there."""
    return {ABSENT: [{"names": list(names), **_words(rule, message, at)}]}


def fixed(value: Any) -> Schema:
    """``fixed[x]``: exactly this value."""
    return keyword("const", value, problem.FIXED, f"must be exactly {value}")


def pattern(value: Any) -> Schema:
    """``pattern[x]``: at least this value."""
    return keyword(PATTERN, value, problem.PATTERN, f"must hold {_short(value)}")


def bounds(least: Any, greatest: Any, words: str) -> list[Schema]:
    """``minValue[x]`` and ``maxValue[x]`` of a number; None where there is none."""
    listed = (("minimum", "at least", least), ("maximum", "at most", greatest))
    return [
        keyword(name, bound, problem.RANGE, f"must be {how} {bound}{words}")
        for name, how, bound in listed
        if bound is not None
    ]


def bound_to(value_set_url: str, type_name: str) -> list[Schema]:
    """A required binding; nothing for a value set that is not ours (R4's and US Core's are not here)."""
    pairs = members(value_set_url)
    if pairs is None:
        if value_set_url.startswith(canonical.BASE):
            raise UnsupportedDefinitionError(f"there is no value set {value_set_url}")
        return []
    message = f"must be a code of value set {value_set_url.rsplit('/', 1)[-1]}"
    if type_name == "code":
        return [keyword("enum", sorted({code for _, code in pairs}), problem.BINDING, message)]
    if type_name in {"Coding", "CodeableConcept"}:
        allowed: dict[str, list[str]] = {}
        for system, code in sorted(pairs):
            allowed.setdefault(system, []).append(code)
        return [keyword(CODES, allowed, problem.BINDING, message)]
    raise UnsupportedDefinitionError(f"a binding on {type_name} is not compiled")


def points_to(target_profiles: Sequence[str], words: str) -> list[Schema]:
    """A Reference to one of these profiles' resource types."""
    names = (each.rsplit("/", 1)[-1] for each in target_profiles)
    types = sorted({_US_CORE_RESOURCES.get(name, name) for name in names})
    message = f"must point to {' or '.join(types)}{words}"
    return [keyword(TARGETS, types, problem.REFERENCE, message, "reference")] if types else []


def one_slice(
    name: str, tests: list[Schema], least: int, greatest: int | None, then: Schema, words: str
) -> Schema:
    """How many items belong to a slice, and what holds for those that do."""
    most = "any number" if greatest is None else f"at most {greatest}"
    message = f"must hold at least {least} and {most} of {name}{words}"
    limit = {} if greatest is None else {"max": greatest}
    says = _words(problem.SLICE, message, "")
    return {SLICES: [{"matches": tests, "min": least, **limit, "then": then, **says}]}


def schema_problems(validator: Any, root: str, value: Any) -> Iterator[Problem]:
    """What breaks a compiled schema, by its `jsonschema` validator; each path begins with ``root``. Never raises."""
    for error in validator.iter_errors(value):
        yield as_problem(root, error)


def as_problem(root: str, error: ValidationError) -> Problem:
    """A schema error in the rule's words; the library's own repeat the value."""
    schema: Schema = error.schema if isinstance(error.schema, dict) else {}
    says = schema if "rule" in schema else schema.get(SAYS, {}).get(error.validator, {})
    parts = [*error.absolute_path, *([says["at"]] if says.get("at") else [])]
    rule, message = says.get("rule", problem.PROFILE), says.get("message", "does not fit the profile")
    return Problem(json_path(root, parts), rule, message)


def _words(rule: str, message: str, at: str) -> dict[str, str]:
    return {"rule": rule, "message": message, "at": at}


def _short(value: Any) -> str:
    """A pattern in words: the code and its system for a coding, else the value itself."""
    if isinstance(value, dict) and "coding" in value:
        return " and ".join(_short(each) for each in value["coding"])
    if isinstance(value, dict) and "code" in value:
        return f"the code {value['code']} of {value.get('system', 'any system')}"
    return str(value)
