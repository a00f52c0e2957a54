"""Clock times become moments on the days that clocks change too, and lengths are what really elapsed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.wall_clock import end_after, later, minutes_between, moment_at
from tests.mappings.charts import NEW_YORK

SPRING = date(2026, 3, 8)  # 02:00 becomes 03:00 in New York
AUTUMN = date(2026, 11, 1)  # 02:00 becomes 01:00 in New York
ZONES = st.sampled_from(
    [NEW_YORK, ZoneInfo("America/Phoenix"), ZoneInfo("Pacific/Chatham"), ZoneInfo("Australia/Lord_Howe"), UTC]
)


@pytest.mark.parametrize(
    ("clock", "offset"), [(time(1, 59), -5), (time(2, 0), None), (time(2, 30), None), (time(3, 0), -4)]
)
def test_a_time_that_the_spring_change_skipped_is_no_moment(clock: time, offset: int | None):
    moment = moment_at(SPRING, clock, NEW_YORK)
    assert (moment.utcoffset() if moment else None) == (None if offset is None else timedelta(hours=offset))


def test_a_call_across_the_autumn_change_lasts_as_long_as_it_did():
    start = moment_at(AUTUMN, time(1, 50), NEW_YORK)
    assert start is not None
    end = end_after(start, time(1, 10))
    assert end is not None
    assert end.fold == 1
    assert minutes_between(start, end) == 20


def test_a_call_across_the_spring_change_lasts_as_long_as_it_did():
    start = moment_at(SPRING, time(1, 50), NEW_YORK)
    assert start is not None
    end = end_after(start, time(3, 10))
    assert end is not None
    assert minutes_between(start, end) == 20


def test_an_end_before_the_start_is_none():
    start = moment_at(date(2026, 11, 21), time(9, 0), NEW_YORK)
    assert start is not None
    assert end_after(start, time(8, 59)) is None
    assert end_after(start, time(9, 0)) == start


@given(st.integers(0, 5_000_000), st.integers(-1440, 1440), ZONES)
def test_later_and_between_agree_in_every_zone(offset: int, minutes: int, zone: ZoneInfo):
    start = (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=offset)).astimezone(zone)
    assert minutes_between(start, later(start, minutes)) == minutes
    assert later(start, minutes).tzinfo is zone
