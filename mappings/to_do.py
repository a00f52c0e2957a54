"""What is still to be done: the next contact, a question to a provider, a visit to schedule.

An open Task with an owner, a due day and a priority. Ours and the EHR's own stand in one list, because a promise is a
promise whoever wrote it down. Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, coding, concept, display
from mappings import dates
from mappings.authorship import Authorship, annotation, instant, patient_reference, user_reference
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.identity import code_in, fold, full_url, is_ours, stamp, task_kind
from mappings.narrative import narrative
from mappings.panel import Panel, panel
from mappings.terminology import status_code, words_of

OPEN = frozenset({"requested", "received", "accepted", "ready", "in-progress", "on-hold"})
OWNERS = {"care-manager": "Care manager", "patient": "Patient", "provider": "Provider"}
PRIORITIES = ("routine", "urgent")
_PRIORITY_ORDER = {"stat": 0, "asap": 1, "urgent": 2}


@dataclass(frozen=True)
class ToDoEntry:
    """One task from a form: `owner` is a key of OWNERS, `kind` a code of to-do-kind."""

    text: str
    due: date
    owner: str
    priority: str
    kind: str


@dataclass(frozen=True)
class ToDoView:
    """One open task on screen."""

    id: str
    reference: str
    text: str
    due: date | None
    due_words: str
    overdue: bool
    owner: str
    priority: str
    kind: str
    ours: bool
    resource: dict[str, Any]


def to_do_resource(
    entry: ToDoEntry,
    author: Authorship,
    form_id: UUID,
    *,
    slot: str,
    plan: dict[str, Any] | None = None,
    focus: dict[str, Any] | None = None,
    provider: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A new open Task. `plan` and `focus` are References; `provider` is who answers when the owner is a provider."""
    moment = instant(author.now)
    owners = {
        "patient": patient_reference(author),
        "provider": provider or {"display": "Primary care provider"},
    }
    code: dict[str, Any] = concept("task-code", "to-do", display("to-do-kind", entry.kind))
    task: dict[str, Any] = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": entry.priority,
        "code": {**code, "coding": [*code["coding"], coding("to-do-kind", entry.kind)]},
        "description": entry.text,
        "for": patient_reference(author),
        "authoredOn": moment,
        "lastModified": moment,
        "requester": user_reference(author),
        "owner": owners.get(entry.owner, user_reference(author)),
        "restriction": {"period": {"end": entry.due.isoformat()}},
        **({"basedOn": [plan]} if plan else {}),
        **({"focus": focus} if focus else {}),
    }
    return with_text(stamp(task, profile="task-to-do", form_id=form_id, slot=slot))


def completed(task: dict[str, Any], author: Authorship, *, how: str) -> dict[str, Any]:
    """The Task as done; `how` says by what, and goes into its notes."""
    return _ended(task, author, status="completed", note=how)


def cancelled(task: dict[str, Any], author: Authorship, *, reason: str) -> dict[str, Any]:
    """The Task as called off, with its reason where every reader looks for it."""
    ended = {**task, "statusReason": {"text": reason}}
    return _ended(ended, author, status="cancelled", note=f"Called off: {reason}")


def _ended(task: dict[str, Any], author: Authorship, *, status: str, note: str) -> dict[str, Any]:
    notes = [*as_objects(task.get("note")), annotation(note, author)]
    ended = {**task, "status": status, "lastModified": instant(author.now), "note": notes}
    return with_text(ended) if is_ours(task) else ended


def open_to_dos(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Every open Task that is something to do, of ours and of the EHR's, each once."""
    tasks = (task for task in fold(chart.resources("Task")) if status_code(task.get("status")) in OPEN)
    return tuple(task for task in tasks if task_kind(task) in {"", "to-do"})


def to_dos(chart: Chart, now: datetime) -> Panel[ToDoView]:
    """The open tasks: overdue first, then by due day, the undated last."""
    rows = [to_do_view(task, now=now) for task in open_to_dos(chart)]
    rows.sort(key=lambda row: (row.due or date.max, _PRIORITY_ORDER.get(row.priority, 3)))
    return panel("to-dos", "Tasks", rows, chart.reading("Task"))


def to_do_view(task: dict[str, Any], *, now: datetime) -> ToDoView:
    """One Task as it is shown; whatever it lacks is empty. Due today is not overdue."""
    due = due_day(task, now)
    return ToDoView(
        id=as_text(task.get("id")),
        reference=relative_reference(task) or full_url(task),
        text=as_text(task.get("description")) or words_of(task.get("code")) or "Task without words",
        due=due,
        due_words=dates.words(due, now),
        overdue=due is not None and due < now.date(),
        owner=as_text(as_object(task.get("owner")).get("display")),
        priority=as_text(task.get("priority")) or "routine",
        kind=to_do_kind(task),
        ours=is_ours(task),
        resource=task,
    )


def due_day(task: dict[str, Any], now: datetime) -> date | None:
    """The last day of a Task in the EHR's zone: `restriction.period.end`, else `executionPeriod.end`."""
    for element in ("restriction", "executionPeriod"):
        found = as_object(task.get(element))
        period = as_object(found.get("period")) if element == "restriction" else found
        when = dates.parse(period.get("end"))
        if when and when.local_day(now.tzinfo):
            return when.local_day(now.tzinfo)
    return None


def to_do_kind(task: dict[str, Any]) -> str:
    """The code of to-do-kind on a Task of ours ("other" where it is lost); "" for the EHR's own tasks."""
    if task_kind(task) != "to-do":
        return ""
    by_words = {display("to-do-kind", code): code for code in codes("to-do-kind")}
    return code_in(task.get("code"), "to-do-kind") or by_words.get(words_of(task.get("code")), "other")


def with_text(task: dict[str, Any]) -> dict[str, Any]:
    """The Task with its narrative made anew from what it says."""
    period = as_object(as_object(task.get("restriction")).get("period"))
    last = as_objects(task.get("note"))[-1:]
    facts = [
        ("What", as_text(task.get("description"))),
        ("Kind", words_of(task.get("code"))),
        ("Patient", as_text(as_object(task.get("for")).get("display"))),
        ("Due", dates.plain_words(period.get("end"))),
        ("Who does it", as_text(as_object(task.get("owner")).get("display"))),
        ("Asked by", as_text(as_object(task.get("requester")).get("display"))),
        ("Priority", as_text(task.get("priority"))),
        ("Status", as_text(task.get("status"))),
        ("Reason", as_text(as_object(task.get("statusReason")).get("text"))),
        ("Last note", as_text(last[0].get("text")) if last else ""),
    ]
    return {**task, "text": narrative("Care management task", facts)}
