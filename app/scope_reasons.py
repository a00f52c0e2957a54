"""Explains a scope text, resource by resource, for whoever reviews what an app may see and do.

The words stand in requested_scopes.toml; which of them are told follows from the scopes that are asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from smart_launch.scopes import LEVELS, ScopeSet


@dataclass(frozen=True)
class IdentityReason:
    """A scope that opens no record, why it is asked for, and what is missing without it."""

    scope: str
    why: str
    without: str


@dataclass(frozen=True)
class ResourceReason:
    """Why one resource type is read or written, on which page, and what is missing without it."""

    type: str
    page: str
    without: str
    read: str = ""
    write: str = ""


@dataclass(frozen=True)
class Explained:
    """One row of the review: the scopes of one type as they are asked for, with what may be done by them."""

    scopes: tuple[str, ...]
    reason: ResourceReason
    reads: bool
    writes: bool


@cache
def identity_reasons() -> Mapping[str, IdentityReason]:
    """By scope."""
    return {row["scope"]: IdentityReason(**row) for row in _table()["identity"]}


@cache
def resource_reasons() -> Mapping[str, ResourceReason]:
    """By resource type."""
    return {row["type"]: ResourceReason(**row) for row in _table()["resource"]}


def explained(scope: str) -> tuple[Explained, ...]:
    """The resource scopes of a scope text, gathered by type in the order in which they are asked for.

    A type that Chartside has no reason for (an administrator's own `scopes`) is left out: `unexplained` names it.
    """
    by_type: dict[str, list[str]] = {}
    for each in _resource_scopes(scope):
        by_type.setdefault(_type_of(each), []).append(each)
    return tuple(_row(name, scopes) for name, scopes in by_type.items() if name in resource_reasons())


def unexplained(scope: str) -> tuple[str, ...]:
    """The scopes that nothing of Chartside needs."""
    known = {each for row in explained(scope) for each in row.scopes} | set(identity_reasons())
    return tuple(each for each in scope.split() if each not in known)


def _row(name: str, scopes: list[str]) -> Explained:
    asked = ScopeSet(tuple(scopes))
    return Explained(
        tuple(scopes),
        resource_reasons()[name],
        reads=any(asked.allows(name, letter) for letter in "rs"),
        writes=any(asked.allows(name, letter) for letter in "cud"),
    )


def _resource_scopes(scope: str) -> list[str]:
    return [each for each in scope.split() if each.partition("/")[0] in LEVELS]


def _type_of(scope: str) -> str:
    return scope.partition("/")[2].partition(".")[0]


@cache
def _table() -> dict[str, list[dict[str, str]]]:
    table: dict[str, list[dict[str, str]]] = tomllib.loads(
        files("app").joinpath("requested_scopes.toml").read_text("utf-8")
    )
    return table
