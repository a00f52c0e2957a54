"""What the rules of the risk level count in a chart, each thing with the rows that were counted.

A fact is nothing but rows of the chart, so that a reason can lead to them; what could not be read is told apart from
what is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings import use_of_care
from mappings.chart_rows import ChartRows
from mappings.chronic_count import counted
from mappings.encounter import Visit
from mappings.panel import Panel
from mappings.risk_rule import FactKind, RiskRule
from mappings.social_problem import social_problems

_EVER = 36_525
_NOT_JUDGED = frozenset({"weight", "bmi"})
"""Results that say nothing of the course of a disease by themselves: obesity stands among the conditions."""


@dataclass(frozen=True)
class Source:
    """One row of the chart: its reference ("" where the EHR gave it none) and its words."""

    reference: str
    words: str


Finder = Callable[[ChartRows, int], tuple[Source, ...]]


def facts(
    rows: ChartRows,
    *,
    rules: Sequence[RiskRule],
    conditions: Sequence[Source] | None = None,
) -> list[tuple[RiskRule, tuple[Source, ...]]]:
    """Each rule with the rows that it counts; `conditions` stand for the chronic conditions where they were picked."""
    found = []
    for rule in rules:
        picked = conditions if rule.kind is FactKind.CHRONIC_CONDITIONS else None
        counts = picked if picked is not None else _FINDERS[rule.kind](rows, rule.within_days or _EVER)
        found.append((rule, tuple(counts)))
    return found


def unread_facts(rows: ChartRows, *, picked: bool = False) -> tuple[str, ...]:
    """A sentence for each part of the chart that could not be counted, wholly or in part; () when all was read.

    `picked`: the conditions were picked by a clinician, so nothing is missing for want of the problem list.
    """
    panels: tuple[tuple[str, Panel[Any]], ...] = (
        ("Problems", rows.problems),
        ("Medicines", rows.medications),
        ("Visits", rows.visits),
        ("Results", rows.readings),
    )
    told = ((words, _missing(panel)) for words, panel in panels if not (picked and words == "Problems"))
    return tuple(f"{words}: {sentence}" for words, sentence in told if sentence)


def _missing(panel: Panel[Any]) -> str:
    if panel.absence and not panel.known_empty:
        return f"{panel.sentence.rstrip('.')}."
    return panel.incomplete


def chronic(rows: ChartRows) -> tuple[Source, ...]:
    """The chronic conditions as the value sets see them, each once, by its first problem."""
    found = [row for row in rows.problems.rows if row.active and row.chronic_group]
    return tuple(Source(each.problems[0].reference, each.name) for each in counted(found))


def out_of_range(rows: ChartRows) -> tuple[Source, ...]:
    """The latest results that are flagged high or low."""
    flagged = [row for row in rows.readings.rows if row.flag and row.key not in _NOT_JUDGED]
    return tuple(
        Source(row.reference, f"{row.name} {row.value_words} ({row.flag}), {row.date_words}")
        for row in flagged
    )


def visit_source(row: Visit) -> Source:
    """A visit as a source: what it was, when, and why."""
    return Source(row.reference, ", ".join(filter(None, (row.kind_words, row.start_words, row.reason))))


def medicine_sources(rows: ChartRows) -> tuple[Source, ...]:
    """The active lines of the medication list."""
    active = (row for row in rows.medications.rows if row.active)
    return tuple(Source(next(iter(row.references), ""), row.text) for row in active)


def social_sources(rows: ChartRows) -> tuple[Source, ...]:
    """The active problems that tell of a social need."""
    found = social_problems(rows.problems.rows)
    return tuple(Source(each.problem.reference, each.problem.text) for each in found)


def _of_visits(find: Callable[..., tuple[Visit, ...]]) -> Finder:
    return lambda rows, days: tuple(map(visit_source, find(rows, days)))


_FINDERS: Mapping[FactKind, Finder] = {
    FactKind.CHRONIC_CONDITIONS: lambda rows, _: chronic(rows),
    FactKind.ACTIVE_MEDICINES: lambda rows, _: medicine_sources(rows),
    FactKind.STAYS: _of_visits(use_of_care.stays),
    FactKind.ED_VISITS: _of_visits(use_of_care.ed_visits),
    FactKind.CRISES: _of_visits(use_of_care.crises),
    FactKind.WEEKDAY_ED_VISITS: _of_visits(use_of_care.weekday_ed_visits),
    FactKind.OUT_OF_RANGE: lambda rows, _: out_of_range(rows),
    FactKind.SOCIAL_NEEDS: lambda rows, _: social_sources(rows),
}
