"""A scale of five levels: all or none of them, and the same from its line as from its extension."""

from __future__ import annotations

import pytest

from mappings.attainment import (
    LEVEL_FIELDS,
    Rating,
    levels_of,
    ratings,
    read_levels,
    scale_extension,
    scale_line,
)
from mappings.form import Fields
from mappings.goal_target import SCALE_MEASURE
from mappings.goal_values import measure_of
from tests.mappings.charts import NOW

LEVELS = ("Stays in bed", "Sits up; eats alone", "Walks 0 = none", "Walks = +1 mile", "Dances")


def test_it_is_read_when_all_five_are_there() -> None:
    fields = Fields({name: [words] for name, words in zip(LEVEL_FIELDS, LEVELS, strict=True)})
    assert read_levels(fields) == LEVELS
    assert fields.errors == {}
    assert read_levels(Fields({})) == ()


@pytest.mark.parametrize("required", [False, True])
def test_one_that_is_missing_is_told_at_its_field(required: bool) -> None:
    fields = Fields({"level_1": ["Stays in bed"], "level_3": ["Walks"]})
    read_levels(fields, required=required)
    assert set(fields.errors) == {"level_2", "level_4", "level_5"}
    empty = Fields({})
    read_levels(empty, required=True)
    assert set(empty.errors) == set(LEVEL_FIELDS)


def test_the_extension_and_the_line_say_the_same() -> None:
    assert levels_of([], [scale_extension(LEVELS)]) == LEVELS
    plain = ("a", "b", "c", "d", "e")
    assert levels_of([scale_line(plain)], []) == plain
    assert levels_of([scale_line(LEVELS)], []) == tuple(words.replace(";", ",") for words in LEVELS)
    assert levels_of([scale_line(plain), scale_line(LEVELS[::-1])], [])[0] == "Dances"


@pytest.mark.parametrize(
    "broken", ["Attainment scale: ", "Attainment scale: 0 = x", "My scale: -2 = a; -1 = b"]
)
def test_a_broken_line_is_no_scale(broken: str) -> None:
    assert levels_of([broken], [{"url": "http://x"}, "no"]) == ()


def test_a_rating_is_read_back_from_its_line() -> None:
    rating = Rating(-1, NOW.date())
    assert ratings([rating.line, "Attainment 3 (2026-11-21)", "Attainment +2 (2026-13-01)"]) == (rating,)


def test_a_scaled_goal_is_known_by_its_code() -> None:
    assert (
        measure_of({"measure": {"coding": [{"system": "http://loinc.org", "code": "107332-9"}]}})
        == SCALE_MEASURE
    )
    assert measure_of({"measure": {"text": "Walks"}}) == "own"
    assert measure_of({}) == "own"
