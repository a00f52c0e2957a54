"""The visit that initiated the service: found among the visits of the last year, or the task to schedule one.

Rule and kinds are `initiating_visit.toml`. After the service has begun no further visit in person is asked for, so
nothing here stands against a contact or a plan (domain notes B.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.coding_systems import SNOMED
from mappings.data_file import data_table
from mappings.element import as_object, as_objects, relative_reference
from mappings.encounter import Visit, visits
from mappings.panel import panel
from mappings.sight import Sight, sight
from mappings.terminology import codes_of, codings, words_of

_NOT_IN_PERSON = frozenset({"Phone call", "Video or phone visit", "Hospital pre-admission"})
WELLNESS = "wellness"
_NOT_HELD = frozenset({"planned", "cancelled", "noshow", "entered in error", "entered-in-error"})


@dataclass(frozen=True)
class VisitKind:
    """One kind of visit that may initiate the service; `sure` where its kind alone tells that it did."""

    code: str
    label: str
    sure: bool
    codes: frozenset[str]
    snomed: frozenset[str]
    said: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """One visit of the last year: its reference, its words ("Annual visit, 3 Nov 2026, Dr Alvarez") and its day."""

    reference: str
    words: str
    day: date
    kind: str
    sure: bool


@dataclass(frozen=True)
class InitiatingVisit:
    """What the chart tells. `found` is the best candidate, else None; `candidates` are all, the best first.

    `known` is False where the visits could not all be seen, so that "none" would be a guess.
    """

    found: Candidate | None
    candidates: tuple[Candidate, ...]
    known: bool
    sentence: str

    @property
    def wellness_sentence(self) -> str:
        """Whether an annual wellness visit is among those of the last year; "" where the visits were not all seen."""
        held = [each for each in self.candidates if each.kind == WELLNESS]
        if held:
            return f"Last annual wellness visit: {dates.day_words(max(each.day for each in held))}."
        return "No annual wellness visit in the last year is on file: one may be due." if self.known else ""

    @property
    def missing(self) -> bool:
        """True only where every visit was seen and none may have initiated the service."""
        return self.known and self.found is None


def initiating_visit(chart: Chart, now: datetime, *, days: int = 0) -> InitiatingVisit:
    """The visits in person within `days` before `now`, a year unless said otherwise: those surely of an initiating kind
    first, then the newest.
    """
    found = _candidates(chart, now, days or within_days())
    known = sight(chart, "Encounter") is Sight.WHOLE
    best = found[0] if found else None
    return InitiatingVisit(best, found, known, _sentence(chart, best, known=known))


def _candidates(chart: Chart, now: datetime, days: int) -> tuple[Candidate, ...]:
    oldest = now - timedelta(days=days)
    bodies = {relative_reference(each): each for each in chart.resources("Encounter")}
    rows = [row for row in visits(chart, now=now).rows if _may_initiate(row, oldest, now)]
    made = [_candidate(row, bodies.get(row.reference, {}), now) for row in rows if row.reference]
    return tuple(sorted(made, key=lambda each: (not each.sure, -each.day.toordinal())))


def _may_initiate(row: Visit, oldest: datetime, now: datetime) -> bool:
    in_time = row.when is not None and oldest.date() <= row.when.date() and row.when <= now
    apart = any(row.kind_words.startswith(words) for words in _NOT_IN_PERSON)
    return in_time and not (row.is_emergency or row.is_stay or apart or row.status in _NOT_HELD)


def _candidate(row: Visit, encounter: dict[str, Any], now: datetime) -> Candidate:
    kind = visit_kind(encounter)
    day = row.when.astimezone(now.tzinfo).date() if row.when else now.date()
    parts = (row.kind_words, row.reason, dates.day_words(day), row.provider)
    return Candidate(row.reference, ", ".join(dict.fromkeys(filter(None, parts))), day, kind.code, kind.sure)


def visit_kind(encounter: Mapping[str, Any]) -> VisitKind:
    """Which kind of initiating visit an Encounter looks like: by its codes before its words; "other" for the rest."""
    *named, other = kinds()
    coded = {coding.code.upper() for coding in codings(encounter.get("type")) if coding.system != SNOMED}
    coded |= {coding.code.upper() for coding in codings(encounter.get("serviceType"))}
    snomed = codes_of(encounter.get("type"), SNOMED)
    by_code = (kind for kind in named if kind.codes & coded or kind.snomed & snomed)
    said = _said(encounter)
    by_words = (kind for kind in named if any(word in said for word in kind.said))
    return next(by_code, None) or next(by_words, None) or other


def _said(encounter: Mapping[str, Any]) -> str:
    types, reasons = as_objects(encounter.get("type")), as_objects(encounter.get("reasonCode"))
    service = words_of(as_object(encounter.get("serviceType")))
    return " ".join([*map(words_of, types), *map(words_of, reasons), service]).casefold()


def _sentence(chart: Chart, best: Candidate | None, *, known: bool) -> str:
    if best and best.sure:
        return f"A visit that can start the service is on file: {best.words}."
    if best:
        check = "Check that it was a full visit with the billing practitioner."
        return f"A visit in the last year is on file: {best.words}. {check}"
    if known:
        return "No visit in person in the last year is on file. One with the billing practitioner is needed first."
    why = panel("visits", "Visits", (), chart.reading("Encounter")).sentence
    return f"Visits: {why[0].lower()}{why[1:].removesuffix('.')}. Look in the chart for one in the last year."


def within_days() -> int:
    """Within how many days before the consent the visit must lie."""
    return _rules()[0]


def kinds() -> tuple[VisitKind, ...]:
    """Every kind in the order in which they are tried; the last is whatever else was in person."""
    return _rules()[1]


@cache
def _rules() -> tuple[int, tuple[VisitKind, ...]]:
    table = data_table("initiating_visit.toml")
    table.text("source")
    table.day("checked")
    days = table.number("within_days") or 365
    rows = tuple(
        VisitKind(
            row.text("code"),
            row.text("label"),
            row.flag("sure"),
            frozenset(row.texts("codes")),
            frozenset(row.texts("snomed")),
            row.texts("said"),
        )
        for row in table.tables("kind")
    )
    table.done()
    return days, rows
