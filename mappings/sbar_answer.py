"""The answer to a question: one tap where the provider agrees, else words; what is to be done becomes a task.

It completes the question's Task, where the requester reads it. Domain rows 114, 152 and 156.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship, user_reference
from mappings.cadence import working_day
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.hand_off import owner_on
from mappings.identity import is_ours
from mappings.provider_question import answer_line, answer_outputs, parts_of
from mappings.sbar import INFORM_KIND
from mappings.to_do import ToDoEntry, completed, open_to_dos, to_do_kind, to_do_resource, with_text

DECISIONS = {
    "agreed": "Agreed, as proposed",
    "visit": "I want to see the patient",
    "words": "Something else, in words",
}
SEEN = {"seen": "Read", "words": "Read, and an answer in words"}
GONE = "This question is no longer open. Tasks shows what became of it."


@dataclass(frozen=True)
class AnswerEntry:
    """One answer: `by` is whose it is, `orders` what is to be done, in words."""

    task: str
    answer: str
    orders: str
    by: str


def questions(chart: Chart) -> dict[str, dict[str, Any]]:
    """The open questions and notes to a provider, by their id."""
    tasks = (task for task in open_to_dos(chart) if is_ours(task) and as_text(task.get("id")))
    return {as_text(task["id"]): task for task in tasks if parts_of(task)}


def decisions(task: dict[str, Any]) -> Mapping[str, str]:
    """The answers offered: one that asks for none is read."""
    return DECISIONS if _waits(task) else SEEN


def _waits(task: dict[str, Any]) -> bool:
    return to_do_kind(task) != INFORM_KIND


def answer_defaults(chart: Chart, *, now: datetime, task: str, user_name: str) -> dict[str, tuple[str, ...]]:
    """What the form opens with; {} where the question is no longer open."""
    found = questions(chart).get(task)
    if found is None:
        return {}
    first = () if _waits(found) else ("seen",)
    owner = as_text(owner_on(found, now.date()).get("display"))
    return {"task": (task,), "decision": first, "by": (owner or user_name,)}


def parse_answer(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[AnswerEntry]:
    """The form as sent; refused as a whole where the question is no longer open."""
    fields = Fields(values)
    open_now = questions(chart)
    task = fields.one_of("task", open_now)
    if not task:
        fields.errors.pop("task", None)
        fields.refuse("form", GONE)
    offered = {**DECISIONS, **SEEN}
    decision = fields.one_of("decision", offered, required="Choose an answer.")
    needed = "Write the answer." if decision == "words" else ""
    words = fields.text("answer", required=needed, limit=1000)
    orders = fields.text("orders", limit=NOTE_LIMIT)
    by = fields.text("by", required="Say whose answer it is.", limit=120)
    first = "" if decision == "words" else offered.get(decision, "")
    answer = ". ".join(filter(None, (first, words)))
    return fields.submitted(lambda: AnswerEntry(task, answer, orders, by))


def answer_resources(
    entry: AnswerEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What an answer files: the question as done, and a task for the requester where something is to be carried out."""
    task = questions(chart)[entry.task]
    outputs = answer_outputs(entry.answer, entry.orders, entry.by)
    done = completed(task, author, how=answer_line(entry.answer, entry.orders, entry.by))
    answered = with_text({**done, "output": [*as_objects(task.get("output")), *outputs]})
    return (answered, *_orders(entry, task, author, form_id))


def _orders(
    entry: AnswerEntry, task: dict[str, Any], author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    if not entry.orders:
        return ()
    due = working_day(author.now.date() + timedelta(days=1))
    text = " ".join(entry.orders.split())[:300]
    priority = as_text(task.get("priority"))
    to_do = ToDoEntry(text, due, "care-manager", priority if priority == "urgent" else "routine", "carry-out")
    made = to_do_resource(to_do, author, form_id, slot="carry-out", plan=_first(task.get("basedOn")))
    asker = as_object(task.get("requester")) or user_reference(author)
    return (with_text({**made, "owner": asker}),)


def _first(references: Any) -> dict[str, Any] | None:
    return references[0] if isinstance(references, list) and references else None
