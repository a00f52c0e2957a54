"""The contact form: what is missing or impossible is said at its field, and times add up on odd days too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from mappings.contact_form import ContactEntry, read
from mappings.wall_clock import minutes_between
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.shelf import CONTACT, entry_of

Changes = dict[str, Sequence[str]]


def sent(changes: Changes, now: datetime = NOW) -> dict[str, str]:
    return dict(read({**CONTACT, **changes}, now=now, goal_ids=("g1",), to_do_ids=("t1",)).errors)


def entry(changes: Changes, now: datetime = NOW) -> ContactEntry:
    made = entry_of(read({**CONTACT, **changes}, now=now))
    assert isinstance(made, ContactEntry)
    return made


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"mode": []}, {"mode"}),
        ({"mode": ["carrier pigeon"]}, {"mode"}),
        ({"with": [""]}, {"with"}),
        ({"result": ["<b>"]}, {"result"}),
        ({"service_type": []}, {"service_type"}),
        ({"minutes": ["0"]}, {"minutes"}),
        ({"minutes": ["-12"]}, {"minutes"}),
        # 25 hours.
        ({"minutes": ["1500"]}, {"minutes"}),
        ({"minutes": ["12.5"]}, {"minutes"}),
        ({"minutes": ["twelve"]}, {"minutes"}),
        ({"minutes": ["13"]}, {"minutes"}),
        ({"minutes": [""], "start": [""], "end": [""]}, {"minutes"}),
        ({"minutes": [""], "end": [""]}, {"minutes"}),
        ({"date": ["2026-11-22"]}, {"date"}),
        ({"date": ["2025-11-19"]}, {"date"}),
        ({"date": ["21.11.2026"]}, {"date"}),
        ({"date": ["2026-11-20"], "start": [""], "end": [""]}, {"start"}),
        ({"start": ["9 o'clock"]}, {"start"}),
        ({"end": ["09:01"]}, {"end"}),
        ({"end": ["09:20"]}, {"end"}),
        ({"start": ["09:10"], "end": [""], "minutes": ["30"]}, {"minutes"}),
        ({"next_date": [""]}, {"next_date"}),
        ({"next_date": ["2026-11-20"]}, {"next_date"}),
        ({"next_date": ["2028-11-20"]}, {"next_date"}),
        ({"no_next_reason": ["She asked for none"]}, {"no_next_reason"}),
        ({"note": ["x" * 4001]}, {"note"}),
        ({"answers": ["t2"]}, {"answers"}),
        ({"progress.g1": ["splendid"]}, {"progress.g1"}),
        ({"importance.g1": ["8"]}, {"confidence.g1"}),
        ({"importance.g1": ["8"], "confidence.g1": ["12"]}, {"confidence.g1"}),
        ({"progress.g1": ["better"], "answers": ["t1"]}, set()),
        ({"progress.g2": ["better"], "importance.g2": ["8"], "confidence.g2": ["8"]}, {"progress.g2"}),
        ({"confidence.g2": ["8"]}, {"confidence.g2"}),
        ({"progress.g2": [""], "importance.g2": [" "]}, set()),
    ],
)
def test_a_fault_is_told_at_its_field(changes: Changes, fields: set[str]):
    assert set(sent(changes)) == fields


@pytest.mark.requirement("domain@106")
def test_an_empty_form_tells_the_five_facts():
    needed = {"mode", "with", "result", "service_type", "minutes", "next_date"}
    assert set(read({}, now=NOW).errors) == needed


def test_minutes_over_the_clock_time_say_both():
    assert sent({"minutes": ["13"]})["minutes"] == "From 09:02 to 09:14 is 12 min, not 13."


@pytest.mark.parametrize(
    ("changes", "start", "end", "minutes"),
    [
        ({}, "09:02", "09:14", 12),
        ({"minutes": ["8"]}, "09:02", "09:14", 8),
        ({"minutes": [""]}, "09:02", "09:14", 12),
        ({"end": [""], "minutes": ["5"]}, "09:02", "09:07", 5),
        ({"start": [""], "end": ["09:10"], "minutes": ["5"]}, "09:05", "09:10", 5),
        ({"start": [""], "end": [""], "minutes": ["5"]}, "09:09", "09:14", 5),
        ({"date": [""], "start": ["09:00"], "end": ["09:00"], "minutes": [""]}, "09:00", "09:00", 1),
    ],
)
def test_times_are_completed_from_what_was_given(changes: Changes, start: str, end: str, minutes: int):
    made = entry(changes)
    assert (f"{made.start:%H:%M}", f"{made.end:%H:%M}", made.minutes) == (start, end, minutes)


def test_a_contact_that_ends_this_minute_is_not_in_the_future():
    assert sent({"start": ["09:02"], "end": ["09:15"], "minutes": ["13"]}) == {}


@pytest.mark.parametrize(
    ("now", "changes", "minutes"),
    [
        (datetime(2026, 11, 1, 12, tzinfo=NEW_YORK), {"start": ["01:50"], "end": ["01:10"]}, 20),
        (datetime(2026, 11, 1, 12, tzinfo=NEW_YORK), {"start": ["01:50"], "end": ["02:10"]}, 80),
        (datetime(2026, 3, 8, 12, tzinfo=NEW_YORK), {"start": ["01:50"], "end": ["03:10"]}, 20),
        (datetime(2026, 3, 8, 12, tzinfo=NEW_YORK), {"start": ["00:00"], "end": ["11:00"]}, 600),
    ],
)
def test_on_the_days_that_clocks_change_the_minutes_are_those_that_passed(
    now: datetime, changes: Changes, minutes: int
):
    made = entry(
        {**changes, "date": [now.date().isoformat()], "minutes": [""], "next_date": ["2026-12-01"]}, now
    )
    assert made.minutes == minutes_between(made.start, made.end) == minutes


def test_a_time_that_the_clocks_skipped_is_refused():
    now = datetime(2026, 3, 8, 12, tzinfo=NEW_YORK)
    changes: Changes = {"date": ["2026-03-08"], "start": ["02:30"], "end": [""], "minutes": ["5"]}
    assert set(sent({**changes, "next_date": ["2026-03-20"]}, now)) == {"start"}


@pytest.mark.parametrize(
    ("date", "reason", "fields", "kept"),
    [
        ("2026-11-20", "", {"late_reason"}, None),
        ("2026-11-20", "  ", {"late_reason"}, None),
        ("2026-11-20", "The line was down", set(), "The line was down"),
        # On the same day nothing is late, and nothing is said of it.
        ("2026-11-21", "The line was down", set(), ""),
        ("2026-11-21", "", set(), ""),
    ],
)
def test_time_that_is_added_on_a_later_day_says_why(
    date: str, reason: str, fields: set[str], kept: str | None
):
    made = read({**CONTACT, "date": [date], "late_reason": [reason]}, now=NOW)
    assert set(made.errors) == fields
    assert (made.entry.late_reason if made.entry else None) == kept


@pytest.mark.parametrize(
    ("now", "day", "start", "minutes", "late"),
    [
        # Over midnight, and over the end of a month: documented when it was over, which is not late.
        (datetime(2026, 12, 1, 0, 20, tzinfo=NEW_YORK), "2026-11-30", "23:50", "25", False),
        (datetime(2026, 12, 1, 3, 40, tzinfo=NEW_YORK), "2026-11-30", "23:30", "25", False),
        (datetime(2026, 12, 1, 9, 0, tzinfo=NEW_YORK), "2026-11-30", "16:00", "25", True),
        # The night on which the clocks go back has an hour more.
        (datetime(2026, 11, 1, 2, 30, tzinfo=NEW_YORK), "2026-10-31", "22:30", "20", True),
        (datetime(2027, 1, 1, 8, 0, tzinfo=NEW_YORK), "2026-12-31", "09:00", "20", True),
    ],
)
def test_a_call_over_midnight_or_the_end_of_a_month_is_not_late_by_itself(
    now: datetime, day: str, start: str, minutes: str, late: bool
):
    changes: Changes = {
        "date": [day],
        "start": [start],
        "end": [""],
        "minutes": [minutes],
        "late_reason": [""],
    }
    assert ("late_reason" in sent({**changes, "next_date": ["2027-01-08"]}, now)) is late


def test_just_after_midnight_a_call_may_have_begun_yesterday():
    now = datetime(2026, 12, 1, 0, 5, tzinfo=NEW_YORK)
    made = entry({"date": ["2026-11-30"], "start": ["23:50"], "end": [""], "minutes": ["15"]}, now)
    assert (made.start.date().isoformat(), made.end.date().isoformat()) == ("2026-11-30", "2026-12-01")
