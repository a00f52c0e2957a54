"""The time of the tests: it goes forward by episodes, never by the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

START = datetime(2026, 11, 2, 9, 30, 42, 7, tzinfo=ZoneInfo("America/New_York"))
"""A Monday. Seconds are there because saves come at any second."""


class Clock:
    """Set to a moment; each look at it is a millisecond later, so that nothing happens at the same time."""

    def __init__(self) -> None:
        self._moment = START.astimezone(UTC)

    def set(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def __call__(self) -> datetime:
        self._moment += timedelta(milliseconds=1)
        return self._moment

    def seconds(self) -> float:
        """Now, in seconds since 1970."""
        return self().timestamp()
