"""One person cannot give a minute twice; two people at once are told of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.overlap import Span, impossible, same_person, two_people
from mappings.wall_clock import later
from tests.mappings.charts import NEW_YORK
from tests.mappings.shelf import FORM, Resource, Shelf, without_outputs

EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=NEW_YORK)
NURSE, COLLEAGUE = "Practitioner/nurse", "Practitioner/colleague"


def at(clock: str, day: int = 21) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


def called(*calls: tuple[str, str, str]) -> Shelf:
    shelf = Shelf()
    for start, end, minutes in calls:
        shelf.contact(now=EVENING, date=["2026-11-21"], start=[start], end=[end], minutes=[minutes])
    return shelf


@pytest.mark.requirement("domain@104")
@pytest.mark.parametrize(
    ("calls", "start", "end", "minutes", "refused"),
    [
        ([("10:00", "10:20", "20")], "10:20", "10:40", None, False),
        ([("10:00", "10:20", "20")], "09:40", "10:00", None, False),
        ([("10:00", "10:20", "20")], "10:19", "10:40", None, True),
        ([("10:00", "10:20", "20")], "10:00", "10:20", None, True),
        ([("10:00", "10:20", "20")], "10:05", "10:10", None, True),
        ([("10:00", "10:20", "20")], "09:00", "11:00", None, True),
        # A paused timer leaves room in its span.
        ([("10:00", "10:30", "20")], "10:05", "10:45", 15, False),
        ([("10:00", "10:30", "20")], "10:05", "10:45", 25, False),
        ([("10:00", "10:30", "20")], "10:05", "10:45", 26, True),
        ([("10:00", "10:30", "20")], "10:05", "10:15", 10, False),
        ([("10:00", "10:30", "21")], "10:05", "10:15", 10, True),
        ([("10:00", "10:30", "15"), ("10:05", "10:25", "10")], "10:00", "10:30", 5, False),
        ([("10:00", "10:30", "15"), ("10:05", "10:25", "10")], "10:00", "10:30", 6, True),
    ],
)
@pytest.mark.parametrize("lose", [None, without_outputs])
def test_minutes_of_one_person_that_do_not_fit_are_refused(
    calls: Sequence[tuple[str, str, str]],
    start: str,
    end: str,
    minutes: int | None,
    refused: bool,
    lose: object,
):
    shelf = called(*calls)
    if lose:
        shelf.kept = {key: without_outputs(each) for key, each in shelf.kept.items()}
    found = same_person(shelf.chart(), at(start), at(end), user=NURSE, minutes=minutes, now=EVENING)
    assert (found is not None) is refused
    others = two_people(shelf.chart(), at(start), at(end), user=COLLEAGUE, now=EVENING)
    assert others or not refused


def test_it_is_the_contact_with_the_longest_overlap_that_is_named():
    shelf = called(("10:00", "10:10", "10"), ("10:10", "10:30", "20"))
    found = same_person(shelf.chart(), at("10:05"), at("10:25"), user=NURSE, now=EVENING)
    assert found is not None
    assert found.clock_words == "10:10 to 10:30"


@pytest.mark.parametrize(
    ("user", "refused", "flagged"),
    [(NURSE, 1, 0), ("Dana Whitfield RN", 1, 0), (COLLEAGUE, 0, 1), ("", 0, 1)],
)
def test_two_people_at_once_are_flagged_and_not_refused(user: str, refused: int, flagged: int):
    chart = called(("10:00", "10:20", "20")).chart()
    assert bool(same_person(chart, at("10:10"), at("10:30"), user=user, now=EVENING)) is bool(refused)
    assert len(two_people(chart, at("10:10"), at("10:30"), user=user, now=EVENING)) == flagged


def test_a_contact_that_names_nobody_is_flagged_for_everybody():
    shelf = called(("10:00", "10:20", "20"))
    shelf.kept = {key: {**each, "owner": {}} for key, each in shelf.kept.items()}
    assert same_person(shelf.chart(), at("10:00"), at("10:20"), user=NURSE, now=EVENING) is None
    assert two_people(shelf.chart(), at("10:00"), at("10:20"), user=NURSE, now=EVENING)


def test_a_save_sent_twice_does_not_overlap_itself():
    shelf = called(("10:00", "10:20", "20"))
    own = str(uuid5(FORM, "1"))
    chart = shelf.chart()
    assert same_person(chart, at("10:00"), at("10:20"), user=NURSE, now=EVENING, except_form=own) is None
    assert not two_people(chart, at("10:00"), at("10:20"), user=COLLEAGUE, now=EVENING, except_form=own)
    other = str(UUID(int=7))
    assert same_person(chart, at("10:00"), at("10:20"), user=NURSE, now=EVENING, except_form=other)


@pytest.mark.parametrize(
    ("day", "start", "end", "asked_from", "asked_to", "refused"),
    [
        # Clocks go back: the second 01:30 is an hour after the first.
        (
            1,
            "2026-11-01T01:30:00-04:00",
            "2026-11-01T01:50:00-04:00",
            "2026-11-01T01:30:00-05:00",
            "2026-11-01T01:50:00-05:00",
            False,
        ),
        (
            1,
            "2026-11-01T01:30:00-04:00",
            "2026-11-01T01:50:00-04:00",
            "2026-11-01T01:30:00-04:00",
            "2026-11-01T01:50:00-04:00",
            True,
        ),
        # Across midnight at a month's end.
        (
            30,
            "2026-10-31T23:50:00-04:00",
            "2026-11-01T00:10:00-04:00",
            "2026-11-01T00:00:00-04:00",
            "2026-11-01T00:20:00-04:00",
            True,
        ),
    ],
)
def test_odd_nights(day: int, start: str, end: str, asked_from: str, asked_to: str, refused: bool):
    shelf = called(("10:00", "10:20", "20"))
    period = {"start": start, "end": end}
    shelf.kept = {key: _moved(each, period) for key, each in shelf.kept.items()}
    found = same_person(
        shelf.chart(),
        datetime.fromisoformat(asked_from).astimezone(NEW_YORK),
        datetime.fromisoformat(asked_to).astimezone(NEW_YORK),
        user=NURSE,
        now=EVENING,
    )
    assert (found is not None) is refused


def _moved(task: Resource, period: dict[str, str]) -> Resource:
    return {**task, "executionPeriod": period} if "executionPeriod" in task else task


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=6))
def test_what_follows_without_a_gap_always_fits(lengths: list[tuple[int, int]]):
    moment, spans = at("08:00"), []
    for gap, minutes in lengths:
        start = later(moment, gap)
        moment = later(start, minutes)
        spans.append(Span.of(start, moment, minutes))
    for each in spans:
        assert not impossible(each, [other for other in spans if other is not each])
        assert impossible(each, [each]) or each.minutes < 1
