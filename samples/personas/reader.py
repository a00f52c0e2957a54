"""Reads a persona's TOML file into its frozen types, and refuses what they do not know.

A misspelt fact that is silently left out would make the sandbox more lenient than the EHR it plays, so every unknown
name, missing name and wrong kind of value raises.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from importlib import resources
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from samples.personas.persona import Persona
from samples.personas.required_search import require_known

NAMES = ("open", "epic", "oracle", "athena", "ecw", "canvas")
"""The personas, the sandbox's own first."""

Facts = TypeVar("Facts")


class UnknownPersona(LookupError):
    """There is no persona of that name; the message lists those there are."""


class WrongFacts(ValueError):
    """A persona's file does not hold what its types say; the message names the file and the place in it."""


@cache
def persona(name: str) -> Persona:
    """The persona of this name. Raises UnknownPersona, and WrongFacts when its file is wrong."""
    if name not in NAMES:
        raise UnknownPersona(f"there is no persona {name!r}: choose one of {', '.join(NAMES)}")
    text = resources.files("samples.personas").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return read(name, text)


def read(name: str, text: str) -> Persona:
    """The persona that a file of this name and text describes. Raises WrongFacts."""
    try:
        facts = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongFacts(f"{name}.toml: {error}") from error
    try:
        found = _facts(Persona, {"name": name, **facts}, f"{name}.toml")
        if found.behaviour:
            found.behaviour.offers.require_possible(found.behaviour.paging.parameter)
            require_known(found.behaviour.required)
    except WrongFacts:
        raise
    except ValueError as error:
        raise WrongFacts(f"{name}.toml: {error}") from error
    return found


def _facts(kind: type[Facts], table: Mapping[str, Any], where: str) -> Facts:
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # only called for dataclasses
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise WrongFacts(f"{where}: unknown {', '.join(unknown)}")
    missing = [
        name
        for name, field in known.items()
        if name not in table and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise WrongFacts(f"{where}: {', '.join(missing)} is missing")
    return kind(**{name: _value(hints[name], value, f"{where} {name}") for name, value in table.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    if get_origin(hint) is UnionType:
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        return _facts(hint, value, where)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(inner[0], each, f"{where}[{index}]") for index, each in enumerate(value))
    if origin is not None and issubclass(origin, Mapping) and isinstance(value, dict):
        return {name: _value(inner[1], each, f"{where}.{name}") for name, each in value.items()}
    if isinstance(hint, type) and type(value) is hint:
        return value
    raise WrongFacts(f"{where}: {value!r} is not {getattr(hint, '__name__', hint)}")
