"""Elements that an EHR does not keep of what it is sent, or does not show of what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from samples.personas.fact import Fact

ALWAYS_KEPT = ("resourceType", "id")


@dataclass(frozen=True, kw_only=True)
class Kept(Fact):
    """Of a resource of `type` that is created or updated (`on`), only these elements are kept, as dotted paths.

    An element that is named without those below it is kept whole. What is dropped is dropped without a word.
    """

    type: str
    on: tuple[str, ...]
    elements: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Hidden(Fact):
    """Of a resource of `type`, these elements are not shown."""

    type: str
    elements: tuple[str, ...]


def kept(resource: dict[str, Any], interaction: str, rules: Sequence[Kept]) -> dict[str, Any]:
    """The part of the resource that is kept."""
    for rule in rules:
        if rule.type == resource["resourceType"] and interaction in rule.on:
            tree = _tree((*ALWAYS_KEPT, *rule.elements))
            return {name: _pruned(value, tree[name]) for name, value in resource.items() if name in tree}
    return resource


def hides(resource_type: str, rules: Sequence[Hidden]) -> frozenset[str]:
    """The elements of this type that are not shown."""
    return frozenset(element for rule in rules if rule.type == resource_type for element in rule.elements)


def _tree(paths: Sequence[str]) -> dict[str, Any]:
    """Nested dicts of element names; an empty one keeps all below it."""
    tree: dict[str, Any] = {}
    for path in paths:
        below = tree
        for name in path.split("."):
            below = below.setdefault(name, {})
    return tree


def _pruned(value: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_pruned(each, tree) for each in value]
    if isinstance(value, dict):
        return {name: _pruned(each, tree[name]) for name, each in value.items() if name in tree}
    return value
