"""Looking at the plan again: each review and each revision is a small completed Task of its own.

So the history of who changed what, when and why survives a plan that somebody rewrites in the EHR, and "reviewed, no
change" rewrites nothing (domain row 17: monitors the response and revises the plan as indicated).
Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import concept
from mappings import dates
from mappings.authorship import (
    Authorship,
    annotation,
)
from mappings.chart import Chart
from mappings.done_task import done_now, signed
from mappings.element import as_object, as_objects, as_text
from mappings.episode import TITLE, open_plan
from mappings.form import Fields, Submitted
from mappings.identity import own, reference_to, stamp, task_kind
from mappings.narrative import fixed_line, narrative, read_fixed_line
from mappings.plan_element import rules
from mappings.plan_gate import may_add_to_plan
from mappings.terminology import status_code

RESULTS = {"no-change": "Reviewed, no change", "changed": "Reviewed and changed"}
FIELDS = ("result", "what", "why", "next_review")
LONGEST_DAYS = 366
_LINE = "Plan review"
_WORDS = {"no-change": "no change", "changed": "changed"}


@dataclass(frozen=True)
class PlanReviewEntry:
    """One review: `result` is a key of RESULTS, `what` the changes in words, `why` the reason, both "" without any."""

    result: str
    what: str
    why: str
    next_review: date | None


@dataclass(frozen=True)
class PlanReview:
    """One review on file; `day` in the EHR's zone, `words` what came of it."""

    day: date | None
    when: dates.FhirDate | None
    by: str
    result: str
    what: str
    why: str
    next_review: date | None
    resource: dict[str, Any]


def plan_review_defaults(now: datetime) -> dict[str, tuple[str, ...]]:
    """One press: reviewed, no change, and again in the time that the rules ask for."""
    again = now.date() + timedelta(days=rules().review_days)
    return {"result": ("no-change",), "next_review": (again.isoformat(),)}


def parse_plan_review(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[PlanReviewEntry]:
    """The review as sent; refused as a whole (key "form") where no plan is open."""
    fields = Fields(values)
    if refusal := may_add_to_plan(chart, now=now).reason:
        fields.refuse("form", refusal)
    result = fields.one_of("result", RESULTS, required="Say what came of the review.")
    changed = result == "changed"
    what = fields.text("what", limit=1000, required="Write what was changed." if changed else "")
    why = fields.text("why", limit=1000, required="Write why it was changed." if changed else "")
    again = fields.day(
        "next_review",
        earliest=now.date() + timedelta(days=1),
        latest=now.date() + timedelta(days=LONGEST_DAYS),
        too_early="Choose a day after today.",
        too_late="Choose a day within a year.",
    )
    return fields.submitted(lambda: PlanReviewEntry(result, what, why, again))


def plan_review_resources(
    entry: PlanReviewEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a review files: itself."""
    return (review_task(entry, open_plan(chart), author, form_id),)


def review_task(
    entry: PlanReviewEntry, plan: dict[str, Any] | None, author: Authorship, form_id: UUID
) -> dict[str, Any]:
    """The completed Task of one review or revision of a plan (None where the EHR does not show it)."""
    again = entry.next_review.isoformat() if entry.next_review else ""
    said = [
        ("Result", _WORDS[entry.result]),
        ("What", entry.what),
        ("Why", entry.why),
        ("Next review", again),
    ]
    about = reference_to(plan, TITLE) if plan else None
    task = {
        **done_now(author, plan=about),
        "text": narrative("Care plan review", [*signed(author), *said]),
        "businessStatus": {"text": RESULTS[entry.result]},
        "code": concept("task-code", "plan-review"),
        "description": f"Care plan: {RESULTS[entry.result].lower()}",
        **({"reasonCode": {"text": entry.why}} if entry.why else {}),
        "note": [annotation(fixed_line(_LINE, said), author)],
    }
    return stamp(task, profile="task-plan-review", form_id=form_id, slot="plan-review")


def plan_reviews(chart: Chart, now: datetime) -> tuple[PlanReview, ...]:
    """Every review of ours, the latest first."""
    tasks = [task for task in own(chart, "Task") if task_kind(task) == "plan-review"]
    done = [_review(task, now) for task in tasks if status_code(task.get("status")) == "completed"]
    return tuple(sorted(done, key=lambda each: dates.newest_first_key(each.when)))


def _review(task: dict[str, Any], now: datetime) -> PlanReview:
    line = _fixed_facts(task)
    period = as_object(task.get("executionPeriod"))
    when = dates.parse(period.get("start")) or dates.parse(task.get("authoredOn"))
    said = line.get("Result", "") or as_text(as_object(task.get("businessStatus")).get("text"))
    return PlanReview(
        day=when.local_day(now.tzinfo) if when else None,
        when=when,
        by=as_text(as_object(task.get("owner")).get("display")),
        result="no-change" if "no change" in said.lower() else "changed",
        what=line.get("What", ""),
        why=line.get("Why", "") or as_text(as_object(task.get("reasonCode")).get("text")),
        next_review=dates.valid_form_date(line.get("Next review", "")),
        resource=task,
    )


def _fixed_facts(task: dict[str, Any]) -> dict[str, str]:
    found = (read_fixed_line(as_text(note.get("text")), _LINE) for note in as_objects(task.get("note")))
    return next(filter(None, found), {})
