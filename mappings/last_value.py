"""The last value of what a goal is measured by, and what a target means beside it.

A target that the patient has reached already, or that asks for worse than today, is nearly always a slip: it is told
with the value and its date. Values are never converted: one in another unit says nothing about the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mappings import pick_lists
from mappings.chart import Chart
from mappings.observation import LatestReading, latest_readings
from mappings.pick_lists import Measure
from mappings.reading_kinds import reading_kinds

_EITHER_WAY = frozenset({"weight", "weight-kg", "bmi"})
"""Some patients are to gain weight, others to lose it."""


@dataclass(frozen=True)
class LastValue:
    """A number with its words: "8.6 %", "3 Nov 2026"."""

    number: float
    words: str
    date_words: str

    @property
    def said(self) -> str:
        """ "8.6 %, 3 Nov 2026"."""
        return f"{self.words}, {self.date_words}"


def last_values(chart: Chart, now: datetime) -> Mapping[str, LastValue]:
    """By the code of each measure of `pick_lists`: the newest value in the unit of that measure, where there is one."""
    rows = {row.key: row for row in latest_readings(chart, now=now).rows}
    found = {
        code: _value(measure, rows.get(measure.reading)) for code, measure in pick_lists.measures().items()
    }
    return {code: value for code, value in found.items() if value}


def measured(chart: Chart, code: str, now: datetime) -> LatestReading | None:
    """The reading of one measure of `pick_lists` with its trend; None where none is in its unit."""
    measure = pick_lists.measures().get(code)
    if measure is None:
        return None
    rows = (row for row in latest_readings(chart, now=now).rows if row.key == measure.reading)
    return next((row for row in rows if row.unit == _unit_words(measure)), None)


def _value(measure: Measure, row: LatestReading | None) -> LastValue | None:
    if row is None or not row.trend or row.unit != _unit_words(measure):
        return None
    return LastValue(row.trend[-1][1], row.value_words, row.date_words)


def _unit_words(measure: Measure) -> str:
    kind = next(kind for kind in reading_kinds() if kind.key == measure.reading)
    return kind.unit_for(measure.ucum).words


def doubt_about(code: str, comparator: str, value: float, last: LastValue | None) -> str:
    """Why a target is surprising beside the last value, as one sentence; "" where it is not, or nothing is known."""
    measure = pick_lists.measures().get(code)
    if measure is None or last is None:
        return ""
    comparator = comparator or measure.comparator
    reached = last.number <= value if comparator == "<=" else last.number >= value
    if reached:
        return f"This target is reached already: the last {measure.label} was {last.said}."
    if comparator != measure.comparator and code not in _EITHER_WAY:
        more = "higher" if comparator == ">=" else "lower"
        return f"This asks for a {more} {measure.label} than the last one, which was {last.said}."
    return ""
