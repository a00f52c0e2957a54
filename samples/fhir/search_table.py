"""The table of search parameters that this server serves, and the resource types it keeps.

Read from `search_parameters.toml`. The table drives the index, the search and the CapabilityStatement alike, so that
none of them can claim what another does not do.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from samples.fhir.element_path import Extractor, compile_expression

KINDS = ("token", "reference", "date", "string", "quantity", "uri")
COMMON = "Resource"
_SHARED = "shared_definitions"
_DEFINITIONS = "http://hl7.org/fhir/SearchParameter/"


@dataclass(frozen=True)
class SearchParameter:
    """One search parameter of one type.

    `number` is its row key in the index tables, `definition` the canonical URL of R4's SearchParameter.
    """

    number: int
    resource_type: str
    code: str
    kind: str
    expression: str
    definition: str


def _text() -> str:
    return resources.files("samples.fhir").joinpath("search_parameters.toml").read_text(encoding="utf-8")


@cache
def _table() -> dict[str, dict[str, SearchParameter]]:
    source = tomllib.loads(_text())
    shared = {
        (resource_type, definition.partition("-")[2]): definition
        for definition, types in source.pop(_SHARED).items()
        for resource_type in types
    }
    table: dict[str, dict[str, SearchParameter]] = {}
    number = 0
    for resource_type, parameters in sorted(source.items()):
        table[resource_type] = {}
        for code, (kind, expression) in sorted(parameters.items()):
            number += 1
            own = f"{resource_type}-{code.removeprefix('_')}"
            definition = _DEFINITIONS + shared.get((resource_type, code), own)
            table[resource_type][code] = SearchParameter(
                number, resource_type, code, kind, expression, definition
            )
    return table


@cache
def fingerprint() -> str:
    """Changes when the table changes: an index built from another table must be built again."""
    return hashlib.sha256(_text().encode()).hexdigest()


@cache
def served_types() -> tuple[str, ...]:
    """The resource types this server keeps, in alphabetical order."""
    return tuple(name for name in _table() if name != COMMON)


@cache
def parameters(resource_type: str) -> dict[str, SearchParameter]:
    """The indexed search parameters of a type by code, with those that every type shares."""
    return {**_table()[COMMON], **_table().get(resource_type, {})}


@cache
def extractors(resource_type: str) -> tuple[tuple[SearchParameter, Extractor], ...]:
    """Each search parameter of a type with the function that finds its elements in a resource."""
    return tuple(
        (p, compile_expression(resource_type, p.expression)) for p in parameters(resource_type).values()
    )
