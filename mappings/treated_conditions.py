"""The conditions that a month's care was for, with the ICD-10-CM codes that a claim names.

Those that the care plan addresses; without such, every active problem that the value sets call chronic. The codes are
those of the EHR's own records: none is looked up or guessed (domain notes, row 111).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings.chart import Chart, once
from mappings.chronic_count import counted
from mappings.coding_systems import ICD10CM
from mappings.condition import Problem
from mappings.element import as_objects, reference_text, relative_reference
from mappings.eligibility_decision import offered_problems
from mappings.episode import own_plans
from mappings.terminology import codes_of


@dataclass(frozen=True)
class TreatedCondition:
    """One condition in the EHR's words, its ICD-10-CM codes (() where the EHR gives none), and if the plan names it."""

    text: str
    codes: tuple[str, ...]
    on_plan: bool


@dataclass(frozen=True)
class TreatedConditions:
    """The conditions, how many different chronic ones they make, and whether the plan names them."""

    rows: tuple[TreatedCondition, ...]
    count: int
    names: tuple[str, ...]
    from_plan: bool


@once
def treated_conditions(chart: Chart, *, now: datetime) -> TreatedConditions:
    """What the newest plan of ours addresses, else the active chronic problems; the count is of all of both."""
    named = _addressed(chart)
    problems = offered_problems(chart, now)
    on_plan = [row for row in problems if named & {row.reference, *row.references}]
    chronic = [row for row in problems if row.chronic_group or row in on_plan]
    kinds = counted(chronic)
    rows = tuple(_row(chart, row, on_plan=row in on_plan) for row in on_plan or chronic)
    return TreatedConditions(rows, len(kinds), tuple(each.name for each in kinds), bool(on_plan))


def _addressed(chart: Chart) -> frozenset[str]:
    plan = next(iter(own_plans(chart)), {})
    said = as_objects(plan.get("addresses"))
    found = {chart.at_home(each) or reference_text(each) for each in said}
    return frozenset(filter(None, found))


def _row(chart: Chart, problem: Problem, *, on_plan: bool) -> TreatedCondition:
    references = {problem.reference, *problem.references}
    bodies = [each for each in chart.resources("Condition") if relative_reference(each) in references]
    codes = {code for body in bodies for code in codes_of(body.get("code"), ICD10CM)}
    return TreatedCondition(problem.text, tuple(sorted(codes)), on_plan)
