"""The flag that the patient is here: seen at once, and over by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.here_now import PLACE_LIMIT, HereEntry, here_now, here_resources, may_say_here, parse_here
from mappings.to_do import to_dos
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf, author, problems_of, without_outputs


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(MARGERY, DIABETES, lose=without_outputs)


def came(on: Shelf, place: str = "Room 3") -> Resource:
    (task,) = on.file(here_resources(HereEntry(place), on.chart(), author(), on.form_id()))
    return task


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Room 3", "The patient is here now: Room 3, since 09:14"),
        ("", "The patient is here now, since 09:14"),
    ],
)
def test_it_is_seen_at_once_and_keeps_no_task_open(shelf: Shelf, place: str, said: str):
    task = came(shelf, place)
    assert problems_of(task) == []
    flag = here_now(shelf.chart(), now=NOW)
    assert flag is not None
    assert (flag.sentence, flag.by) == (said, "Dana Whitfield RN")
    assert to_dos(shelf.chart(), NOW).rows == ()


@pytest.mark.parametrize(("hours", "there"), [(0, True), (14, True), (15, False), (24, False)])
def test_it_is_over_with_the_day_in_the_practices_own_zone(shelf: Shelf, hours: int, there: bool):
    came(shelf)
    assert bool(here_now(shelf.chart(), now=NOW + timedelta(hours=hours))) is there


def test_a_contact_in_person_ends_it_and_a_call_does_not(shelf: Shelf):
    came(shelf)
    later = NOW + timedelta(hours=1)
    when = {"start": ["10:00"], "end": ["10:10"], "minutes": ["10"]}
    shelf.contact(later, mode=["phone"], **when)
    assert here_now(shelf.chart(), now=later)
    assert "ends by itself" in may_say_here(shelf.chart(), now=later)
    shelf.contact(later, mode=["in-person"], **when)
    assert here_now(shelf.chart(), now=later) is None
    assert may_say_here(shelf.chart(), now=later) == ""


def test_a_place_that_is_too_long_is_told_at_its_field(shelf: Shelf):
    read = parse_here({"place": ["x" * (PLACE_LIMIT + 1)]}, chart=shelf.chart(), now=NOW)
    assert list(read.errors) == ["place"]
