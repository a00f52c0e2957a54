"""The rules of transitions of care, out of `transition.toml`: clocks, destinations, the checklist, warning signs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mappings.coding_systems import DISCHARGE_DISPOSITION, NUBC_DISCHARGE
from mappings.terminology import all_words_of, has_code, words_of

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Clocks:
    """How long each clock runs: business days, calendar days, hours; `call_by` is a time of day in words."""

    contact_business_days: int
    call_by: str
    timely_tries: int
    early_visit_days: int
    visit_days: int
    service_days: int
    transfer_days: int
    emergency_hours: int


@dataclass(frozen=True)
class Destination:
    """Where a patient went: `words` alone, `phrase` after the name of a stay. `clock` is "yes", "no" or "ask"."""

    code: str
    words: str
    phrase: str
    clock: str
    hl7: frozenset[str]
    nubc: frozenset[str]
    said: tuple[str, ...]


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files("mappings").joinpath("transition.toml").read_text("utf-8"))


@cache
def clocks() -> Clocks:
    """The lengths of the clocks."""
    return Clocks(**_data()["clocks"])


def emergency_rule() -> tuple[int, int]:
    """Days within which an emergency visit is followed up, and for how many it is pointed out."""
    rule = _data()["emergency"]
    return rule["follow_up_days"], rule["shown_days"]


def source() -> tuple[str, str]:
    """Where the rules are from, and the day on which that was looked at, as 2026-11-22."""
    return _data()["source"], _data()["checked"].isoformat()


@cache
def destinations() -> Mapping[str, Destination]:
    """Every destination by its code."""
    return {
        row["code"]: Destination(
            row["code"],
            row["words"],
            row["phrase"],
            row["clock"],
            frozenset(row["hl7"]),
            frozenset(row["nubc"]),
            tuple(row["said"]),
        )
        for row in _data()["destination"]
    }


def destination_of(disposition: Any) -> Destination:
    """The destination that a `dischargeDisposition` names: by either code system, else by its words.

    Two codes that disagree settle nothing, so the clock is asked about. Words are tried last to first, since "nursing
    home" and "home hospice" hold the word "home".
    """
    known = destinations()
    coded = [row for row in known.values() if _coded(disposition, row)]
    if coded:
        return coded[0] if len(coded) == 1 else known[UNKNOWN]
    said = f"{words_of(disposition)} {all_words_of(disposition)}".casefold()
    named = (row for row in reversed(tuple(known.values())) if any(word in said for word in row.said))
    return next(named, known[UNKNOWN])


def _coded(disposition: Any, row: Destination) -> bool:
    return has_code(disposition, DISCHARGE_DISPOSITION, row.hl7) or has_code(
        disposition, NUBC_DISCHARGE, row.nubc
    )


def setting_words(said: str, otherwise: str) -> str:
    """What kind of place a stay was in, by the words of its type; `otherwise` where they name none."""
    words = said.casefold()
    rows = (row for row in _data()["setting"] if any(each in words for each in row["said"]))
    return next((row["words"] for row in rows), otherwise)


@cache
def items() -> Mapping[str, str]:
    """The checklist: code and words, in the order of a call."""
    return {row["code"]: row["words"] for row in _data()["item"]}


def warning_signs(groups: frozenset[str]) -> str:
    """When to call, for somebody with these chronic condition groups; the general signs come last."""
    rows = [row["signs"] for row in _data()["warning"] if row["group"] in groups or not row["group"]]
    return "; ".join(rows)
