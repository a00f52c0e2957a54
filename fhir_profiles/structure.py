"""R4's own structure: required elements, choices, formats of dates, codes and addresses.

``fhir.resources.R4B`` does the work (its element names are R4's). It answers with Pydantic's words, which repeat the
value and list fifty alternatives, so they are put into our own; and it raises bare KeyErrors and the like on hostile
input inside Bundles and contained resources, which are turned into a Problem here.
Spec: https://hl7.org/fhir/R4/resource.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from fhir_profiles.elements import Element, Model, elements, resource_model
from fhir_profiles.plainly_sound import plainly_sound
from fhir_profiles.problem import CARDINALITY, CHOICE, NOT_FHIR, TYPE, UNKNOWN_ELEMENT, Problem, json_path

_UNREADABLE: Final = (KeyError, AttributeError, TypeError, ValueError, RecursionError, ArithmeticError)


def structure_problems(resource: dict[str, Any]) -> tuple[Problem, ...]:
    """What breaks R4's structure in a resource whose ``resourceType`` R4 knows. Never raises."""
    root = resource["resourceType"]
    model = resource_model(root)
    if model is None:
        return (Problem(str(root), NOT_FHIR, "R4 has no such resource type"),)
    if plainly_sound(resource, model):
        return ()
    return _as_the_models_say(resource, model)


def _as_the_models_say(resource: dict[str, Any], model: Model) -> tuple[Problem, ...]:
    root = resource["resourceType"]
    try:
        model.model_validate(resource)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return tuple(_problem(root, model, each["type"], each["loc"], each["msg"]) for each in found)
    except _UNREADABLE:
        return (Problem(root, NOT_FHIR, "is not a resource that R4 can read"),)
    return ()


def _problem(root: str, model: Model, kind: str, location: Sequence[str | int], says: str) -> Problem:
    path = json_path(root, location)
    if kind.endswith("missing"):
        return Problem(path, CARDINALITY, "must be present, as R4 asks")
    if kind == "extra_forbidden":
        return Problem(path, UNKNOWN_ELEMENT, "R4 has no such element here")
    if "any of field value from" in says.lower():
        return Problem(path, CHOICE, "must hold one of the types of its choice, as R4 asks")
    if "any of one field value" in says.lower():
        return Problem(path, CHOICE, "must hold only one of the types of its choice")
    element = _element_at(model, location)
    kind_name = element.type_name if element else "the type that R4 asks for"
    return Problem(path, TYPE, f"must be a valid {kind_name}")


def _element_at(model: Model, location: Sequence[str | int]) -> Element | None:
    """The element at a location, or None where that leads into a contained resource or nowhere."""
    found: Element | None = None
    inside: Model | None = model
    for name in (part for part in location if isinstance(part, str)):
        found = elements(inside).get(name) if inside else None
        inside = found.model if found else None
    return found
