"""Which results stand on Today and what their units mean, from `readings.toml`.

The same result comes under several LOINC codes and its unit under several spellings; two units are one only
when the table says so, because an A1c of 53 is fine in mmol/mol and deadly in percent. Targets bear their
source.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mappings.dosage import number_words


@dataclass(frozen=True)
class Unit:
    """One unit and its bounds; None where there is no common bound. `flag_high` itself counts as high."""

    words: str
    same: frozenset[str]
    decimals: int = 2
    target_low: float | None = None
    target_high: float | None = None
    flag_low: float | None = None
    flag_high: float | None = None
    diastolic_flag_high: float | None = None
    target_source: str = ""

    def flag(self, value: float, diastolic: float | None = None) -> str:
        """Say "high", "low" or "" by the common bounds, of the value as it is shown."""
        value = round(value, self.decimals)
        diastolic = None if diastolic is None else round(diastolic, self.decimals)
        over = self.flag_high is not None and value >= self.flag_high
        over_diastolic = (
            diastolic is not None
            and self.diastolic_flag_high is not None
            and diastolic >= self.diastolic_flag_high
        )
        if over or over_diastolic:
            return "high"
        return "low" if self.flag_low is not None and value < self.flag_low else ""

    def shown(self, value: float) -> str:
        """The number with as many decimals as the reading is read with, and no needless ones."""
        return number_words(round(value, self.decimals))


@dataclass(frozen=True)
class ReadingKind:
    """One kind of result. Blood pressure has a code for each of its two components."""

    key: str
    name: str
    codes: frozenset[str]
    units: tuple[Unit, ...]
    systolic: str = ""
    diastolic: str = ""

    def unit_for(self, unit: str) -> Unit:
        """The unit of the table that is spelled like this; an unknown one stands for itself, without bounds."""
        said = unit.casefold()
        return next((known for known in self.units if said in known.same), Unit(unit, frozenset({said})))


@cache
def reading_kinds() -> tuple[ReadingKind, ...]:
    """Every kind, in the order in which they are shown."""
    return kinds_in("readings.toml")


def kinds_in(file: str) -> tuple[ReadingKind, ...]:
    """The kinds of one table of this room, in its order."""
    table = tomllib.loads(files("mappings").joinpath(file).read_text("utf-8"))
    return tuple(_kind(row) for row in table["reading"])


def _kind(row: dict[str, Any]) -> ReadingKind:
    units = tuple(Unit(**{**unit, "same": frozenset(unit["same"])}) for unit in row["unit"])
    return ReadingKind(
        key=row["key"],
        name=row["name"],
        codes=frozenset(row["codes"]),
        units=units,
        systolic=row.get("systolic", ""),
        diastolic=row.get("diastolic", ""),
    )


def _codes_to_ask_for() -> tuple[str, ...]:
    """Every LOINC code, in table order; the components too, since some EHRs file them as results of their
    own.
    """
    kinds = reading_kinds()
    codes = [code for kind in kinds for code in (*sorted(kind.codes), kind.systolic, kind.diastolic) if code]
    return tuple(dict.fromkeys(codes))


READING_CODES: tuple[str, ...] = _codes_to_ask_for()
