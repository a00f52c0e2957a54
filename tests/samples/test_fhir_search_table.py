"""The search table against R4's own SearchParameters: the same kinds, and the same values out of real data."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import fhirpathpy
import orjson
import pytest
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from samples.fhir.element_path import compile_expression
from samples.fhir.index_rows import IndexContext, kind_rows
from samples.fhir.search_table import COMMON, KINDS, SearchParameter, parameters, served_types
from samples.loader import candidates_in
from tests.samples.conftest import FHIR_BASE

CONTEXT = IndexContext(FHIR_BASE, ZoneInfo("America/New_York"))
EACH = 12
"""Resources of each type and folder: enough for every shape Synthea and the others give an element."""


@pytest.fixture(scope="module")
def definitions(r4_definitions: Path) -> dict[tuple[str, str], dict[str, Any]]:
    bundle = json.loads((r4_definitions / "search-parameters.json").read_text(encoding="utf-8"))
    return {(b, e["resource"]["code"]): e["resource"] for e in bundle["entry"] for b in e["resource"]["base"]}


def resolve(nodes: list[Any]) -> list[ResourceNode]:
    """FHIRPath's resolve(), as far as R4's search expressions need it: the type that a reference names."""
    found = []
    for node in nodes:
        element = node.data if isinstance(node, ResourceNode) else node
        reference = element.get("reference", "") if isinstance(element, dict) else ""
        parts = reference.partition("/_history/")[0].split("/")
        if len(parts) > 1 and parts[-2].isalpha():
            found.append(ResourceNode.create_node({"resourceType": parts[-2]}, parts[-2]))
    return found


INVOCATIONS = {"userInvocationTable": {"resolve": {"fn": resolve, "arity": {0: []}}}}


def all_parameters() -> Iterator[SearchParameter]:
    for resource_type in (COMMON, *served_types()):
        own = parameters(resource_type).values()
        yield from (p for p in own if p.resource_type == resource_type)


def test_every_parameter_is_r4s_of_that_name_and_kind(
    definitions: dict[tuple[str, str], dict[str, Any]],
) -> None:
    for parameter in all_parameters():
        definition = definitions[parameter.resource_type, parameter.code]
        assert parameter.kind == definition["type"], parameter
        assert parameter.kind in KINDS
        assert parameter.definition == definition["url"], parameter


def real_resources(shared_data: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(shared_data.rglob("*.*json")):
        taken: dict[str, int] = defaultdict(int)
        for candidate in candidates_in(path, path.name):
            resource = candidate.resource or {}
            resource_type = resource.get("resourceType")
            if resource_type in served_types() and taken[resource_type] < EACH:
                taken[resource_type] += 1
                found[resource_type].append(resource)
    return found


def hl7_expression(definition: dict[str, Any], resource_type: str) -> str:
    """Of an expression that several types share, the alternatives that begin with this type."""
    expression = definition["expression"].replace("Resource.", f"{resource_type}.")
    alternatives = [part.strip() for part in expression.split(" | ")]
    own = [part for part in alternatives if part.lstrip("(").startswith(f"{resource_type}.")]
    return " | ".join(own or alternatives)


def test_real_data_gives_the_values_that_r4s_expressions_give(
    definitions: dict[tuple[str, str], dict[str, Any]], shared_data: Path
) -> None:
    resources = real_resources(shared_data)
    compared = with_values = 0
    for resource_type, examples in resources.items():
        for code, parameter in parameters(resource_type).items():
            expression = hl7_expression(definitions[parameter.resource_type, code], resource_type)
            theirs = fhirpathpy.compile(expression, models["r4"], INVOCATIONS)
            ours = compile_expression(resource_type, parameter.expression)
            for resource in examples:
                expected = set(kind_rows(parameter.kind, theirs(resource), CONTEXT))
                # fhirpathpy reads Quantities as Decimal; as rows both are floats.
                found = set(kind_rows(parameter.kind, ours(orjson.loads(orjson.dumps(resource))), CONTEXT))
                assert found == expected, (parameter, resource["id"])
                compared += 1
                with_values += bool(found)
    assert len(resources) > 30
    assert compared > 20_000
    assert with_values > 5_000


def test_every_expression_can_be_evaluated_on_its_type() -> None:
    for resource_type in served_types():
        for parameter in parameters(resource_type).values():
            extract = compile_expression(resource_type, parameter.expression)
            assert extract({"resourceType": resource_type}) in ([], [False]), parameter
