"""What of each contact counts: whose minute, of which family, on odd nights, with hand-edited records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.month_count import Counted, counted_contacts
from mappings.month_sheet import month_sheet
from mappings.wall_clock import minutes_between
from tests.mappings.charts import NEW_YORK
from tests.mappings.shelf import DIABETES, Resource, Shelf, without_outputs

EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=NEW_YORK)


def agreed(day: str = "2026-10-01") -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent(now=EVENING, date=[day], time=["10:00"])
    return shelf


def call(shelf: Shelf, start: str, end: str, **changes: Sequence[str]) -> Resource:
    """Files a contact of that evening and gives back its Task."""
    filed = shelf.contact(
        now=EVENING, **{"date": ["2026-11-21"], "start": [start], "end": [end], "minutes": [""], **changes}
    )
    return next(each for each in filed if each["resourceType"] == "Task" and each.get("executionPeriod"))


def edit(shelf: Shelf, task: Resource, **changes: Any) -> None:
    """As somebody changed the record by hand in the EHR."""
    shelf.kept[f"Task/{task['id']}"] = {**task, **changes}


def with_output(task: Resource, code: str, **value: Any) -> list[Resource]:
    kept = [each for each in task["output"] if each["type"]["coding"][0]["code"] != code]
    system = task["output"][0]["type"]["coding"][0]["system"]
    return [*kept, {"type": {"coding": [{"system": system, "code": code}]}, **value}]


def staffed(task: Resource, staff: str) -> list[Resource]:
    system = task["code"]["coding"][0]["system"].replace("task-code", "staff-kind")
    return with_output(task, "staff", valueCodeableConcept={"coding": [{"system": system, "code": staff}]})


def rows(shelf: Shelf, now: datetime = EVENING, families: tuple[str, ...] = ("ccm",)) -> tuple[Counted, ...]:
    return counted_contacts(shelf.chart(), now=now, families=families)


@pytest.mark.parametrize(
    ("staff", "family", "counted", "reason"),
    [
        ("clinical-staff", "ccm", 12, ""),
        ("practitioner", "ccm", 12, ""),
        ("other-staff", "ccm", 0, "Time of staff who are not clinical does not count."),
        ("clinical-staff", "complex-ccm", 12, ""),
        ("other-staff", "complex-ccm", 0, "Time of staff who are not clinical does not count."),
        ("clinical-staff", "practitioner-ccm", 0, "Only the practitioner’s own time counts."),
        ("other-staff", "practitioner-ccm", 0, "Only the practitioner’s own time counts."),
        ("practitioner", "practitioner-ccm", 12, ""),
        ("practitioner", "apcm", 0, "Advanced primary care management is not paid by minutes."),
    ],
)
def test_whose_minute_it_is_decides_towards_which_family_it_counts(
    staff: str, family: str, counted: int, reason: str
):
    shelf = agreed()
    task = call(shelf, "10:00", "10:12")
    edit(shelf, task, output=staffed(task, staff), note=[])
    (row,) = rows(shelf, families=(family,))
    assert (row.documented, row.counted, row.reason, row.family) == (12, counted, reason, family)


@pytest.mark.parametrize(
    ("families", "service", "family", "counted"),
    [
        (("ccm",), "transition", "ccm", 12),
        (("ccm", "tcm"), "transition", "tcm", 0),
        (("ccm", "tcm"), "education-follow-up", "ccm", 12),
        (("tcm", "ccm"), "education-follow-up", "tcm", 0),
    ],
)
def test_a_minute_belongs_to_one_family(families: tuple[str, ...], service: str, family: str, counted: int):
    shelf = agreed()
    call(shelf, "10:00", "10:12", service_type=[service])
    (row,) = rows(shelf, families=families)
    assert (row.family, row.counted) == (family, counted)


@pytest.mark.parametrize(
    ("minutes", "documented", "reason"),
    [
        (0, 0, "No minutes are documented."),
        (-12, 0, "Its minutes could not be read."),
        (1500, 0, "Its minutes could not be read."),
        ("twelve", 0, "Its minutes could not be read."),
        (None, 0, "Its minutes could not be read."),
    ],
)
def test_minutes_that_were_spoiled_by_hand_count_nothing_and_say_so(
    minutes: Any, documented: int, reason: str
):
    shelf = agreed()
    task = call(shelf, "10:00", "10:12")
    edit(shelf, task, output=with_output(task, "minutes", valueInteger=minutes), note=[])
    (row,) = rows(shelf)
    assert (row.documented, row.counted) == (documented, 0)
    assert row.reason == reason


def test_an_end_before_the_start_takes_the_minutes_that_were_given():
    shelf = agreed()
    task = call(shelf, "10:00", "10:12")
    period = {"start": "2026-11-21T10:00:00-05:00", "end": "2026-11-21T09:00:00-05:00"}
    edit(shelf, task, executionPeriod=period)
    call(shelf, "10:06", "10:18", minutes=["12"])
    assert [row.counted for row in rows(shelf)] == [12, 6]


@pytest.mark.parametrize(
    ("calls", "counted"),
    [
        # A paused timer leaves room within its span, whichever call is looked at first.
        ([("10:00", "10:30", "20"), ("10:05", "10:25", "10")], [20, 10]),
        ([("10:00", "10:30", "20"), ("10:05", "10:25", "15")], [20, 10]),
        ([("10:00", "11:00", "10"), ("10:00", "11:00", "10"), ("10:00", "11:00", "50")], [10, 10, 40]),
        ([("10:00", "10:10", "10"), ("10:05", "10:25", "20"), ("10:20", "10:30", "10")], [10, 15, 5]),
    ],
)
def test_no_minute_counts_twice_and_none_is_lost(calls: list[tuple[str, str, str]], counted: list[int]):
    shelf = agreed()
    for start, end, minutes in calls:
        edit(shelf, call(shelf, "08:00", "08:01"), **_told(start, end, minutes, shelf))
    assert [row.counted for row in rows(shelf)] == counted


def _told(start: str, end: str, minutes: str, shelf: Shelf) -> dict[str, Any]:
    task = next(each for each in reversed(shelf.kept.values()) if each.get("executionPeriod"))
    period = {"start": f"2026-11-21T{start}:00-05:00", "end": f"2026-11-21T{end}:00-05:00"}
    return {"executionPeriod": period, "output": with_output(task, "minutes", valueInteger=int(minutes))}


def test_the_hour_that_comes_twice_is_two_hours():
    shelf = agreed()
    for offset in ("-04:00", "-05:00"):
        task = call(shelf, "10:00", "10:20")
        period = {"start": f"2026-11-01T01:30:00{offset}", "end": f"2026-11-01T01:50:00{offset}"}
        edit(shelf, task, executionPeriod=period)
    assert [row.counted for row in rows(shelf)] == [20, 20]


def test_the_hour_that_is_skipped_holds_no_minutes():
    shelf = agreed("2026-01-01")
    task = call(shelf, "10:00", "10:20")
    # 01:50 to 03:10 is twenty minutes that night.
    period = {"start": "2026-03-08T01:50:00-05:00", "end": "2026-03-08T03:10:00-04:00"}
    edit(shelf, task, executionPeriod=period)
    march = datetime(2026, 3, 20, 12, tzinfo=NEW_YORK)
    assert [row.counted for row in rows(shelf, march)] == [20]


@pytest.mark.parametrize(
    ("zone", "october", "november"),
    [("America/New_York", 1, 0), ("UTC", 0, 1), ("Pacific/Auckland", 0, 1)],
)
def test_minutes_across_midnight_at_a_months_end_belong_to_the_month_they_began_in(
    zone: str, october: int, november: int
):
    shelf = agreed()
    task = call(shelf, "10:00", "10:20")
    period = {"start": "2026-10-31T23:50:00-04:00", "end": "2026-11-01T00:10:00-04:00"}
    edit(shelf, task, executionPeriod=period)
    for month, count in ((10, october), (11, november)):
        moment = datetime(2026, month, 20, 12, tzinfo=ZoneInfo(zone))
        found = counted_contacts(shelf.chart(), now=moment)
        assert [row.counted for row in found] == [20] * count
        if count and zone == "America/New_York":
            sheet = month_sheet(shelf.chart(), now=EVENING, moment=moment)
            words = "It ended after midnight; its minutes belong to the month in which it began."
            assert words in sheet.rows[0].flags


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=5)
)
def test_never_more_minutes_count_than_passed_between_the_first_start_and_the_last_end(
    calls: list[tuple[int, int, int]],
):
    shelf = agreed()
    starts, ends = [], []
    for begin, length, minutes in calls:
        start = datetime(2026, 11, 21, 10 + begin // 60, begin % 60, tzinfo=NEW_YORK)
        end = start.replace(hour=10 + (begin + length) // 60, minute=(begin + length) % 60)
        task = call(shelf, "08:00", "08:01")
        told = with_output(task, "minutes", valueInteger=minutes)
        edit(shelf, task, executionPeriod={"start": start.isoformat(), "end": end.isoformat()}, output=told)
        starts.append(start)
        ends.append(max(end, datetime.fromtimestamp(start.timestamp() + 60 * minutes, UTC)))
    found = rows(shelf)
    assert len(found) == len(calls)
    assert sum(row.counted for row in found) <= minutes_between(min(starts), max(ends))
    assert all(row.counted <= row.documented for row in found)
    assert found[0].counted == found[0].documented


def test_a_contact_that_lost_its_outputs_is_counted_by_its_note():
    shelf = Shelf(DIABETES, lose=without_outputs)
    shelf.consent(now=EVENING, date=["2026-10-01"], time=["10:00"])
    call(shelf, "10:00", "10:12")
    assert [row.counted for row in rows(shelf)] == [12]
