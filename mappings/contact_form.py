"""The contact form: five required facts, the rest prefilled, sixty seconds.

Required: how and with whom, the result, what the time went into, the minutes, the next contact (a day, or why none).
The five come from the guides' minimum (domain notes E.5).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from fhir_profiles.terminology import codes
from mappings import contact_details, contact_span, one_tap
from mappings.contact_details import ContactDetails
from mappings.contact_part import ContactAddition
from mappings.contact_span import Span
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.goal import PROGRESS, ProgressEntry
from mappings.goal_form import ruler

FIELDS = (
    *("mode", "with", "result", "service_type", "date", "timer_start", "start", "end", "minutes"),
    *("minutes_reason", "late_reason", "staff", "next_date", "no_next_reason", "next_text"),
    *("not_chronic_care", "answers", "note"),
    *one_tap.FIELDS,
    *contact_details.FIELDS,
)
PROGRESS_PREFIX, IMPORTANCE_PREFIX, CONFIDENCE_PREFIX = "progress.", "importance.", "confidence."
"""Before a goal's id: how it goes, and its ruler today."""
_GOAL_PREFIXES = (PROGRESS_PREFIX, IMPORTANCE_PREFIX, CONFIDENCE_PREFIX)
GONE = "A goal that you marked is no longer open in the chart. Save again to file the contact without it."
NEXT_DAYS = 366
STAFF = "clinical-staff"
"""Whose time it is where nobody says otherwise: a code of staff-kind."""


@dataclass(frozen=True)
class ContactEntry:
    """One contact from a form. `start` and `end` are aware, in the EHR's zone; `answers` are ids of open tasks.

    Of `next_date` and `no_next_reason` at most one is filled, from the form exactly one. `staff` says whose time it
    was, `late_reason` why it is entered on a later day, `minutes_reason` why the minutes are not the timer's.
    `additions` are what the parts of other rooms bring.
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
    staff: str = STAFF
    details: ContactDetails = field(default_factory=ContactDetails)
    late_reason: str = ""
    minutes_reason: str = ""
    additions: tuple[ContactAddition, ...] = ()


def _no_parts(_: Fields) -> tuple[ContactAddition, ...]:
    return ()


def _no_check(_: Fields, __: Span) -> None:
    return None


def read(
    values: Mapping[str, Sequence[str]],
    *,
    now: datetime,
    goal_ids: Collection[str] = (),
    to_do_ids: Collection[str] = (),
    parts: Callable[[Fields], tuple[ContactAddition, ...]] = _no_parts,
    check: Callable[[Fields, Span], None] = _no_check,
) -> Submitted[ContactEntry]:
    """The form as sent; `goal_ids` and `to_do_ids` are those offered, anything else is refused.

    `parts` reads what other rooms drew into the form, `check` may refuse the time.
    """
    fields = Fields(one_tap.applied(values))
    mode = fields.one_of("mode", codes("contact-mode"), required="Say how the contact was made.")
    whom = fields.one_of("with", codes("contact-with"), required="Say with whom.")
    result = fields.one_of("result", codes("contact-result"), required="Say how it ended.")
    service = fields.one_of("service_type", codes("service-type"), required="Say what the time went into.")
    staff = fields.one_of("staff", codes("staff-kind")) or STAFF
    span = contact_span.read_span(fields, now)
    late = contact_span.late_reason(fields, span, now)
    if span:
        check(fields, span)
    minutes_reason = fields.text("minutes_reason")
    next_date, no_next = _next(fields, now.date())
    next_text = fields.text("next_text")
    answers = fields.many_of("answers", to_do_ids)
    details = contact_details.read_details(fields, mode)
    progress = tuple(filter(None, (_progress(fields, goal) for goal in goal_ids)))
    _refuse_other_goals(fields, goal_ids)
    note = fields.text("note", limit=NOTE_LIMIT)
    additions = parts(fields)

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
            not_chronic_care=fields.flag("not_chronic_care")
            or contact_details.outside_care(details.activity),
            answers=answers,
            progress=progress,
            note=note,
            staff=staff,
            details=details,
            late_reason=late,
            minutes_reason=minutes_reason,
            additions=additions,
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
