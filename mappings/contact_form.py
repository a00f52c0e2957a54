"""The contact form: five required facts, the rest prefilled, sixty seconds.

Required: how and with whom, the result, what the time went into, the minutes, the next contact (a day, or why none).
The five come from the guides' minimum (domain notes E.5). Minutes may be fewer than the clock shows (a paused timer),
never more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import floor

from fhir_profiles.terminology import codes
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.goal import PROGRESS, ProgressEntry
from mappings.goal_form import ruler
from mappings.wall_clock import NO_SUCH_TIME, end_after, later, minutes_between, moment_at

FIELDS = (
    "mode",
    "with",
    "result",
    "service_type",
    "date",
    "timer_start",
    "start",
    "end",
    "minutes",
    "next_date",
    "no_next_reason",
    "next_text",
    "not_chronic_care",
    "answers",
    "note",
)
PROGRESS_PREFIX, IMPORTANCE_PREFIX, CONFIDENCE_PREFIX = "progress.", "importance.", "confidence."
"""Before a goal's id: how it goes, and its ruler today."""
_GOAL_PREFIXES = (PROGRESS_PREFIX, IMPORTANCE_PREFIX, CONFIDENCE_PREFIX)
GONE = "A goal that you marked is no longer open in the chart. Save again to file the contact without it."
OLDEST_DAYS = 366
NEXT_DAYS = 366
MOST_MINUTES = 1440
_MINUTES = "Give whole minutes, from 1 to 1440 (one day)."


@dataclass(frozen=True)
class ContactEntry:
    """One contact from a form. `start` and `end` are aware, in the EHR's zone; `answers` are ids of open tasks.

    Exactly one of `next_date` and `no_next_reason` is filled.
    """

    mode: str
    with_whom: str
    result: str
    service_type: str
    start: datetime
    end: datetime
    minutes: int
    next_date: date | None
    no_next_reason: str
    next_text: str
    not_chronic_care: bool
    answers: tuple[str, ...]
    progress: tuple[ProgressEntry, ...]
    note: str


@dataclass(frozen=True)
class _Span:
    start: datetime
    end: datetime
    minutes: int


def read(
    values: Mapping[str, Sequence[str]],
    *,
    now: datetime,
    goal_ids: Collection[str] = (),
    to_do_ids: Collection[str] = (),
) -> Submitted[ContactEntry]:
    """The form as sent; `goal_ids` and `to_do_ids` are those offered, anything else is refused."""
    fields = Fields(values)
    mode = fields.one_of("mode", codes("contact-mode"), required="Say how the contact was made.")
    whom = fields.one_of("with", codes("contact-with"), required="Say with whom.")
    result = fields.one_of("result", codes("contact-result"), required="Say how it ended.")
    service = fields.one_of("service_type", codes("service-type"), required="Say what the time went into.")
    span = _span(fields, now)
    next_date, no_next = _next(fields, now.date())
    next_text = fields.text("next_text")
    answers = fields.many_of("answers", to_do_ids)
    progress = tuple(filter(None, (_progress(fields, goal) for goal in goal_ids)))
    _refuse_other_goals(fields, goal_ids)
    note = fields.text("note", limit=NOTE_LIMIT)

    def entry() -> ContactEntry:
        if span is None:
            raise AssertionError("a time was refused without a message")
        return ContactEntry(
            mode=mode,
            with_whom=whom,
            result=result,
            service_type=service,
            start=span.start,
            end=span.end,
            minutes=span.minutes,
            next_date=next_date,
            no_next_reason=no_next,
            next_text=next_text,
            not_chronic_care=fields.flag("not_chronic_care"),
            answers=answers,
            progress=progress,
            note=note,
        )

    return fields.submitted(entry)


def _progress(fields: Fields, goal: str) -> ProgressEntry | None:
    how = fields.one_of(PROGRESS_PREFIX + goal, PROGRESS)
    importance, confidence = ruler(fields, IMPORTANCE_PREFIX + goal, CONFIDENCE_PREFIX + goal)
    nothing = not how and importance is None
    return None if nothing else ProgressEntry(goal, how, importance, confidence)


def _refuse_other_goals(fields: Fields, goal_ids: Collection[str]) -> None:
    """A goal that somebody closed meanwhile is not shown again: what was marked for it must not vanish unsaid."""
    offered = {prefix + goal for prefix in _GOAL_PREFIXES for goal in goal_ids}
    for name, given in fields.values.items():
        if name.startswith(_GOAL_PREFIXES) and name not in offered and any(text.strip() for text in given):
            fields.refuse(name, GONE)
            return


def _next(fields: Fields, today: date) -> tuple[date | None, str]:
    day = fields.day(
        "next_date",
        earliest=today,
        latest=today + timedelta(days=NEXT_DAYS),
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within a year.",
    )
    reason = fields.text("no_next_reason")
    if "next_date" in fields.errors or "no_next_reason" in fields.errors:
        return day, reason
    if day is None and not reason:
        fields.refuse("next_date", "Give the day of the next contact, or write why there is none.")
    if day is not None and reason:
        fields.refuse("no_next_reason", "Give a day or a reason, not both: empty one of them.")
    return day, reason


def _span(fields: Fields, now: datetime) -> _Span | None:
    """Start, end and minutes from what was given of them; None after a refusal."""
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


def _from_timer(fields: Fields, day: date, minutes: int | None, now: datetime) -> _Span | None:
    """The timer's start with the minutes given; None where those are more than have passed since.

    Who writes more minutes than the timer ran started it late: the minutes are what was meant, and they ended now.
    """
    clock = fields.clock("timer_start")
    start = moment_at(day, clock, now.tzinfo) if clock else None
    if start is None or minutes is None or minutes_between(now, later(start, minutes)) > 1:
        return None
    return _Span(start, later(start, minutes), minutes)


def _from_minutes(
    fields: Fields, day: date, end_clock: time | None, minutes: int | None, now: datetime
) -> _Span | None:
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
    return _checked(fields, _Span(later(end, -minutes), end, minutes), now)


def _from_start(
    fields: Fields, day: date, start_clock: time, end_clock: time | None, minutes: int | None, now: datetime
) -> _Span | None:
    start = moment_at(day, start_clock, now.tzinfo)
    if start is None:
        fields.refuse("start", NO_SUCH_TIME)
        return None
    if end_clock is None:
        return _checked(fields, _Span(start, later(start, minutes or 1), minutes or 1), now)
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
    return _checked(fields, _Span(start, end, minutes or length), now)


def _checked(fields: Fields, span: _Span, now: datetime) -> _Span | None:
    """Refuses what has not happened yet; one minute of grace for a clock that a person read."""
    if minutes_between(now, span.end) > 1:
        name = "end" if "end" in fields.values and fields.values["end"][0].strip() else "minutes"
        fields.refuse(name, "This contact would end after now. Check the start, the end and the minutes.")
        return None
    return span
