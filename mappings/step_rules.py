"""Which steps may be offered from which state, read from `steps.toml`, and the answers that a step asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class StepRule:
    """One step: the state it leads to, its words, the states it starts from, what the CarePlan becomes."""

    to: str
    name: str
    label: str
    start: frozenset[str]
    plan_status: str
    asks: frozenset[str]
    done: str


def offered_from(state: str) -> Mapping[str, StepRule]:
    """The steps that may be taken from a state, by the state they lead to; {} before a plan and after an end."""
    return MappingProxyType({rule.to: rule for rule in step_rules() if state in rule.start})


@cache
def step_rules() -> tuple[StepRule, ...]:
    """Every step, in the order offered."""
    return tuple(
        StepRule(
            row["to"],
            row["name"],
            row["label"],
            frozenset(row["from"]),
            row["plan"],
            frozenset(row["asks"]),
            row["done"],
        )
        for row in _file()["step"]
    )


@cache
def further_answers() -> Mapping[str, str]:
    """Whether the patient wants to be contacted further: code -> words."""
    return MappingProxyType({row["code"]: row["label"] for row in _file()["further"]})


STEP_STATES: tuple[str, ...] = ("paused", "following", "maintenance", "in-control", "closing")
"""Every state that a step may lead to; a test compares this with the file."""


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files("mappings").joinpath("steps.toml").read_text("utf-8"))
