"""The month's minutes: what counts, from when, of which month, and when they cannot be known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.consent import stopped_consents
from mappings.dates import month_bounds
from mappings.month import MonthView, month_view
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, author, without_outputs

ZONES = st.sampled_from(["America/New_York", "Australia/Lord_Howe", "UTC"])
EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=NEW_YORK)


def agreed(day: str = "2026-10-11", time: str = "10:00", **more: Any) -> Shelf:
    shelf = Shelf(DIABETES, **more)
    shelf.consent(date=[day], time=[time])
    return shelf


def call(shelf: Shelf, start: str, end: str, day: str = "2026-11-21", **changes: Sequence[str]) -> None:
    shelf.contact(
        now=EVENING, date=[day], start=[start], end=[end], minutes=changes.pop("minutes", [""]), **changes
    )


def month(shelf: Shelf, now: datetime = EVENING) -> MonthView:
    return month_view(shelf.chart(), now=now)


@pytest.mark.requirement("domain@82", "domain@246")
@pytest.mark.parametrize(
    ("minutes", "sentence", "detail", "reached"),
    [
        (0, "0 of 20 min this month", "20 min to the first threshold", 0),
        (14, "14 of 20 min this month", "6 min to the first threshold", 0),
        (19, "19 of 20 min this month", "1 min to the first threshold", 0),
        (20, "20 of 40 min this month", "20 min to the second threshold", 1),
        (40, "40 of 60 min this month", "20 min to the third threshold", 2),
        (60, "60 of 60 min this month", "Every threshold is reached.", 3),
        (75, "75 of 60 min this month", "Every threshold is reached.", 3),
    ],
)
def test_the_bar_shows_the_next_threshold_without_rounding_up(
    minutes: int, sentence: str, detail: str, reached: int
):
    shelf = agreed()
    if minutes:
        call(shelf, "10:00", "12:00", minutes=[str(minutes)])
    view = month(shelf)
    assert (view.minutes, view.sentence, view.detail) == (minutes, sentence, detail)
    assert sum(segment.reached for segment in view.segments) == reached
    assert sum(segment.filled for segment in view.segments) == min(minutes, 60)
    assert [segment.minutes for segment in view.segments] == [20, 40, 60]
    assert (view.known, view.gated_by, view.rule_confirmed) == (True, None, True)
    assert view.source.startswith("https://")


@pytest.mark.parametrize(
    ("changes", "counted", "reason"),
    [
        ({}, 12, ""),
        ({"mode": ["message"]}, 12, ""),
        ({"with": ["provider"], "service_type": ["coordination"]}, 12, ""),
        ({"mode": ["in-person"]}, 12, ""),
        ({"mode": ["desk"], "with": ["nobody"], "result": ["done"]}, 12, ""),
        ({"result": ["left-message"]}, 0, "Nobody was reached, or the contact did not take place."),
        ({"result": ["no-answer"]}, 0, "Nobody was reached, or the contact did not take place."),
        ({"result": ["no-show"]}, 0, "Nobody was reached, or the contact did not take place."),
        ({"result": ["rescheduled"]}, 0, "Nobody was reached, or the contact did not take place."),
        ({"result": ["refused"]}, 0, "Nobody was reached, or the contact did not take place."),
        ({"not_chronic_care": ["on"]}, 0, "Marked as not chronic care."),
    ],
)
@pytest.mark.parametrize("lose", [None, without_outputs])
def test_what_counts_is_time_in_which_somebody_was_reached_or_work_was_done(
    lose: Callable[[Resource], Resource] | None, changes: dict[str, Sequence[str]], counted: int, reason: str
):
    shelf = agreed(lose=lose)
    call(shelf, "10:00", "10:12", **changes)
    view = month(shelf)
    assert (view.minutes, view.contacts, view.documented) == (counted, 1, 12)
    assert view.rows[0].reason == reason


@pytest.mark.parametrize(
    ("given_day", "given_time", "start", "end", "counted", "reason"),
    [
        ("2026-11-21", "10:00", "10:00", "10:20", 20, ""),
        ("2026-11-21", "10:00", "10:01", "10:21", 20, ""),
        ("2026-11-21", "10:05", "10:00", "10:20", 15, "Minutes before the consent do not count."),
        ("2026-11-21", "10:20", "10:00", "10:20", 0, "No consent was in force at the time."),
        ("2026-11-21", "11:00", "10:00", "10:20", 0, "No consent was in force at the time."),
        ("2026-11-20", "", "10:00", "10:20", 20, ""),
    ],
)
def test_minutes_count_from_the_moment_of_consent(
    given_day: str, given_time: str, start: str, end: str, counted: int, reason: str
):
    shelf = Shelf()
    shelf.consent(now=EVENING, date=[given_day], time=[given_time])
    call(shelf, start, end)
    (row,) = month(shelf).rows
    assert (row.counted, row.reason) == (counted, reason)


def test_a_consent_of_which_only_the_day_is_known_holds_from_that_mornings_start():
    shelf = agreed("2026-11-20", "")
    call(shelf, "08:00", "08:20", day="2026-11-20")
    assert month(shelf).minutes == 20


@pytest.mark.parametrize(("minutes", "counted"), [("30", 20), ("20", 10), ("12", 2), ("10", 0)])
def test_of_a_contact_across_consent_only_the_minutes_that_must_lie_after_it_count(
    minutes: str, counted: int
):
    shelf = Shelf()
    shelf.consent(now=EVENING, date=["2026-11-21"], time=["10:10"])
    call(shelf, "10:00", "10:30", minutes=[minutes])
    assert month(shelf).minutes == counted


def test_a_timer_that_was_paused_for_another_call_loses_nothing():
    shelf = agreed()
    call(shelf, "10:00", "10:30", minutes=["20"])
    call(shelf, "10:05", "10:45", minutes=["15"])
    assert month(shelf).minutes == 35


@pytest.mark.parametrize(
    ("calls", "counted"),
    [
        ([("10:00", "10:20"), ("10:20", "10:40")], 40),
        ([("10:00", "10:20"), ("10:10", "10:30")], 30),
        ([("10:00", "10:30"), ("10:10", "10:20")], 30),
        ([("10:00", "10:20"), ("10:00", "10:20")], 20),
        ([("10:00", "10:10"), ("10:20", "10:30"), ("10:05", "10:25")], 30),
    ],
)
def test_no_minute_counts_twice(calls: list[tuple[str, str]], counted: int):
    shelf = agreed()
    for start, end in calls:
        call(shelf, start, end)
    assert month(shelf).minutes == counted


@pytest.mark.requirement("domain@47")
def test_minutes_without_consent_are_shown_and_do_not_count():
    shelf = Shelf()
    call(shelf, "10:00", "10:20")
    view = month(shelf)
    assert (view.minutes, view.documented, view.known) == (0, 20, True)
    assert view.gated_by == (
        "No consent on file. Minutes count from the day the patient agrees. 20 documented min do not count."
    )


def test_a_stop_leaves_the_months_minutes_and_ends_them_with_the_month():
    shelf = agreed()
    call(shelf, "10:00", "10:20")
    shelf.file(stopped_consents(shelf.chart(), author(EVENING)))
    assert month(shelf).minutes == 20
    december = datetime(2026, 12, 2, 18, tzinfo=NEW_YORK)
    shelf.contact(now=december, date=["2026-12-02"], start=["10:00"], end=["10:20"], minutes=[""])
    view = month(shelf, december)
    assert view.minutes == 0
    assert view.gated_by is not None
    assert view.gated_by.startswith("Consent stopped 30 Nov 2026.")
    assert month(shelf, datetime(2026, 11, 30, 23, 59, tzinfo=NEW_YORK)).minutes == 20


@pytest.mark.parametrize("status", [s for s in ReadStatus if s is not ReadStatus.READ])
@pytest.mark.parametrize("missing", ["Task", "Consent"])
def test_minutes_are_unknown_where_contacts_or_consents_could_not_be_read(missing: str, status: ReadStatus):
    shelf = agreed()
    call(shelf, "10:00", "10:20")
    view = month_view(shelf.chart(**{missing: status}), now=EVENING)
    assert (view.known, view.minutes, view.segments) == (False, 0, ())
    assert view.sentence == "Minutes this month unknown"
    assert view.detail.endswith(".")


def test_a_list_of_contacts_that_was_cut_short_gives_no_sum():
    shelf = agreed()
    chart = shelf.chart()
    tasks = Reading("Task", ReadStatus.READ, chart.resources("Task"), incomplete=True)
    cut = type(chart)(chart.patient, {**chart.readings, "Task": tasks})
    assert not month_view(cut, now=EVENING).known


def test_a_date_that_no_rule_is_confirmed_for_says_so_and_still_adds_up():
    shelf = agreed()
    january = datetime(2027, 1, 15, 18, tzinfo=NEW_YORK)
    shelf.contact(
        now=january,
        date=["2027-01-15"],
        start=["10:00"],
        end=["10:20"],
        minutes=[""],
        next_date=["2027-02-01"],
    )
    view = month(shelf, january)
    assert (view.minutes, view.threshold, view.rule_confirmed, view.segments) == (20, 0, False, ())
    assert (view.sentence, view.detail) == (
        "20 min this month",
        "The payment rule is not confirmed for this date.",
    )
    assert view.title == "Jan 2027"


def test_a_contact_without_minutes_is_named_and_counts_nothing():
    shelf = agreed()
    call(shelf, "10:00", "10:20")
    task = next(each for each in shelf.kept.values() if "output" in each)
    shelf.kept[f"Task/{task['id']}"] = {**task, "output": [], "note": []}
    assert month(shelf).rows[0].reason == "Its minutes could not be read."


@pytest.mark.parametrize(
    ("zone", "start", "november"),
    [
        ("America/New_York", "2026-12-01T04:59:00Z", True),
        ("America/New_York", "2026-12-01T05:00:00Z", False),
        ("America/New_York", "2026-11-01T03:59:00Z", False),
        ("America/New_York", "2026-11-01T04:00:00Z", True),
        ("Pacific/Kiritimati", "2026-10-31T10:00:00Z", True),
        ("Pacific/Kiritimati", "2026-11-30T10:00:00Z", False),
        ("UTC", "2026-11-30T23:59:59Z", True),
    ],
)
def test_a_contact_belongs_to_the_month_of_its_start_in_the_ehrs_zone(zone: str, start: str, november: bool):
    shelf = agreed("2026-01-05", "10:00")
    call(shelf, "10:00", "10:20")
    task = next(each for each in shelf.kept.values() if "output" in each)
    shelf.kept[f"Task/{task['id']}"] = {**task, "executionPeriod": {"start": start}}
    now = datetime(2026, 11, 21, 12, tzinfo=ZoneInfo(zone))
    assert month_view(shelf.chart(), now=now).contacts == int(november)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3_000_000),
    st.integers(1, 240),
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_over_all_months_each_contact_is_counted_once_with_no_more_than_its_minutes(
    offset: int, length: int, zone_name: str
):
    zone = ZoneInfo(zone_name)
    start = (datetime(2021, 1, 2, tzinfo=UTC) + timedelta(minutes=offset)).astimezone(zone)
    shelf = agreed("2020-06-01", "")
    call(shelf, "10:00", "10:20")
    key, task = next((key, each) for key, each in shelf.kept.items() if "output" in each)
    end = (start.astimezone(UTC) + timedelta(minutes=length)).astimezone(zone)
    output = [{**each, "valueInteger": length} if "valueInteger" in each else each for each in task["output"]]
    period = {"start": start.isoformat(), "end": end.isoformat()}
    shelf.kept[key] = {**task, "executionPeriod": period, "output": output}
    first, following = month_bounds(start)
    views = [month_view(shelf.chart(), now=moment) for moment in (first, start, following)]
    assert [view.contacts for view in views] == [1, 1, 0]
    assert [view.minutes for view in views] == [length, length, 0]


def test_the_month_of_a_leap_day_is_february():
    view = month_view(agreed("2020-01-05", "").chart(), now=datetime(2024, 2, 29, 12, tzinfo=NEW_YORK))
    assert view.title == "Feb 2024"
    assert view.sentence == "0 of 20 min this month"


def test_this_mornings_call_is_in_this_months_minutes():
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    shelf.contact()
    assert month_view(shelf.chart(), now=NOW).sentence == "12 of 20 min this month"
