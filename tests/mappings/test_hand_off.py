"""A task that changes hands: for good, or for the days of a cover after which it is the former owner's again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mappings.hand_off import cover_of, handed_off, owner_on
from mappings.task_list import task_list
from mappings.team_member import Member
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf, author, problems_of
from tests.mappings.test_task_add import added

TODAY = NOW.date()
NURSE = Member("Practitioner/nurse", "Dana Whitfield RN")
BO = {"reference": "Practitioner/bo", "display": "Bo Lind"}
BO_USER = Member("Practitioner/bo", "Bo Lind")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(MARGERY, DIABETES)


def covered(on: Shelf, **more: Any) -> Resource:
    (task,) = on.file((handed_off(added(on), BO, author(), **more),))
    return task


@pytest.mark.parametrize(
    ("day", "owner"),
    [
        (TODAY, "Practitioner/nurse"),
        (TODAY + timedelta(days=2), "Practitioner/bo"),
        (TODAY + timedelta(days=9), "Practitioner/bo"),
        (TODAY + timedelta(days=10), "Practitioner/nurse"),
    ],
)
def test_a_cover_holds_from_its_first_to_its_last_day_and_then_ends_by_itself(
    shelf: Shelf, day: date, owner: str
):
    task = covered(shelf, start=TODAY + timedelta(days=2), until=TODAY + timedelta(days=9), why="Vacation")
    assert problems_of(task) == []
    assert owner_on(task, day)["reference"] == owner


def test_it_is_in_the_list_of_whoever_has_it_today(shelf: Shelf):
    covered(shelf, until=TODAY + timedelta(days=3))
    assert [row.cover for row in task_list(shelf.chart(), now=NOW, user=BO_USER).mine] == [
        "Bo Lind covers for Dana Whitfield RN from 21 Nov 2026 until 24 Nov 2026"
    ]
    assert task_list(shelf.chart(), now=NOW, user=NURSE).mine == ()
    after = NOW + timedelta(days=4)
    assert task_list(shelf.chart(), now=after, user=BO_USER).mine == ()
    (mine,) = task_list(shelf.chart(), now=after, user=NURSE).mine
    assert mine.cover == ""


def test_without_an_end_it_is_for_good_and_may_be_handed_back(shelf: Shelf):
    task = covered(shelf)
    assert owner_on(task, TODAY + timedelta(days=400)) == BO
    back = handed_off(task, {"reference": "Practitioner/nurse", "display": "Dana"}, author(), why="Back")
    cover = cover_of(back)
    assert cover is not None
    assert (cover.before, cover.why) == (BO, "Back")
    assert len([each for each in back["input"] if "handed" in str(each)]) == 1


def test_where_an_ehr_keeps_no_inputs_the_former_owner_is_known_by_name(shelf: Shelf):
    task = covered(shelf, until=TODAY)
    task.pop("input")
    assert owner_on(task, TODAY + timedelta(days=1)) == {"display": "Dana Whitfield RN"}
    assert NURSE.has(shelf.chart(), owner_on(task, TODAY + timedelta(days=1)))
