"""The results that a condition's template shows: the newest of each with its day and its course.

Those of Today are read as Today reads them; the others stand in `condition_readings.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from mappings.chart import Chart, once
from mappings.condition_template import ConditionTemplate, condition_templates, loinc_of
from mappings.observation import LatestReading, readings_of
from mappings.panel import PLAIN_WORDS
from mappings.questionnaire.chart_query import result_codes
from mappings.reading import ReadStatus
from mappings.reading_kinds import ReadingKind, kinds_in, reading_kinds

_FILE = "condition_readings.toml"


@dataclass(frozen=True)
class Results:
    """What a template shows of the results. `missing` names those that the chart holds no value of."""

    rows: tuple[LatestReading, ...]
    missing: tuple[str, ...]
    unread: str


@cache
def _kinds() -> tuple[ReadingKind, ...]:
    return (*reading_kinds(), *kinds_in(_FILE))


@cache
def _kind_for(codes: frozenset[str]) -> ReadingKind:
    """Raises LookupError for a template that asks for a result which no table knows."""
    found = next((kind for kind in _kinds() if kind.codes & codes), None)
    if found is None:
        raise LookupError(f"no table of readings knows {sorted(codes)}")
    return found


def template_codes() -> tuple[str, ...]:
    """The LOINC codes of every result that a template shows or takes an answer from, for the read of the chart."""
    shown = (code for each in condition_templates() for held in each.result_codes for code in sorted(held))
    queries = (query for each in condition_templates() for query in each.definition.queries.values())
    return tuple(dict.fromkeys((*shown, *(code for query in queries for code in result_codes(query)))))


@once
def latest_of_all(chart: Chart, *, now: datetime) -> dict[str, LatestReading]:
    """The newest value of every kind by its key; a kind without any is not in it."""
    return {row.key: row for row in readings_of(chart, _kinds(), now=now)}


@once
def results(chart: Chart, template: ConditionTemplate, *, now: datetime) -> Results:
    """The template's results in its order; `unread` says why none are known, where the EHR shows none."""
    kinds = [_kind_for(loinc_of(item)) for item in template.definition.questions if item.read_only]
    found = latest_of_all(chart, now=now)
    read = chart.reading("Observation").status is ReadStatus.READ
    return Results(
        rows=tuple(found[kind.key] for kind in kinds if kind.key in found),
        missing=tuple(kind.name for kind in kinds if kind.key not in found) if read else (),
        unread="" if read else f"The {PLAIN_WORDS['Observation']} could not be seen here.",
    )
