"""When a contact was and how long it took, from what a person gave of day, start, end and minutes.

Minutes may be fewer than the clock shows (a paused timer), never more. Lengths are those that passed, on the nights on
which clocks change too (mappings.wall_clock). What is documented on a later day says why (domain notes, row 109).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import floor

from mappings.form import Fields
from mappings.wall_clock import NO_SUCH_TIME, end_after, later, minutes_between, moment_at

OLDEST_DAYS = 366
MOST_MINUTES = 1440
LATE_MINUTES = 240
"""After so many minutes, and on a later day, a contact is entered late: a call over midnight is not."""
_MINUTES = "Give whole minutes, from 1 to 1440 (one day)."
WHY_LATE = "This contact was on an earlier day. Say why it is entered only now."


@dataclass(frozen=True)
class Span:
    """Start and end are aware, in the EHR's zone; `minutes` are those given between them."""

    start: datetime
    end: datetime
    minutes: int


def entered_late(end: datetime, now: datetime) -> bool:
    """Whether a contact that ended at `end` is documented on a later day, and not just after midnight."""
    return end.date() < now.date() and minutes_between(end, now) > LATE_MINUTES


def late_reason(fields: Fields, span: Span | None, now: datetime) -> str:
    """Why the contact is documented later; refuses where that is not said."""
    reason = fields.text("late_reason")
    if span and entered_late(span.end, now) and not reason:
        fields.refuse("late_reason", WHY_LATE)
    return reason if span and entered_late(span.end, now) else ""


def read_span(fields: Fields, now: datetime) -> Span | None:
    """Start, end and minutes from what was given of them; None after a refusal. `now` is in the EHR's zone."""
    today = now.date()
    day = fields.day(
        "date",
        earliest=today - timedelta(days=OLDEST_DAYS),
        latest=today,
        too_early="This lies more than a year back. Check the year.",
        too_late="This day is still to come. Plan it as the next contact instead.",
    )
    start_clock, end_clock = fields.clock("start"), fields.clock("end")
    given = bool(fields.values.get("minutes") and fields.values["minutes"][0].strip())
    both = start_clock is not None and end_clock is not None
    minutes = fields.whole("minutes", 1, MOST_MINUTES, message=_MINUTES, required=not both or given)
    if {"date", "start", "end", "minutes"} & fields.errors.keys():
        return None
    if start_clock is None and end_clock is None:
        timed = _from_timer(fields, day or today, minutes, now)
        if timed:
            return timed
    if start_clock is None:
        return _from_minutes(fields, day or today, end_clock, minutes, now)
    return _from_start(fields, day or today, start_clock, end_clock, minutes, now)


def _from_timer(fields: Fields, day: date, minutes: int | None, now: datetime) -> Span | None:
    """The timer's start with the minutes given; None where those are more than have passed since.

    Who writes more minutes than the timer ran started it late: the minutes are what was meant, and they ended now.
    """
    clock = fields.clock("timer_start")
    start = moment_at(day, clock, now.tzinfo) if clock else None
    if start is None or minutes is None or minutes_between(now, later(start, minutes)) > 1:
        return None
    return Span(start, later(start, minutes), minutes)


def _from_minutes(
    fields: Fields, day: date, end_clock: time | None, minutes: int | None, now: datetime
) -> Span | None:
    """Without a start: it ended at the given time, or just now, and began its minutes before."""
    if minutes is None:
        return None
    if end_clock is None and day != now.date():
        fields.refuse("start", "Give the time at which this contact on an earlier day began.")
        return None
    end = now if end_clock is None else moment_at(day, end_clock, now.tzinfo)
    if end is None:
        fields.refuse("end", NO_SUCH_TIME)
        return None
    return _checked(fields, Span(later(end, -minutes), end, minutes), now)


def _from_start(
    fields: Fields, day: date, start_clock: time, end_clock: time | None, minutes: int | None, now: datetime
) -> Span | None:
    start = moment_at(day, start_clock, now.tzinfo)
    if start is None:
        fields.refuse("start", NO_SUCH_TIME)
        return None
    if end_clock is None:
        return _checked(fields, Span(start, later(start, minutes or 1), minutes or 1), now)
    end = end_after(start, end_clock)
    if end is None:
        fields.refuse("end", "The end lies before the start. Check both times.")
        return None
    length = max(1, floor(minutes_between(start, end)))
    if minutes is not None and minutes > length:
        fields.refuse(
            "minutes", f"From {start_clock:%H:%M} to {end_clock:%H:%M} is {length} min, not {minutes}."
        )
        return None
    return _checked(fields, Span(start, end, minutes or length), now)


def _checked(fields: Fields, span: Span, now: datetime) -> Span | None:
    """Refuses what has not happened yet; one minute of grace for a clock that a person read."""
    if minutes_between(now, span.end) > 1:
        name = "end" if "end" in fields.values and fields.values["end"][0].strip() else "minutes"
        fields.refuse(name, "This contact would end after now. Check the start, the end and the minutes.")
        return None
    return span
