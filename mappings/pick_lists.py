"""The short lists that forms offer, read from `pick_lists.toml`.

They are data so that a practice's wording can change without touching code; each code is refused by the form unless
it stands in the list.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Measure:
    """Something a goal can be measured by: LOINC code, unit (shown and UCUM), bounds, and the usual direction.

    `reading` is the key of the latest reading to show beside it.
    """

    code: str
    reading: str
    label: str
    loinc: str
    unit: str
    ucum: str
    low: float
    high: float
    comparator: str


@dataclass(frozen=True)
class Outcome:
    """How an episode ended: `code` is an enrolment state, `plan_status` what the CarePlan becomes."""

    code: str
    label: str
    plan_status: str


@cache
def measures() -> Mapping[str, Measure]:
    """Every measure offered for a goal, by its code, in the order offered."""
    return MappingProxyType({row["code"]: Measure(**row) for row in _file()["measure"]})


@cache
def decline_reasons() -> Mapping[str, str]:
    """Why a patient says no: code -> words."""
    return MappingProxyType({row["code"]: row["label"] for row in _file()["decline_reason"]})


@cache
def re_ask_reasons() -> Mapping[str, str]:
    """Why a patient is asked before the day that was agreed after a no: code -> words."""
    return MappingProxyType({row["code"]: row["label"] for row in _file()["re_ask_reason"]})


@cache
def stop_reasons() -> Mapping[str, str]:
    """Why a patient ends the service: code -> words."""
    return MappingProxyType({row["code"]: row["label"] for row in _file()["stop_reason"]})


@cache
def shared_facts() -> Mapping[str, str]:
    """Which kinds of facts an agency may be given: code -> words."""
    return MappingProxyType({row["code"]: row["label"] for row in _file()["shared_facts"]})


@cache
def outcomes() -> Mapping[str, Outcome]:
    """How an episode ends, by its code."""
    return MappingProxyType({row["code"]: Outcome(**row) for row in _file()["outcome"]})


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files("mappings").joinpath("pick_lists.toml").read_text("utf-8"))
