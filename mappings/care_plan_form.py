"""The form that opens a care plan: the patient's words, one SMART goal, one agreed next task.

Specific is the goal's text, measurable its measure and target, achievable how it will be done, relevant the problems
it is about, timely its due day (the guides' five parts). The measure and the due day are required: a goal that cannot
be checked cannot be met.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_profiles.terminology import codes
from mappings import pick_lists
from mappings.form import NOTE_LIMIT, Fields, Submitted
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
OWN_MEASURE = "own"
GOAL_BY = {"patient": "The patient's own goal", "care-manager": "Suggested by the care manager"}
COMPARATORS = {"<=": "at or below", ">=": "at or above"}
LONGEST_GOAL_DAYS = 730
LONGEST_TO_DO_DAYS = 366
_RULER = "Both are numbers from 1 to 10, or leave both empty."


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
    goal = _goal(fields, today)
    to_do = _to_do(fields, today)
    agreed = fields.flag("agreed")
    note = fields.text("note", limit=NOTE_LIMIT)

    def entry() -> CarePlanEntry:
        if goal is None or to_do is None:
            raise AssertionError("a field was refused without a message")
        return CarePlanEntry(matters, addresses, visit, goal, to_do, agreed, note)

    return fields.submitted(entry)


def _goal(fields: Fields, today: date) -> GoalEntry | None:
    text = fields.text("goal_text", required="Write the goal in one sentence.")
    words = fields.text("goal_words", limit=1000)
    by = fields.one_of("goal_by", GOAL_BY, required="Say whose goal it is.")
    measure, comparator, value = _measure(fields)
    own = measure == OWN_MEASURE
    own_measure = fields.text("own_measure", required="Write what will be measured." if own else "")
    own_target = fields.text("own_target", required="Write the target to reach." if own else "")
    how = fields.text("goal_how", limit=1000)
    importance, confidence = ruler(fields, "importance", "confidence")
    due = fields.day(
        "target_due",
        earliest=today + timedelta(days=1),
        latest=today + timedelta(days=LONGEST_GOAL_DAYS),
        required="Give the day by which the goal is to be reached.",
        too_early="Choose a day after today.",
        too_late="Choose a day within two years.",
    )
    if due is None:
        return None
    return GoalEntry(
        text=text,
        patients_words=words,
        by_patient=by == "patient",
        measure=measure,
        comparator=comparator,
        value=value,
        own_measure=own_measure,
        own_target=own_target,
        due=due,
        how=how,
        importance=importance,
        confidence=confidence,
    )


def _measure(fields: Fields) -> tuple[str, str, str]:
    measures = pick_lists.measures()
    code = fields.one_of("measure", (*measures, OWN_MEASURE), required="Choose what will be measured.")
    comparator = fields.one_of("target_comparator", COMPARATORS)
    chosen = measures.get(code)
    if chosen is None:
        return code, "", ""
    bounds = f"from {chosen.low:g} to {chosen.high:g} {chosen.unit}"
    value = fields.decimal(
        "target_value", chosen.low, chosen.high, message=f"Give the target as a number {bounds}."
    )
    return code, comparator, value


def ruler(fields: Fields, importance_name: str, confidence_name: str) -> tuple[int | None, int | None]:
    """Importance and confidence, both or neither; one without the other is told at the empty field."""
    importance = fields.whole(importance_name, 1, 10, message=_RULER, required=False)
    confidence = fields.whole(confidence_name, 1, 10, message=_RULER, required=False)
    refused = {importance_name, confidence_name} & fields.errors.keys()
    if (importance is None) != (confidence is None) and not refused:
        fields.refuse(importance_name if importance is None else confidence_name, _RULER)
    return importance, confidence


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
