"""Whether the open plan may be changed now: as mappings.sight judges what the chart shows, one sentence for each no."""

from __future__ import annotations

from datetime import datetime

from mappings.chart import Chart
from mappings.consent import consent_view, is_deceased
from mappings.enrolment_state import Gate, unread
from mappings.episode import open_plan
from mappings.sight import caution, unseen
from mappings.terminology import status_code

NO_PLAN = "There is no open care plan. Open one first."
STILL_DRAFT = (
    "The care plan is still a draft. Open it first, with a goal, the patient's first step and an action."
)
NOT_SHOWN = (
    "This EHR does not show again the care plan documented with Chartside, so it cannot be changed from here."
    " Write in a contact what was agreed."
)
RESTING = "The care plan is resting: the patient's care management is paused."


def may_change_plan(chart: Chart, *, now: datetime) -> Gate:
    """For what rewrites the plan or one of its tasks: never in the dark, and never where ours is not shown again."""
    if unseen(chart, "CarePlan") and not _dark(chart):
        return Gate(NOT_SHOWN)
    return may_add_to_plan(chart, now=now)


def may_add_to_plan(chart: Chart, *, now: datetime) -> Gate:
    """For a new record that goes with the plan: with a caution also where the plan is not shown again."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := _dark(chart):
        return Gate(dark)
    plan = open_plan(chart)
    if unseen(chart, "CarePlan") and plan is None:
        return Gate(caution=caution(["whether a care plan is open and what was agreed before"]))
    if plan is None:
        return Gate(NO_PLAN)
    if status_code(plan.get("status")) == "draft":
        return Gate(STILL_DRAFT)
    resting = RESTING if status_code(plan.get("status")) == "on-hold" else ""
    return Gate(caution=resting or _without_consent(chart, now))


def _dark(chart: Chart) -> str:
    return unread(chart, "CarePlan") or unread(chart, "Task")


def _without_consent(chart: Chart, now: datetime) -> str:
    consent = consent_view(chart, now=now)
    return (
        f"No consent is in force. {consent.sentence}"
        if consent.state in {"stopped", "declined", "none"}
        else ""
    )
