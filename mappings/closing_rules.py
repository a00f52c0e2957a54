"""What follows from how an episode ended: what becomes of the consent, and what may bring the patient back.

Read from `closing.toml`. A trigger stands in the closing step by its words, so that it is read back from any rung.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Trigger:
    """What may bring a patient back; `rule` is what Chartside sees of it by itself, "" where people must."""

    code: str
    label: str
    rule: str


@dataclass(frozen=True)
class ConsentEnd:
    """What becomes of the consent: `month_end` or left in force, and the words that say so."""

    month_end: bool
    words: str


@cache
def triggers() -> Mapping[str, Trigger]:
    """Every trigger by its code, in the order offered."""
    return MappingProxyType({row["code"]: Trigger(**row) for row in _file()["trigger"]})


@cache
def consent_ends() -> Mapping[str, ConsentEnd]:
    """What becomes of the consent, by outcome."""
    rows = _file()["consent"]
    return MappingProxyType(
        {row["outcome"]: ConsentEnd(row["ends"] == "month-end", row["words"]) for row in rows}
    )


def trigger_words(codes: Sequence[str], more: str = "") -> str:
    """The triggers as the closing step says them: "A new emergency visit, A new hospital stay, in spring"."""
    return ", ".join(filter(None, (*(triggers()[code].label for code in codes), more)))


def triggers_in(words: str) -> tuple[Trigger, ...]:
    """The triggers that such words name."""
    return tuple(each for each in triggers().values() if each.label in words)


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files("mappings").joinpath("closing.toml").read_text("utf-8"))
