"""A StructureDefinition's differential as a tree: element by element, slice by slice.

The list form of FHIR is made for reading and for diffs; rules are compiled where they stand, so they are wanted as a
tree. Element ids (``Task.output:minutes.value[x]``) say exactly where each belongs.
Spec: https://hl7.org/fhir/R4/elementdefinition.html#id
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fhir_profiles.errors import UnsupportedDefinitionError


@dataclass(slots=True)
class Node:
    """One element of a differential, its children and its slices."""

    id: str
    name: str
    """JSON name, with ``[x]`` for a choice."""
    definition: dict[str, Any] = field(default_factory=dict)
    children: dict[str, Node] = field(default_factory=dict)
    slices: dict[str, Node] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name without ``[x]``."""
        return self.name.removesuffix("[x]")

    @property
    def is_choice(self) -> bool:
        return self.name.endswith("[x]")

    @property
    def minimum(self) -> int:
        """The least number, at least what the slices ask for together."""
        return max(int(self.definition.get("min", 0)), sum(each.minimum for each in self.slices.values()))

    @property
    def maximum(self) -> int | None:
        """The greatest number, or None where the differential sets none."""
        stated = self.definition.get("max", "*")
        return None if stated == "*" else int(stated)

    @property
    def words(self) -> str:
        """What the element is for, to end a message with; empty where the definition says nothing."""
        short = self.definition.get("short", "")
        return f": {short}" if short else ""

    def value_of(self, kind: str) -> Any:
        """The value of ``fixed[x]``, ``pattern[x]``, ``minValue[x]`` or ``maxValue[x]``; None where there is none."""
        for key, value in self.definition.items():
            if key.startswith(kind) and key[len(kind) :][:1].isupper():
                return value
        return None


def tree(structure: dict[str, Any]) -> Node:
    """The root of a StructureDefinition's differential. Raises UnsupportedDefinitionError."""
    root = Node(structure["type"], structure["type"])
    for definition in structure["differential"]["element"]:
        node = _find(root, definition["id"])
        node.definition = definition
    return root


def _find(root: Node, element_id: str) -> Node:
    """The node of an element id; what the differential leaves out on the way is made empty."""
    first, *rest = element_id.split(".")
    if first != root.name:
        raise UnsupportedDefinitionError(f"{element_id} does not begin with {root.name}")
    node = root
    for segment in rest:
        name, _, slice_name = segment.partition(":")
        if "/" in slice_name:
            raise UnsupportedDefinitionError(f"{element_id}: slices of slices are not compiled")
        node = node.children.setdefault(name, Node(f"{node.id}.{name}", name))
        if slice_name:
            node = node.slices.setdefault(slice_name, Node(f"{node.id}:{slice_name}", name))
    return node
