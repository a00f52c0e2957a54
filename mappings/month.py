"""This month's minutes: recomputed from the contacts each time, never stored, with the reason for each that does not
count.

Where contacts or consents could not be read, or are never shown again, the minutes are unknown (mappings.sight).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mappings import billing_rules, dates, month_bar
from mappings.billing_rules import Family, Threshold
from mappings.chart import Chart, once
from mappings.consent import ConsentView, consent_view
from mappings.month_bar import Segment
from mappings.month_count import USUAL, Counted, counted_contacts
from mappings.panel import PLAIN_WORDS
from mappings.sight import NOT_SHOWN_AGAIN, Sight, sight


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


@once
def month_view(chart: Chart, *, now: datetime, families: tuple[str, ...] = USUAL) -> MonthView:
    """The minutes of the calendar month of `now`, which is in the EHR's zone, towards the first of `families`."""
    consent = consent_view(chart, now=now)
    family = billing_rules.family(families[0])
    known = sight(chart, "Task") is Sight.WHOLE and (
        _consents_told(chart, consent) or not family.needs_consent
    )
    rows = counted_contacts(chart, now=now, families=families)
    minutes = sum(row.counted for row in rows if row.family == family.code) if known else 0
    steps = billing_rules.thresholds(family.code, now.date())
    following = month_bar.next_threshold(steps, minutes)
    return MonthView(
        title=f"{dates.MONTHS[now.month - 1]} {now.year}",
        minutes=minutes,
        documented=sum(row.documented for row in rows),
        contacts=len(rows),
        threshold=following.minutes if following else 0,
        sentence=_sentence(family, minutes, following) if known else "Minutes this month unknown",
        detail=_detail(family, minutes, steps, now.date()) if known else _unknown(chart, consent),
        gated_by=_gate(consent, rows) if family.needs_consent else None,
        known=known,
        rule_confirmed=family in billing_rules.families_on(now.date()),
        source=following.source if following else "",
        source_date=following.source_date if following else None,
        segments=month_bar.segments(steps, minutes) if known else (),
        rows=rows,
    )


def _sentence(family: Family, minutes: int, following: Threshold | None) -> str:
    return month_bar.sentence(minutes, following) if family.timed else f"{family.short}: not by minutes"


def _detail(family: Family, minutes: int, steps: Sequence[Threshold], day: date) -> str:
    if not billing_rules.confirmed(day):
        return "The payment rule is not confirmed for this date."
    if family not in billing_rules.families_on(day):
        return f"No rule of {family.label[0].lower()}{family.label[1:]} is in force on this date."
    return month_bar.detail(minutes, steps)


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
