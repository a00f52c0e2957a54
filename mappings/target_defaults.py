"""Targets to start from for the patient's conditions, each with a link to the public guideline beside it.

Data of our own with a date (`target_defaults.toml`): every one is changed with the patient, and no guideline's text is
copied. Where the last value is better already, or in another unit, nothing is offered that would be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from mappings import pick_lists
from mappings.chart import Chart
from mappings.condition import problems
from mappings.data_file import DataTable, data_table
from mappings.errors import DataFileError
from mappings.goal_form import COMPARATORS, OWN_MEASURE
from mappings.last_value import LastValue, doubt_about, last_values

_FILE = "target_defaults.toml"


@dataclass(frozen=True)
class TargetDefault:
    """One row of the table. Of `value`, `percent_less` and `own_target` exactly one is filled."""

    code: str
    group: str
    text: str
    measure: str
    value: str
    percent_less: int
    own_measure: str
    own_target: str
    weeks: int
    say: str
    guideline: str
    url: str


@dataclass(frozen=True)
class OfferedTarget:
    """A target for one problem of the patient: the words of the target, the form's fields, what to read on."""

    code: str
    group: str
    problem: str
    words: str
    last_words: str
    say: str
    guideline: str
    url: str
    values: Mapping[str, tuple[str, ...]]


@cache
def target_defaults() -> tuple[TargetDefault, ...]:
    """Every row, in the table's order. Raises DataFileError where our own file is wrong."""
    table = data_table(_FILE)
    table.text("source")
    table.day("checked")
    rows = tuple(_default(row) for row in table.tables("default"))
    table.done()
    return rows


@cache
def checked_on() -> date:
    """The day on which the table was last looked at."""
    table = data_table(_FILE)
    return table.day("checked")


def _default(row: DataTable) -> TargetDefault:
    made = TargetDefault(
        code=row.text("code"),
        group=row.text("group"),
        text=row.text("text"),
        measure=row.text("measure"),
        value=row.text("value", default=""),
        percent_less=row.number("percent_less") or 0,
        own_measure=row.text("own_measure", default=""),
        own_target=row.text("own_target", default=""),
        weeks=row.number("weeks") or 12,
        say=row.text("say"),
        guideline=row.text("guideline"),
        url=row.text("url"),
    )
    row.done()
    own = made.measure == OWN_MEASURE
    if (not own and made.measure not in pick_lists.measures()) or own != bool(made.own_measure):
        raise DataFileError(_FILE, made.code, "has no measure")
    if sum(map(bool, (made.value, made.percent_less, made.own_target))) != 1:
        raise DataFileError(_FILE, made.code, "must have one target")
    return made


def offered_targets(chart: Chart, *, now: datetime) -> tuple[OfferedTarget, ...]:
    """Those for the patient's active problems, one for each; a target that is reached already is left out."""
    last = last_values(chart, now)
    active = [row for row in problems(chart, now=now).rows if row.active and row.reference]
    # A complication ("due to diabetes") stands for its group only where nothing plainer does.
    plainest = sorted(active, key=lambda row: (" due to " in row.text, len(row.text)), reverse=True)
    problem_of = {row.chronic_group: row for row in plainest if row.chronic_group}
    offered = []
    for default in target_defaults():
        problem = problem_of.get(default.group)
        target = _target(default, last) if problem else None
        if problem and target:
            offered.append(_offered(default, problem.text, problem.reference, target, last, now.date()))
    return tuple(offered)


def _target(default: TargetDefault, last: Mapping[str, LastValue]) -> tuple[str, str] | None:
    """The measure and the value; None where nothing sensible can be offered. "own" has no value."""
    if default.measure == OWN_MEASURE:
        return OWN_MEASURE, ""
    if default.percent_less:
        same = pick_lists.measures()[default.measure].reading
        known = (code for code in last if pick_lists.measures()[code].reading == same)
        code = next(known, None)
        value = f"{last[code].number * (100 - default.percent_less) / 100:.0f}" if code else ""
        return (code, value) if code else None
    doubt = doubt_about(default.measure, "", float(default.value), last.get(default.measure))
    return None if doubt else (default.measure, default.value)


def _offered(
    default: TargetDefault,
    problem: str,
    reference: str,
    target: tuple[str, str],
    last: Mapping[str, LastValue],
    today: date,
) -> OfferedTarget:
    code, value = target
    values = {
        "goal_text": (default.text,),
        "measure": (code,),
        "target_comparator": ("",),
        "target_value": (value,),
        "own_measure": (default.own_measure,),
        "own_target": (default.own_target,),
        "target_due": ((today + timedelta(weeks=default.weeks)).isoformat(),),
        "goal_addresses": (reference,),
    }
    return OfferedTarget(
        code=default.code,
        group=default.group,
        problem=problem,
        words=_words(default, code, value),
        last_words=last[code].said if code in last else "",
        say=default.say,
        guideline=default.guideline,
        url=default.url,
        values=values,
    )


def _words(default: TargetDefault, code: str, value: str) -> str:
    if code == OWN_MEASURE:
        return f"{default.own_measure}: {default.own_target}"
    measure = pick_lists.measures()[code]
    return f"{measure.label} {COMPARATORS[measure.comparator]} {value} {measure.unit}"
