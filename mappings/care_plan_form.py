"""The form that opens a care plan: the patient's words, one SMART goal, one agreed next task.

The goal's fields are read by mappings.goal_form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_profiles.terminology import codes
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.goal_form import read_goal
from mappings.goal_target import GoalEntry
from mappings.to_do import OWNERS, PRIORITIES, ToDoEntry

FIELDS = (
    "what_matters",
    "addresses",
    "initiating_visit",
    "goal_text",
    "goal_words",
    "goal_by",
    "measure",
    "target_comparator",
    "target_value",
    "own_measure",
    "own_target",
    "target_due",
    "goal_how",
    "importance",
    "confidence",
    "to_do_text",
    "to_do_due",
    "to_do_owner",
    "to_do_priority",
    "to_do_kind",
    "agreed",
    "note",
)
LONGEST_TO_DO_DAYS = 366


@dataclass(frozen=True)
class CarePlanEntry:
    """A plan from a form. `addresses` and `initiating_visit` are references out of those offered."""

    what_matters: str
    addresses: tuple[str, ...]
    initiating_visit: str
    goal: GoalEntry
    to_do: ToDoEntry
    agreed: bool
    note: str


def read(
    values: Mapping[str, Sequence[str]],
    *,
    today: date,
    conditions: Collection[str],
    visits: Collection[str],
    refusal: str = "",
) -> Submitted[CarePlanEntry]:
    """The form as sent; `conditions` and `visits` are the references offered, `refusal` stops the form ("form")."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    matters = fields.text("what_matters", limit=1000)
    addresses = fields.many_of("addresses", conditions)
    visit = fields.one_of("initiating_visit", visits)
    goal = read_goal(fields, today)
    to_do = _to_do(fields, today)
    agreed = fields.flag("agreed")
    note = fields.text("note", limit=NOTE_LIMIT)

    def entry() -> CarePlanEntry:
        if goal is None or to_do is None:
            raise AssertionError("a field was refused without a message")
        return CarePlanEntry(matters, addresses, visit, goal, to_do, agreed, note)

    return fields.submitted(entry)


def _to_do(fields: Fields, today: date) -> ToDoEntry | None:
    text = fields.text("to_do_text", required="Write the next thing to do.")
    owner = fields.one_of("to_do_owner", OWNERS, required="Say who does it.")
    priority = fields.one_of("to_do_priority", PRIORITIES) or "routine"
    kind = fields.one_of("to_do_kind", codes("to-do-kind")) or "other"
    due = fields.day(
        "to_do_due",
        earliest=today,
        latest=today + timedelta(days=LONGEST_TO_DO_DAYS),
        required="Give the day by which it is done.",
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within a year.",
    )
    return None if due is None else ToDoEntry(text, due, owner, priority, kind)
