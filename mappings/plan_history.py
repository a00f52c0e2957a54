"""What became of the plan since it was opened: who changed what, when and why, the last first.

Told from the records themselves: reviews and revisions, agreements, and the tasks that were added, done or called off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.episode import open_plan, own_plans
from mappings.plan_action import KIND_WORDS, PlannedRow, ended, planned
from mappings.plan_review import plan_reviews
from mappings.plan_section import AGREED


@dataclass(frozen=True)
class Change:
    """One line: the day in words, what, why and by whom; "" where it is not said."""

    when_words: str
    what: str
    why: str
    by: str
    version: str = ""


def plan_history(chart: Chart, now: datetime) -> tuple[Change, ...]:
    """Every change that the chart tells of the open plan (or the last one that ended)."""
    plan = open_plan(chart) or next(iter(own_plans(chart)), None)
    found = [*_reviews(chart, now), *_tasks(chart, now)]
    if plan is not None:
        found += [*_noted(plan), _opened(plan)]
    found.sort(key=lambda pair: dates.newest_first_key(pair[0]))
    return tuple(
        Change(dates.words(when, now) if when else "", change.what, change.why, change.by)
        for when, change in found
    )


_Dated = tuple[dates.FhirDate | None, Change]


def _reviews(chart: Chart, now: datetime) -> Iterator[_Dated]:
    for each in plan_reviews(chart, now):
        what = f"Changed: {each.what}" if each.result == "changed" else "Reviewed, no change"
        yield each.when, Change("", what, each.why, each.by)


def _tasks(chart: Chart, now: datetime) -> Iterator[_Dated]:
    for row in (*planned(chart, now), *ended(chart, now)):
        task = row.task.resource
        asked = as_text(as_object(task.get("requester")).get("display"))
        added = f"{KIND_WORDS.get(row.task.kind, 'Action')} added: {row.task.text}"
        yield dates.parse(task.get("authoredOn")), Change("", added, "", asked)
        if as_text(task.get("status")) in {"completed", "cancelled"}:
            yield dates.parse(task.get("lastModified")), _end_of(row)


def _end_of(row: PlannedRow) -> Change:
    task = row.task.resource
    called_off = as_text(task.get("status")) == "cancelled"
    why = as_text(as_object(task.get("statusReason")).get("text")) if called_off else ""
    last: dict[str, Any] = next(reversed(as_objects(task.get("note"))), {})
    return Change("", f"{'Called off' if called_off else 'Done'}: {row.task.text}", why, _signed(last))


def _noted(plan: dict[str, Any]) -> Iterator[_Dated]:
    for note in as_objects(plan.get("note")):
        text = as_text(note.get("text"))
        if text.startswith((AGREED, "Opened a second time", "Care management ended")):
            yield dates.parse(note.get("time")), Change("", text.removesuffix("."), "", _signed(note))


def _opened(plan: dict[str, Any]) -> _Dated:
    when = dates.parse(plan.get("created")) or dates.parse(as_object(plan.get("period")).get("start"))
    return when, Change("", "Plan begun", "", as_text(as_object(plan.get("author")).get("display")))


def _signed(note: dict[str, Any]) -> str:
    signed = as_text(as_object(note.get("authorReference")).get("display"))
    return signed or as_text(note.get("authorString"))
