"""The care plans that others wrote: shown beside ours as plain text, never touched.

The guides know three plans (the medical one, the patient's and the care manager's) and ask that they are not mixed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_text, relative_reference
from mappings.identity import fold, is_ours
from mappings.narrative import plain_text
from mappings.panel import Panel, panel
from mappings.practitioner import actor_name
from mappings.terminology import all_words_of, status_code, status_words


@dataclass(frozen=True)
class OtherPlan:
    """A plan that somebody else wrote: its words as plain text, read-only."""

    reference: str
    title: str
    status: str
    category: str
    period_words: str
    author: str
    text: str


def others(chart: Chart, now: datetime) -> Panel[OtherPlan]:
    """The EHR's own plans, those in force first; never ours, never one entered in error."""
    kept = [plan for plan in fold(chart.resources("CarePlan")) if not is_ours(plan)]
    rows = [_other(chart, p, now) for p in kept if status_code(p.get("status")) != "entered-in-error"]
    rows.sort(key=lambda row: row.status != "active")
    # Ours are never among them, so it is nothing to this panel whether the EHR shows those again.
    return panel(
        "other-plans", "Other care plans", rows, replace(chart.reading("CarePlan"), ours_unseen=False)
    )


def _other(chart: Chart, plan: dict[str, Any], now: datetime) -> OtherPlan:
    period = as_object(plan.get("period"))
    start, end = (dates.plain_words(period.get(edge), now.tzinfo) for edge in ("start", "end"))
    category = all_words_of(plan.get("category"))
    return OtherPlan(
        reference=relative_reference(plan),
        title=as_text(plan.get("title")) or category or "Care plan without a title",
        status=status_words(status_code(plan.get("status"))),
        category=category,
        period_words=f"{start} to {end}" if start and end else start or end,
        author=actor_name(chart, plan.get("author"), plan),
        text=plain_text(plan.get("text")) or as_text(plan.get("description")),
    )
