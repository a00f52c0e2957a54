"""Payment rules by service date, read from `billing_rules.toml`; evaluated, never invented.

Rules change every year, so they are dated rows of data with their source. For a date that no page confirms the answer
is "not confirmed", not last year's rule. No amounts of money: they differ by place and contract (domain notes B.0).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Threshold:
    """One unit that the month's minutes may reach: at `minutes` in total. `label` is in our own words."""

    code: str
    unit: int
    minutes: int
    label: str
    source: str
    source_date: date


@dataclass(frozen=True)
class Family:
    """A family of codes that one minute may belong to. `results` are the contact results that count."""

    code: str
    label: str
    needs_consent: bool
    results: frozenset[str]


@dataclass(frozen=True)
class OnceOnly:
    """Something that is paid once only. `label` is in our own words."""

    code: str
    label: str
    source: str
    source_date: date


@cache
def once_only(code: str, day: date) -> OnceOnly | None:
    """What is paid once only, by its code, on a service date; None before it began and where no rule is confirmed."""
    if not confirmed(day):
        return None
    rows = [row for row in _file()["once"] if row["code"] == code and _in_force(row, day)]
    made = (OnceOnly(row["code"], row["label"], row["source"], row["source_date"]) for row in rows)
    return next(made, None)


@cache
def family(code: str) -> Family:
    """A family by its code. Raises KeyError for one that the file does not have."""
    rows = {row["code"]: row for row in _file()["family"]}
    row = rows[code]
    return Family(code, row["label"], row["needs_consent"], frozenset(row["results"]))


def confirmed(day: date) -> bool:
    """True when the file's rules are confirmed for services on this day."""
    through: date = _file()["confirmed_through"]
    first: date = min(row["from"] for row in _file()["rule"])
    return first <= day <= through


def confirmed_through() -> date:
    """The last day for which the rules are confirmed."""
    through: date = _file()["confirmed_through"]
    return through


@cache
def thresholds(code: str, day: date) -> tuple[Threshold, ...]:
    """Every unit of a family on a service date, by rising minutes; () where the rules are not confirmed."""
    if not confirmed(day):
        return ()
    rows = [row for row in _file()["rule"] if row["family"] == code and _in_force(row, day)]
    found = [_threshold(row, unit) for row in rows for unit in range(row["max_units"])]
    return tuple(sorted(found, key=lambda threshold: threshold.minutes))


def _in_force(row: dict[str, Any], day: date) -> bool:
    return bool(row["from"] <= day <= row.get("to", date.max))


def _threshold(row: dict[str, Any], unit: int) -> Threshold:
    minutes = row["minutes"] + unit * row["each"]
    return Threshold(row["code"], unit + 1, minutes, row["label"], row["source"], row["source_date"])


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files("mappings").joinpath("billing_rules.toml").read_text("utf-8"))
