"""FHIR dates as ranges of time: `2019-03` is the whole of March 2019, and searches compare ranges.

A date without an offset is a day of the practice, so the practice's time zone is an argument. Moments are integers:
microseconds since 1970 in UTC, which SQLite indexes and compares exactly, also before 1970 and for open periods.
Spec: https://hl7.org/fhir/R4/search.html#date
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

EARLIEST = -(2**62)
LATEST = 2**62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DATE_TIME = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?"
)


class NotADate(ValueError):
    """The text is no FHIR date, dateTime or instant."""


@dataclass(frozen=True)
class DateRange:
    """The moments a date covers: from `low` up to, not including, `high`."""

    low: int
    high: int


def microseconds(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def parse_date(text: str, zone: tzinfo) -> DateRange:
    """The range that a FHIR date, dateTime or instant covers, its precision being its width.

    Minutes without seconds are read, as searches allow them. Raises NotADate.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise NotADate("not a FHIR date")
    try:
        return _range(match, zone)
    except (ValueError, OverflowError) as error:
        raise NotADate("no such day or time") from error


def _range(match: re.Match[str], zone: tzinfo) -> DateRange:
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    if match[4] is None:
        return DateRange(_midnight(date(year, month, day), zone), _day_after(match, zone))
    second = min(int(match[6] or 0), 59)  # a leap second counts as the second before it
    fraction = (match[7] or "")[:6]
    moment = datetime(year, month, day, int(match[4]), int(match[5]), second, tzinfo=_offset(match[8], zone))
    low = microseconds(moment) + int(fraction.ljust(6, "0"))
    return DateRange(low, low + _width(match[6], fraction))


def _midnight(day: date, zone: tzinfo) -> int:
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))


def _day_after(match: re.Match[str], zone: tzinfo) -> int:
    year = int(match[1])
    if match[2] is None:
        return _midnight(date(year + 1, 1, 1), zone) if year < date.max.year else LATEST
    month = int(match[2])
    if match[3] is None:
        following = (year, month + 1) if month < 12 else (year + 1, 1)
        return _midnight(date(*following, 1), zone) if following[0] <= date.max.year else LATEST
    day = date(year, month, int(match[3]))
    return _midnight(day + timedelta(days=1), zone) if day < date.max else LATEST


def _offset(text: str | None, zone: tzinfo) -> tzinfo:
    if text is None:
        return zone
    return UTC if text == "Z" else datetime.strptime(text, "%z").tzinfo or UTC


def _width(second: str | None, fraction: str) -> int:
    if second is None:
        return 60_000_000
    return int(10 ** (6 - len(fraction)))
