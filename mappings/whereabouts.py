"""Where the care manager is today, so that the staff know: place, hours and phone, from the practice's settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings.dates import WEEKDAYS
from mappings.practice import Practice


@dataclass(frozen=True)
class Whereabouts:
    """`today` is "" on a day for which nothing is set; `week` has a row for each day that is."""

    today: str
    phone: str
    week: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """ "Care manager today: Main Street, 8 to 12 · 555-0100"; "" where nothing is set."""
        said = self.today or ("no place set for today" if self.week else "")
        parts = [f"Care manager today: {said}" if said else "", self.phone if said else ""]
        return " · ".join(filter(None, parts))


def whereabouts(practice: Practice, now: datetime) -> Whereabouts:
    """The care manager's day and week (domain row 157)."""
    set_days = dict(practice.whereabouts)
    week = tuple((day, set_days[day]) for day in WEEKDAYS if day in set_days)
    today = set_days.get(WEEKDAYS[now.weekday()], "")
    return Whereabouts(today, practice.care_manager_phone, week)
