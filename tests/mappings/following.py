"""Months of follow-up on a shelf: a plan, and contacts, goals met and pauses on the days that a test says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mappings.step import parse_step, step_resources
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, author, entry_of

START = NOW.replace(hour=8)
"""When the plan of these stories is agreed."""


def day(number: int, *, hour: int = 9) -> datetime:
    """So many days after the plan began."""
    return START.replace(hour=hour, minute=14) + timedelta(days=number)


def planned(*resources: Resource) -> Shelf:
    """A plan with one goal, agreed on day 0."""
    shelf = Shelf(DIABETES, *resources)
    shelf.consent(START, date=[START.date().isoformat()], time=["07:30"])
    shelf.plan(START, target_due=["2027-11-01"])
    return shelf


def contact(shelf: Shelf, number: int, **changes: Sequence[str]) -> tuple[Resource, ...]:
    """A contact on a day, of ten minutes from nine; what is said of the goal by `progress`."""
    now = day(number)
    progress = changes.pop("progress", ())
    goals = [goal["id"] for goal in shelf.chart().resources("Goal") if goal["lifecycleStatus"] == "active"]
    told = {f"progress.{goal}": list(progress) for goal in goals if progress}
    times = {"date": [now.date().isoformat()], "start": ["09:00"], "end": ["09:10"], "minutes": ["10"]}
    following = {"next_date": [(now + timedelta(days=14)).date().isoformat()]}
    return shelf.contact(now, **{**times, **following, **told, **changes})


def step(shelf: Shelf, number: int, to: str, **changes: Sequence[str]) -> tuple[Resource, ...]:
    """A step on a day, with a reason and the days that its form proposes."""
    now, chart = day(number), shelf.chart()
    later = {
        name: [(now + timedelta(days=28)).date().isoformat()] for name in ("until", "next_date", "close_by")
    }
    values = {"to": [to], "reason": ["As agreed"], "further": ["yes"], **later, **changes}
    entry = entry_of(parse_step(values, chart=chart, now=now))
    return shelf.file(step_resources(entry, chart, author(now), shelf.form_id()))


def close(shelf: Shelf, number: int, **changes: Sequence[str]) -> tuple[Resource, ...]:
    """The close on a day."""
    return shelf.close(day(number), **changes)
