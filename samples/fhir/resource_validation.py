"""R4's rules, checked before a resource is written: structure, required codes, a few invariants.

fhir.resources checks names, cardinalities and data types but neither bound codes nor invariants, so the codes of the
types this EHR takes writes of are held here beside the invariants that care plans, goals, consents and contained
resources must keep.
Spec: https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import fhirpathpy
from fhir.resources.R4B import get_fhir_model_class
from fhirpathpy.models import models
from pydantic import BaseModel, ValidationError

from samples.fhir.element_path import compile_expression
from samples.fhir.errors import InvalidResource, Issue

_INVARIANTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "CarePlan": (
        ("cpl-3", "activity.all(detail.empty() or reference.empty())", "an activity has a detail or a reference"),
    ),
    "Goal": (
        ("gol-1", "target.all(detail.exists() implies measure.exists())", "a target with a detail has a measure"),
    ),
    "Consent": (
        ("ppc-1", "policy.exists() or policyRule.exists()", "a consent names a policy or a policy rule"),
        ("ppc-2", "patient.exists() or scope.coding.where(code = 'patient-privacy').empty()",
         "a privacy consent names the patient"),
    ),
    "Task": (
        ("inv-1", "lastModified.empty() or authoredOn.empty() or lastModified >= authoredOn",
         "the last change is not before the start"),
    ),
}  # fmt: skip
_CONTAINED = (
    ("dom-2", "contained.contained.empty()", "a contained resource contains no other"),
    ("dom-4", "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()",
     "a contained resource has no version of its own"),
)  # fmt: skip


def validate(resource: dict[str, Any]) -> None:
    """Raises InvalidResource naming every element at fault; the resource itself is left as it is."""
    issues = [*_structure(resource)]
    if not issues:
        issues = [*_codes(resource), *_broken_invariants(resource)]
    if issues:
        raise InvalidResource(issues)


def _structure(resource: dict[str, Any]) -> Iterator[Issue]:
    resource_type = resource["resourceType"]
    yield from (
        Issue("structure", "this element is not part of R4", path)
        for path in _python_spellings(resource, resource_type)
    )
    try:
        model: type[BaseModel] = get_fhir_model_class(resource_type)
        model.model_validate(resource)
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False, include_context=False):
            yield Issue("structure", _reason(each["type"]), _expression(resource_type, each["loc"]))
    except KeyError:
        # fhir.resources raises a bare KeyError for a contained resource of a type that does not exist.
        yield Issue("structure", "a contained resource is of an unknown type", f"{resource_type}.contained")


def _python_spellings(element: Any, path: str) -> Iterator[str]:
    """Elements such as `for_fhir`, which the model library takes as an alias of R4's `for` and R4 does not know."""
    if isinstance(element, dict):
        for key, value in element.items():
            if key.endswith("_fhir"):
                yield f"{path}.{key}"
            else:
                yield from _python_spellings(value, f"{path}.{key}")
    elif isinstance(element, list):
        for index, value in enumerate(element):
            yield from _python_spellings(value, f"{path}[{index}]")


def _reason(kind: str) -> str:
    """A sentence for a kind of structural error; never the library's own, which may quote the value."""
    reasons = {
        "extra_forbidden": "this element is not part of R4",
        "missing": "this element is required",
        "value_error": "this element breaks R4's rules for its type",
    }
    return reasons.get(kind, "this element is not of the data type that R4 gives it")


def _expression(resource_type: str, location: tuple[int | str, ...]) -> str:
    path = resource_type
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path


@cache
def _required_codes() -> dict[str, dict[str, frozenset[str]]]:
    text = resources.files("samples.fhir").joinpath("required_codes.toml").read_text(encoding="utf-8")
    return {
        resource_type: {path: frozenset(codes) for path, codes in elements.items()}
        for resource_type, elements in tomllib.loads(text).items()
    }


def _codes(resource: dict[str, Any]) -> Iterator[Issue]:
    resource_type = resource["resourceType"]
    for path, codes in _required_codes().get(resource_type, {}).items():
        values = compile_expression(resource_type, path)(resource)
        if any(value not in codes for value in values):
            yield Issue(
                "code-invalid", "this code is not in the required value set", f"{resource_type}.{path}"
            )


def _broken_invariants(resource: dict[str, Any]) -> Iterator[Issue]:
    resource_type = resource["resourceType"]
    rules = _INVARIANTS.get(resource_type, ())
    if "contained" in resource:
        rules = (*rules, *_CONTAINED)
    for key, expression, human in rules:
        # Empty means that the rule could not be decided, as for dates of different precision.
        if _program(expression)(resource) == [False]:
            yield Issue("invariant", f"{key}: {human}", resource_type)
    yield from _unreferenced(resource)


def _unreferenced(resource: dict[str, Any]) -> Iterator[Issue]:
    """dom-3: what is contained is referred to from the container, or refers to it."""
    contained = resource.get("contained", [])
    outside = {name: value for name, value in resource.items() if name != "contained"}
    used = set(_fragments(outside)) | {f for each in contained for f in _fragments(each)}
    for index, each in enumerate(contained):
        if f"#{each.get('id')}" not in used and "#" not in _fragments(each):
            path = f"{resource['resourceType']}.contained[{index}]"
            yield Issue("invariant", "dom-3: a contained resource is referred to by its container", path)


def _fragments(element: Any) -> Iterator[str]:
    if isinstance(element, str):
        if element.startswith("#"):
            yield element
    elif isinstance(element, dict):
        for value in element.values():
            yield from _fragments(value)
    elif isinstance(element, list):
        for value in element:
            yield from _fragments(value)


@cache
def _program(expression: str) -> Any:
    return fhirpathpy.compile(expression, models["r4"])
