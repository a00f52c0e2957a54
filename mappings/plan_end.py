"""Two open plans of ours in one chart: how the wrong one is ended, and what it held moved to the one that stays.

It happens where two people open a plan at once, or where an EHR merges two charts. There is one plan per episode
(mappings.episode), so both are shown, and one is ended with a reason; nothing it agreed on is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings import dates
from mappings.authorship import Authorship, annotation, instant
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.episode import OPEN, TITLE, open_plan, own_plans, with_added, with_text
from mappings.form import Fields, Submitted
from mappings.identity import reference_to
from mappings.plan_gate import may_change_plan
from mappings.terminology import status_code, status_words
from mappings.to_do import open_to_dos
from mappings.to_do import with_text as task_with_text

FIELDS = ("plan", "reason")
ONE_PLAN = "Only one care plan is open, so there is none to end here."


@dataclass(frozen=True)
class OpenPlan:
    """One of the open plans on screen; `stays` marks the one that Chartside works with."""

    id: str
    words: str
    since_words: str
    author: str
    what_matters: str
    goals: tuple[str, ...]
    stays: bool


@dataclass(frozen=True)
class PlanEndEntry:
    """Which plan is ended, by its id, and why."""

    plan: str
    reason: str


def open_plans(chart: Chart, now: datetime) -> tuple[OpenPlan, ...]:
    """Every open plan of ours, the one that Chartside works with first; more than one is a fault to be mended."""
    kept = open_plan(chart)
    found = [plan for plan in own_plans(chart) if status_code(plan.get("status")) in OPEN]
    rows = [_row(plan, now, stays=plan is kept) for plan in found]
    return tuple(sorted(rows, key=lambda row: not row.stays))


def _row(plan: dict[str, Any], now: datetime, *, stays: bool) -> OpenPlan:
    return OpenPlan(
        id=as_text(plan.get("id")),
        words=f"{as_text(plan.get('title')) or TITLE}, {status_words(status_code(plan.get('status')))}",
        since_words=dates.plain_words(as_object(plan.get("period")).get("start"), now.tzinfo),
        author=as_text(as_object(plan.get("author")).get("display")),
        what_matters=as_text(plan.get("description")),
        goals=tuple(filter(None, (as_text(goal.get("display")) for goal in as_objects(plan.get("goal"))))),
        stays=stays,
    )


def parse_plan_end(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[PlanEndEntry]:
    """The form as sent; refused as a whole (key "form") where fewer than two plans are open."""
    fields = Fields(values)
    if refusal := end_refusal(chart, now):
        fields.refuse("form", refusal)
    offered = [row.id for row in open_plans(chart, now) if row.id]
    plan = fields.one_of("plan", offered, required="Choose the plan that was opened wrongly.")
    reason = fields.text("reason", required="Say why it is ended.")
    return fields.submitted(lambda: PlanEndEntry(plan, reason))


def end_refusal(chart: Chart, now: datetime) -> str:
    """Why no plan may be ended here, as one sentence; "" when one may."""
    gate = may_change_plan(chart, now=now).reason
    return ONE_PLAN if len(open_plans(chart, now)) < 2 else gate


def plan_end_resources(
    entry: PlanEndEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What it files: the wrong plan ended, the other one with its goals and tasks, and the tasks that name it."""
    plans = [plan for plan in own_plans(chart) if status_code(plan.get("status")) in OPEN]
    wrong = next(plan for plan in plans if as_text(plan.get("id")) == entry.plan)
    stays = _staying(plans, wrong)
    named = reference_to(stays, TITLE)
    moved = with_added(
        stays,
        goals=as_objects(wrong.get("goal")),
        activities=[as_object(each.get("reference")) for each in as_objects(wrong.get("activity"))],
        addresses=as_objects(wrong.get("addresses")),
    )
    tasks = [_moved(task, named, author) for task in open_to_dos(chart) if _is_based_on(task, wrong)]
    changed = () if moved == with_text(stays) else (moved,)
    return (_ended(wrong, entry, author), *changed, *tasks)


def _staying(plans: Sequence[dict[str, Any]], wrong: dict[str, Any]) -> dict[str, Any]:
    """The plan that goes on: an active one before a resting one before a draft, the latest first."""
    order = ("active", "on-hold", "draft")
    others = [plan for plan in plans if plan is not wrong]
    return min(others, key=lambda plan: order.index(status_code(plan.get("status"))))


def _ended(plan: dict[str, Any], entry: PlanEndEntry, author: Authorship) -> dict[str, Any]:
    said = f"Opened a second time, ended on {dates.day_words(author.now.date())}: {entry.reason}"
    return with_text(
        {
            **plan,
            "status": "revoked",
            "period": {**as_object(plan.get("period")), "end": instant(author.now)},
            "note": [*as_objects(plan.get("note")), annotation(said, author)],
        }
    )


def _is_based_on(task: dict[str, Any], plan: dict[str, Any]) -> bool:
    mine = reference_to(plan)["reference"]
    return any(as_text(each.get("reference")) == mine for each in as_objects(task.get("basedOn")))


def _moved(task: dict[str, Any], plan: dict[str, Any], author: Authorship) -> dict[str, Any]:
    return task_with_text({**task, "basedOn": [plan], "lastModified": instant(author.now)})
