"""Business days: Monday to Friday without the federal holidays, whatever hours a practice keeps.

The call after a discharge is due by the end of the second one (domain notes, B.4). The holidays are rules with their
source in `federal_holidays.toml`; a year before a rule began has no such holiday.
"""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True)
class HolidayRule:
    """One holiday: a fixed `day` of its `month`, or (where `day` is 0) the `nth` `weekday` of it, -1 for the last."""

    name: str
    month: int
    day: int
    nth: int
    weekday: int
    since: int


@cache
def holiday_rules() -> tuple[HolidayRule, ...]:
    """Every rule of the data file."""
    table = tomllib.loads(files("mappings").joinpath("federal_holidays.toml").read_text("utf-8"))
    return tuple(
        HolidayRule(
            row["name"],
            row["month"],
            row.get("day", 0),
            row.get("nth", 0),
            row.get("weekday", 0),
            row["since"],
        )
        for row in table["holiday"]
    )


@cache
def holidays_observed(year: int) -> Mapping[date, str]:
    """The days of a calendar year on which a holiday is observed, with its name.

    The last day of a year is among them when New Year's Day falls on a Saturday.
    """
    near = (day for each in (year, year + 1) for day in _of_year(each))
    return MappingProxyType({day: name for day, name in near if day.year == year})


def _of_year(year: int) -> list[tuple[date, str]]:
    if not date.min.year < year < date.max.year:
        return []
    return [(_observed(_day_of(rule, year)), rule.name) for rule in holiday_rules() if year >= rule.since]


def _day_of(rule: HolidayRule, year: int) -> date:
    if rule.day:
        return date(year, rule.month, rule.day)
    length = monthrange(year, rule.month)[1]
    days = [date(year, rule.month, number) for number in range(1, length + 1)]
    matching = [day for day in days if day.weekday() == rule.weekday]
    return matching[rule.nth if rule.nth < 0 else rule.nth - 1]


def _observed(day: date) -> date:
    moved = {_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0)
    return day + timedelta(days=moved)


def is_business_day(day: date) -> bool:
    """Whether a day is Monday to Friday and no federal holiday is observed on it."""
    return day.weekday() < _SATURDAY and day not in holidays_observed(day.year)


def business_days_after(day: date, number: int) -> date:
    """The `number`-th business day after `day`, which itself never counts; `number` is 1 or more.

    Raises ValueError for a smaller number, OverflowError past the end of the calendar.
    """
    if number < 1:
        raise ValueError("a number of business days begins at 1")
    while number:
        day += timedelta(days=1)
        number -= is_business_day(day)
    return day


def holidays_between(first: date, last: date) -> tuple[tuple[date, str], ...]:
    """The observed holidays after `first` up to `last`: why a day that is due lies further off than it seems."""
    years = range(first.year, last.year + 1)
    found = ((day, name) for year in years for day, name in holidays_observed(year).items())
    return tuple(sorted((day, name) for day, name in found if first < day <= last))
