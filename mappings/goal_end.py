"""Ending one goal of ours while the plan goes on: met, not met, not attainable, or no longer wanted, with a reason.

A goal that is met is `completed`, any other `cancelled` (https://hl7.org/fhir/R4/valueset-goal-status.html); how far it
was reached stays as last told where the patient merely no longer wants it. Open tasks for the goal can go with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship, annotation
from mappings.chart import Chart
from mappings.consent import lapsed_consents
from mappings.element import as_objects, as_text
from mappings.form import Fields, Submitted
from mappings.goal_change import GONE, first, may_change_goal, own_goal
from mappings.goal_lines import ENDED_LINE
from mappings.goal_record import achievement, with_text
from mappings.identity import full_url, is_ours, reference_to
from mappings.to_do import cancelled, goal_of, open_to_dos

FIELDS = ("goal", "ending", "reason", "call_off")
ENDINGS = {
    "met": "Met",
    "not-met": "Not met in time",
    "not-attainable": "Cannot be reached",
    "not-wanted": "No longer wanted by the patient",
}
_RECORDED = {
    "met": ("completed", "achieved"),
    "not-met": ("cancelled", "not-achieved"),
    "not-attainable": ("cancelled", "not-attainable"),
    "not-wanted": ("cancelled", ""),
}


@dataclass(frozen=True)
class GoalEnd:
    """A goal of ours by its id, its end (a key of ENDINGS), why, and the ids of the open tasks that are called off."""

    goal: str
    ending: str
    reason: str
    call_off: tuple[str, ...]


def tasks_for(chart: Chart, goal: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Our open tasks that are done for this goal."""
    names = {reference_to(goal)["reference"], full_url(goal)} - {""}
    ours = (task for task in open_to_dos(chart) if is_ours(task) and as_text(task.get("id")))
    return tuple(task for task in ours if goal_of(task) in names)


def parse_goal_end(values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime) -> Submitted[GoalEnd]:
    """The form as sent; how it ended and why are required."""
    fields = Fields(values)
    identity = first(values, "goal")
    goal = own_goal(chart, identity)
    if goal is None:
        fields.refuse("form", may_change_goal(chart, identity).reason or GONE)
    ending = fields.one_of("ending", ENDINGS, required="Say how the goal ended.")
    needed = "Write why, in a few words." if ending != "met" else ""
    reason = fields.text("reason", required=needed, limit=1000)
    offered = [as_text(task["id"]) for task in tasks_for(chart, goal)] if goal else []
    called_off = fields.many_of("call_off", offered)
    return fields.submitted(lambda: GoalEnd(identity, ending, reason, called_off))


def ended_goal(goal: dict[str, Any], end: GoalEnd, author: Authorship) -> dict[str, Any]:
    """The Goal with its end, why, and a line that says both."""
    today = author.now.date().isoformat()
    lifecycle, reached = _RECORDED[end.ending]
    words = ENDINGS[end.ending]
    why = f": {end.reason}" if end.reason else ""
    said = annotation(f"{ENDED_LINE}({today}): {words[0].lower()}{words[1:]}. {end.reason}".strip(), author)
    changed = {
        **goal,
        "lifecycleStatus": lifecycle,
        "statusReason": f"{words}{why}",
        "note": [*as_objects(goal.get("note")), said],
    }
    if reached:
        changed |= {"achievementStatus": achievement(reached), "statusDate": today}
    return with_text(changed)


def goal_end_resources(
    end: GoalEnd, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What an end files: the Goal, and each task that is called off with it."""
    goal = own_goal(chart, end.goal)
    if goal is None:
        return ()
    reason = f"The goal it was for has ended: {ENDINGS[end.ending].lower()}"
    tasks = [
        cancelled(task, author, reason=reason)
        for task in tasks_for(chart, goal)
        if task["id"] in end.call_off
    ]
    return (ended_goal(goal, end, author), *tasks, *lapsed_consents(chart, author))
