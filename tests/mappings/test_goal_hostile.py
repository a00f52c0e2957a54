"""A goal in which anything is anything can be shown, changed and told of; and every public chart has its targets."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.chart import Chart
from mappings.goal import goal_view, goals
from mappings.goal_add import parse_goal, too_many
from mappings.goal_change import change_defaults, goal_change_resources, parse_goal_change
from mappings.goal_history import goal_history, goal_reading, ruler_trend
from mappings.goal_values import goal_values
from mappings.reading import Reading, ReadStatus
from mappings.target_defaults import offered_targets, target_defaults
from tests.mappings.charts import NOW
from tests.mappings.goal_course import EHR_GOAL, GOAL, LATER, change, planned, set_goal
from tests.mappings.shelf import MARGERY, Resource, author
from tests.mappings.test_arbitrary_charts import JSON, paths
from tests.mappings.test_real_charts import ndjson_charts

_SHELF = planned()
WHOLE = change(_SHELF, set_goal(_SHELF), own_target=["x"], goal_how=["With a stick"])
_LEFT_OUT = {"id", "meta", "identifier", "text", "subject", "resourceType"}
PLACES = [path for path in paths(WHOLE) if path and path[0] not in _LEFT_OUT]
"""Every place but those that the tests of all records break already."""
ODD = (None, "text", 7, [], {}, [None], "2026-99", -1e308)


def with_one_changed(path: tuple[Any, ...], value: Any) -> Resource:
    goal = copy.deepcopy(WHOLE)
    holder: Any = goal
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return goal


def chart_with(*found: Any) -> Chart:
    return Chart(MARGERY, {"Goal": Reading("Goal", ReadStatus.READ, found)})


def assert_it_can_be_worked_with(goal: Resource) -> None:
    """Every page of it can be drawn, and a change either names a fault or makes a record."""
    chart = chart_with(goal)
    row = goal_view(goal, now=LATER)
    assert row.text
    assert ruler_trend(row.rulers).rulers == tuple(reversed(row.rulers))
    assert all(event.words for event in goal_history(goal, chart, now=LATER))
    goal_reading(chart, goal, LATER)
    assert all(isinstance(item, str) for items in goal_values(goal).values() for item in items)
    assert isinstance(too_many(chart, LATER), str)
    identity = str(goal.get("id"))
    typed = {
        **change_defaults(chart, identity),
        "reason": ["Why"],
        "goal_text": ["Swims"],
        "goal_how": ["Slowly"],
    }
    sent = parse_goal_change(typed, chart=chart, now=LATER)
    if sent.entry:
        (made, *_) = goal_change_resources(sent.entry, chart, author(LATER), _SHELF.form_id())
        assert goal_view(made, now=LATER).text == "Swims"


@pytest.mark.requirement("client@36")
def test_every_element_of_a_goal_may_be_missing_a_list_or_another_type() -> None:
    once = {tuple(0 if isinstance(step, int) else step for step in path): path for path in PLACES}
    for path in once.values():
        for value in ODD:
            assert_it_can_be_worked_with(with_one_changed(path, value))


@given(st.sampled_from(PLACES), JSON)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_element_of_a_goal_may_be_anything(path: tuple[Any, ...], value: Any) -> None:
    assert_it_can_be_worked_with(with_one_changed(path, value))


@given(st.dictionaries(st.sampled_from(sorted(GOAL)), st.lists(st.text(max_size=30), max_size=2)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_typed_is_kept_and_told(typed: dict[str, list[str]]) -> None:
    sent = parse_goal({**GOAL, **typed}, chart=_SHELF.chart(), now=NOW)
    assert (sent.entry is None) is bool(sent.errors)
    assert all(sent.values[name] == tuple(items) for name, items in typed.items())


def test_goals_of_other_writers_are_all_shown() -> None:
    odd = [{**EHR_GOAL, "id": str(number), "target": value} for number, value in enumerate(ODD)]
    assert len(goals(chart_with(*odd), NOW).rows) == len(odd)


@pytest.mark.requirement("domain@18")
def test_every_public_chart_is_offered_targets_for_its_own_problems(shared_data: Any) -> None:
    known = {row.group for row in target_defaults()}
    offered = [offered_targets(chart, now=NOW) for chart in ndjson_charts(shared_data / "synthea_ndjson")]
    assert sum(map(bool, offered)) >= 10
    for targets in offered:
        assert {each.group for each in targets} <= known
        assert len({each.code for each in targets}) == len(targets)
