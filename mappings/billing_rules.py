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
class Level:
    """One row of a family that is not paid by minutes: `words` say what it needs, the counts bound its conditions."""

    code: str
    label: str
    words: str
    conditions_least: int
    conditions_most: int | None
    source: str
    source_date: date

    def fits(self, conditions: int) -> bool:
        """Whether a patient of so many chronic conditions may stand on this row."""
        most = self.conditions_most
        return conditions >= self.conditions_least and (most is None or conditions <= most)


@dataclass(frozen=True)
class Family:
    """A family of codes that one minute may belong to.

    `needs` are what must stand in the chart; `staff` and `results` whose minutes and which contacts count; `services`
    the kinds of service whose minutes are this family's alone where the practice bills it; `per` what it is billed for.
    """

    code: str
    label: str
    short: str
    timed: bool
    per: str
    needs: tuple[str, ...]
    conditions: int
    visit_days: int
    staff: frozenset[str]
    staff_words: str
    results: frozenset[str]
    services: frozenset[str]
    source: str
    source_date: date

    @property
    def needs_consent(self) -> bool:
        """Whether only minutes within consent count."""
        return "consent" in self.needs


@dataclass(frozen=True)
class Exclusion:
    """Two families of which one practitioner bills one only in a month; `other` is the one that was not asked for."""

    other: str
    words: str
    source: str
    source_date: date


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
    return _family(rows[code])


def family_codes() -> tuple[str, ...]:
    """Every family of the file, in its order."""
    return tuple(row["code"] for row in _file()["family"])


@cache
def families_on(day: date) -> tuple[Family, ...]:
    """The families of which a rule is in force on a service date; () where the rules are not confirmed."""
    if not confirmed(day):
        return ()
    named = {row["family"] for row in _file()["rule"] if _in_force(row, day)}
    return tuple(family(code) for code in family_codes() if code in named)


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
    """Every unit of a family on a service date, by rising minutes; () where not confirmed, not in force, not timed."""
    rows = _rules(code, day) if family(code).timed else []
    found = [_threshold(row, unit) for row in rows for unit in range(row["max_units"])]
    return tuple(sorted(found, key=lambda threshold: threshold.minutes))


@cache
def levels(code: str, day: date) -> tuple[Level, ...]:
    """The rows of a family that is not paid by minutes, on a service date; () where not confirmed or not in force."""
    return () if family(code).timed else tuple(_level(row) for row in _rules(code, day))


@cache
def exclusions(code: str, day: date) -> tuple[Exclusion, ...]:
    """The families that are not billed beside this one in the same month, on a service date."""
    rows = [row for row in _file()["exclusion"] if code in row["families"] and _in_force(row, day)]
    return tuple(
        Exclusion(other, row["words"], row["source"], row["source_date"])
        for row in rows
        for other in row["families"]
        if other != code and confirmed(day)
    )


def _rules(code: str, day: date) -> list[dict[str, Any]]:
    if not confirmed(day):
        return []
    return [row for row in _file()["rule"] if row["family"] == code and _in_force(row, day)]


def _in_force(row: dict[str, Any], day: date) -> bool:
    return bool(row["from"] <= day <= row.get("to", date.max))


def _threshold(row: dict[str, Any], unit: int) -> Threshold:
    minutes = row["minutes"] + unit * row["each"]
    return Threshold(row["code"], unit + 1, minutes, row["label"], row["source"], row["source_date"])


def _level(row: dict[str, Any]) -> Level:
    least, most = row.get("conditions_least", 0), row.get("conditions_most")
    return Level(row["code"], row["label"], row["words"], least, most, row["source"], row["source_date"])


def _family(row: dict[str, Any]) -> Family:
    return Family(
        code=row["code"],
        label=row["label"],
        short=row["short"],
        timed=row["timed"],
        per=row["per"],
        needs=tuple(row["needs"]),
        conditions=row.get("conditions", 0),
        visit_days=row.get("visit_days", 0),
        staff=frozenset(row["staff"]),
        staff_words=row["staff_words"],
        results=frozenset(row["results"]),
        services=frozenset(row.get("services", ())),
        source=row["source"],
        source_date=row["source_date"],
    )


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files("mappings").joinpath("billing_rules.toml").read_text("utf-8"))
