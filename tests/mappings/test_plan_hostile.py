"""Whatever an EHR makes of our records, the page of the plan and its forms can be shown."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.plan import plan_page
from mappings.plan_action import change_defaults, changeable, plan_action_defaults
from mappings.plan_agreement import plan_agreement_defaults
from mappings.plan_prompt import prompts
from mappings.plan_revision import plan_revision_defaults
from tests.mappings.charts import NOW
from tests.mappings.shelf import Resource, Shelf
from tests.mappings.test_arbitrary_charts import JSON
from tests.mappings.test_care_team import DAUGHTER, TEAM
from tests.mappings.test_plan_action import add
from tests.mappings.test_plan_end import doubled
from tests.mappings.test_plan_review import review
from tests.mappings.test_plan_revision import revise


@cache
def records() -> tuple[Resource, ...]:
    shelf = doubled()
    add(shelf)
    revise(shelf, back_up=["Omar Reed"], section_symptoms=["Swelling"], care_type=["palliative-care"])
    review(shelf)
    return (*shelf.kept.values(), TEAM, DAUGHTER)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, each in inside:
        yield (*path, step)
        yield from places(each, (*path, step))


@cache
def elements() -> list[tuple[int, tuple[str | int, ...]]]:
    """Every element of every record, but the type that makes it one."""
    return [
        (n, path) for n, each in enumerate(records()) for path in places(each) if path != ("resourceType",)
    ]


def show(shelf: Shelf) -> None:
    chart = shelf.chart()
    page = plan_page(chart, now=NOW)
    assert page.meter.there + len(page.meter.missing) + len(page.meter.unknown) == page.meter.total
    assert all(isinstance(change.what, str) and change.what for change in page.history)
    prompts(chart, now=NOW)
    plan_revision_defaults(chart, now=NOW)
    plan_agreement_defaults(chart, now=NOW)
    plan_action_defaults(chart, now=NOW, kind="service", goal="")
    for task in changeable(chart, NOW):
        change_defaults(chart, now=NOW, task=task)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_element_of_any_record_may_be_anything(data: st.DataObject):
    number, path = data.draw(st.sampled_from(elements()))
    value = data.draw(JSON)
    found = [copy.deepcopy(each) for each in records()]
    inside: Any = found[number]
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    shelf = Shelf()
    shelf.kept = {f"{each['resourceType']}/{index}": each for index, each in enumerate(found)}
    show(shelf)
