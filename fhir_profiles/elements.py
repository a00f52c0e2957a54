"""What R4 says about each element: one or many, its type, which resources it may point to.

A differential leaves out what its base already says, and our definitions travel without the 35 MB of R4 base
definitions, so this reads the same facts from the models of ``fhir.resources.R4B``, whose element names are those
of R4 for every resource that we write. Spec: https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from fhir.resources.R4B import fhirtypes, get_fhir_model_class
from fhir_core.types import FhirBase
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Model = type[BaseModel]

_JSON_TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "boolean": (bool,),
        "integer": (int,),
        "positiveInt": (int,),
        "unsignedInt": (int,),
        "decimal": (int, float),
    }
)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a model, by its JSON name."""

    name: str
    is_list: bool
    type_name: str
    """FHIR type, such as ``Period`` or ``dateTime``; of a backbone element the model's name."""
    model: Model | None
    """None for a primitive, and for an element that holds any resource."""
    targets: tuple[str, ...]
    """Resource types that a Reference may name; empty for any."""
    choice: str
    """``value`` for ``valueInteger`` and its sisters, else empty."""

    @property
    def is_resource(self) -> bool:
        """True for ``contained`` and the resource of a Bundle entry."""
        return self.type_name == "Resource"

    def accepts(self, value: Any) -> bool:
        """True where the JSON type of a primitive fits; Pydantic alone would take "5" for 5."""
        kinds = _JSON_TYPES.get(self.type_name, (str,))
        return isinstance(value, kinds) and isinstance(value, bool) == (kinds == (bool,))


def resource_model(resource_type: str) -> Model | None:
    """The model of a resource type, or None where R4 has no such resource."""
    if f"{resource_type}Type" not in vars(fhirtypes):
        return None
    model = typing.cast(Model, get_fhir_model_class(resource_type))
    return model if "contained" in model.model_fields or resource_type in _BARE_RESOURCES else None


def extension_model() -> Model:
    """The model of Extension, the one datatype that our definitions are made for."""
    return typing.cast(Model, get_fhir_model_class("Extension"))


_BARE_RESOURCES = frozenset({"Bundle", "Binary", "Parameters"})


@cache
def elements(model: Model) -> Mapping[str, Element]:
    """The elements of a model by JSON name; the ``_name`` of a primitive stands under that name, too."""
    found = {}
    for field_name, field in model.model_fields.items():
        if field_name not in {"fhir_comments", "resource_type"}:
            element = _element(field.alias or field_name, field)
            found[element.name] = element
    return MappingProxyType(found)


@cache
def choices(model: Model, stem: str) -> Mapping[str, Element]:
    """The elements of one choice by JSON name: ``value`` -> ``valueInteger``, ``valueString`` and the rest."""
    return MappingProxyType({name: each for name, each in elements(model).items() if each.choice == stem})


def _element(name: str, field: FieldInfo) -> Element:
    inner, is_list = _unwrap(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    targets = tuple(str(each) for each in typing.cast(list[str], extra.get("enum_reference_types", [])))
    model = _model_of(inner)
    return Element(
        name=name,
        is_list=is_list,
        type_name=model.__name__ if model else _primitive_name(inner),
        model=model,
        targets=() if "Resource" in targets else targets,
        choice=str(extra.get("one_of_many", "")),
    )


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    """The innermost type of ``Optional[List[X]]`` and whether a list was met on the way."""
    if typing.get_origin(annotation) is list:
        return _unwrap(typing.get_args(annotation)[0])[0], True
    alternatives = [each for each in typing.get_args(annotation) if each is not type(None)]
    if typing.get_origin(annotation) is not typing.Annotated and alternatives:
        return _unwrap(alternatives[0])
    return annotation, False


def _model_of(inner: Any) -> Model | None:
    if isinstance(inner, type) and issubclass(inner, FhirBase):
        return typing.cast(Model, inner.get_model_klass())
    return None


def _primitive_name(inner: Any) -> str:
    """``Annotated[datetime, DateTime()]`` as ``dateTime``; FHIR's names begin with a small letter."""
    marks = typing.get_args(inner)[1:]
    name = type(marks[0]).__name__ if marks else {bool: "boolean"}.get(inner, "string")
    return name[0].lower() + name[1:]
