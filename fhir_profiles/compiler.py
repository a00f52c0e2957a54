"""Profiles made executable: a differential becomes one JSON Schema and a list of invariants.

The StructureDefinition stays the only statement of a rule, and what it states is checked by plain, fast tools.
Compiled are cardinality (also below slices), fixed and pattern values, types of choices, slices by value or
pattern, extensions by url with their own definitions, reference targets, required bindings to value sets of ours,
bounds of numbers, and constraints. Anything else that would be a rule raises UnsupportedDefinitionError.
Spec: https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fhir_profiles import definitions, problem
from fhir_profiles.differential import Node, tree
from fhir_profiles.elements import Element, Model, choices, elements, resource_model
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.invariants import Invariant
from fhir_profiles.schema_rules import Schema, all_of, bound_to, equals, includes, points_to, present, says

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_UNKNOWN_RULES: Final = ("maxLength", "contentReference", "maxValueDate", "minValueDate", "maxValueQuantity")


@dataclass(frozen=True)
class CompiledProfile:
    """A profile ready to be checked."""

    url: str
    resource_type: str
    schema: Schema
    invariants: tuple[Invariant, ...]


@cache
def compiled(url: str) -> CompiledProfile | None:
    """The profile with this canonical URL, compiled once; None where it is not a resource profile of ours."""
    structure = definitions.definition(url)
    if structure is None or structure.get("kind") != "resource":
        return None
    return compile_profile(structure)


def compile_profile(structure: dict[str, Any]) -> CompiledProfile:
    """Compile a StructureDefinition of a resource. Raises UnsupportedDefinitionError."""
    model = resource_model(structure["type"])
    if model is None:
        raise UnsupportedDefinitionError(f"{structure['type']} is not a resource of R4")
    compiler = _Compiler()
    rules = compiler.object_rules(tree(structure), model, "")
    schema = {"$schema": _DRAFT, "$id": structure["url"], **all_of(rules)}
    return CompiledProfile(structure["url"], structure["type"], schema, tuple(compiler.invariants))


class _Compiler:
    """Collects invariants on the way, since they are evaluated apart from the schema."""

    def __init__(self) -> None:
        self.invariants: list[Invariant] = []

    def object_rules(self, node: Node, model: Model, slice_url: str) -> list[Schema]:
        """The rules for the children of an object; ``slice_url`` is the extension's where it is one."""
        self.collect_invariants(node, slice_url)
        rules: list[Schema] = []
        for child in node.children.values():
            rules += self.choice_rules(child, model) if child.is_choice else self.child_rules(child, model)
        return rules

    def child_rules(self, node: Node, model: Model) -> list[Schema]:
        """The rules for one element, as rules for the object that holds it."""
        element = elements(model).get(node.name)
        if element is None:
            raise UnsupportedDefinitionError(f"{node.id}: R4 has no such element")
        if node.maximum == 0:
            return [_absent(node, [node.name])]
        rules = [_required(node, [node.name])] if node.minimum else []
        inner = self.list_rules(node, element) if element.is_list else self.value_rules(node, element)
        return [*rules, {"properties": {node.name: all_of(inner)}}] if inner else rules

    def choice_rules(self, node: Node, model: Model) -> list[Schema]:
        """The rules for a choice such as ``value[x]``: which types it may take, and what holds for each."""
        known = choices(model, node.stem)
        if not known or node.slices:
            raise UnsupportedDefinitionError(f"{node.id}: no such choice, or slices of a choice")
        if node.maximum == 0:
            return [_absent(node, known)]
        listed = [f"{node.stem}{each['code'][0].upper()}{each['code'][1:]}" for each in _types(node)]
        allowed = listed or [name for name in known if not name.startswith("_")]
        rules = [_required(node, allowed)] if node.minimum else []
        if listed:
            others = "|".join(name for name in known if name not in allowed)
            message = f"must be of type {' or '.join(each['code'] for each in _types(node))}{node.words}"
            rules.append(
                {
                    "propertyNames": says(
                        {"not": {"pattern": f"^_?({others})$"}}, problem.CHOICE, message, node.name
                    )
                }
            )
        for name in allowed:
            inner = self.value_rules(node, known[name])
            rules += [{"properties": {name: all_of(inner)}}] if inner else []
        return rules

    def list_rules(self, node: Node, element: Element) -> list[Schema]:
        """The rules for an element that repeats: how many, each item, and the slices."""
        rules: list[Schema] = []
        if node.minimum > 1:
            message = f"must hold at least {node.minimum}{node.words}"
            rules.append(says({"minItems": node.minimum}, problem.CARDINALITY, message))
        if node.maximum is not None:
            message = f"must hold at most {node.maximum}{node.words}"
            rules.append(says({"maxItems": node.maximum}, problem.CARDINALITY, message))
        if inner := self.value_rules(node, element):
            rules.append({"items": all_of(inner)})
        for each in node.slices.values():
            rules += self.slice_rules(node, each, element)
        return rules

    def slice_rules(self, node: Node, part: Node, element: Element) -> list[Schema]:
        """How many items belong to a slice, and what holds for those that do."""
        extension = _extension_url(part)
        matcher = _matcher(node, part, extension)
        limits = {} if part.maximum is None else {"maxContains": part.maximum}
        most = "any number" if part.maximum is None else f"at most {part.maximum}"
        message = f"must hold at least {part.minimum} and {most} of the slice {part.id.rsplit(':', 1)[1]}{part.words}"
        counted = {"contains": matcher, "minContains": part.minimum, **limits}
        rules = [says(counted, problem.SLICE, message)]
        inner = self.value_rules(part, element)
        if extension:
            inner = [*inner, *self.extension_rules(extension, element)]
        return [*rules, {"items": {"if": matcher, "then": all_of(inner)}}] if inner else rules

    def extension_rules(self, url: str, element: Element) -> list[Schema]:
        """The rules of an extension's own definition."""
        structure = definitions.definition(url)
        if structure is None or element.model is None:
            raise UnsupportedDefinitionError(f"there is no extension {url}")
        return self.object_rules(tree(structure), element.model, url)

    def value_rules(self, node: Node, element: Element) -> list[Schema]:
        """The rules for one value of an element, an item where it repeats."""
        rules = _literal_rules(node) + _bound_rules(node) + _target_rules(node)
        binding = node.definition.get("binding", {})
        if binding.get("strength") == "required":
            allowed = bound_to(binding["valueSet"], element.type_name)
            if allowed:
                name = binding["valueSet"].rsplit("/", 1)[-1]
                rules.append(
                    says({"anyOf": [allowed]}, problem.BINDING, f"must be a code of value set {name}")
                )
        if node.children and element.model is None:
            raise UnsupportedDefinitionError(f"{node.id}: a primitive has no children here")
        if element.model is not None:
            rules += self.object_rules(node, element.model, "")
        return rules

    def collect_invariants(self, node: Node, slice_url: str) -> None:
        for each in node.definition.get("constraint", ()):
            if ":" in node.id:
                raise UnsupportedDefinitionError(f"{node.id}: invariants on slices are not compiled")
            if each.get("severity") == "error":
                place = "Extension" if slice_url else node.id
                self.invariants.append(
                    Invariant(each["key"], place, each["expression"], each["human"], slice_url)
                )


def _required(node: Node, names: list[str]) -> Schema:
    return says(present(names), problem.CARDINALITY, f"must be present{node.words}", node.name)


def _absent(node: Node, names: Any) -> Schema:
    plain = [name for name in names if not name.startswith("_")]
    return says({"not": present(plain)}, problem.CARDINALITY, f"must be absent{node.words}", node.name)


def _types(node: Node) -> list[dict[str, Any]]:
    return list(node.definition.get("type", ()))


def _literal_rules(node: Node) -> list[Schema]:
    rules = []
    if fixed := node.value_of("fixed"):
        rules.append(says(equals(fixed[1]), problem.FIXED, f"must be exactly {fixed[1]}"))
    if pattern := node.value_of("pattern"):
        wanted = says({"anyOf": [includes(pattern[1])]}, problem.PATTERN, f"must hold {_short(pattern[1])}")
        rules.append(wanted)
    return rules


def _short(pattern: Any) -> str:
    """A pattern in words: ``code of system`` for a coding, else the value itself."""
    if isinstance(pattern, dict) and "coding" in pattern:
        return " and ".join(_short(each) for each in pattern["coding"])
    if isinstance(pattern, dict) and "code" in pattern:
        return f"the code {pattern['code']} of {pattern.get('system', 'any system')}"
    return str(pattern)


def _bound_rules(node: Node) -> list[Schema]:
    for key in _UNKNOWN_RULES:
        if key in node.definition:
            raise UnsupportedDefinitionError(f"{node.id}: {key} is not compiled")
    rules = []
    for kind, keyword, words in (("minValue", "minimum", "at least"), ("maxValue", "maximum", "at most")):
        if bound := node.value_of(kind):
            rules.append(says({keyword: bound[1]}, problem.RANGE, f"must be {words} {bound[1]}{node.words}"))
    return rules


def _target_rules(node: Node) -> list[Schema]:
    targets = [url for each in _types(node) for url in each.get("targetProfile", ())]
    if not targets:
        return []
    schema, words = points_to(targets)
    return [says(schema, problem.REFERENCE, f"must point to {words}{node.words}", "reference")]


def _extension_url(part: Node) -> str:
    """The canonical URL of the extension that a slice takes its rules from, or nothing."""
    profiles = [
        url for each in _types(part) if each["code"] == "Extension" for url in each.get("profile", ())
    ]
    return str(profiles[0]) if profiles else ""


def _matcher(node: Node, part: Node, extension: str) -> Schema:
    """The schema that tells whether an item belongs to a slice."""
    if extension:
        return {"required": ["url"], "properties": {"url": {"const": extension}}}
    tests = []
    for each in node.definition["slicing"]["discriminator"]:
        if each["type"] not in {"value", "pattern"}:
            raise UnsupportedDefinitionError(f"{part.id}: a discriminator by {each['type']} is not compiled")
        tests.append(_discriminator(part, each["path"]))
    return all_of(tests)


def _discriminator(part: Node, path: str) -> Schema:
    names = [] if path == "$this" else path.split(".")
    node = part
    for name in names:
        if name not in node.children:
            raise UnsupportedDefinitionError(f"{part.id}: nothing tells the slice at {path}")
        node = node.children[name]
    fixed, pattern = node.value_of("fixed"), node.value_of("pattern")
    if not fixed and not pattern:
        raise UnsupportedDefinitionError(f"{part.id}: nothing tells the slice at {path}")
    schema = equals(fixed[1]) if fixed else includes(pattern[1] if pattern else None)
    for name in reversed(names):
        schema = {"required": [name], "properties": {name: schema}}
    return schema
