"""Profiles made executable: a differential becomes one JSON Schema and a list of invariants.

The StructureDefinition stays the only statement of a rule, and what it states is checked by plain, fast tools.
Compiled are cardinality (also below slices), fixed and pattern values, types of choices, slices by value or
pattern, extensions by url with their own definitions, reference targets, required bindings to value sets of ours,
bounds of numbers, and constraints. Anything else that would be a rule raises UnsupportedDefinitionError.
Spec: https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from fhir_profiles import definitions, problem, schema_rules
from fhir_profiles.differential import Node, tree
from fhir_profiles.elements import Element, Model, choices, elements, extension_model, resource_model
from fhir_profiles.errors import UnsupportedDefinitionError
from fhir_profiles.invariants import Invariant
from fhir_profiles.keywords import FhirSchemaValidator
from fhir_profiles.schema_rules import Schema, keyword, merged

_EXTENSION: Final = "Extension"
_NOT_COMPILED: Final = ("maxLength", "contentReference")


@dataclass(frozen=True)
class CompiledProfile:
    """A profile ready to be checked. `validator` checks `schema`; it is made once, since making it costs a check."""

    url: str
    resource_type: str
    schema: Schema
    invariants: tuple[Invariant, ...]
    validator: Any = field(repr=False, compare=False)


@cache
def compiled(url: str) -> CompiledProfile | None:
    """The profile with this canonical URL, compiled once; None where it is not a resource profile of ours."""
    structure = definitions.definition(url)
    if structure is None or structure.get("kind") != "resource":
        return None
    return compile_profile(structure)


@cache
def compiled_extension(url: str) -> CompiledProfile | None:
    """The extension with this canonical URL, compiled once; None where it is not one of ours.

    It holds wherever the extension stands, in a resource that claims no profile, too.
    """
    structure = definitions.definition(url)
    return compile_profile(structure) if structure and structure.get("type") == _EXTENSION else None


def compile_profile(structure: dict[str, Any]) -> CompiledProfile:
    """Compile a StructureDefinition of a resource or of Extension. Raises UnsupportedDefinitionError."""
    extension = structure["type"] == _EXTENSION
    model = extension_model() if extension else resource_model(structure["type"])
    if model is None:
        raise UnsupportedDefinitionError(f"{structure['type']} is not a resource of R4")
    compiler = _Compiler()
    rules = compiler.object_rules(tree(structure), model)
    schema = merged(rules)
    validator = FhirSchemaValidator(schema)
    return CompiledProfile(structure["url"], structure["type"], schema, tuple(compiler.invariants), validator)


class _Compiler:
    """Collects invariants on the way, since they are evaluated apart from the schema."""

    def __init__(self) -> None:
        self.invariants: list[Invariant] = []

    def object_rules(self, node: Node, model: Model) -> list[Schema]:
        """The rules for the children of an object."""
        self.collect_invariants(node)
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
        return [*rules, *_property(node.name, inner)]

    def choice_rules(self, node: Node, model: Model) -> list[Schema]:
        """The rules for a choice such as ``value[x]``: which types it may take, and what holds for each."""
        known = choices(model, node.stem)
        if not known or node.slices:
            raise UnsupportedDefinitionError(f"{node.id}: no such choice, or slices of a choice")
        if node.maximum == 0:
            return [_absent(node, known)]
        types = [each["code"] for each in _types(node)]
        allowed = [f"{node.stem}{each[0].upper()}{each[1:]}" for each in types] or list(known)
        if not known.keys() >= set(allowed):
            raise UnsupportedDefinitionError(f"{node.id}: R4 offers no such type")
        rules = [_required(node, allowed)] if node.minimum else []
        if types:
            others = [name for name in known if name not in allowed]
            message = f"must be of type {' or '.join(types)}{node.words}"
            rules.append(schema_rules.forbidden(others, node.name, problem.CHOICE, message))
        for name in allowed:
            rules += _property(name, self.value_rules(node, known[name]))
        return rules

    def list_rules(self, node: Node, element: Element) -> list[Schema]:
        """The rules for an element that repeats: how many, each item, and the slices."""
        rules: list[Schema] = []
        if node.minimum > 1:
            message = f"must hold at least {node.minimum}{node.words}"
            rules.append(keyword("minItems", node.minimum, problem.CARDINALITY, message))
        if node.maximum is not None:
            message = f"must hold at most {node.maximum}{node.words}"
            rules.append(keyword("maxItems", node.maximum, problem.CARDINALITY, message))
        if inner := self.value_rules(node, element):
            rules.append({"items": merged(inner)})
        return rules + [self.slice_rule(node, each, element) for each in node.slices.values()]

    def slice_rule(self, node: Node, part: Node, element: Element) -> Schema:
        """One slice of an element that repeats; what is in an extension its own definition says."""
        extension = _extension_url(part)
        if extension and definitions.definition(extension) is None:
            raise UnsupportedDefinitionError(f"there is no extension {extension}")
        inner = self.value_rules(part, element)
        return schema_rules.one_slice(
            part.id.rsplit(":", 1)[1],
            _discriminators(node, part, extension),
            part.minimum,
            part.maximum,
            merged(inner),
            part.words,
        )

    def value_rules(self, node: Node, element: Element) -> list[Schema]:
        """The rules for one value of an element, an item where it repeats."""
        rules = _plain_rules(node)
        binding = node.definition.get("binding", {})
        if binding.get("strength") == "required":
            rules += schema_rules.bound_to(binding["valueSet"], element.type_name)
        if node.children and element.model is None:
            raise UnsupportedDefinitionError(f"{node.id}: a primitive has no children here")
        return rules + (self.object_rules(node, element.model) if element.model else [])

    def collect_invariants(self, node: Node) -> None:
        """Invariants of severity error; a warning must not stop a save."""
        for each in node.definition.get("constraint", ()):
            if ":" in node.id:
                raise UnsupportedDefinitionError(f"{node.id}: invariants on slices are not compiled")
            if each["severity"] == "error":
                invariant = Invariant(each["key"], node.id, each["expression"], each["human"])
                self.invariants.append(invariant)


def _property(name: str, rules: list[Schema]) -> list[Schema]:
    return [{"properties": {name: merged(rules)}}] if rules else []


def _required(node: Node, names: list[str]) -> Schema:
    return schema_rules.required(names, node.name, node.words)


def _absent(node: Node, names: Iterable[str]) -> Schema:
    return schema_rules.forbidden(names, node.name, problem.CARDINALITY, f"must be absent{node.words}")


def _types(node: Node) -> list[dict[str, Any]]:
    return list(node.definition.get("type", ()))


def _plain_rules(node: Node) -> list[Schema]:
    """Fixed and pattern values, bounds and targets: what the definition states of a value by itself."""
    for name in _NOT_COMPILED:
        if name in node.definition:
            raise UnsupportedDefinitionError(f"{node.id}: {name} is not compiled")
    stated = {kind: node.value_of(kind) for kind in ("fixed", "pattern", "minValue", "maxValue")}
    rules = [schema_rules.fixed(stated["fixed"])] if stated["fixed"] is not None else []
    rules += [schema_rules.pattern(stated["pattern"])] if stated["pattern"] is not None else []
    rules += schema_rules.bounds(stated["minValue"], stated["maxValue"], node.words)
    targets = [url for each in _types(node) for url in each.get("targetProfile", ())]
    return rules + schema_rules.points_to(targets, node.words)


def _extension_url(part: Node) -> str:
    """The canonical URL of the extension that a slice takes its rules from, or nothing."""
    profiles = [
        url for each in _types(part) if each["code"] == "Extension" for url in each.get("profile", ())
    ]
    return str(profiles[0]) if profiles else ""


def _discriminators(node: Node, part: Node, extension: str) -> list[Schema]:
    """What tells whether an item belongs to a slice."""
    if extension:
        return [{"path": ["url"], "is": extension, "exact": True}]
    slicing = node.definition.get("slicing", {})
    if slicing.get("rules") != "open" or slicing.get("ordered"):
        raise UnsupportedDefinitionError(f"{node.id}: only open slices in any order are compiled")
    return [_discriminator(part, each["type"], each["path"]) for each in slicing["discriminator"]]


def _discriminator(part: Node, kind: str, path: str) -> Schema:
    names = [] if path == "$this" else path.split(".")
    node = part
    for name in names:
        node = node.children.get(name, Node(f"{node.id}.{name}", name))
    value, wanted = node.value_of("fixed"), node.value_of("pattern")
    if kind not in {"value", "pattern"} or (value is None and wanted is None):
        raise UnsupportedDefinitionError(f"{part.id}: nothing that is compiled tells the slice at {path}")
    return {
        "path": names,
        "is": wanted if value is None else value,
        "exact": value is not None,
        **_coded(wanted),
    }


def _coded(pattern: Any) -> Schema:
    """The one code that a pattern asks for, where it asks for nothing else: looked for without walking the pattern."""
    codings = pattern.get("coding") if isinstance(pattern, dict) and len(pattern) == 1 else None
    if isinstance(codings, list) and len(codings) == 1 and set(codings[0]) == {"system", "code"}:
        return {"coded": codings[0]}
    return {}
