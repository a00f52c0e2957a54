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


@dataclass(frozen=True)
class SearchParameter:
    """One search parameter of one type; `number` is its row key in the index tables."""

    number: int
    resource_type: str
    code: str
    kind: str
    expression: str

    @property
    def definition(self) -> str:
        """The canonical URL of HL7's SearchParameter of this name."""
        base = "DomainResource" if self.resource_type == COMMON else self.resource_type
        return f"http://hl7.org/fhir/SearchParameter/{base}-{self.code.lstrip('_')}"


def _text() -> str:
    return resources.files("samples.fhir").joinpath("search_parameters.toml").read_text(encoding="utf-8")


@cache
def _table() -> dict[str, dict[str, SearchParameter]]:
    table: dict[str, dict[str, SearchParameter]] = {}
    number = 0
    for resource_type, parameters in sorted(tomllib.loads(_text()).items()):
        table[resource_type] = {}
        for code, (kind, expression) in sorted(parameters.items()):
            number += 1
            table[resource_type][code] = SearchParameter(number, resource_type, code, kind, expression)
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
