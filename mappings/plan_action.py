"""What a plan agrees on beside its goals: the patient's own steps, the team's actions, services of others.

Each is a Task of its own, named by the plan in `activity.reference`; done or called off is said on the Task alone, so
that the plan is rewritten only when what was agreed changes. Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from mappings import dates, plan_action_form
from mappings.authorship import Authorship, annotation, instant
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.episode import TITLE, open_plan, with_added, with_text
from mappings.form import Submitted
from mappings.goal import goals
from mappings.goal_target import due_day as goal_due_day
from mappings.identity import full_url, is_ours, own, reference_to
from mappings.plan_action_form import OTHER, SAME, PlanActionEntry, Standing
from mappings.plan_gate import may_add_to_plan, may_change_plan
from mappings.terminology import words_of
from mappings.to_do import (
    OWNERS,
    PLANNED,
    PRIORITIES,
    ToDoView,
    activity_reference,
    cancelled,
    completed,
    frequency,
    frequency_note,
    open_to_dos,
    owner_of,
    restriction_of,
    to_do_kind,
    to_do_resource,
    to_do_view,
)
from mappings.to_do import with_text as task_with_text

USUAL_DAYS = 84
KIND_WORDS = {"self-care": "Self-care step", "action": "Action", "service": "Service"}


@dataclass(frozen=True)
class PlannedRow:
    """One thing of the plan on screen: the task itself, its goal's words, who is responsible, from when."""

    task: ToDoView
    goal_text: str
    goal_known: bool
    who: str
    from_words: str

    @property
    def kind_words(self) -> str:
        """ "Action", "Service", "Self-care step"; "" for a task of another kind that the plan names."""
        return KIND_WORDS.get(self.task.kind, "")


def planned(chart: Chart, now: datetime) -> tuple[PlannedRow, ...]:
    """Everything open that the plan agrees on: tasks of the planned kinds, and what the plan itself names."""
    rows = [to_do_view(task, now=now) for task in _planned_tasks(chart)]
    rows.sort(key=lambda row: row.due or date.max)
    return tuple(_row(chart, row, now) for row in rows)


def ended(chart: Chart, now: datetime) -> tuple[PlannedRow, ...]:
    """What was done or called off, the last first."""
    tasks = [task for task in own(chart, "Task") if as_text(task.get("status")) in {"completed", "cancelled"}]
    named = _named(open_plan(chart))
    rows = [
        to_do_view(task, now=now)
        for task in tasks
        if to_do_kind(task) in PLANNED or (to_do_kind(task) and relative_reference(task) in named)
    ]
    rows.sort(key=lambda row: as_text(row.resource.get("lastModified")), reverse=True)
    return tuple(_row(chart, row, now) for row in rows)


def _planned_tasks(chart: Chart) -> list[dict[str, Any]]:
    named = _named(open_plan(chart))
    mine = [task for task in open_to_dos(chart) if is_ours(task)]
    return [task for task in mine if to_do_kind(task) in PLANNED or relative_reference(task) in named]


def _named(plan: dict[str, Any] | None) -> set[str]:
    """The references of the tasks that a plan names."""
    activities = as_objects(as_object(plan).get("activity"))
    return {as_text(as_object(each.get("reference")).get("reference")) for each in activities}


def _row(chart: Chart, row: ToDoView, now: datetime) -> PlannedRow:
    about = as_object(row.resource.get("focus"))
    goal = chart.resolve(row.goal, row.resource) if row.goal else None
    words = words_of(as_object(goal).get("description")) or as_text(about.get("display"))
    period = as_object(as_object(row.resource.get("restriction")).get("period"))
    return PlannedRow(
        row,
        words if row.goal else "",
        goal is not None,
        row.owner,
        dates.plain_words(period.get("start"), now.tzinfo),
    )


def offered_goals(chart: Chart, now: datetime) -> dict[str, str]:
    """The open goals of ours that something may serve: id -> words."""
    return {row.id: row.text for row in goals(chart, now).rows if row.ours and row.id}


def changeable(chart: Chart, now: datetime) -> dict[str, ToDoView]:
    """What may be changed here, by its id."""
    return {row.task.id: row.task for row in planned(chart, now) if row.task.id}


def plan_action_defaults(chart: Chart, *, now: datetime, kind: str, goal: str) -> dict[str, tuple[str, ...]]:
    """What the form of something new opens with: of this kind, for this goal, until that goal's day."""
    kind = kind if kind in PLANNED else "action"
    known = {row.id: row.resource for row in goals(chart, now).rows if row.ours}
    chosen = goal if goal in known else next(iter(known), "") if len(known) == 1 else ""
    usual = now.date() + timedelta(days=USUAL_DAYS)
    until = (goal_due_day(known[chosen]) if chosen else None) or usual
    return {
        "kind": (kind,),
        "goal": (chosen,),
        "owner": ({"self-care": "patient", "service": OTHER}.get(kind, "care-manager"),),
        "due": ((until if until >= now.date() else usual).isoformat(),),
        "priority": ("routine",),
    }


def change_defaults(chart: Chart, *, now: datetime, task: str) -> dict[str, tuple[str, ...]]:
    """What the form of a change opens with: the thing as it stands; {} where it is no longer open."""
    row = changeable(chart, now).get(task)
    if row is None:
        return {}
    goal = chart.resolve(row.goal, row.resource) if row.goal else None
    start = _start(row.resource, now)
    return {
        "task": (task,),
        "outcome": ("open",),
        "kind": (row.kind,),
        "text": (row.text,),
        "goal": (as_text(as_object(goal).get("id")),),
        "often": (row.frequency,),
        "times": (str(row.times) if row.times else "",),
        "owner": (SAME,),
        "start": (start.isoformat() if start else "",),
        "due": (row.due.isoformat() if row.due else "",),
        "priority": (row.priority if row.priority in PRIORITIES else "routine",),
    }


def _start(task: dict[str, Any], now: datetime) -> date | None:
    period = as_object(as_object(task.get("restriction")).get("period"))
    when = dates.parse(period.get("start"))
    return when.local_day(now.tzinfo) if when else None


def parse_new(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[PlanActionEntry]:
    """Something new, as sent."""
    refusal = may_add_to_plan(chart, now=now).reason
    return plan_action_form.read(values, today=now.date(), goals=offered_goals(chart, now), refusal=refusal)


def parse_change(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[PlanActionEntry]:
    """A change, as sent; refused where the thing is not open any more."""
    tasks = {
        key: Standing(row.kind, _start(row.resource, now), row.due)
        for key, row in changeable(chart, now).items()
    }
    return plan_action_form.read(
        values,
        today=now.date(),
        goals=offered_goals(chart, now),
        tasks=tasks,
        refusal=may_change_plan(chart, now=now).reason,
    )


def new_resources(
    entry: PlanActionEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What adding files: the Task, and the plan that names it from now on."""
    plan = open_plan(chart)
    task = to_do_resource(
        entry.to_do,
        author,
        form_id,
        slot="plan-action",
        plan=reference_to(plan, TITLE) if plan else None,
        focus=_goal_reference(entry.to_do.goal, chart, author.now),
        provider=primary_care_provider(chart),
    )
    if entry.note:
        task = task_with_text({**task, "note": [*task.get("note", []), annotation(entry.note, author)]})
    named = activity_reference(task, _who(entry))
    return (task, with_added(plan, activities=[named])) if plan else (task,)


def _goal_reference(goal: str, chart: Chart, now: datetime) -> dict[str, Any] | None:
    found = next((row for row in goals(chart, now).rows if goal and row.id == goal), None)
    return {"reference": found.reference, "display": found.text} if found else None


def _who(entry: PlanActionEntry) -> str:
    return entry.to_do.owner_name or OWNERS.get(entry.to_do.owner, "").lower()


def change_resources(
    entry: PlanActionEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a change files: the Task; and the plan where it names it in other words from now on."""
    row = changeable(chart, author.now)[entry.task]
    task = _changed(row, entry, chart, author)
    if entry.outcome != "open":
        return (_ended(task, entry, author),)
    plan = open_plan(chart)
    renamed = _renamed(plan, row.resource, task, _who(entry)) if plan else None
    return (task, renamed) if renamed else (task,)


def _changed(row: ToDoView, entry: PlanActionEntry, chart: Chart, author: Authorship) -> dict[str, Any]:
    """The Task as it is agreed now; what others wrote into it stays."""
    wanted = entry.to_do
    about = _goal_reference(wanted.goal, chart, author.now)
    changed = {
        **row.resource,
        "description": wanted.text,
        "priority": wanted.priority,
        "restriction": {**_other_restriction(row.resource), **restriction_of(wanted)},
        "lastModified": instant(author.now),
    }
    if about and wanted.goal not in row.goal.split("/"):
        changed["focus"] = about
    if wanted.owner != SAME:
        changed["owner"] = owner_of(wanted, author, primary_care_provider(chart))
    often = [frequency_note(wanted.frequency, author)] if wanted.frequency != row.frequency else []
    said = [annotation(entry.note, author)] if entry.note else []
    notes = [*as_objects(row.resource.get("note")), *often, *said]
    return task_with_text({**changed, **({"note": notes} if notes else {})})


def _other_restriction(task: dict[str, Any]) -> dict[str, Any]:
    held = as_object(task.get("restriction"))
    return {key: value for key, value in held.items() if key not in {"repetitions", "period"}}


def _ended(task: dict[str, Any], entry: PlanActionEntry, author: Authorship) -> dict[str, Any]:
    if entry.outcome == "called-off":
        return cancelled(task, author, reason=entry.reason)
    how = f"Done on {dates.day_words(author.now.date())}{f': {entry.reason}' if entry.reason else ''}"
    return completed(task, author, how=how)


def _renamed(
    plan: dict[str, Any], before: dict[str, Any], task: dict[str, Any], who: str
) -> dict[str, Any] | None:
    """The plan with the task's new words; None where it names it as before, or not at all."""
    ours = {relative_reference(before), full_url(before)}
    if frequency(before) == frequency(task) and _agreed(before) == _agreed(task):
        return None
    activities = []
    for each in as_objects(plan.get("activity")):
        held = as_object(each.get("reference"))
        same = as_text(held.get("reference")) in ours
        fresh = {"reference": {**held, "display": activity_reference(task, who)["display"]}}
        activities.append({**each, **fresh} if same else each)
    changed = activities != list(as_objects(plan.get("activity")))
    return with_text({**plan, "activity": activities}) if changed else None


def _agreed(task: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(task.get(name) for name in ("description", "restriction", "owner"))
