"""Partial dates stay partial, days are the EHR's days, and nothing that looks like a date breaks anything."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings import dates
from mappings.dates import Precision
from tests.mappings.charts import NEW_YORK, NOW


@pytest.mark.parametrize(
    ("text", "precision", "day"),
    [
        ("1959", Precision.YEAR, date(1959, 1, 1)),
        ("1959-03", Precision.MONTH, date(1959, 3, 1)),
        ("1959-03-12", Precision.DAY, date(1959, 3, 12)),
        ("2026-11-03T23:30:00-05:00", Precision.INSTANT, date(2026, 11, 3)),
        ("2026-11-03T23:30:00.123456789Z", Precision.INSTANT, date(2026, 11, 3)),
        ("2026-11-03T23:30", Precision.INSTANT, date(2026, 11, 3)),
        ("2016-12-31T23:59:60Z", Precision.INSTANT, date(2016, 12, 31)),
        ("2026-11-03T24:00:00Z", Precision.DAY, date(2026, 11, 3)),
    ],
)
def test_a_date_keeps_as_much_as_was_said(text, precision, day):
    parsed = dates.parse(text)
    assert parsed is not None
    assert (parsed.precision, parsed.day) == (precision, day)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13", "2026-02-30", "0000", "20261103", "٢٠٢٦", None, 2026, [], {}, True, "-2026"],
)
def test_what_is_no_date_is_none(text):
    assert dates.parse(text) is None


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-21", "today"),
        ("2026-11-20", "yesterday"),
        ("2026-11-22", "tomorrow"),
        ("2026-11-12", "Thu, 9 days ago"),
        ("2026-11-08", "Sun, 13 days ago"),
        ("2026-11-07", "7 Nov 2026"),
        ("2026-12-01", "Tue, in 10 days"),
        ("2026-12-24", "24 Dec 2026"),
        ("2026-11", "Nov 2026"),
        ("2026", "2026"),
        (None, ""),
        ("rubbish", ""),
        # 03:30 UTC on the 21st is still the evening of the 20th in New York.
        ("2026-11-21T03:30:00Z", "yesterday"),
        ("2026-11-20T23:59:00", "yesterday"),
    ],
)
def test_words_reckon_days_in_the_zone_of_the_ehr(when, expected):
    assert dates.words(when, NOW) == expected


def test_the_clock_is_the_ehrs_and_absent_when_only_a_day_was_said():
    assert dates.clock_words("2026-11-21T14:02:00Z", NOW) == "09:02"
    assert dates.clock_words("2026-07-21T14:02:00Z", NOW) == "10:02"
    assert dates.clock_words("2026-11-21", NOW) == ""


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("1959-03-12", "67 y"),
        ("1959-11-21", "67 y"),
        ("1959-11-22", "66 y"),
        ("1959", "about 67 y"),
        ("1959-03", "67 y"),
        ("1959-11", "about 67 y"),
        ("2025-09-20", "14 mo"),
        ("2026-11-12", "9 days"),
        ("2024-02-29", "2 y"),
        ("2027-01-01", ""),
        ("2026", "0 y"),
        ("", ""),
    ],
)
def test_age_says_about_when_the_birth_date_leaves_two_answers(birth, expected):
    assert dates.age_words(dates.parse(birth), NOW.date()) == expected


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        (NOW, "2026-11-01T00:00:00-04:00", "2026-12-01T00:00:00-05:00"),
        (
            datetime(2026, 12, 31, 23, 59, tzinfo=NEW_YORK),
            "2026-12-01T00:00:00-05:00",
            "2027-01-01T00:00:00-05:00",
        ),
    ],
)
def test_a_month_begins_and_ends_at_local_midnight_across_the_clock_change(now, start, end):
    assert [bound.isoformat() for bound in dates.month_bounds(now)] == [start, end]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-08", date(2026, 12, 8)),
        (" 12/8/2026 ", date(2026, 12, 8)),
        ("2026-12", None),
        ("2026-02-30", None),
        ("13/13/2026", None),
        ("tomorrow", None),
        ("", None),
        ("2026-11-20", None),
        ("2028-01-01", None),
    ],
)
def test_a_form_takes_a_whole_day_within_its_bounds(text, expected):
    assert dates.valid_form_date(text, earliest=date(2026, 11, 21), latest=date(2027, 12, 31)) == expected


def test_newest_first_puts_the_undated_last_and_instants_by_moment_not_by_text():
    texts = ["2026", "2026-11-03T23:00:00-05:00", "2026-11-04T01:00:00Z", None, "2026-11-04"]
    ordered = sorted(map(dates.parse, texts), key=dates.newest_first_key)
    assert [item.text if item else None for item in ordered] == [
        "2026-11-03T23:00:00-05:00",
        "2026-11-04T01:00:00Z",
        "2026-11-04",
        "2026",
        None,
    ]


def test_the_first_and_last_day_there_is_do_not_overflow():
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001", "9999-12-31"):
        parsed = dates.parse(text)
        assert parsed is not None
        assert parsed.start(NEW_YORK).tzinfo is NEW_YORK
        assert dates.words(text, NOW)
        assert isinstance(parsed.sort_key[0], float | int)


YEARS = st.integers(1, 9999).map("{:04d}".format)
MONTHS = st.integers(1, 12).map("-{:02d}".format)
DAYS = st.integers(1, 28).map("-{:02d}".format)
OFFSETS = st.sampled_from(["Z", "", "+14:00", "-12:00", "+05:30"])
CLOCKS = st.builds(
    "T{:02d}:{:02d}:{:02d}{}".format, st.integers(0, 23), st.integers(0, 59), st.integers(0, 60), OFFSETS
)
PARTIAL_DATES = st.one_of(
    YEARS,
    st.builds("{}{}".format, YEARS, MONTHS),
    st.builds("{}{}{}".format, YEARS, MONTHS, DAYS),
    st.builds("{}{}{}{}".format, YEARS, MONTHS, DAYS, CLOCKS),
)


@given(PARTIAL_DATES, PARTIAL_DATES, PARTIAL_DATES)
def test_the_order_of_partial_dates_is_total(one, two, three):
    a, b, c = (dates.parse(text) for text in (one, two, three))
    assert a is not None
    assert b is not None
    assert c is not None
    assert (a < b) + (a == b) + (b < a) == 1
    assert not (a <= b <= c) or a <= c
    assert sorted([c, b, a]) == sorted([a, b, c])
    assert a != b or hash(a) == hash(b)


@given(
    PARTIAL_DATES, st.sampled_from([UTC, NEW_YORK, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Asia/Kolkata")])
)
def test_every_partial_date_has_words_and_starts_within_a_day_of_what_was_written(text, zone):
    parsed = dates.parse(text)
    assert parsed is not None
    assert dates.words(text, NOW.astimezone(zone))
    assert abs(parsed.start(zone).date() - parsed.day) <= timedelta(days=2)


@given(st.text())
def test_no_text_breaks_the_reading_of_a_date(text):
    dates.parse(text)
    dates.valid_form_date(text)
    assert isinstance(dates.words(text, NOW), str)
