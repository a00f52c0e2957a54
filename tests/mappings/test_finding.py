"""Why somebody should look at this patient: each rule of the guides' lists, at and beside its number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mappings.finding import findings
from mappings.finding_rule import finding_rules
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.enrolling_charts import a1c, condition, medicine, pressure, read_chart, visit

Resource = dict[str, Any]
DIABETES, SEEN = condition(1, "E11.9", "Type 2 diabetes"), visit(90, "AMB", 30)


CALL = [{"coding": [{"system": "http://snomed.info/sct", "code": "185317003"}]}]


def task(number: int, priority: str = "urgent") -> Resource:
    return {
        "resourceType": "Task",
        "id": f"t{number}",
        "status": "requested",
        "intent": "order",
        "priority": priority,
    }


def coverage(start: str, *, kind: str = "Medicare Part B", **more: Any) -> Resource:
    period = {"start": start, **more.pop("period", {})}
    return {
        "resourceType": "Coverage",
        "id": "v1",
        "status": "active",
        "type": {"text": kind},
        "period": period,
        "payor": [{"display": kind}],
        **more,
    }


def medicines(number: int) -> list[Resource]:
    return [medicine(each) for each in range(number)]


CASES: list[tuple[str, list[Resource], set[str]]] = [
    ("nothing", [], set()),
    ("home yesterday", [visit(1, "IMP", 4, hours=72)], {"discharge"}),
    ("home 40 days ago", [visit(1, "IMP", 43, hours=72)], set()),
    ("still in hospital", [{**visit(1, "IMP", 2), "status": "in-progress", "period": {"start": "2026-11-19"}}], set()),
    ("one ED visit", [visit(1, "EMER", 100)], set()),
    ("two ED visits in the year", [visit(1, "EMER", 100), visit(2, "EMER", 300)], {"ed-over-use"}),
    ("two ED visits in 90 days", [visit(1, "EMER", 10), visit(2, "EMER", 80)], {"ed-over-use", "crises"}),
    ("an ED visit and a stay", [visit(1, "EMER", 80), visit(2, "IMP", 45, hours=24)], {"crises"}),
    ("two urgent tasks", [task(1), task(2)], {"urgent-tasks"}),
    ("an urgent and a routine task", [task(1), task(2, "routine")], set()),
    ("diabetes, A1c 7.1", [DIABETES, a1c(7.1), SEEN], {"a1c-over-7"}),
    ("diabetes, A1c 7.0", [DIABETES, a1c(7.0), SEEN], set()),
    ("no diabetes, A1c 5.7", [a1c(5.7)], {"prediabetes"}),
    ("no diabetes, A1c 6.4", [a1c(6.4)], {"prediabetes"}),
    ("no diabetes, A1c 5.6", [a1c(5.6)], set()),
    ("no diabetes, A1c 6.5", [a1c(6.5)], set()),
    ("diabetes, A1c 6.0", [DIABETES, a1c(6.0), SEEN], set()),
    ("an A1c in other units", [a1c(40, unit="mmol/mol")], set()),
    ("a pressure out of range", [pressure(160)], {"out-of-range"}),
    (
        "diabetes, out of range, no visit",
        [DIABETES, a1c(9.0), visit(1, "AMB", 200)],
        {"a1c-over-7", "no-visit-out-of-range", "out-of-range"},
    ),
    ("diabetes, seen 180 days ago", [DIABETES, visit(1, "AMB", 180)], set()),
    ("diabetes, seen 190 days ago", [DIABETES, visit(1, "AMB", 190)], {"no-visit"}),
    ("diabetes, no visit at all", [DIABETES], {"no-visit"}),
    ("a call is no visit", [DIABETES, {**visit(1, "AMB", 5), "type": CALL}], {"no-visit"}),
    ("an ED visit is no visit of the practice", [DIABETES, visit(1, "EMER", 5)], {"no-visit"}),
    ("healthy, no visit", [visit(1, "AMB", 400)], set()),
    ("eight medicines", medicines(8), {"many-medicines"}),
    ("seven medicines", medicines(7), set()),
    ("three conditions", [DIABETES, condition(2, "I10"), condition(3, "J44.9"), SEEN], {"many-conditions"}),
    ("two conditions", [DIABETES, condition(2, "I10"), SEEN], set()),
    ("a social need", [condition(1, "Z59.41")], {"social"}),
    ("Medicare for years", [coverage("2020-01-01")], {"payer"}),
    ("Medicare for a month", [coverage("2026-10-21")], {"payer", "ippe"}),
    ("Medicare that ended", [coverage("2020-01-01", period={"end": "2025-12-31"})], set()),
    ("a cancelled Medicare", [coverage("2020-01-01", status="cancelled")], set()),
    ("another insurance", [coverage("2026-10-21", kind="Acme Health PPO")], set()),
]  # fmt: skip


@pytest.mark.requirement(
    "domain@27", "domain@28", "domain@29", "domain@30", "domain@35", "domain@36", "domain@40", "domain@84"
)
@pytest.mark.parametrize(("resources", "keys"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_reasons_of_a_chart(resources: list[Resource], keys: set[str]) -> None:
    found = findings(read_chart(*resources), now=NOW)
    assert {each.key for each in found} == keys
    there = {f"{each['resourceType']}/{each['id']}" for each in resources}
    for each in found:
        assert {row.reference for row in each.sources} <= there
        assert each.sources
        assert each.sentence.endswith(".")


@pytest.mark.parametrize(
    ("kind", "resources"),
    [
        ("Encounter", [DIABETES, a1c(9.0)]),
        ("Condition", [a1c(6.0)]),
    ],
)
def test_nothing_is_concluded_from_what_was_not_read(kind: str, resources: list[Resource]) -> None:
    keys = {"no-visit", "no-visit-out-of-range", "prediabetes"}
    chart = read_chart(*resources, **{kind: ReadStatus.COULD_NOT_READ})
    assert not {each.key for each in findings(chart, now=NOW)} & keys
    assert {each.key for each in findings(read_chart(*resources), now=NOW)} & keys


@pytest.mark.requirement("domain@28")
def test_ed_visits_are_told_over_six_and_twelve_months_with_the_weekday_hours() -> None:
    rows = [visit(number, "EMER", days) for number, days in enumerate((11, 120, 300))]
    (found,) = [each for each in findings(read_chart(*rows), now=NOW) if each.key == "ed-over-use"]
    # NOW is a Saturday at 09:14, so 11 days before it was a Tuesday morning; 120 and 300 days, a Friday and a Sunday.
    weekdays = sum((NOW - timedelta(days=days)).weekday() < 5 for days in (11, 120, 300))
    assert found.sentence == (
        f"3 ED visits in 12 months, 2 of them in the last 6; {weekdays} on a weekday between 8 and 5."
    )


def test_the_day_home_is_told_in_days() -> None:
    (found, *_) = findings(read_chart(visit(1, "IMP", 6, hours=72)), now=NOW)
    assert found.sentence == "Came home from hospital 3 days ago."


def test_the_numbers_are_dated_and_sourced() -> None:
    assert finding_rules().source
    assert finding_rules().checked == "2026-11-22"
