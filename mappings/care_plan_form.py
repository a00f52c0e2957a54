"""The form that opens a care plan: the patient's words, one SMART goal with its own first step, one agreed next action.

Each goal has explicit action items and steps for the patient's own part (AAFP and CMS, domain row 5), so a plan does
not open without one of each: the next contact is prefilled, the patient's first step is how the goal will be done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.goal_form import read_goal
from mappings.goal_target import GoalEntry
from mappings.plan_section import CARE_TYPES
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
    "target_meant",
    "own_measure",
    "own_target",
    "target_due",
    "goal_how",
    "step_often",
    "importance",
    "confidence",
    "to_do_text",
    "to_do_due",
    "to_do_owner",
    "to_do_priority",
    "to_do_kind",
    "care_type",
    "goes_with",
    "agreed",
    "note",
)
FIRST_ACTIONS = ("next-contact", "action", "service", "ask-provider", "schedule-initiating-visit", "other")
"""What the first thing to do may be: the kinds of to-do that have no form of their own."""
LONGEST_TO_DO_DAYS = 366
NO_STEP = "Write the first step that the patient takes. A goal without the patient's own part is not opened."


@dataclass(frozen=True)
class CarePlanEntry:
    """A plan from a form. `addresses`, `initiating_visit` and `goes_with` are references out of those offered.

    `step` is the patient's own first step towards the goal, `to_do` the first action of the team.
    """

    what_matters: str
    addresses: tuple[str, ...]
    initiating_visit: str
    goal: GoalEntry
    step: ToDoEntry
    to_do: ToDoEntry
    agreed: bool
    note: str
    care_type: str = ""
    goes_with: tuple[str, ...] = ()


def read(
    values: Mapping[str, Sequence[str]],
    *,
    today: date,
    conditions: Collection[str],
    visits: Collection[str],
    plans: Collection[str] = (),
    refusal: str = "",
) -> Submitted[CarePlanEntry]:
    """The form as sent; `conditions`, `visits` and `plans` are the references offered, `refusal` stops it ("form")."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    matters = fields.text("what_matters", limit=1000)
    addresses = fields.many_of("addresses", conditions)
    visit = fields.one_of("initiating_visit", visits)
    first_step = fields.text("goal_how", required=NO_STEP)
    often = fields.text("step_often", limit=100)
    goal = read_goal(fields, today)
    to_do = _to_do(fields, today)
    care_type = fields.one_of("care_type", CARE_TYPES)
    goes_with = fields.many_of("goes_with", plans)
    agreed = fields.flag("agreed")
    note = fields.text("note", limit=NOTE_LIMIT)

    def entry() -> CarePlanEntry:
        if goal is None or to_do is None:
            raise AssertionError("a field was refused without a message")
        step = ToDoEntry(
            first_step, goal.due, "patient", "routine", "self-care", "patient-action", frequency=often
        )
        accepted = replace(goal, accepted="agree") if agreed else goal
        return CarePlanEntry(
            matters, addresses, visit, accepted, step, to_do, agreed, note, care_type, goes_with
        )

    return fields.submitted(entry)


def _to_do(fields: Fields, today: date) -> ToDoEntry | None:
    text = fields.text("to_do_text", required="Write the next thing to do.")
    owner = fields.one_of("to_do_owner", OWNERS, required="Say who does it.")
    priority = fields.one_of("to_do_priority", PRIORITIES) or "routine"
    kind = fields.one_of("to_do_kind", FIRST_ACTIONS) or "other"
    due = fields.day(
        "to_do_due",
        earliest=today,
        latest=today + timedelta(days=LONGEST_TO_DO_DAYS),
        required="Give the day by which it is done.",
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within a year.",
    )
    part = "patient-action" if owner == "patient" else "care-manager"
    return None if due is None else ToDoEntry(text, due, owner, priority, kind, part)
