"""FHIR dates and times, partial ones kept partial, and the words a nurse reads for them.

A FHIR dateTime may be a year, a month, a day or an instant (https://hl7.org/fhir/R4/datatypes.html#dateTime).
Nothing is filled in: "2026-11" is shown as "Nov 2026" and sorts at the start of that month. Instants are
shown in the EHR's time zone, which is the zone of the `now` passed in; a time without an offset is taken as
local to the EHR.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import IntEnum
from functools import total_ordering
from typing import Any

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RECENT_DAYS = 13
_PATTERN = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,12}))?)?"
    r"\s?(Z|z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_US_FORM_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


class Precision(IntEnum):
    """How much of a date was said."""

    YEAR = 1
    MONTH = 2
    DAY = 3
    INSTANT = 4


@total_ordering
@dataclass(frozen=True, eq=False)
class FhirDate:
    """A parsed date. `moment` is set for instants only; it is naive when the text bore no offset."""

    text: str
    day: date
    precision: Precision
    moment: datetime | None = None

    def start(self, zone: tzinfo | None = None) -> datetime:
        """The earliest moment this date covers, aware, in `zone` (UTC when None)."""
        zone = zone or UTC
        if self.moment is None:
            return datetime(self.day.year, self.day.month, self.day.day, tzinfo=zone)
        if self.moment.tzinfo is None:
            return self.moment.replace(tzinfo=zone)
        return _in_zone(self.moment, zone)

    def local_day(self, zone: tzinfo | None = None) -> date | None:
        """The calendar day in `zone`; None when only a year or a month is known."""
        if self.precision < Precision.DAY:
            return None
        return self.start(zone).date()

    @property
    def sort_key(self) -> tuple[float, int, str]:
        """A total order without a zone: partial dates sort at their start, read as UTC."""
        moment = self.moment or datetime(self.day.year, self.day.month, self.day.day)  # noqa: DTZ001
        seconds = moment.toordinal() * 86_400 + moment.hour * 3600 + moment.minute * 60 + moment.second
        offset = moment.utcoffset() or timedelta()
        return (seconds + moment.microsecond / 1e6 - offset.total_seconds(), self.precision, self.text)

    def __eq__(self, other: object) -> bool:
        return self.sort_key == other.sort_key if isinstance(other, FhirDate) else NotImplemented

    def __lt__(self, other: FhirDate) -> bool:
        return self.sort_key < other.sort_key

    def __hash__(self) -> int:
        return hash(self.text)


When = FhirDate | datetime | date | str | None


def parse(value: Any) -> FhirDate | None:
    """A FHIR date, dateTime or instant; None for anything that is not one. Never raises."""
    if isinstance(value, FhirDate):
        return value
    if isinstance(value, datetime):
        return FhirDate(value.isoformat(), value.date(), Precision.INSTANT, value)
    if isinstance(value, date):
        return FhirDate(value.isoformat(), value, Precision.DAY)
    match = _PATTERN.fullmatch(value.strip()) if isinstance(value, str) else None
    return _parsed(match) if match else None


def _parsed(match: re.Match[str]) -> FhirDate | None:
    year, month, day, hour, *_ = match.groups()
    try:
        calendar_day = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if hour is None:
        precision = Precision.DAY if day else Precision.MONTH if month else Precision.YEAR
        return FhirDate(match.group(0), calendar_day, precision)
    moment = _moment(calendar_day, match)
    return FhirDate(match.group(0), calendar_day, Precision.INSTANT if moment else Precision.DAY, moment)


def _moment(day: date, match: re.Match[str]) -> datetime | None:
    """The instant, or None when its clock part is impossible (the day is then all that is known)."""
    hour, minute, second, fraction, offset = match.groups()[3:]
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    seconds = min(int(second or 0), 59)  # FHIR allows 60 for a leap second; Python has none.
    try:
        return datetime(
            day.year, day.month, day.day, int(hour), int(minute), seconds, microsecond, _offset(offset)
        )
    except ValueError:
        return None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # the first or the last day that Python knows
        return moment.replace(tzinfo=zone)


def newest_first_key(when: FhirDate | None) -> tuple[int, float, int, str]:
    """A sort key: newest first, the undated last."""
    if when is None:
        return (1, 0.0, 0, "")
    seconds, precision, text = when.sort_key
    return (0, -seconds, precision, text)


def day_words(day: date) -> str:
    """As "3 Nov 2026", whatever the machine's locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def day_in_words(text: str) -> date | None:
    """The day of `day_words`; None for any other text.

    >>> day_in_words("3 Nov 2026")
    datetime.date(2026, 11, 3)
    """
    parts = text.split()
    if len(parts) != 3 or parts[1] not in MONTHS or not (parts[0] + parts[2]).isdecimal():
        return None
    try:
        return date(int(parts[2]), MONTHS.index(parts[1]) + 1, int(parts[0]))
    except ValueError:
        return None


def plain_words(when: When, zone: tzinfo | None = None) -> str:
    """The date without reckoning from today: "3 Nov 2026", "Nov 2026", "2026" or ""."""
    parsed = parse(when)
    if parsed is None:
        return ""
    if parsed.precision is Precision.YEAR:
        return str(parsed.day.year)
    if parsed.precision is Precision.MONTH:
        return f"{MONTHS[parsed.day.month - 1]} {parsed.day.year}"
    return day_words(parsed.local_day(zone) or parsed.day)


def words(when: When, now: datetime) -> str:
    """As "today", "yesterday", "Tue, 9 days ago", "3 Nov 2026", "Nov 2026", "2026"; "" for no date.

    Days are reckoned in the zone of `now`, the EHR's.
    """
    parsed = parse(when)
    day = parsed.local_day(now.tzinfo) if parsed else None
    if parsed is None or day is None:
        return plain_words(parsed)
    ago = (now.date() - day).days
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(ago)
    if near:
        return near
    if abs(ago) > RECENT_DAYS:
        return day_words(day)
    weekday = WEEKDAYS[day.weekday()]
    return f"{weekday}, {ago} days ago" if ago > 0 else f"{weekday}, in {-ago} days"


def clock_words(when: When, now: datetime) -> str:
    """As "09:14" in the zone of `now`; "" when no time of day was said."""
    parsed = parse(when)
    if parsed is None or parsed.precision is not Precision.INSTANT:
        return ""
    local = parsed.start(now.tzinfo)
    return f"{local.hour:02d}:{local.minute:02d}"


def age_in_years(birth: date, on: date) -> int:
    """Completed years between two days."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def age_words(birth: FhirDate | None, on: date) -> str:
    """As "67 y", "14 mo", "9 days"; "about 67 y" when the birth date leaves two answers; "" when unknown or
    later.
    """
    if birth is None or birth.day > on:
        return ""
    oldest = age_in_years(birth.day, on)
    youngest = age_in_years(min(_last_day(birth), on), on)
    if oldest != youngest:
        return f"about {oldest} y"
    if oldest >= 2 or birth.precision < Precision.DAY:
        return f"{oldest} y"
    months = (on.year - birth.day.year) * 12 + on.month - birth.day.month - (on.day < birth.day.day)
    return f"{months} mo" if months >= 1 else f"{(on - birth.day).days} days"


def _last_day(when: FhirDate) -> date:
    if when.precision is Precision.YEAR:
        return date(when.day.year, 12, 31)
    if when.precision is Precision.MONTH:
        return date(when.day.year, when.day.month, calendar.monthrange(when.day.year, when.day.month)[1])
    return when.day


def month_bounds(now: datetime) -> tuple[datetime, datetime]:
    """The calendar month of `now` in its own zone: first moment, and first moment of the next month."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)
    return first, first.replace(year=year, month=month)


def valid_form_date(text: str, *, earliest: date | None = None, latest: date | None = None) -> date | None:
    """A day from a form, as `2026-12-08` (what a date field sends) or `12/8/2026` (typed in the US).

    None when it is no such day or lies before `earliest` or after `latest`.
    """
    american = _US_FORM_DATE.fullmatch(text.strip())
    if american:
        month, day, year = american.groups()
        text = f"{year}-{month}-{day}"
    parsed = parse(text)
    if parsed is None or parsed.precision is not Precision.DAY:
        return None
    if (earliest and parsed.day < earliest) or (latest and parsed.day > latest):
        return None
    return parsed.day
