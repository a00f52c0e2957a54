"""What was written, changed or taken back after a month had ended: an audit asks, so the month shows it unasked.

The EHR keeps when a record was written and last changed; the reason for time entered later stands in the contact
(domain notes B.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.contact import ContactView
from mappings.element import as_number, as_object, as_objects, as_text
from mappings.identity import code_in, fold, is_ours, task_kind
from mappings.practitioner import actor_name
from mappings.terminology import status_code

ROUNDING_SECONDS = 1


@dataclass(frozen=True)
class TakenBack:
    """A contact of the month that was marked as entered in error: when it was, its minutes, and when it was undone."""

    when_words: str
    minutes: int | None
    by: str
    words: str
    after: bool


def late_words(contact: ContactView, month_end: datetime) -> str:
    """ "Entered on 3 Dec 2026, after the month had ended", or "Changed on ..."; "" for what stands as it was then."""
    entered = dates.parse(contact.resource.get("authoredOn"))
    if _after(entered, month_end):
        return f"Entered on {_day(entered, month_end)}, after the month had ended."
    changed = _changed(contact.resource)
    if _after(changed, month_end):
        return f"Changed in the EHR on {_day(changed, month_end)}, after the month had ended."
    return ""


def taken_back(chart: Chart, bounds: tuple[datetime, datetime], *, now: datetime) -> tuple[TakenBack, ...]:
    """The contacts of ours that began within `bounds` and were taken back since, oldest first."""
    ours = fold(each for each in chart.resources("Task") if is_ours(each) and task_kind(each) == "contact")
    gone = [each for each in ours if status_code(each.get("status")) == "entered-in-error"]
    dated = [(begun, each) for each in gone if (begun := _began(each, bounds))]
    return tuple(
        _taken_back(chart, each, begun, bounds[1], now)
        for begun, each in sorted(dated, key=lambda pair: pair[0].timestamp())
    )


def _taken_back(
    chart: Chart, task: dict[str, Any], begun: datetime, month_end: datetime, now: datetime
) -> TakenBack:
    changed = _changed(task)
    after = _after(changed, month_end)
    day = _day(changed, month_end) if changed else ""
    said = f"Taken back{f' on {day}' if day else ''}{', after the month had ended' if after else ''}."
    return TakenBack(
        when_words=dates.words(begun, now),
        minutes=_minutes(task),
        by=actor_name(chart, task.get("owner"), task),
        words=said,
        after=after,
    )


def _minutes(task: dict[str, Any]) -> int | None:
    said = (
        as_number(each.get("valueInteger"))
        for each in as_objects(task.get("output"))
        if code_in(each.get("type"), "task-output") == "minutes"
    )
    found = next((number for number in said if number is not None and number >= 0), None)
    return None if found is None else int(found)


def _began(task: dict[str, Any], bounds: tuple[datetime, datetime]) -> datetime | None:
    start = dates.parse(as_object(task.get("executionPeriod")).get("start"))
    if start is None or start.precision < dates.Precision.DAY:
        return None
    moment = start.start(bounds[0].tzinfo)
    return moment if bounds[0] <= moment < bounds[1] else None


def _changed(task: dict[str, Any]) -> dates.FhirDate | None:
    """When the record was last changed: the later of what it says and what the EHR says."""
    said = (as_text(task.get("lastModified")), as_text(as_object(task.get("meta")).get("lastUpdated")))
    return max(filter(None, map(dates.parse, said)), default=None)


def _after(when: dates.FhirDate | None, month_end: datetime) -> bool:
    if when is None or when.precision < dates.Precision.DAY:
        return False
    return (when.start(month_end.tzinfo) - month_end).total_seconds() >= ROUNDING_SECONDS


def _day(when: dates.FhirDate | None, month_end: datetime) -> str:
    return dates.plain_words(when, month_end.tzinfo)
