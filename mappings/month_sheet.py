"""The sheet of one calendar month of one patient: each contact, what of it counts and why, and whether it is ready.

Nothing is billed and nothing is stored: the sheet is worked out of the chart each time, and never interrupts care. A
month may be looked at as each family of its day; at one time it is one of them (domain notes B.7).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fhir_profiles.terminology import codes, display
from mappings import billing_rules, dates
from mappings.billing_rules import Exclusion, Family, Level, Threshold
from mappings.chart import Chart
from mappings.contact import ContactView, contact_views
from mappings.month import MonthView, month_view
from mappings.month_count import USUAL, Counted, staff_of
from mappings.month_edits import TakenBack, late_words, taken_back
from mappings.month_gate import MonthGate, gates
from mappings.overlap import beside, people_of, span_of
from mappings.treated_conditions import TreatedConditions, treated_conditions

_KEY = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_FIRST_YEAR = 2013
_INSTANT = timedelta(seconds=1)
_LONG = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
MAY_BE_TRANSITION = (
    "{minutes} of these minutes went into a transition of care: they belong to it where it is billed."
)


@dataclass(frozen=True)
class SheetRow:
    """One contact of the sheet. `flags` are what to look at: two people at once, touched later, across midnight.

    `late` says why its time was entered later than it was given; "" where that is said among the flags already.
    """

    contact: ContactView
    documented: int
    counted: int
    reason: str
    family: str
    whose: str
    flags: tuple[str, ...]
    late: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether the month is ready, in one sentence. `ready` is None where the chart does not tell."""

    ready: bool | None
    words: str


@dataclass(frozen=True)
class MonthSheet:
    """One month. `key` is "2026-11"; `earlier` and `later` are its neighbors' keys, `later` "" in the running month."""

    key: str
    title: str
    earlier: str
    later: str
    running: bool
    month: MonthView
    family: Family
    families: tuple[Family, ...]
    verdict: Verdict
    reached: tuple[Threshold, ...]
    levels: tuple[Level, ...]
    gates: tuple[MonthGate, ...]
    rows: tuple[SheetRow, ...]
    cautions: tuple[str, ...]
    taken_back: tuple[TakenBack, ...]
    undated: int
    conditions: TreatedConditions
    exclusions: tuple[tuple[str, Exclusion], ...]


def month_key(moment: datetime) -> str:
    """ "2026-11" of a moment, in its own zone."""
    return f"{moment.year:04d}-{moment.month:02d}"


def last_moment(key: str, now: datetime) -> datetime | None:
    """The moment at which a month is judged: `now` in the running one, else its last; None for no month before now."""
    match = _KEY.fullmatch(key.strip())
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    if not (year >= _FIRST_YEAR and 1 <= month <= 12 and key.strip() <= month_key(now)):
        return None
    if key.strip() == month_key(now):
        return now
    first = datetime(year, month, 1, tzinfo=now.tzinfo)
    return dates.month_bounds(first)[1].replace(fold=0) - _INSTANT


def month_sheet(
    chart: Chart, *, now: datetime, moment: datetime, families: Sequence[str] = USUAL, as_family: str = ""
) -> MonthSheet:
    """The sheet of the month of `moment`, which `last_moment` gave.

    `families` are those the practice bills, `as_family` the one as which to look at the month, its first when "".
    """
    chosen = _chosen(families, as_family)
    family = billing_rules.family(chosen[0])
    view = month_view(chart, now=moment, families=chosen)
    conditions = treated_conditions(chart, now=moment)
    checks = gates(chart, family, now=moment)
    first, after = dates.month_bounds(moment)
    steps = billing_rules.thresholds(family.code, moment.date())
    reached = tuple(step for step in steps if step.minutes <= view.minutes) if view.known else ()
    running = month_key(moment) == month_key(now)
    return MonthSheet(
        key=month_key(moment),
        title=f"{_LONG[moment.month - 1]} {moment.year}",
        earlier=month_key(first - _INSTANT),
        later="" if running else month_key(after),
        running=running,
        month=view,
        family=family,
        families=billing_rules.families_on(moment.date()),
        verdict=_verdict(view, family, checks, steps),
        reached=reached,
        levels=_levels(family, moment, conditions),
        gates=checks,
        rows=tuple(_row(chart, each, view.rows, after) for each in view.rows),
        cautions=_cautions(view.rows, family),
        taken_back=taken_back(chart, (first, after), now=now),
        undated=sum(1 for each in contact_views(chart, now) if each.when is None),
        conditions=conditions,
        exclusions=_excluded(family, moment),
    )


def _chosen(families: Sequence[str], as_family: str) -> tuple[str, ...]:
    """The one to look at, then those of the practice that have minutes of their own; an unknown one is its usual."""
    first = as_family if as_family in billing_rules.family_codes() else families[0]
    beside_it = [code for code in families if code != first and billing_rules.family(code).services]
    return (first, *beside_it)


def _levels(family: Family, moment: datetime, conditions: TreatedConditions) -> tuple[Level, ...]:
    found = billing_rules.levels(family.code, moment.date())
    return tuple(each for each in found if each.fits(conditions.count))


def _excluded(family: Family, moment: datetime) -> tuple[tuple[str, Exclusion], ...]:
    found = billing_rules.exclusions(family.code, moment.date())
    return tuple((billing_rules.family(each.other).label, each) for each in found)


def _row(chart: Chart, row: Counted, rows: Sequence[Counted], month_end: datetime) -> SheetRow:
    family = billing_rules.family(row.family)
    contact = row.contact
    touched, reason = late_words(contact, month_end), _reason(contact)
    told = f"{touched} {reason}".strip() if touched else ""
    flags = (*_beside(chart, row, rows), _across(contact, month_end), told)
    return SheetRow(
        contact=contact,
        documented=row.documented,
        counted=row.counted,
        reason=row.reason,
        family=family.short if row.counted else "",
        whose=_whose(contact),
        flags=tuple(filter(None, flags)),
        late="" if touched else reason,
    )


def _whose(contact: ContactView) -> str:
    staff = staff_of(contact)
    return display("staff-kind", staff) if staff in codes("staff-kind") else staff


def _beside(chart: Chart, row: Counted, rows: Sequence[Counted]) -> tuple[str, ...]:
    """Who else was with the patient at the same time: their minutes count once."""
    span = span_of(row.contact)
    if span is None:
        return ()
    mine = people_of(chart, row.contact)
    others = beside(span, (each.contact for each in rows if each.contact is not row.contact))
    return tuple(
        f"At the same time as {each.by or 'another contact'} ({each.clock_words}): the same minutes count once."
        for each in others
        if not mine & people_of(chart, each)
    )


def _across(contact: ContactView, month_end: datetime) -> str:
    span = span_of(contact)
    if span is None or span.end <= month_end.astimezone(UTC):
        return ""
    return "It ended after midnight; its minutes belong to the month in which it began."


def _reason(contact: ContactView) -> str:
    return f"Entered later: {contact.late_reason}." if contact.late_reason else ""


def _cautions(rows: Sequence[Counted], family: Family) -> tuple[str, ...]:
    """What no chart can tell: that minutes of a transition are billed with it."""
    transitions = sum(
        row.counted for row in rows if row.contact.service == "transition" and row.family == family.code
    )
    return (MAY_BE_TRANSITION.format(minutes=transitions),) if transitions and family.code != "tcm" else ()


def _verdict(
    view: MonthView, family: Family, checks: Sequence[MonthGate], steps: Sequence[Threshold]
) -> Verdict:
    if not view.known:
        return Verdict(None, view.detail)
    if not view.rule_confirmed:
        return Verdict(None, view.detail)
    short = []
    if family.timed and steps and view.minutes < steps[0].minutes:
        missing = steps[0].minutes - view.minutes
        short.append(f"{missing} minute{'' if missing == 1 else 's'} short")
    short += [each.short for each in checks if each.met is False]
    if short:
        return Verdict(False, f"Not ready: {'; '.join(short)}.")
    asked = [each.short for each in checks if each.met is None]
    if asked:
        return Verdict(None, f"To check before it is billed: {'; '.join(asked)}.")
    return Verdict(True, "Ready.")
