"""The numbers of `finding.toml`, read strictly: from when on a fact of the chart is a reason to look at a patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mappings.data_file import DataTable, data_table


@dataclass(frozen=True)
class FindingRules:
    """Days are how far back is looked, counts from how many on; the A1c bounds are in percent."""

    discharge_days: int
    ed_days: int
    ed_recent_days: int
    no_visit_days: int
    crisis_days: int
    ippe_days: int
    ed_visits: int
    crises: int
    urgent_tasks: int
    medicines: int
    conditions: int
    a1c_over: float
    prediabetes: tuple[float, float]
    source: str
    checked: str


@cache
def finding_rules() -> FindingRules:
    """The numbers. Raises DataFileError where our own file is wrong."""
    table = data_table("finding.toml")
    days, counts, a1c = table.table("days"), table.table("counts"), table.table("a1c")
    made = FindingRules(
        discharge_days=_number(days, "discharge"),
        ed_days=_number(days, "ed"),
        ed_recent_days=_number(days, "ed_recent"),
        no_visit_days=_number(days, "no_visit"),
        crisis_days=_number(days, "crises"),
        ippe_days=_number(days, "ippe"),
        ed_visits=_number(counts, "ed"),
        crises=_number(counts, "crises"),
        urgent_tasks=_number(counts, "urgent_tasks"),
        medicines=_number(counts, "medicines"),
        conditions=_number(counts, "conditions"),
        a1c_over=float(a1c.text("over")),
        prediabetes=(float(a1c.text("prediabetes_low")), float(a1c.text("prediabetes_high"))),
        source=table.text("source"),
        checked=table.day("checked").isoformat(),
    )
    for each in (days, counts, a1c, table):
        each.done()
    return made


def _number(table: DataTable, name: str) -> int:
    value = table.number(name)
    if value is None:
        raise table.error(name, "is missing")
    return value
