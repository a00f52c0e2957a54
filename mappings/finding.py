"""Why somebody should look at this patient: her part of the practice's working lists.

The lists themselves need many charts; here the same rules are asked of one, and each reason names its rows. Nothing is
concluded from what was not read:
no visit is missed where visits could not be seen. Rules and sources: `finding.toml`; domain notes A.2, rows 26 to 40.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mappings import dates, use_of_care
from mappings.chart import Chart
from mappings.chart_rows import ChartRows
from mappings.coverage import coverage_kind
from mappings.element import as_object, as_text, relative_reference
from mappings.finding_rule import finding_rules
from mappings.observation import LatestReading
from mappings.panel import Panel
from mappings.program_referral import open_referrals
from mappings.risk_fact import Source, chronic, medicine_sources, out_of_range, social_sources, visit_source
from mappings.to_do import open_to_dos, to_do_view

_URGENT = frozenset({"urgent", "asap", "stat"})
_IN_FORCE = frozenset({"", "active"})
_MEDICARE = frozenset({"medicare", "dual"})


@dataclass(frozen=True)
class Finding:
    """One reason: which list it belongs to, a sentence, and the rows of the chart that it rests on."""

    key: str
    sentence: str
    sources: tuple[Source, ...] = ()


def findings(chart: Chart, *, now: datetime) -> tuple[Finding, ...]:
    """Every reason that applies, those with a clock first."""
    rows = ChartRows(chart, now)
    return tuple(found for find in _RULES.values() for found in find(rows))


def _discharge(rows: ChartRows) -> Iterator[Finding]:
    for row in use_of_care.discharges(rows, finding_rules().discharge_days)[:1]:
        days = (rows.now.date() - row.end.date()).days if row.end else 0
        ago = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
        yield Finding("discharge", f"Came home from hospital {ago}.", (visit_source(row),))


def _ed(rows: ChartRows) -> Iterator[Finding]:
    rules = finding_rules()
    seen = use_of_care.ed_visits(rows, rules.ed_days)
    if len(seen) < rules.ed_visits:
        return
    recent = len(use_of_care.ed_visits(rows, rules.ed_recent_days))
    in_hours = len(use_of_care.weekday_ed_visits(rows, rules.ed_days))
    said = f"{len(seen)} ED visits in 12 months, {recent} of them in the last 6"
    said += f"; {in_hours} on a weekday between 8 and 5" if in_hours else ""
    yield Finding("ed-over-use", f"{said}.", tuple(map(visit_source, seen)))


def _crises(rows: ChartRows) -> Iterator[Finding]:
    rules = finding_rules()
    again = use_of_care.crises(rows, rules.crisis_days)
    if len(again) >= rules.crises:
        said = f"{len(again)} ED visits or hospital stays in {rules.crisis_days} days: repeated crises."
        yield Finding("crises", said, tuple(map(visit_source, again)))
    urgent = [
        row for task in open_to_dos(rows.chart) if (row := to_do_view(task, now=rows.now)).priority in _URGENT
    ]
    if len(urgent) >= rules.urgent_tasks:
        sources = tuple(Source(row.reference, row.text) for row in urgent)
        yield Finding("urgent-tasks", f"{len(urgent)} urgent tasks are open at once.", sources)


def _a1c(rows: ChartRows) -> Iterator[Finding]:
    rules, row = finding_rules(), _percent_a1c(rows)
    value = row.trend[-1][1] if row and row.trend else None
    if row is None or value is None:
        return
    source = (Source(row.reference, f"A1c {row.value_words}, {row.date_words}"),)
    low, high = rules.prediabetes
    if _has(rows, "Diabetes") and value > rules.a1c_over:
        yield Finding(
            "a1c-over-7", f"Diabetes with an A1c of {row.value_words}: over {rules.a1c_over:g} %.", source
        )
    elif _may_have_no(rows, "Diabetes") and low <= value <= high:
        said = f"A1c {row.value_words} without diabetes on the problem list: the range of prediabetes."
        yield Finding("prediabetes", said, source)


def _percent_a1c(rows: ChartRows) -> LatestReading | None:
    return next((row for row in rows.readings.rows if row.key == "a1c" and row.unit == "%"), None)


def _has(rows: ChartRows, group: str) -> bool:
    return any(row.active and group in row.chronic_groups for row in rows.problems.rows)


def _may_have_no(rows: ChartRows, group: str) -> bool:
    """True where the whole problem list was seen and the group is not on it."""
    return _seen(rows.problems) and not _has(rows, group)


def _seen(panel: Panel[Any]) -> bool:
    return (panel.known_empty or bool(panel.rows)) and not panel.incomplete


def _no_visit(rows: ChartRows) -> Iterator[Finding]:
    """Out of range and not seen: the guides' own list for diabetes, and the same for any chronic condition."""
    if not _seen(rows.visits) or not chronic(rows):
        return
    last = use_of_care.last_visit(rows)
    if last and last.when and last.when >= rows.now - timedelta(days=finding_rules().no_visit_days):
        return
    since = f"since {last.start_words}" if last else "on record"
    flagged = out_of_range(rows)
    sources = (*((visit_source(last),) if last else ()), *flagged, *chronic(rows))
    if _has(rows, "Diabetes") and flagged:
        yield Finding(
            "no-visit-out-of-range", f"Diabetes, results out of range, and no visit {since}.", sources
        )
    else:
        yield Finding("no-visit", f"A chronic condition, and no visit {since}.", sources)


def _flagged(rows: ChartRows) -> Iterator[Finding]:
    flagged = out_of_range(rows)
    if flagged:
        said = "1 result is" if len(flagged) == 1 else f"{len(flagged)} results are"
        yield Finding("out-of-range", f"{said} out of range.", flagged)


def _groups(rows: ChartRows) -> Iterator[Finding]:
    rules = finding_rules()
    taken, conditions = medicine_sources(rows), chronic(rows)
    if len(taken) >= rules.medicines:
        yield Finding("many-medicines", f"{len(taken)} active medicines ({rules.medicines} or more).", taken)
    if len(conditions) >= rules.conditions:
        yield Finding("many-conditions", f"{len(conditions)} chronic conditions (more than 2).", conditions)
    social = social_sources(rows)
    if social:
        said = "A social need stands" if len(social) == 1 else f"{len(social)} social needs stand"
        yield Finding("social", f"{said} on the problem list.", social)
    if open_referrals(rows.chart):
        yield Finding("referred", "Somebody of the practice referred this patient.")


def _payer(rows: ChartRows) -> Iterator[Finding]:
    """Insurance that pays for the service as a rule, and the one visit that only the first year of Part B has."""
    chart, now = rows.chart, rows.now
    for each in chart.resources("Coverage"):
        period = as_object(each.get("period"))
        start, end = dates.parse(period.get("start")), dates.parse(period.get("end"))
        over = end is not None and end.start(now.tzinfo).date() < now.date()
        in_force = as_text(each.get("status")) in _IN_FORCE and not over
        if not in_force or coverage_kind(chart, each) not in _MEDICARE:
            continue
        source = (Source(relative_reference(each), "Medicare"),)
        yield Finding(
            "payer", "Medicare pays for monthly care management when its conditions are met.", source
        )
        begun = start.local_day(now.tzinfo) if start else None
        if begun and begun <= now.date() < begun + timedelta(days=finding_rules().ippe_days):
            said = f"Medicare since {dates.day_words(begun)}: the Welcome to Medicare visit is open for a year, once."
            yield Finding("ippe", said, source)
        return


_RULES: Mapping[str, Callable[[ChartRows], Iterator[Finding]]] = {
    "discharge": _discharge,
    "crises": _crises,
    "ed": _ed,
    "a1c": _a1c,
    "no-visit": _no_visit,
    "flagged": _flagged,
    "groups": _groups,
    "payer": _payer,
}
