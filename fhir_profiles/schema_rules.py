"""The parts of JSON Schema that FHIR's rules are made of.

Each rule is one small schema that carries its name and what would be right beside the standard keywords
(``x-rule``, ``x-says``, ``x-at``), so an error leads straight back to the rule. JSON Schema ignores keywords that it
does not know. Spec: https://json-schema.org/draft/2020-12/json-schema-core
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from fhir_profiles import canonical
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.terminology import members

Schema = dict[str, Any]

RULE: Final = "x-rule"
SAYS: Final = "x-says"
AT: Final = "x-at"

_US_CORE_RESOURCES: Final = {"us-core-patient": "Patient"}
"""US Core profiles that our definitions name as targets, and the resource types that they are of."""


def says(schema: Schema, rule: str, message: str, at: str = "") -> Schema:
    """A rule: a schema with its name, what would be right, and the child element that it is about."""
    return {**schema, RULE: rule, SAYS: message, **({AT: at} if at else {})}


def all_of(rules: Sequence[Schema]) -> Schema:
    """One schema of many rules; of none, the schema that takes everything."""
    if not rules:
        return {}
    return rules[0] if len(rules) == 1 else {"allOf": list(rules)}


def present(names: Iterable[str]) -> Schema:
    """True where one of the elements is there; a primitive may be there by its ``_name`` alone."""
    return {"anyOf": [{"required": [each]} for name in names for each in (name, f"_{name}")]}


def equals(value: Any) -> Schema:
    """``fixed[x]``: exactly this value."""
    return {"const": value}


def includes(pattern: Any) -> Schema:
    """``pattern[x]``: at least this value, with whatever else beside it."""
    if isinstance(pattern, dict):
        parts = {name: includes(value) for name, value in pattern.items()}
        return {"type": "object", "required": list(parts), "properties": parts}
    if isinstance(pattern, list):
        return {"type": "array", "allOf": [{"contains": includes(each)} for each in pattern]}
    return {"const": pattern}


def bound_to(value_set_url: str, type_name: str) -> Schema | None:
    """A required binding as a schema; None for a value set that is not ours (R4's and US Core's are not here)."""
    pairs = members(value_set_url)
    if pairs is None:
        if value_set_url.startswith(canonical.BASE):
            raise UnsupportedDefinitionError(f"there is no value set {value_set_url}")
        return None
    if type_name == "code":
        return {"enum": sorted({code for _, code in pairs})}
    coding = _coding_in(pairs)
    if type_name == "Coding":
        return coding
    if type_name == "CodeableConcept":
        return {"required": ["coding"], "properties": {"coding": {"contains": coding}}}
    raise UnsupportedDefinitionError(f"a binding on {type_name} is not compiled")


def _coding_in(pairs: frozenset[tuple[str, str]]) -> Schema:
    systems = sorted({system for system, _ in pairs})
    return {
        "anyOf": [
            {
                "required": ["system", "code"],
                "properties": {
                    "system": {"const": system},
                    "code": {"enum": sorted(code for each, code in pairs if each == system)},
                },
            }
            for system in systems
        ]
    }


def points_to(target_profiles: Sequence[str]) -> tuple[Schema, str]:
    """A Reference to one of these profiles' resource types, and the types in words.

    What cannot be judged from the text passes: a ``urn:uuid:`` of the same save, a contained resource, and a
    reference by identifier alone; ``type``, where given, must fit in each case.
    """
    types = sorted({_resource_type(each) for each in target_profiles})
    ending = "|".join(map(re.escape, types))
    literal = rf"^urn:|^#|(^|/)({ending})/[A-Za-z0-9\-.]{{1,64}}(/_history/[A-Za-z0-9\-.]{{1,64}})?$"
    schema = {"properties": {"reference": {"pattern": literal}, "type": {"enum": types}}}
    return {"anyOf": [schema]}, " or ".join(types)


def _resource_type(target_profile: str) -> str:
    name = target_profile.rsplit("/", 1)[-1]
    return _US_CORE_RESOURCES.get(name, name)
