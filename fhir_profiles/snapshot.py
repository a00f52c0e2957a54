"""Snapshots: a profile with everything that its base says, made from the base's snapshot and our differential.

Our definitions are written as differentials, which say what we mean; many validators and EHRs read only snapshots, so
the package that they install has both. Not needed at run time: the validator knows R4 by itself.
Spec: https://hl7.org/fhir/R4/profiling.html#snapshot
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fhir_profiles.errors import UnsupportedDefinitionError

Definition = dict[str, Any]
_OF_THE_WHOLE: Final = ("slicing", "mustSupport")
"""What an element that is sliced says of itself, and a slice says anew or not at all."""
_TYPE_BASE: Final = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(slots=True)
class _Element:
    """One element of a snapshot, with its children and its slices in their order."""

    definition: Definition
    children: dict[str, _Element] = field(default_factory=dict)
    slices: dict[str, _Element] = field(default_factory=dict)

    def in_order(self) -> Iterator[Definition]:
        """The list form: the element, its children, then each slice with its own."""
        yield self.definition
        for each in (*self.children.values(), *self.slices.values()):
            yield from each.in_order()


def with_snapshot(structure: Definition, bases: Mapping[str, Definition]) -> Definition:
    """A copy of a StructureDefinition with its snapshot; ``bases`` are StructureDefinitions with one, by url.

    Raises UnsupportedDefinitionError where the base or a type is not among them, or the differential names an
    element that the base does not have.
    """
    root = _tree(_snapshot_of(structure["baseDefinition"], bases))
    for change in structure["differential"]["element"]:
        _apply(_found(root, change["id"], bases), change, structure["url"])
    made = copy.deepcopy({name: value for name, value in structure.items() if name != "differential"})
    return {
        **made,
        "snapshot": {"element": list(root.in_order())},
        "differential": copy.deepcopy(structure["differential"]),
    }


def _snapshot_of(url: str, bases: Mapping[str, Definition]) -> list[Definition]:
    base = bases.get(url)
    if base is None or "snapshot" not in base:
        raise UnsupportedDefinitionError(f"there is no snapshot of {url} to begin with")
    return copy.deepcopy(base["snapshot"]["element"])


def _tree(elements: list[Definition]) -> _Element:
    """The tree of a list of elements, the first of which is the root; its id may hold dots itself."""
    root = _Element(elements[0])
    for each in elements[1:]:
        *way, last = each["id"].removeprefix(f"{elements[0]['id']}.").split(".")
        parent = root
        for segment in way:
            parent = _inside(parent, segment)
        name, _, slice_name = last.partition(":")
        if slice_name:
            parent.children[name].slices[slice_name] = _Element(each)
        else:
            parent.children[name] = _Element(each)
    return root


def _inside(parent: _Element, segment: str) -> _Element:
    name, _, slice_name = segment.partition(":")
    child = parent.children[name]
    return child.slices[slice_name] if slice_name else child


def _found(root: _Element, element_id: str, bases: Mapping[str, Definition]) -> _Element:
    """The element that a differential's id names; types are unfolded and slices begun on the way."""
    element = root
    for segment in element_id.split(".")[1:]:
        name, _, slice_name = segment.partition(":")
        if not element.children:
            _unfold(element, bases)
        if name not in element.children:
            raise UnsupportedDefinitionError(f"{element_id}: the base has no such element")
        element = element.children[name]
        if slice_name:
            element = element.slices.setdefault(slice_name, _slice(element, slice_name))
    return element


def _unfold(element: _Element, bases: Mapping[str, Definition]) -> None:
    """Gives an element the children of its datatype, such as those of ``Period`` to ``Task.executionPeriod``."""
    definition = element.definition
    codes = [each["code"] for each in definition.get("type", ())]
    if len(codes) != 1:
        raise UnsupportedDefinitionError(
            f"{definition['id']}: an element of one type is unfolded, and no other"
        )
    listed = _snapshot_of(f"{_TYPE_BASE}{codes[0]}", bases)
    for each in listed:
        each["id"] = definition["id"] + each["id"].removeprefix(codes[0])
        each["path"] = definition["path"] + each["path"].removeprefix(codes[0])
    element.children = _tree(listed).children


def _slice(element: _Element, name: str) -> _Element:
    """A slice as it begins: what the sliced element says of one item, and none of its slices."""
    made = copy.deepcopy(_Element(element.definition, element.children))
    for each in made.in_order():
        each["id"] = f"{element.definition['id']}:{name}" + each["id"].removeprefix(element.definition["id"])
    for unwanted in _OF_THE_WHOLE:
        made.definition.pop(unwanted, None)
    made.definition["sliceName"] = name
    made.definition["min"] = 0
    return made


def _apply(element: _Element, change: Definition, source: str) -> None:
    """Lets a differential's element speak over what the base says; invariants are added to the base's."""
    stated = copy.deepcopy(change)
    added = [{**each, "source": source} for each in stated.pop("constraint", ())]
    element.definition.update(stated)
    if added:
        element.definition["constraint"] = [*element.definition.get("constraint", ()), *added]
