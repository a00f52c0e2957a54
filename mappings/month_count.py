"""What of each contact of a month counts, towards which family, and why the rest does not.

A contact belongs to the calendar month, in the EHR's zone, in which it began. What counts stands in
`billing_rules.toml`: time of the right people, in which somebody was reached, within consent, for chronic care. No
minute counts twice, whoever gave it, and none towards two families (domain notes B.1, B.2, B.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor

from mappings import billing_rules, dates
from mappings.billing_rules import Family
from mappings.chart import Chart, once
from mappings.consent_standing import ConsentWindow, consent_windows
from mappings.contact import ContactView, contact_views
from mappings.identity import identifier_value
from mappings.overlap import Span, span_of
from mappings.wall_clock import minutes_between

USUAL = ("ccm",)
"""The families of a practice that says nothing else: the first is what a month is billed as."""


@dataclass(frozen=True)
class Counted:
    """One contact of the month: the minutes documented and those that count, with the reason where they differ.

    `family` is the code of the one family towards which its minutes may count.
    """

    contact: ContactView
    documented: int
    counted: int
    reason: str
    family: str = USUAL[0]


@once
def counted_contacts(
    chart: Chart, *, now: datetime, families: tuple[str, ...] = USUAL
) -> tuple[Counted, ...]:
    """Every contact that began in the month of `now`, oldest first, with what of it counts.

    `families` are the codes that the practice bills: the first has all minutes that none of the others has alone.
    """
    bounds = dates.month_bounds(now)
    within = contact_views(chart, now, within=bounds)
    windows = consent_windows(chart, now=now)
    taken: list[Span] = []
    made = (
        _counted(contact, _family_of(contact, families), windows, taken)
        for contact in sorted(within, key=_began)
    )
    return tuple(made)


def _began(contact: ContactView) -> tuple[datetime, str]:
    """In UTC: on the night the clocks go back the wall shows an hour twice. Of two, the same is first in every EHR."""
    return (contact.when or datetime.min.replace(tzinfo=UTC)).astimezone(UTC), identifier_value(
        contact.resource
    ) or contact.id


def _family_of(contact: ContactView, families: Sequence[str]) -> Family:
    main, *others = (billing_rules.family(code) for code in families)
    return next((each for each in others if contact.service in each.services), main)


def _counted(
    contact: ContactView, family: Family, windows: Sequence[ConsentWindow], taken: list[Span]
) -> Counted:
    """What of one contact counts; the time it takes is added to `taken`, so that no minute counts twice.

    Of a contact that began before consent only the minutes that must lie after it count: an audit asks for those.
    """
    documented = contact.minutes or 0
    excluded = _excluded(contact, family)
    span = span_of(contact)
    if excluded or span is None:
        return Counted(contact, documented, 0, excluded, family.code)
    consented = _with_consent(span, windows) if family.needs_consent else span
    if consented is None:
        return Counted(contact, documented, 0, "No consent was in force at the time.", family.code)
    before = ceil(minutes_between(span.start, consented.start))
    counted = min(max(0, documented - before), _free_minutes(consented, taken))
    taken.append(Span(consented.start, consented.end, counted))
    return Counted(contact, documented, counted, _shortfall(documented - counted, before), family.code)


def _shortfall(missing: int, before: int) -> str:
    if not missing:
        return ""
    return (
        "Minutes before the consent do not count." if before else "Some of these minutes are counted already."
    )


def _excluded(contact: ContactView, family: Family) -> str:
    if contact.minutes is None:
        return "Its minutes could not be read."
    if contact.minutes == 0:
        return "No minutes are documented."
    if contact.result not in family.results:
        return "Nobody was reached, or the contact did not take place."
    if contact.not_chronic_care:
        return "Marked as not chronic care."
    if staff_of(contact) not in family.staff:
        return family.staff_words
    return "" if family.timed else f"{family.label} is not paid by minutes."


def staff_of(contact: ContactView) -> str:
    """Whose time it was; where a contact does not say, the clinical staff's, who document here."""
    return contact.staff or "clinical-staff"


def _with_consent(span: Span, windows: Sequence[ConsentWindow]) -> Span | None:
    """The part of a contact that lies within consent: all of it, or from the moment consent was given."""
    for window in windows:
        given = window.start.astimezone(UTC)
        if window.covers(span.start):
            return span
        if span.start < given < span.end and window.covers(window.start):
            return Span(given, span.end, span.minutes)
    return None


def _free_minutes(span: Span, taken: Sequence[Span]) -> int:
    """Whole minutes that can still have been given within `span` beside what is counted already.

    Between any two moments around it no more minutes count than there are, less those that lie within already.
    """
    starts = {span.start, *(each.start for each in taken if each.start <= span.start)}
    ends = {span.end, *(each.end for each in taken if each.end >= span.end)}
    free = (_left(start, end, taken) for start in starts for end in ends)
    return max(0, floor(min(free)))


def _left(start: datetime, end: datetime, taken: Sequence[Span]) -> float:
    given = sum(each.minutes for each in taken if start <= each.start and each.end <= end)
    return minutes_between(start, end) - given
