"""The latest A1c, blood pressure, LDL, BMI, PHQ-9 and weight, each with its date and its trend.

A value is shown with the unit it was sent in and never converted; a trend holds only values of the same unit,
so that percent and mmol/mol are never joined by a line. Cancelled and entered-in-error results are left out,
and so is a value that is not a number from a trend.
https://hl7.org/fhir/us/core/StructureDefinition-us-core-observation-lab.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings import dates
from mappings.blood_pressure import pressure_measurements
from mappings.chart import Chart, once
from mappings.coding_systems import LOINC
from mappings.measurement import Measurement, is_usable, measurement_of, newest_first
from mappings.panel import Panel, panel
from mappings.reading_kinds import READING_CODES, ReadingKind, reading_kinds
from mappings.terminology import codes_of

__all__ = ["READING_CODES", "LatestReading", "latest_readings"]

TREND_LENGTH = 12
DATE_UNKNOWN = "date not recorded"


@dataclass(frozen=True)
class LatestReading:
    """The newest value of one kind. `trend` is oldest first and of the same unit; BP's is systolic."""

    name: str
    value_words: str
    date_words: str
    when: datetime | None
    trend: tuple[tuple[date, float], ...]
    flag: str
    key: str = ""
    unit: str = ""
    target_low: float | None = None
    target_high: float | None = None
    target_source: str = ""
    diastolic_trend: tuple[tuple[date, float], ...] = ()
    status: str = ""
    reference: str = ""


@once
def latest_readings(chart: Chart, *, now: datetime) -> Panel[LatestReading]:
    """The panel of readings in the table's order; a kind without any value has no row."""
    return panel(
        "readings", "Results", readings_of(chart, reading_kinds(), now=now), chart.reading("Observation")
    )


def readings_of(chart: Chart, kinds: tuple[ReadingKind, ...], *, now: datetime) -> tuple[LatestReading, ...]:
    """The newest value of each of these kinds, in their order; a kind without any value has no row."""
    by_code = _by_code(chart.resources("Observation"), kinds)
    return tuple(row for kind in kinds if (row := _latest(kind, by_code, now)))


def _by_code(
    observations: tuple[dict[str, Any], ...], kinds: tuple[ReadingKind, ...]
) -> dict[str, list[dict[str, Any]]]:
    """The usable observations under each LOINC code of these kinds."""
    parts = (part for kind in kinds for part in (kind.systolic, kind.diastolic) if part)
    asked = frozenset(code for kind in kinds for code in kind.codes) | frozenset(parts)
    found: dict[str, list[dict[str, Any]]] = {}
    for observation in observations:
        for code in codes_of(observation.get("code"), LOINC) & asked:
            if is_usable(observation):
                found.setdefault(code, []).append(observation)
    return found


def _measurements(kind: ReadingKind, by_code: dict[str, list[dict[str, Any]]]) -> list[Measurement]:
    if kind.systolic:
        return newest_first(pressure_measurements(kind, by_code))
    seen = {id(item): item for code in kind.codes for item in by_code.get(code, ())}
    measured = (measurement_of(item, kind) for item in seen.values())
    return newest_first([measurement for measurement in measured if measurement])


def _latest(
    kind: ReadingKind, by_code: dict[str, list[dict[str, Any]]], now: datetime
) -> LatestReading | None:
    measurements = _measurements(kind, by_code)
    if not measurements:
        return None
    latest = measurements[0]
    same = [item for item in measurements if item.unit == latest.unit]
    known_day = latest.when is not None and latest.when.precision >= dates.Precision.DAY
    flagged = latest.number is not None and not latest.comparator
    return LatestReading(
        name=kind.name,
        value_words=latest.words,
        date_words=dates.words(latest.when, now) or DATE_UNKNOWN,
        when=latest.when.start(now.tzinfo) if latest.when and known_day else None,
        trend=_trend([(item.when, item.number, item.comparator) for item in same], now),
        flag=latest.unit.flag(latest.number, latest.diastolic)
        if latest.number is not None and flagged
        else "",
        key=kind.key,
        unit=latest.unit.words,
        target_low=latest.unit.target_low,
        target_high=latest.unit.target_high,
        target_source=latest.unit.target_source,
        diastolic_trend=_trend([(item.when, item.diastolic, item.comparator) for item in same], now),
        status=latest.status,
        reference=latest.reference,
    )


def _trend(
    points: list[tuple[dates.FhirDate | None, float | None, str]], now: datetime
) -> tuple[tuple[date, float], ...]:
    """The last twelve plain numbers with a known day, oldest first (they come newest first)."""
    dated = [
        (day, number)
        for when, number, comparator in points
        if number is not None and not comparator and when and (day := when.local_day(now.tzinfo))
    ]
    return tuple(reversed(dated[:TREND_LENGTH]))
