"""The clocks of a discharge as they are drawn: each with its day, how it stands in words, and its place on a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mappings import dates
from mappings.transition import Transition, holiday_words
from mappings.transition_rules import clocks
from mappings.transition_stay import weekday_words

WIDTH, _LEFT, _RIGHT = 720, 40, 680


@dataclass(frozen=True)
class Clock:
    """One clock. `standing` is "done", "due", "late", "unknown" or "still" (nothing to do); `by` names its day."""

    name: str
    by: str
    standing: str
    words: str


@dataclass(frozen=True)
class Mark:
    """One mark on the line: its label and its place from the left."""

    label: str
    x: int
    standing: str


@dataclass(frozen=True)
class ClockPicture:
    """The line of thirty days: marks in their order, and `today_x` (None once the line has ended)."""

    marks: tuple[Mark, ...]
    today_x: int | None
    words: str


def clock_rows(found: Transition, *, now: datetime) -> tuple[Clock, ...]:
    """Every clock, in the order of their days."""
    days = found.dates
    end = Clock(
        f"{clocks().service_days} days",
        f"until {_day(days.service_ends, now)}",
        "done" if found.today > days.service_ends else "still",
        "Being admitted again closes the clocks before.",
    )
    return (_call(found, now), _visit(found, now), _medicines(found, now), end)


def _day(day: date, now: datetime) -> str:
    near = abs((day - now.date()).days) <= 6
    return f"{weekday_words(day, now)}, {dates.day_words(day)}" if near else weekday_words(day, now)


def _open(found: Transition, due: date) -> str:
    if not found.runs:
        return "still"
    if not found.known:
        return "unknown"
    return "late" if found.today > due else "due"


def _call(found: Transition, now: datetime) -> Clock:
    by = f"by {_day(found.dates.contact_by, now)}, {clocks().call_by}"
    name = "Talk with patient or family"
    if found.contact and found.contact.when:
        row = found.contact
        how = " · ".join(filter(None, (row.mode_words.lower(), row.by)))
        when = f"{dates.day_words(found.contact.when.date())}, {found.contact.when:%H:%M}"
        late = "" if found.contacted_in_time else " This was after the second business day."
        return Clock(
            name, by, "done" if found.contacted_in_time else "late", f"Talked on {when} ({how}).{late}"
        )
    return Clock(name, by, _open(found, found.dates.contact_by), _call_words(found))


def _call_words(found: Transition) -> str:
    number = len(found.tries)
    if not found.known:
        first = "Whether somebody called is unknown: this EHR does not show it again."
    elif number:
        when = ", ".join(
            f"{dates.day_words(row.when.date())} {row.when:%H:%M}" for row in found.tries if row.when
        )
        first = f"{number} {'try' if number == 1 else 'tries'} in time ({when})."
    else:
        first = "Nobody was reached and no try is documented."
    enough = f"{number} separate tries in time are documented; keep trying." if found.tried_in_time else ""
    other = (
        "A contact since then is not marked as transition of care, so it is not counted."
        if found.other_contact
        else ""
    )
    return " ".join(filter(None, (first, enough, other, holiday_words(found.dates))))


def _visit(found: Transition, now: datetime) -> Clock:
    days, rule = found.dates, clocks()
    by = (
        f"within {rule.early_visit_days} days: {_day(days.early_visit_by, now)};"
        f" within {rule.visit_days}: {_day(days.visit_by, now)}"
    )
    name = "Visit with the practitioner"
    if found.visit_day and found.visit:
        who = f" with {found.visit.provider}" if found.visit.provider else ""
        standing = "done" if found.visit_day <= days.visit_by else "late"
        what = f"{found.visit.kind_words} on {dates.day_words(found.visit_day)}{who}"
        return Clock(name, by, standing, f"{what}: {_window(found, found.visit_day)}.")
    if found.booked:
        day = found.booked.when.date()
        who = f" with {found.booked.who}" if found.booked.who else ""
        booked = f"Booked: {found.booked.when_words}{who}, {_window(found, day)}."
        return Clock(name, by, "still" if day <= days.visit_by else _open(found, days.visit_by), booked)
    seen = "None is booked." if found.sees_booked else "Booked visits are not shown by this EHR."
    late = found.today > days.visit_by
    standing = ("late" if late else "due") if found.runs else "still"
    return Clock(name, by, standing, f"No visit since the discharge is in the chart. {seen}")


def _window(found: Transition, day: date) -> str:
    rule = clocks()
    if day <= found.dates.early_visit_by:
        return f"within {rule.early_visit_days} days"
    if day <= found.dates.visit_by:
        return f"within {rule.visit_days} days"
    return f"after the {rule.visit_days} days"


def _medicines(found: Transition, now: datetime) -> Clock:
    due = found.visit_day or (found.booked.when.date() if found.booked else found.dates.visit_by)
    by = f"by the day of the visit: {_day(due, now)}"
    name = "Medicines compared"
    if found.medicines_on:
        late = found.visit_day is not None and found.medicines_on > found.visit_day
        more = " This was after the visit." if late else ""
        return Clock(name, by, "late" if late else "done", f"On {dates.day_words(found.medicines_on)}.{more}")
    unknown = "" if found.known else " What was documented is unknown at this EHR."
    return Clock(name, by, _open(found, due), f"Not documented yet.{unknown}")


def clock_picture(found: Transition, *, now: datetime) -> ClockPicture:
    """The line from the discharge to the thirtieth day."""
    days, rows = found.dates, clock_rows(found, now=now)
    placed = (
        (dates.WEEKDAYS[days.discharged.weekday()], days.discharged, "done"),
        ("Call", days.contact_by, rows[0].standing),
        (f"{clocks().early_visit_days} days", days.early_visit_by, rows[1].standing),
        (f"{clocks().visit_days} days", days.visit_by, rows[1].standing),
        (f"{clocks().service_days} days", days.service_ends, rows[3].standing),
    )
    ended = found.today > days.service_ends
    return ClockPicture(
        tuple(Mark(label, _x(found, day), standing) for label, day, standing in placed),
        None if ended else _x(found, found.today),
        f"Day {(found.today - days.discharged).days} after the discharge of {dates.day_words(days.discharged)}.",
    )


def _x(found: Transition, day: date) -> int:
    days = (day - found.dates.discharged).days
    return _LEFT + round((_RIGHT - _LEFT) * days / (clocks().service_days - 1))
