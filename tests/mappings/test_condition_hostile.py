"""Whatever an EHR makes of the records that a template looks at, the template is drawn and no answer is made up."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.condition_page import condition_page
from mappings.condition_template import condition_templates
from mappings.condition_template_part import TemplatePart
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf
from tests.mappings.test_specialist import CHEN, TEAM, booked, visit
from tests.mappings.visiting import EYE, FOOT, exam, filed_on, result, shown, typed

PART = TemplatePart()
GOAL: Resource = {
    "resourceType": "Goal",
    "id": "g1",
    "lifecycleStatus": "active",
    "target": [{"measure": {"coding": [{"code": "4548-4"}]}, "detailQuantity": {"value": 7.2}}],
}
JUNK = st.sampled_from(
    [
        None,
        True,
        0,
        -1.5,
        float("nan"),
        "",
        "2026-13-45",
        "x" * 300,
        [],
        {},
        [None],
        [[{}]],
        {"coding": [7]},
        "\ud800",
    ]
)


def asked() -> list[Resource]:
    """A contact with every template as an EHR keeps it, and one of each record that a template looks at."""
    shelf = Shelf(DIABETES)
    contacts = [
        filed_on(
            shelf,
            template=[each.id],
            date=["2026-11-20"],
            start=[f"{8 + number:02}:00"],
            end=[f"{8 + number:02}:05"],
            minutes=["5"],
            **typed(each),
        )[0]
        for number, each in enumerate(condition_templates()[:3])
    ]
    seen = [exam(EYE, "2024-09-12"), exam(FOOT, {"end": "2025-01-02"}), result("4548-4", 8.6, "2026-11-03")]
    return [*contacts, *seen, GOAL, TEAM, visit(CHEN, 18), booked(CHEN, 11), DIABETES]


RECORDS = asked()


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        yield (*path, step)
        yield from places(each, (*path, step))


SPOTS = [
    (number, path)
    for number, each in enumerate(RECORDS)
    for path in places(each)
    if path != ("resourceType",)
]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SPOTS), JUNK), min_size=1, max_size=4))
def test_a_record_that_is_broken_anywhere_breaks_no_template(damage: list[tuple[Any, Any]]) -> None:
    records = copy.deepcopy(RECORDS)
    for (number, path), junk in damage:
        inside: Any = records[number]
        try:
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = junk
        except (KeyError, IndexError, TypeError):
            continue
    chart = shown(Shelf(), *records)
    for template in condition_templates()[:1]:
        values = PART.defaults(template.id, chart, now=NOW)
        view = PART.view(template.id, values, {}, chart, now=NOW)
        assert view.sections[0].template is template
    assert condition_page(chart, now=NOW).specialists is not None
