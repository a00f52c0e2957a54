"""What becomes of an open task: done with its result, taken over, handed off for good or for a cover, called off.

Whoever asked reads the result: it is an output of the Task and a line of its notes. Domain rows 153 and 156.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import concept
from mappings.authorship import Authorship, instant, user_reference
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.form import Fields, Submitted
from mappings.hand_off import handed_off
from mappings.identity import is_ours
from mappings.narrative import fixed_line
from mappings.provider_question import REPORT_LINE
from mappings.team_member import Member, people
from mappings.to_do import PRIORITIES, cancelled, completed, due_day, open_to_dos, with_text

OUTCOMES = {
    "done": "It is done",
    "take-over": "I take it over",
    "hand-off": "Somebody else takes it",
    "changed": "Another day or priority",
    "called-off": "It is called off",
}
OTHER = "other"
LONGEST_DAYS = 730
COVER_DAYS = 366
GONE = "This task is no longer open. Tasks shows what became of it."
_WHY = {
    "done": "Say what came of it: whoever asked reads it.",
    "called-off": "Say why it is called off.",
}


@dataclass(frozen=True)
class ChangeEntry:
    """One change. `words` are the result, the reason, or what whoever takes it should know; `to` a Reference.

    `also` are the ids of further tasks that go to the same person for the same days.
    """

    task: str
    outcome: str
    words: str
    to: dict[str, Any]
    start: date | None
    until: date | None
    due: date | None
    priority: str
    also: tuple[str, ...] = ()


def changeable(chart: Chart) -> dict[str, dict[str, Any]]:
    """The open tasks of ours, by their id."""
    tasks = (task for task in open_to_dos(chart) if is_ours(task) and as_text(task.get("id")))
    return {as_text(task["id"]): task for task in tasks}


def change_defaults(
    chart: Chart, *, now: datetime, task: str, outcome: str = ""
) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the task as it stands; {} where it is no longer open."""
    found = changeable(chart).get(task)
    if found is None:
        return {}
    due = due_day(found, now)
    return {
        "task": (task,),
        "outcome": (outcome if outcome in OUTCOMES else "done",),
        "start": (now.date().isoformat(),),
        "due": (due.isoformat() if due else "",),
        "priority": (as_text(found.get("priority")) if found.get("priority") in PRIORITIES else "routine",),
    }


def parse_change(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime, user: Member
) -> Submitted[ChangeEntry]:
    """The form as sent; refused as a whole where the task is no longer open."""
    fields = Fields(values)
    tasks = changeable(chart)
    task = fields.one_of("task", tasks)
    if not task:
        fields.errors.pop("task", None)
        fields.refuse("form", GONE)
    outcome = fields.one_of("outcome", OUTCOMES, required="Say what becomes of it.")
    asked = as_object(tasks.get(task, {}).get("requester"))
    silent = not task or (outcome == "done" and user.has(chart, asked))
    words = fields.text("words", required="" if silent else _WHY.get(outcome, ""), limit=1000)
    to = _taker(fields, chart, user) if outcome == "hand-off" else {}
    start, until = _cover(fields, now) if outcome == "hand-off" else (None, None)
    also = fields.many_of("also", tasks) if outcome == "hand-off" else ()
    due = _due(fields, tasks.get(task, {}), now) if outcome == "changed" else None
    priority = fields.one_of("priority", PRIORITIES) or "routine"
    return fields.submitted(
        lambda: ChangeEntry(task, outcome, words, to, start, until, due, priority, also),
    )


def _taker(fields: Fields, chart: Chart, user: Member) -> dict[str, Any]:
    known = people(chart, user)
    who = fields.one_of("to", (*known, OTHER), required="Choose who takes it.")
    needed = "Write who takes it." if who == OTHER else ""
    name = fields.text("to_name", required=needed, limit=120)
    return {"display": name} if who == OTHER else {"reference": who, "display": known.get(who, "")}


def _cover(fields: Fields, now: datetime) -> tuple[date | None, date | None]:
    last = now.date() + timedelta(days=COVER_DAYS)
    bounds = {"too_early": "This day has passed.", "too_late": "Choose a day within a year."}
    start = fields.day("start", earliest=now.date(), latest=last, **bounds)
    until = fields.day("until", earliest=now.date(), latest=last, **bounds)
    if start and until and until < start:
        fields.refuse("until", "The cover would end before it starts.")
    return start, until


def _due(fields: Fields, task: dict[str, Any], now: datetime) -> date | None:
    standing = due_day(task, now) or now.date()
    due = fields.day(
        "due",
        earliest=min(standing, now.date()),
        latest=now.date() + timedelta(days=LONGEST_DAYS),
        required="Give the day by which it is to be done.",
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within two years.",
    )
    if due and due < now.date() and due != standing:
        fields.refuse("due", "This day has passed. Choose today or a later day.")
    return due


def change_resources(
    entry: ChangeEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a change files: the Task as it is from now on, and those that are handed off with it."""
    tasks = changeable(chart)
    named = dict.fromkeys((entry.task, *entry.also))
    return tuple(_changed(entry, tasks[each], author) for each in named)


def _changed(entry: ChangeEntry, task: dict[str, Any], author: Authorship) -> dict[str, Any]:
    if entry.outcome == "done":
        return _done(entry, task, author)
    if entry.outcome == "called-off":
        return cancelled(task, author, reason=entry.words)
    if entry.outcome == "take-over":
        return handed_off(task, user_reference(author), author, why=entry.words)
    if entry.outcome == "hand-off":
        return handed_off(task, entry.to, author, start=entry.start, until=entry.until, why=entry.words)
    period = {"end": entry.due.isoformat()} if entry.due else {}
    held = as_object(task.get("restriction"))
    moved = {**held, "period": {**as_object(held.get("period")), **period}}
    changed = {**task, "restriction": moved, "priority": entry.priority, "lastModified": instant(author.now)}
    return with_text(changed)


def _done(entry: ChangeEntry, task: dict[str, Any], author: Authorship) -> dict[str, Any]:
    words = entry.words or "Done"
    ended = completed(task, author, how=fixed_line(REPORT_LINE, [("Result", words)]))
    output = {"type": concept("task-output", "reported"), "valueString": words}
    return with_text({**ended, "output": [*as_objects(task.get("output")), output]})
