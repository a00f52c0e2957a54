"""Rules over several elements: FHIRPath, compiled once.

Those of R4 that we rely on stand in ``BASE``, in R4's words where they work: ``dom-3`` leaves out R4's ``as()`` on
many nodes, which FHIRPath does not allow, and the two about the order of dates are checked by ``date_order``. An
answer that is empty (a month beside a day) is no proof of an error and passes.
Spec: https://hl7.org/fhir/R4/conformance-rules.html#constraints, https://hl7.org/fhirpath/N1/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import fhirpathpy
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from fhir_profiles.date_order import in_order
from fhir_profiles.problem import Problem
from fhir_profiles.walk import Place

_UNANSWERABLE: Final = (
    KeyError,
    AttributeError,
    TypeError,
    ValueError,
    IndexError,
    RecursionError,
    ArithmeticError,
)


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: the key, where it holds, the FHIRPath, and what would be right."""

    key: str
    place: str
    """A type such as ``Period`` for a rule of R4; an element such as ``Goal.target`` for one of a profile."""
    expression: str
    human: str
    kept: Callable[[dict[str, Any]], bool] = lambda _: False
    """A quick look: True only where the value plainly keeps the rule. FHIRPath, which takes a hundred times as long,
    judges every other value."""


def _lacks(name: str) -> Callable[[dict[str, Any]], bool]:
    """No ``name``, nor one as a choice such as ``detailQuantity``, nor its ``_name``: rules that begin there hold."""
    return lambda value: not any(key.startswith((name, f"_{name}")) for key in value)


def _has(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda value: any(value.get(name) for name in names)


def _contained(value: dict[str, Any]) -> list[dict[str, Any]]:
    """What is contained; the structure has been found sound before."""
    return list(value.get("contained", ()))


def _contained_lack(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda value: all(_lacks(name)(each) for each in _contained(value) for name in names)


def _contained_are_named(value: dict[str, Any]) -> bool:
    contained = _contained(value)
    if not contained:
        return True
    named = frozenset(_references(value))
    return all("id" in each and f"#{each['id']}" in named for each in contained)


def _references(value: Any) -> Iterator[str]:
    """Every text of a ``reference``, at any depth."""
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            yield from _references(each)
    if isinstance(value, dict) and isinstance(value.get("reference"), str):
        yield value["reference"]


def _one_of_value_and_parts(value: dict[str, Any]) -> bool:
    values = [name for name in value if name.startswith(("value", "_value"))]
    return bool(value.get("extension")) != bool(values) and not any(name[0] == "_" for name in values)


BASE: Final = (
    Invariant("dom-2", "DomainResource", "contained.contained.empty()",
              "a contained resource contains no other", kept=_contained_lack("contained")),
    Invariant("dom-3", "DomainResource",
              "contained.where(('#' + id in %resource.descendants().reference"
              " or descendants().where(reference = '#').exists()).not()).empty()",
              "a contained resource is referred to from elsewhere in the resource, or refers to it",
              kept=_contained_are_named),
    Invariant("dom-4", "DomainResource",
              "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()",
              "a contained resource has no versionId and no lastUpdated", kept=_contained_lack("meta")),
    Invariant("dom-5", "DomainResource", "contained.meta.security.empty()",
              "a contained resource has no security label", kept=_contained_lack("meta")),
    Invariant("cpl-3", "CarePlan.activity", "detail.empty() or reference.empty()",
              "an activity has a detail or a reference, not both", kept=_lacks("detail")),
    Invariant("gol-1", "Goal.target", "(detail.exists() and measure.exists()) or detail.exists().not()",
              "a target with a detail has a measure", kept=_has("measure")),
    Invariant("ppc-1", "Consent", "policy.exists() or policyRule.exists()",
              "a consent has a policy or a policyRule", kept=_has("policy", "policyRule")),
    Invariant("ext-1", "Extension", "extension.exists() != value.exists()",
              "an extension has a value or parts, and not both", kept=_one_of_value_and_parts),
    Invariant("qty-3", "Quantity", "code.empty() or system.exists()",
              "a quantity with a code has a system", kept=_has("system")),
)  # fmt: skip

DATE_ORDER: Final = {
    "Period": ("per-1", "start", "end", "the start is not after the end"),
    "Task": ("inv-1", "authoredOn", "lastModified", "lastModified is not before authoredOn"),
}
"""R4's invariants that say only that one date is not before another, by type."""


def base_problems(places: Iterable[Place]) -> list[Problem]:
    """What breaks R4's own invariants, wherever it stands."""
    found = []
    for place in places:
        domain = _BY_TYPE["DomainResource"] if place.is_resource else ()
        for each in (*_BY_TYPE.get(place.type_name, ()), *domain):
            found += _check(each, place)
        found += _date_order(place)
    return found


def profile_problems(invariants: Iterable[Invariant], places: Iterable[Place]) -> list[Problem]:
    """What breaks a profile's own invariants; the places are those of the profiled resource."""
    listed = tuple(invariants)
    found = []
    for place in places:
        if not place.inner:
            for each in listed:
                if place.element == each.place:
                    found += _check(each, place)
    return found


def extension_problems(invariants: Iterable[Invariant], place: Place) -> list[Problem]:
    """What breaks an extension's own invariants, of which each is about the extension itself."""
    return [found for each in invariants for found in _check(each, place)]


def _check(invariant: Invariant, place: Place) -> list[Problem]:
    if invariant.kept(place.value):
        return []
    try:
        answer = _compiled(invariant.expression)(_node(place), {"resource": place.value})
    except _UNANSWERABLE:
        message = f"could not be judged: {invariant.human}"
        return [Problem(place.path, invariant.key, message)]
    return [Problem(place.path, invariant.key, invariant.human)] if answer == [False] else []


def _date_order(place: Place) -> list[Problem]:
    if place.type_name not in DATE_ORDER:
        return []
    key, earlier, later, human = DATE_ORDER[place.type_name]
    certain = in_order(place.value.get(earlier), place.value.get(later))
    return [Problem(place.path, key, human)] if certain is False else []


def _node(place: Place) -> Any:
    """The value with its FHIR type, without which a choice such as ``value`` finds nothing."""
    if place.is_resource:
        return place.value
    typed: Callable[[Any, str], Any] = ResourceNode.create_node
    return typed(place.value, place.type_name)


@cache
def _compiled(expression: str) -> Callable[[Any, dict[str, Any]], list[Any]]:
    found: Callable[[Any, dict[str, Any]], list[Any]] = fhirpathpy.compile(expression, models["r4"])
    return found


def _by_type() -> dict[str, tuple[Invariant, ...]]:
    found: dict[str, tuple[Invariant, ...]] = {}
    for each in BASE:
        found[each.place] = (*found.get(each.place, ()), each)
    return found


_BY_TYPE: Final = _by_type()
