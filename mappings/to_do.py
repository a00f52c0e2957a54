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
from mappings.chart import Chart, once
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.identity import code_in, fold, full_url, is_ours, stamp, task_kind
from mappings.narrative import narrative
from mappings.panel import Panel, panel
from mappings.provider_question import is_our_line, narrative_facts
from mappings.terminology import status_code, words_of

OPEN = frozenset({"requested", "received", "accepted", "ready", "in-progress", "on-hold"})
OWNERS = {"care-manager": "Care manager", "patient": "Patient", "provider": "Provider"}
PRIORITIES = ("routine", "urgent")
PLANNED = ("self-care", "action", "service")
"""The kinds of to-do that a plan agrees on: what the patient does, what the team does, what others give."""
PARTS = ("patient-action", "care-manager")
"""The two plans of the three that are written here; the medical plan is the EHR's own."""
_OFTEN_LINE = "How often: "
_PRIORITY_ORDER = {"stat": 0, "asap": 1, "urgent": 2}


@dataclass(frozen=True)
class ToDoEntry:
    """One task from a form: `owner` is a key of OWNERS, `kind` a code of to-do-kind.

    `plan_part` is one of PARTS ("" follows the owner), `goal` the reference of the goal that it serves or "",
    `frequency` is how often in words, and `times` how many times in all, where that is agreed. `owner_name` is who does
    it where that is nobody of OWNERS.
    """

    text: str
    due: date
    owner: str
    priority: str
    kind: str
    plan_part: str = ""
    goal: str = ""
    frequency: str = ""
    times: int | None = None
    owner_name: str = ""
    start: date | None = None


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
    part: str = ""
    goal: str = ""
    frequency: str = ""
    times: int | None = None


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
    """A new open Task. `plan` and `focus` are References; `provider` is who answers when the owner is a provider.

    Without a `focus` it is about the goal of the entry, where it names one.
    """
    moment = instant(author.now)
    about = focus or ({"reference": entry.goal} if entry.goal else None)
    often = [frequency_note(entry.frequency, author)] if entry.frequency else []
    task: dict[str, Any] = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": entry.priority,
        "code": _code(entry),
        "description": entry.text,
        "for": patient_reference(author),
        "authoredOn": moment,
        "lastModified": moment,
        "requester": user_reference(author),
        "owner": owner_of(entry, author, provider),
        "restriction": restriction_of(entry),
        **({"basedOn": [plan]} if plan else {}),
        **({"focus": about} if about else {}),
        **({"note": often} if often else {}),
    }
    return with_text(stamp(task, profile="task-to-do", form_id=form_id, slot=slot))


def owner_of(entry: ToDoEntry, author: Authorship, provider: dict[str, Any] | None = None) -> dict[str, Any]:
    """The Reference to who does it: the patient, the provider (`provider`, where known), a name, or the user."""
    if entry.owner_name:
        return {"display": entry.owner_name}
    owners = {
        "patient": patient_reference(author),
        "provider": provider or {"display": "Primary care provider"},
    }
    return owners.get(entry.owner, user_reference(author))


def _code(entry: ToDoEntry) -> dict[str, Any]:
    """What it is and, for what a plan agrees on, which of the three plans it belongs to."""
    code: dict[str, Any] = concept("task-code", "to-do", display("to-do-kind", entry.kind))
    part = entry.plan_part or ("patient-action" if entry.owner == "patient" else "care-manager")
    named = [coding("plan-part", part)] if entry.plan_part or entry.kind in PLANNED else []
    return {**code, "coding": [*code["coding"], coding("to-do-kind", entry.kind), *named]}


def restriction_of(entry: ToDoEntry) -> dict[str, Any]:
    """When and how many times: `restriction` of its Task."""
    number = {"repetitions": entry.times} if entry.times else {}
    begins = {"start": entry.start.isoformat()} if entry.start else {}
    return {**number, "period": {**begins, "end": entry.due.isoformat()}}


def frequency_note(words: str, author: Authorship) -> dict[str, Any]:
    """The note that says from now on how often."""
    return annotation(_OFTEN_LINE + (words or "as needed"), author)


def plan_part(task: dict[str, Any]) -> str:
    """Which of the three plans a Task belongs to; by its owner where no server kept the code."""
    kept = code_in(task.get("code"), "plan-part")
    whose = as_text(as_object(task.get("owner")).get("reference")).split("/")[0]
    return kept or ("patient-action" if whose == "Patient" else "care-manager")


def frequency(task: dict[str, Any]) -> str:
    """How often, in words, as last agreed; "" where nothing is said."""
    lines = [as_text(note.get("text")) for note in as_objects(task.get("note"))]
    return next(
        (as_text(line.removeprefix(_OFTEN_LINE)) for line in reversed(lines) if line.startswith(_OFTEN_LINE)),
        "",
    )


def times(task: dict[str, Any]) -> int | None:
    """How many times in all, where that is agreed (`restriction.repetitions`)."""
    number = as_object(task.get("restriction")).get("repetitions")
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def goal_of(task: dict[str, Any]) -> str:
    """The reference of the goal that a Task serves, or ""."""
    about = [task.get("focus"), task.get("reasonReference")]
    found = (as_text(as_object(each).get("reference")) for each in about)
    return next((each for each in found if each.startswith(("Goal/", "urn:uuid:")) or "/Goal/" in each), "")


def activity_reference(task: dict[str, Any], who: str = "") -> dict[str, Any]:
    """The Reference by which a plan names a Task of its own: what, how often, `who` (else its owner), by when."""
    owner = who or as_text(as_object(task.get("owner")).get("display"))
    by = dates.plain_words(as_object(as_object(task.get("restriction")).get("period")).get("end"))
    said = ", ".join(filter(None, (frequency(task), owner, by and f"by {by}")))
    text = as_text(task.get("description"))
    named = relative_reference(task) or full_url(task)
    return {"reference": named, "display": f"{text} ({said})" if said else text}


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


@once
def open_to_dos(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Every open Task that is something to do, of ours and of the EHR's, each once."""
    tasks = (task for task in fold(chart.resources("Task")) if status_code(task.get("status")) in OPEN)
    return tuple(task for task in tasks if task_kind(task) in {"", "to-do"})


@once
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
        part=plan_part(task),
        goal=goal_of(task),
        frequency=frequency(task),
        times=times(task),
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
    last = next((as_text(note.get("text")) for note in reversed(as_objects(task.get("note")))), "")
    facts = [
        ("What", as_text(task.get("description"))),
        ("Kind", words_of(task.get("code"))),
        ("Plan", _part_words(task)),
        *narrative_facts(task),
        ("About", as_text(as_object(task.get("focus")).get("display"))),
        ("How often", _often_words(task)),
        ("Patient", as_text(as_object(task.get("for")).get("display"))),
        ("From", dates.plain_words(period.get("start"))),
        ("Due", dates.plain_words(period.get("end"))),
        ("Who does it", as_text(as_object(task.get("owner")).get("display"))),
        ("Asked by", as_text(as_object(task.get("requester")).get("display"))),
        ("Priority", as_text(task.get("priority"))),
        ("Status", as_text(task.get("status"))),
        ("Reason", as_text(as_object(task.get("statusReason")).get("text"))),
        ("Last note", "" if is_our_line(last) else last),
    ]
    return {**task, "text": narrative("Care management task", facts)}


def _part_words(task: dict[str, Any]) -> str:
    code = code_in(task.get("code"), "plan-part")
    return display("plan-part", code) if code in codes("plan-part") else ""


def _often_words(task: dict[str, Any]) -> str:
    number = times(task)
    return ", ".join(filter(None, (frequency(task), f"{number} times in all" if number else "")))
