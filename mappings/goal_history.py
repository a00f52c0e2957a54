"""What happened to a goal, from its own notes: set, asked about, told of, changed with the reason, ended.

Each row has the day, who wrote it and the words. The day is that of the note; where a server keeps no times it is the
one that the line itself bears.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_number, as_object, as_objects, as_text
from mappings.goal_lines import (
    AGREEMENT_LINE,
    CHANGED_LINE,
    ENDED_LINE,
    FACTS_TITLE,
    FOLLOWS_LINE,
    PROGRESS_LINE,
)
from mappings.goal_values import measure_of
from mappings.last_value import measured
from mappings.narrative import clean
from mappings.observation import LatestReading
from mappings.practitioner import actor_name
from mappings.ruler import Ruler
from mappings.trend import TrendPicture, trend_picture

_DAY = re.compile(r"\((\d{4}-\d{2}-\d{2})\)", re.ASCII)
_CLOSED = "Care management ended "


@dataclass(frozen=True)
class GoalEvent:
    """One thing that happened: `kind` is "changed", "ended", "progress", "agreement" or "said"."""

    kind: str
    day: date | None
    day_words: str
    by: str
    words: str
    why: str = ""


def goal_history(goal: dict[str, Any], chart: Chart, *, now: datetime) -> tuple[GoalEvent, ...]:
    """Every note of a goal but the fixed line of its facts, newest first."""
    events = [_event(note, goal, chart, now) for note in as_objects(goal.get("note"))]
    found = [event for event in events if event]
    dated = sorted(enumerate(found), key=lambda pair: (pair[1].day or date.min, pair[0]), reverse=True)
    return tuple(event for _, event in dated)


def _event(note: dict[str, Any], goal: dict[str, Any], chart: Chart, now: datetime) -> GoalEvent | None:
    raw = note.get("text")
    text = clean(raw).strip() if isinstance(raw, str) else ""
    if not text or text.startswith((f"{FACTS_TITLE}. ", FOLLOWS_LINE)):
        return None
    written = dates.parse(note.get("time")) or _day_in(text)
    by = actor_name(chart, note.get("authorReference"), goal) or as_text(note.get("authorString"))
    kind, words, why = _told(text)
    day = written.local_day(now.tzinfo) if written else None
    return GoalEvent(kind, day, dates.words(written, now), by, words, why)


def _day_in(text: str) -> dates.FhirDate | None:
    found = _DAY.search(text)
    return dates.parse(found.group(1)) if found else None


def _told(text: str) -> tuple[str, str, str]:
    """The kind of a line, its words for a reader, and the reason where it gives one."""
    plain = _DAY.sub("", text).replace("  ", " ").replace(" .", ".").replace(" :", ":").strip()
    if text.startswith(CHANGED_LINE):
        words, _, why = plain.removeprefix(CHANGED_LINE).partition(". Why: ")
        return "changed", f"{words[:1].upper()}{words[1:]}", why
    if text.startswith((ENDED_LINE, _CLOSED)):
        return "ended", plain.replace(" :", ":"), ""
    if text.startswith(PROGRESS_LINE):
        return "progress", plain, ""
    return ("agreement" if text.startswith(AGREEMENT_LINE) else "said"), plain, ""


@dataclass(frozen=True)
class RulerTrend:
    """The ruler over time: one picture each for importance and confidence, the values behind them, newest first."""

    importance: TrendPicture | None
    confidence: TrendPicture | None
    rulers: tuple[Ruler, ...]


def ruler_trend(rulers: Sequence[Ruler]) -> RulerTrend:
    """The pictures of what a goal's rulers say; the band is where the patient is confident (7 and above)."""
    return RulerTrend(
        importance=trend_picture(
            [(each.day, each.importance) for each in rulers], unit="of 10", low=7, high=10
        ),
        confidence=trend_picture(
            [(each.day, each.confidence) for each in rulers], unit="of 10", low=7, high=10
        ),
        rulers=tuple(reversed(rulers)),
    )


def goal_reading(chart: Chart, goal: dict[str, Any], now: datetime) -> LatestReading | None:
    """The result that a goal is measured by, with the goal's own target as its band; None where there is none."""
    target = next(iter(as_objects(goal.get("target"))), {})
    row = measured(chart, measure_of(target), now)
    quantity = as_object(target.get("detailQuantity"))
    value = as_number(quantity.get("value"))
    if row is None or value is None:
        return None
    upward = as_text(quantity.get("comparator")).startswith(">")
    return replace(row, target_low=value if upward else None, target_high=None if upward else value)
