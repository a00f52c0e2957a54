"""A day and a time of day as typed, made into a moment in the EHR's zone, on the two odd days of the year too.

On the night that clocks go forward some times do not exist, and on the night they go back some exist twice; PEP 495
(https://peps.python.org/pep-0495/) names the second one `fold=1`. Lengths are always reckoned in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

NO_SUCH_TIME = (
    "The clocks changed that night and this time was skipped. Give the time by the clock on the wall."
)


def moment_at(day: date, clock: time, zone: tzinfo | None, *, fold: int = 0) -> datetime | None:
    """The moment of a wall-clock time; None for a time that the change to summer time skipped."""
    moment = datetime.combine(day, clock, tzinfo=zone).replace(fold=fold)
    back = moment.astimezone(UTC).astimezone(zone)
    return moment if back.replace(tzinfo=None) == moment.replace(tzinfo=None) else None


def end_after(start: datetime, clock: time) -> datetime | None:
    """The first moment on the day of `start`, at or after it, when the clock shows `clock`; None when there is none."""
    candidates = (moment_at(start.date(), clock, start.tzinfo, fold=fold) for fold in (0, 1))
    return next((end for end in candidates if end and minutes_between(start, end) >= 0), None)


def minutes_between(start: datetime, end: datetime) -> float:
    """Elapsed minutes, negative when `end` is before `start`."""
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 60


def later(start: datetime, minutes: float) -> datetime:
    """The moment that many elapsed minutes after `start` (before it when negative), in the same zone."""
    return (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)
