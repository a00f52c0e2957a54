"""This month's minutes: recomputed from the contacts each time, never stored, with the reason for each that does not
count.

A contact belongs to the calendar month, in the EHR's zone, in which it began. What counts stands in
`billing_rules.toml`: time in which somebody was reached, from consent on, for chronic care, and no minute twice. Where
contacts or consents could not be read, or are never shown again, the minutes are unknown (mappings.sight; domain notes
B.1, B.2, B.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil, floor

from mappings import billing_rules, dates
from mappings.billing_rules import Family, Threshold
from mappings.chart import Chart
from mappings.consent import ConsentView, consent_view
from mappings.consent_standing import ConsentWindow, consent_windows
from mappings.contact import ContactView, contact_views
from mappings.panel import PLAIN_WORDS
from mappings.sight import NOT_SHOWN_AGAIN, Sight, sight
from mappings.wall_clock import later, minutes_between

FAMILY = "ccm"


@dataclass(frozen=True)
class Segment:
    """One part of the bar: up to a threshold. `filled` is how many of its minutes are reached, out of `length`."""

    label: str
    code: str
    minutes: int
    length: int
    filled: int
    reached: bool


@dataclass(frozen=True)
class Counted:
    """One contact of the month: the minutes documented and those that count, with the reason where they differ."""

    contact: ContactView
    documented: int
    counted: int
    reason: str


@dataclass(frozen=True)
class MonthView:
    """The month of `now`. `known` is False when the EHR did not show what is needed; `minutes` is then 0.

    `threshold` is the next one to reach (the last once all are reached), 0 where no rule is confirmed.
    """

    title: str
    minutes: int
    documented: int
    contacts: int
    threshold: int
    sentence: str
    detail: str
    gated_by: str | None
    known: bool
    rule_confirmed: bool
    source: str
    source_date: date | None
    segments: tuple[Segment, ...]
    rows: tuple[Counted, ...]


def month_view(chart: Chart, *, now: datetime) -> MonthView:
    """The minutes of the calendar month of `now`, which is in the EHR's zone."""
    consent = consent_view(chart, now=now)
    known = sight(chart, "Task") is Sight.WHOLE and _consents_told(chart, consent)
    rows = counted_contacts(chart, now=now)
    minutes = sum(row.counted for row in rows) if known else 0
    steps = billing_rules.thresholds(FAMILY, now.date())
    following = _next_threshold(steps, minutes)
    return MonthView(
        title=f"{dates.MONTHS[now.month - 1]} {now.year}",
        minutes=minutes,
        documented=sum(row.documented for row in rows),
        contacts=len(rows),
        threshold=following.minutes if following else 0,
        sentence=_sentence(minutes, following) if known else "Minutes this month unknown",
        detail=_detail(minutes, steps) if known else _unknown(chart, consent),
        gated_by=_gate(consent, rows),
        known=known,
        rule_confirmed=bool(steps),
        source=following.source if following else "",
        source_date=following.source_date if following else None,
        segments=_segments(steps, minutes) if known else (),
        rows=rows,
    )


def counted_contacts(chart: Chart, *, now: datetime) -> tuple[Counted, ...]:
    """Every contact that began in the month of `now`, oldest first, with what of it counts."""
    bounds = dates.month_bounds(now)
    within = sorted(contact_views(chart, now, within=bounds), key=lambda contact: contact.when or bounds[0])
    windows = consent_windows(chart, now=now)
    rule = billing_rules.family(FAMILY)
    taken: list[tuple[datetime, datetime]] = []
    return tuple(_counted(contact, rule, windows, taken) for contact in within)


def _counted(
    contact: ContactView,
    rule: Family,
    windows: Sequence[ConsentWindow],
    taken: list[tuple[datetime, datetime]],
) -> Counted:
    """What of one contact counts; the time it takes is added to `taken`, so that no minute counts twice.

    Of a contact that began before consent only the minutes that must lie after it count: an audit asks for those.
    """
    documented = contact.minutes or 0
    excluded = _excluded(contact, rule)
    if excluded or contact.when is None:
        return Counted(contact, documented, 0, excluded)
    start = contact.when
    end = max(contact.end or start, later(start, documented))
    consented = _with_consent(start, end, windows) if rule.needs_consent else (start, end)
    if consented is None:
        return Counted(contact, documented, 0, "No consent was in force at the time.")
    before = ceil(minutes_between(start, consented[0]))
    counted = min(max(0, documented - before), _free_minutes(*consented, taken))
    taken.append(consented)
    return Counted(contact, documented, counted, _shortfall(documented - counted, before))


def _shortfall(missing: int, before: int) -> str:
    if not missing:
        return ""
    return (
        "Minutes before the consent do not count." if before else "Some of these minutes are counted already."
    )


def _excluded(contact: ContactView, rule: Family) -> str:
    if contact.minutes is None:
        return "Its minutes could not be read."
    if contact.result not in rule.results:
        return "Nobody was reached, or the contact did not take place."
    return "Marked as not chronic care." if contact.not_chronic_care else ""


def _with_consent(
    start: datetime, end: datetime, windows: Sequence[ConsentWindow]
) -> tuple[datetime, datetime] | None:
    """The part of a contact that lies within consent: all of it, or from the moment consent was given."""
    for window in windows:
        if window.covers(start):
            return start, end
        if start < window.start < end and window.covers(window.start):
            return window.start, end
    return None


def _free_minutes(start: datetime, end: datetime, taken: Sequence[tuple[datetime, datetime]]) -> int:
    """Whole minutes from start to end that no earlier contact has taken."""
    free = minutes_between(start, end)
    position = start
    for begun, ended in sorted(taken):
        low, high = max(position, begun), min(end, ended)
        if low < high:
            free -= minutes_between(low, high)
            position = high
    return max(0, floor(free))


def _next_threshold(steps: Sequence[Threshold], minutes: int) -> Threshold | None:
    return next((step for step in steps if step.minutes > minutes), steps[-1] if steps else None)


def _sentence(minutes: int, following: Threshold | None) -> str:
    return f"{minutes} of {following.minutes} min this month" if following else f"{minutes} min this month"


def _detail(minutes: int, steps: Sequence[Threshold]) -> str:
    if not steps:
        return "The payment rule is not confirmed for this date."
    reached = [step for step in steps if step.minutes <= minutes]
    if len(reached) == len(steps):
        return "Every threshold is reached."
    ordinal = ("first", "second", "third", "next")[min(len(reached), 3)]
    return f"{steps[len(reached)].minutes - minutes} min to the {ordinal} threshold"


def _unknown(chart: Chart, consent: ConsentView) -> str:
    seen = sight(chart, "Task")
    if seen is Sight.UNSEEN or (seen is Sight.WHOLE and consent.state != "unknown"):
        return f"{NOT_SHOWN_AGAIN[0].upper()}{NOT_SHOWN_AGAIN[1:]}, so the minutes cannot be added up."
    if seen is not Sight.WHOLE:
        return (
            f"Not all {PLAIN_WORDS['Task']} of this patient could be seen, so the minutes cannot be added up."
        )
    return consent.sentence


def _consents_told(chart: Chart, consent: ConsentView) -> bool:
    """False also where one consent is seen and a later answer may not be shown: its minutes may not count."""
    return consent.state != "unknown" and sight(chart, "Consent") is not Sight.UNSEEN


def _gate(consent: ConsentView, rows: Sequence[Counted]) -> str | None:
    """Why minutes do not count now, as one sentence; None when they do."""
    if consent.state == "active":
        return None
    if consent.state == "unknown":
        return consent.sentence
    lost = sum(row.documented - row.counted for row in rows)
    said = f" {lost} documented min do not count." if lost else ""
    return f"{consent.sentence} Minutes count from the day the patient agrees.{said}"


def _segments(steps: Sequence[Threshold], minutes: int) -> tuple[Segment, ...]:
    segments = []
    floor_minutes = 0
    for step in steps:
        length = step.minutes - floor_minutes
        filled = min(length, max(0, minutes - floor_minutes))
        segments.append(Segment(step.label, step.code, step.minutes, length, filled, filled == length))
        floor_minutes = step.minutes
    return tuple(segments)
