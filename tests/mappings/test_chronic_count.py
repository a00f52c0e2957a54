"""Conditions are counted once for each kind, by the clinician's pick, whatever the value sets know of it."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.chronic_conditions import chronic_groups
from mappings.chronic_count import counted
from mappings.condition import problems
from tests.mappings.charts import NOW
from tests.mappings.enrolling_charts import condition, read_chart

CASES: list[tuple[list[str], int]] = [
    ([], 0),
    (["E11.9"], 1),
    (["E11.9", "E11.65"], 1),
    (["E11.9", "I10"], 2),
    # One diagnosis whose code names two groups is one condition.
    (["E11.22"], 1),
    (["I13.0"], 1),
    # Beside another of one of its groups it stands for the other one.
    (["E11.9", "E11.22"], 2),
    (["E11.22", "E11.9"], 2),
    (["E11.9", "E11.22", "N18.3"], 2),
    (["I10", "I13.0", "N18.3"], 3),
    (["I13.0", "I13.2", "I50.9", "N18.3", "I10"], 3),
    # SNOMED CT and ICD-10-CM of one kind are one.
    (["44054006", "E11.9"], 1),
    (["E78.5", "E78.0", "I10", "I11.9"], 2),
    # What no value set knows counts when it is picked, once for each of its words.
    (["M32.9", "I10"], 2),
    (["M32.9", "L40.0"], 2),
]


def rows_of(codes: list[str]) -> Any:
    chart = read_chart(*(condition(number, code) for number, code in enumerate(codes)))
    by_id = {row.id: row for row in problems(chart, now=NOW).rows}
    return [by_id[f"c{number}"] for number in range(len(codes))]


@pytest.mark.requirement("domain@24")
@pytest.mark.parametrize(("codes", "number"), CASES)
def test_the_number_of_conditions(codes: list[str], number: int) -> None:
    assert len(counted(rows_of(codes))) == number


@pytest.mark.requirement("domain@24")
@pytest.mark.parametrize(("codes", "number"), CASES)
def test_every_picked_problem_stands_with_just_one_condition(codes: list[str], number: int) -> None:
    rows = rows_of(codes)
    told = [row.id for each in counted(rows) for row in each.problems]
    assert sorted(told) == sorted(row.id for row in rows)
    assert all(each.problems for each in counted(rows))


def test_a_condition_is_called_by_its_group_and_an_unknown_one_by_its_own_words() -> None:
    rows = problems(read_chart(condition(1, "I10"), condition(2, "", "Lupus")), now=NOW).rows
    assert {each.name for each in counted(rows)} == {"Hypertension", "Lupus"}


def test_every_group_counts_by_each_of_its_own_codes() -> None:
    for group in chronic_groups():
        for code in (*group.icd10cm, *group.snomed):
            (row,) = problems(read_chart(condition(1, code)), now=NOW).rows
            assert group.name in row.chronic_groups, (group.name, code)
            assert len(counted([row])) == 1
