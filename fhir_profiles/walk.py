"""One pass over a resource that knows the FHIR type of everything it meets.

The datatype rules (periods, extensions, references, narratives) hold wherever such a value stands, so they need to
know where those stand. The same pass finds what the models let through: elements that R4 does not have, a number
written as text, empty lists and objects. Spec: https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fhir_profiles.elements import Element, Model, elements, resource_model
from fhir_profiles.problem import NOT_FHIR, TYPE, UNKNOWN_ELEMENT, Problem

DEPTH_LIMIT: Final = 60
"""No resource that we read or write nests half as deep; a hostile one would exhaust the stack."""


@dataclass(frozen=True, slots=True)
class Place:
    """One complex value inside a resource."""

    path: str
    """With indexes, such as ``Goal.target[0]``."""
    element: str
    """Without indexes, from the nearest resource, such as ``Goal.target`` or ``Task.restriction.period``."""
    type_name: str
    """The datatype, such as ``Period``; of a backbone element its path, such as ``Goal.target``."""
    value: dict[str, Any]
    targets: tuple[str, ...]
    """Resource types that a Reference here may name; empty for any."""
    inner: bool
    """True inside a contained resource or a Bundle's entry: the profile of the outer one does not reach there."""

    @property
    def is_resource(self) -> bool:
        """True for a resource itself, the outer one or a contained one."""
        return self.element == self.type_name and "." not in self.element


@dataclass(frozen=True, slots=True)
class Survey:
    """What one walk found: the places, the root first, and the problems of the JSON itself."""

    places: tuple[Place, ...]
    problems: tuple[Problem, ...]


def survey(resource: dict[str, Any]) -> Survey:
    """Walk a resource whose ``resourceType`` R4 knows. Never raises; stops below ``DEPTH_LIMIT``."""
    resource_type = resource["resourceType"]
    model = resource_model(resource_type)
    if model is None:
        return Survey((), (Problem(str(resource_type), NOT_FHIR, "R4 has no such resource type"),))
    walker = _Walker()
    root = Place(resource_type, resource_type, resource_type, resource, (), inner=False)
    walker.visit(root, model, 0)
    return Survey(tuple(walker.places), tuple(walker.problems))


class _Walker:
    def __init__(self) -> None:
        self.places: list[Place] = []
        self.problems: list[Problem] = []

    def visit(self, place: Place, model: Model, depth: int) -> None:
        self.places.append(place)
        known = elements(model)
        if not place.value:
            self.say(place.path, "ele-1", "an object holds at least one element")
        if depth > DEPTH_LIMIT:
            self.say(place.path, NOT_FHIR, f"nothing in FHIR nests more than {DEPTH_LIMIT} levels deep")
            return
        for name, value in place.value.items():
            if name == "resourceType" and place.is_resource:
                continue
            element = known.get(name)
            if element is None:
                self.say(f"{place.path}.{name}", UNKNOWN_ELEMENT, "R4 has no such element here")
                continue
            for path, item in self.items(f"{place.path}.{name}", element, value):
                self.enter(place, element, path, item, model, depth)

    def items(self, path: str, element: Element, value: Any) -> Iterator[tuple[str, Any]]:
        """The values of an element with their paths; ``_given`` may be a list although its model is not."""
        if isinstance(value, list) and (element.is_list or element.name.startswith("_")):
            if not value:
                self.say(path, "ele-1", "a list holds at least one item")
            yield from ((f"{path}[{number}]", item) for number, item in enumerate(value))
        elif element.is_list:
            self.say(path, TYPE, "must be a list, since this element may repeat")
        else:
            yield path, value

    def enter(self, place: Place, element: Element, path: str, item: Any, model: Model, depth: int) -> None:
        if item is None and path.endswith("]") and (element.model is None or element.name.startswith("_")):
            return  # A list of primitives and its list of extensions fill each other's gaps with null.
        if element.model is None and not element.is_resource:
            self.primitive(path, element, item)
        elif not isinstance(item, dict):
            self.say(path, TYPE, f"must be an object of type {element.type_name}")
        elif element.is_resource:
            self.inner_resource(path, item, depth)
        elif element.model is not None:
            inner = f"{place.element}.{element.name}"
            own = element.model.__module__ == model.__module__
            type_name = f"{place.type_name}.{element.name}" if own else element.type_name
            self.visit(
                Place(path, inner, type_name, item, element.targets, place.inner),
                element.model,
                depth + 1,
            )

    def inner_resource(self, path: str, item: dict[str, Any], depth: int) -> None:
        resource_type = item.get("resourceType")
        model = resource_model(resource_type) if isinstance(resource_type, str) else None
        if model is None or not isinstance(resource_type, str):
            self.say(f"{path}.resourceType", NOT_FHIR, "must name a resource type of R4")
            return
        self.visit(Place(path, resource_type, resource_type, item, (), inner=True), model, depth + 1)

    def primitive(self, path: str, element: Element, value: Any) -> None:
        if not element.accepts(value):
            self.say(path, TYPE, f"must be a JSON value of type {element.type_name}")
        elif isinstance(value, str) and not value.strip():
            self.say(path, "ele-1", "text is left out rather than empty")
        elif isinstance(value, float) and not math.isfinite(value):
            self.say(path, TYPE, "must be a finite number")

    def say(self, path: str, rule: str, message: str) -> None:
        self.problems.append(Problem(path, rule, message))


def narratives(places: tuple[Place, ...]) -> Mapping[str, Any]:
    """The narrative ``div`` of the resource and of everything contained in it, by path."""
    return {f"{each.path}.div": each.value.get("div") for each in places if each.type_name == "Narrative"}
