"""Business days, held against the days that the government published and against a count by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.business_days import business_days_after, holidays_between, holidays_observed, is_business_day

# The days on which the Office of Personnel Management lists a holiday as observed, 2021 to 2030, typed from its tables.
PUBLISHED = """
2021: 01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31
2022: 01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26
2023: 01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25
2024: 01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25
2025: 01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25
2026: 01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25
2027: 01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31
2028: 01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25
2029: 01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25
2030: 01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25
"""
BY_YEAR = {
    int(year): {date.fromisoformat(f"{year}-{day}") for day in days.split()}
    for year, _, days in (line.partition(":") for line in PUBLISHED.split("\n") if line)
}
HOLIDAYS = {day for days in BY_YEAR.values() for day in days}
TEN_YEARS = st.dates(date(2021, 1, 1), date(2030, 12, 31) - timedelta(days=30))


def open_by_hand(day: date) -> bool:
    """The definition, said of the published list alone."""
    return day.strftime("%a") not in ("Sat", "Sun") and day not in HOLIDAYS


@pytest.mark.parametrize("year", sorted(BY_YEAR))
def test_the_rules_give_the_published_holidays(year: int) -> None:
    assert set(holidays_observed(year)) == BY_YEAR[year]


def test_a_day_of_ten_years_is_open_exactly_when_the_published_list_says_so() -> None:
    days = [date(2021, 1, 1) + timedelta(days=number) for number in range(3652)]
    assert days[-1] == date(2030, 12, 31)
    assert [day for day in days if is_business_day(day) != open_by_hand(day)] == []


@given(TEN_YEARS, st.integers(1, 10))
def test_the_nth_business_day_is_the_one_counted_by_hand(day: date, number: int) -> None:
    following = (day + timedelta(days=ahead) for ahead in range(1, 40))
    assert business_days_after(day, number) == [each for each in following if open_by_hand(each)][number - 1]


@given(TEN_YEARS, st.integers(1, 10))
def test_counting_one_by_one_comes_to_the_same_day(day: date, number: int) -> None:
    stepped = day
    for _ in range(number):
        stepped = business_days_after(stepped, 1)
    assert stepped == business_days_after(day, number)


@given(TEN_YEARS, TEN_YEARS)
def test_a_later_discharge_is_never_due_earlier(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert business_days_after(first, 2) <= business_days_after(second, 2)


@pytest.mark.parametrize(
    ("discharged", "due", "why"),
    [
        ("2026-11-19", "2026-11-23", "Thursday: Friday and Monday"),
        ("2026-11-20", "2026-11-24", "Friday: Monday and Tuesday"),
        ("2026-11-21", "2026-11-24", "Saturday is no business day either"),
        ("2026-11-25", "2026-11-30", "Thanksgiving stands between, and the Friday after it counts"),
        ("2026-07-01", "2026-07-06", "Independence Day on a Saturday is observed on Friday"),
        ("2021-12-30", "2022-01-04", "New Year's Day on a Saturday is observed in the old year"),
        ("2027-12-22", "2027-12-27", "Christmas on a Saturday"),
        ("2020-06-18", "2020-06-22", "before 2021 Juneteenth was a business day"),
        ("2024-06-18", "2024-06-21", "from 2021 it is none"),
        ("2028-02-28", "2028-03-01", "a leap year"),
    ],
)
def test_the_second_business_day(discharged: str, due: str, why: str) -> None:
    assert business_days_after(date.fromisoformat(discharged), 2).isoformat() == due, why


def test_a_number_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="begins at 1"):
        business_days_after(date(2026, 11, 19), 0)


def test_the_holidays_that_make_a_day_lie_further_off_are_named() -> None:
    between = holidays_between(date(2026, 11, 25), date(2026, 11, 30))
    assert between == ((date(2026, 11, 26), "Thanksgiving Day"),)
    assert holidays_between(date(2021, 12, 30), date(2022, 1, 4)) == ((date(2021, 12, 31), "New Year’s Day"),)


def test_the_ends_of_the_calendar_have_no_holidays_to_move() -> None:
    assert holidays_observed(1) == {}
    assert is_business_day(date(9999, 12, 31))
