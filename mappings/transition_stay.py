"""Ways out of hospital, as a chart shows them: chains of transfers taken together, emergency visits alone apart.

A stay that begins on the day of a discharge or the day after belongs to the same chain, and only its last discharge
starts a clock; an emergency visit that a stay follows within a day is part of that stay (domain notes, B.4 and D.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from mappings import dates
from mappings.chart import Chart, once
from mappings.element import as_object, as_text
from mappings.encounter import Visit, visits
from mappings.terminology import all_words_of, status_code
from mappings.transition_rules import Destination, clocks, destination_of, setting_words

_NOT_HAPPENED = frozenset({"planned", "cancelled"})
_GONE_ON = frozenset({"in-progress", "onleave", "arrived", "triaged"})


@dataclass(frozen=True)
class Stay:
    """One chain of stays. `end` is None while it goes on, or where its day is not known (`open` tells which).

    `visit` is the last stay of the chain, `before` the transfers that led to it; `died` ends everything.
    """

    visit: Visit
    start: datetime
    end: datetime | None
    open: bool
    died: bool
    destination: Destination
    setting: str
    before: tuple[Visit, ...] = ()

    @property
    def id(self) -> str:
        """The id of the Encounter from which the patient was discharged."""
        return self.visit.id

    @property
    def day(self) -> date | None:
        """The day of the discharge, in the EHR's zone."""
        return self.end.date() if self.end else None

    @property
    def where_to(self) -> str:
        """ "Hospital stay at Millstone, to home"."""
        place = f" at {self.visit.place}" if self.visit.place else ""
        return f"{self.setting}{place}, {self.destination.phrase}"


@once
def stays(chart: Chart, *, now: datetime) -> tuple[Stay, ...]:
    """Every chain of stays that has begun, the last first; those whose day of arrival is not known are left out."""
    bodies = {as_text(item.get("id")): item for item in chart.resources("Encounter")}
    rows = [row for row in visits(chart, now=now).rows if _happened(row, now)]
    single = [_stay(row, as_object(bodies.get(row.id)), now) for row in rows]
    chained = _chained(sorted(single, key=lambda each: (each.start, each.end or _NEVER)))
    return tuple(reversed(chained))


_NEVER = datetime.max.replace(tzinfo=UTC)


def _happened(row: Visit, now: datetime) -> bool:
    begun = row.when or row.end
    return row.is_stay and row.status not in _NOT_HAPPENED and begun is not None and begun <= now


def _stay(row: Visit, body: dict[str, object], now: datetime) -> Stay:
    hospital = as_object(body.get("hospitalization") or body.get("admission"))
    goes_on = status_code(body.get("status")) in _GONE_ON
    over = row.end is not None and row.end <= now and not goes_on
    said = f"{all_words_of(body.get('type'))} {row.place}"
    kind = row.kind_words.split(",")[0]
    start = row.when or row.end or now
    went = destination_of(hospital.get("dischargeDisposition"))
    return Stay(
        visit=row,
        start=start,
        end=row.end if over else None,
        open=not over and (goes_on or row.end is not None),
        died=over and went.code == "died",
        destination=went,
        setting=setting_words(said, kind),
    )


def _chained(rows: Iterable[Stay]) -> list[Stay]:
    found: list[Stay] = []
    for row in rows:
        if found and _belongs(found[-1], row):
            found[-1] = _joined(found[-1], row)
        else:
            found.append(row)
    return found


def _belongs(last: Stay, row: Stay) -> bool:
    """Whether a stay goes on where the last one ended; one whose end is not known cannot be told from another."""
    if last.open:
        return True
    if last.end is None or last.died:
        return False
    return (row.start.date() - last.end.date()).days <= clocks().transfer_days


def _joined(last: Stay, row: Stay) -> Stay:
    """Two stays as one chain: its discharge is that of the one which ended last."""
    inside = not row.open and (last.open or (last.end is not None and (row.end or last.end) < last.end))
    late, early = (last, row) if inside else (row, last)
    return replace(late, start=last.start, before=(*last.before, early.visit))


@once
def emergency_visits(chart: Chart, *, now: datetime) -> tuple[Visit, ...]:
    """Emergency visits that led to no stay, the last first."""
    admitted = stays(chart, now=now)
    rows = [row for row in visits(chart, now=now).rows if row.is_emergency and row.when and row.when <= now]
    return tuple(row for row in rows if not _led_to(row, admitted))


def _led_to(row: Visit, admitted: Sequence[Stay]) -> bool:
    begun, left = row.when, row.end or row.when
    if begun is None or left is None:
        return False
    reach = max(left, begun) + timedelta(hours=clocks().emergency_hours)
    return any(begun <= stay.start <= reach or _within(begun, stay) for stay in admitted)


def _within(begun: datetime, stay: Stay) -> bool:
    return stay.start <= begun and (stay.open or (stay.end is not None and begun <= stay.end))


def weekday_words(day: date, now: datetime) -> str:
    """As "Mon" within the week around today, else "Mon 30 Nov", with the year where it is another one."""
    weekday = dates.WEEKDAYS[day.weekday()]
    if abs((day - now.date()).days) <= 6:
        return weekday
    month = dates.MONTHS[day.month - 1]
    return f"{weekday} {day.day} {month}" + (f" {day.year}" if day.year != now.year else "")
