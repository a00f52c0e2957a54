"""A quick look at R4's structure: True only where the models would find nothing.

To build the models costs more than all other checks together, and nearly every record that is looked at is sound. So
each value is judged by the models' own types, one by one, and nothing is built. Whatever is out of the ordinary
(``_name`` elements, unknown ones, nulls) is left to the models, and so is each word about what is wrong.
Spec: https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from fhir_profiles.elements import Element, Model, elements, resource_model

_NOT_PLAIN: Final = (
    ValidationError,
    KeyError,
    AttributeError,
    TypeError,
    ValueError,
    ArithmeticError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a model asks of the JSON object that it reads."""

    primitives: Mapping[str, Callable[[Any], object]]
    """For each primitive element the models' own check of its value, or of its whole list; it raises."""
    inner: Mapping[str, Element]
    required: tuple[frozenset[str], ...]
    """Of each set one name must be there."""
    choices: tuple[frozenset[str], ...]
    """Of each set one name may be there."""


def plainly_sound(resource: dict[str, Any], model: Model) -> bool:
    """True where the model would certainly accept the resource; False where that is for the model to say."""
    try:
        return _is_sound(resource, model)
    except _NOT_PLAIN:
        return False


def _is_sound(value: Any, model: Model) -> bool:
    if not isinstance(value, dict):
        return False
    plan = _plan(model)
    for name, item in value.items():
        check = plan.primitives.get(name)
        if check is not None:
            if item is None:
                return False
            check(item)
        elif name in plan.inner:
            if not _are_sound(item, plan.inner[name]):
                return False
        elif name != "resourceType" or resource_model(item) is not model:
            return False
    names = value.keys()
    return not any(names.isdisjoint(each) for each in plan.required) and not any(
        len(names & each) > 1 for each in plan.choices
    )


def _are_sound(value: Any, element: Element) -> bool:
    if isinstance(value, list) is not element.is_list:
        return False
    for each in value if element.is_list else (value,):
        model = resource_model(each["resourceType"]) if element.is_resource else element.model
        if model is None or not _is_sound(each, model):
            return False
    return True


@cache
def _plan(model: Model) -> _Plan:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    known = {name: each for name, each in elements(model).items() if not name.startswith("_")}
    primitive = {name for name, each in known.items() if each.model is None and not each.is_resource}
    choices = _choices(model)
    of_choice = [names for names in choices.values() if _is_required(fields[min(names)])]
    stated = [frozenset({name}) for name in (*_required_primitives(model), *_required_objects(fields))]
    return _Plan(
        primitives={name: _check_of(fields[name]) for name in primitive},
        inner={name: each for name, each in known.items() if name not in primitive},
        required=(*stated, *of_choice),
        choices=tuple(choices.values()),
    )


def _check_of(field: FieldInfo) -> Callable[[Any], object]:
    adapter: TypeAdapter[Any] = TypeAdapter(typing.cast(Any, field.annotation))
    return adapter.validate_python


def _choices(model: Model) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for each in elements(model).values():
        if each.choice:
            found.setdefault(each.choice, set()).add(each.name)
    return {stem: frozenset(names) for stem, names in found.items()}


def _is_required(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("one_of_many_required") is True


def _required_objects(fields: Mapping[str, FieldInfo]) -> list[str]:
    return [name for name, field in fields.items() if field.is_required()]


def _required_primitives(model: Model) -> list[str]:
    """Names as in JSON: the models mark them apart, since a ``_name`` may stand for one."""
    empty = typing.cast(FHIRAbstractModel, model.model_construct())
    return [model.model_fields[name].alias or name for name, _ in _names(empty, model)]


def _names(empty: FHIRAbstractModel, model: Model) -> list[tuple[str, str | None]]:
    by_alias = {field.alias: name for name, field in model.model_fields.items()}
    return [(by_alias.get(name, name), other) for name, other in empty.get_required_fields()]
