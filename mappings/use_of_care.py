"""How the patient has used care lately: emergency visits, hospital stays, ways home, the last ordinary visit.

Everything is counted from Encounters that happened. An emergency visit that led to a stay within a day is one crisis,
not two. "In weekday hours" needs a time of day: a visit of which only the day is known begins at midnight, so never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from mappings.chart_rows import ChartRows
from mappings.encounter import Visit

OPENS, CLOSES = time(8), time(17)
_NOT_HELD = frozenset({"planned", "cancelled", "noshow", "arrived", "triaged"})
_NOT_SEEN = frozenset({"Phone call", "Hospital pre-admission"})
_ONE_CRISIS = timedelta(days=1)


def ed_visits(rows: ChartRows, days: int) -> tuple[Visit, ...]:
    """The emergency visits of the last `days`, newest first."""
    return tuple(row for row in _within(rows, days) if row.is_emergency)


def stays(rows: ChartRows, days: int) -> tuple[Visit, ...]:
    """The hospital and observation stays that began or ended in the last `days`, newest first."""
    return tuple(row for row in _happened(rows) if row.is_stay and _reaches(row, rows.now, days))


def crises(rows: ChartRows, days: int) -> tuple[Visit, ...]:
    """Emergency visits and stays of the last `days`; the emergency visit that a stay began with is left out."""
    admitted = stays(rows, days)
    alone = [each for each in ed_visits(rows, days) if not _led_to(each, admitted)]
    return (*admitted, *alone)


def weekday_ed_visits(rows: ChartRows, days: int) -> tuple[Visit, ...]:
    """Emergency visits between 8 and 5 on a weekday, when the practice might have been asked instead."""
    return tuple(row for row in ed_visits(rows, days) if _in_hours(row))


def discharges(rows: ChartRows, days: int) -> tuple[Visit, ...]:
    """The ways home from a stay in the last `days`, newest first."""
    now = rows.now
    home = [row for row in rows.visits.rows if row.is_discharge and row.end]
    found = [row for row in home if row.end and now - timedelta(days=days) <= row.end <= now]
    return tuple(sorted(found, key=lambda row: row.end or now, reverse=True))


def last_visit(rows: ChartRows) -> Visit | None:
    """The last ordinary visit that was held, in the office, at home or by video; None where none is seen."""
    ordinary = (row for row in _happened(rows) if not (row.is_emergency or row.is_stay))
    return next((row for row in ordinary if row.kind_words not in _NOT_SEEN), None)


def _happened(rows: ChartRows) -> tuple[Visit, ...]:
    held = (row for row in rows.visits.rows if row.status not in _NOT_HELD)
    return tuple(row for row in held if row.when and row.when <= rows.now)


def _within(rows: ChartRows, days: int) -> tuple[Visit, ...]:
    oldest = rows.now - timedelta(days=days)
    return tuple(row for row in _happened(rows) if row.when and row.when >= oldest)


def _reaches(row: Visit, now: datetime, days: int) -> bool:
    oldest = now - timedelta(days=days)
    return bool(row.when and row.when >= oldest) or bool(row.end and oldest <= row.end <= now)


def _led_to(visit: Visit, admitted: Sequence[Visit]) -> bool:
    begun = visit.when
    return begun is not None and any(
        stay.when and timedelta(0) <= stay.when - begun <= _ONE_CRISIS for stay in admitted
    )


def _in_hours(row: Visit) -> bool:
    return row.when is not None and row.when.weekday() < 5 and OPENS <= row.when.time() < CLOSES
