"""What a resource holds, asked in the ways that the proofs about written records need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fhir_profiles.definitions import of_kind
from mappings.identity import code_in, task_kind
from tests.written.saves import Resource


def coded(resource: Any) -> Iterator[tuple[str, str]]:
    """Every (system's last part, code) anywhere in a resource."""
    if isinstance(resource, Mapping):
        if "code" in resource and isinstance(resource.get("system"), str):
            yield resource["system"].split("/")[-1], resource["code"]
        resource = list(resource.values())
    if isinstance(resource, list):
        for each in resource:
            yield from coded(each)


def without(resource: Resource, element: str) -> Resource:
    """The resource lacking one element."""
    return {name: value for name, value in resource.items() if name != element}


def outputs(task: Resource) -> dict[str, str]:
    """The coded outputs of a contact; {} of every other record."""
    if task_kind(task) != "contact":
        return {}
    return {
        each["type"]["coding"][0]["code"]: each["valueCodeableConcept"]["coding"][0]["code"]
        for each in task.get("output", [])
        if each.get("valueCodeableConcept", {}).get("coding") and code_in(each["type"], "task-output")
    }


def strings(value: Any) -> str:
    """All strings of a resource, one to a line."""
    if isinstance(value, Mapping):
        value = list(value.values())
    return "\n".join(map(strings, value)) if isinstance(value, list) else str(value)


def the_same_but_for_the_search(view: Mapping[str, Any]) -> dict[str, Any]:
    """sekmet does not look for a patient's Goals: it gives all there are and says so, and so does the app's panel."""
    return {**view, "goals": view["goals"]["rows"]}


def public_codes_of_questionnaires() -> frozenset[str]:
    """The codes of LOINC that the questions, answers and scores of the questionnaires bear."""
    definitions = of_kind("Questionnaire")
    return frozenset(code for system, code in coded(list(definitions)) if system == "loinc.org")
