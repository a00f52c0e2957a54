"""A card study over many patients: the cards of a day (or of all days), their totals, and whose they are.

Counted from the cards as they are read, and stored nowhere: which needs are most frequent, and for which patients
(domain row 175).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_text
from mappings.identity import fold, is_ours, task_kind
from mappings.needs_card import NeedsCard, read_card
from mappings.needs_card_totals import CardTotals, totals
from mappings.team_list import patient_of
from mappings.terminology import status_code


@dataclass(frozen=True)
class StudyRow:
    """One card with its patient: the id, "" where the record names none, and the name as it stands there."""

    patient: str
    name: str
    card: NeedsCard


@dataclass(frozen=True)
class CardStudy:
    """The cards of the day asked for. `days` are all days that have cards, the newest first, with how many."""

    rows: tuple[StudyRow, ...]
    totals: CardTotals
    days: tuple[tuple[date, int], ...]
    day: date | None


def card_study(tasks: Iterable[Mapping[str, Any]], *, now: datetime, day: date | None = None) -> CardStudy:
    """The study of these Tasks on `day` in the zone of `now`, of all days when None. What is no card is left out."""
    ours = fold(dict(each) for each in tasks if is_ours(each) and task_kind(each) == "needs-card")
    read = [_row(each, now) for each in ours if status_code(each.get("status")) == "completed"]
    read.sort(key=lambda row: dates.newest_first_key(row.card.when))
    found = Counter(on for row in read if (on := _day(row, now)))
    rows = tuple(row for row in read if day is None or _day(row, now) == day)
    counted = totals([row.card for row in rows])
    return CardStudy(rows, counted, tuple(sorted(found.items(), reverse=True)), day)


def _row(task: dict[str, Any], now: datetime) -> StudyRow:
    card = read_card(task, Chart({}), now)
    whose = task.get("for")
    return StudyRow(patient_of(whose), as_text(as_object(whose).get("display")) or "A patient", card)


def _day(row: StudyRow, now: datetime) -> date | None:
    return row.card.when.local_day(now.tzinfo) if row.card.when else None
