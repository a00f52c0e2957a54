"""The form of a goal: the patient's words first, then the five parts of SMART, and how the patient sees it.

Specific is the goal's text, measurable its measure and target, achievable how it will be done, relevant why it matters
and the problems it is about, timely its due day (the guides' five parts). The measure and the due day are required: a
goal that cannot be checked cannot be met. Whatever else is weak is asked about at its field (mappings.goal_checks).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from mappings import dates, pick_lists
from mappings.attainment import read_levels
from mappings.form import Fields
from mappings.goal_target import SCALE_MEASURE, GoalEntry
from mappings.last_value import LastValue, doubt_about

FIELDS = (
    "goal_words",
    "goal_by",
    "goal_by_name",
    "goal_text",
    "measure",
    "target_comparator",
    "target_value",
    "own_measure",
    "own_target",
    "target_meant",
    "goal_how",
    "goal_why",
    "goal_addresses",
    "goal_start",
    "target_due",
    "goal_term",
    "importance",
    "confidence",
    "more_confident",
    "level_1",
    "level_2",
    "level_3",
    "level_4",
    "level_5",
    "goal_accepted",
)
OWN_MEASURE = "own"
GOAL_BY = {
    "patient": "The patient's own goal",
    "caregiver": "A caregiver's",
    "care-manager": "Suggested by the care manager",
    "provider": "Suggested by the provider",
}
OPENING_GOAL_BY = {code: GOAL_BY[code] for code in ("patient", "care-manager")}
"""For a form that does not ask for a caregiver's name."""
TERMS = {"short-term": "Short-term", "long-term": "Long-term"}
ACCEPTED = {"agree": "Agrees", "pending": "Wants to think about it", "disagree": "Does not agree"}
COMPARATORS = {"<=": "at or below", ">=": "at or above"}
LONGEST_GOAL_DAYS = 730
OLDEST_START_DAYS = 3650
LATEST_START_DAYS = 366
NO_MEASURE = (
    "Choose what will be measured. Without a measure nobody can say when the goal is met;"
    " “Something else, in words” takes anything that can be counted or seen."
)
_RULER = "Both are numbers from 1 to 10, or leave both empty."
_NO_VALUES: Mapping[str, LastValue] = {}


@dataclass(frozen=True)
class Standing:
    """What of a goal that is changed stays as it is: whose it is, the day it was set, and the due day it has."""

    whose: str
    start: date | None
    due: date | None


def read_goal(
    fields: Fields,
    today: date,
    *,
    birth_date: date | None = None,
    prefix: str = "",
    related: Collection[str] = (),
    conditions: Collection[str] = (),
    last: Mapping[str, LastValue] = _NO_VALUES,
    standing: Standing | None = None,
) -> GoalEntry | None:
    """One goal out of a form whose fields are called `prefix` + FIELDS; None where a message stands at one of them.

    `related` are the RelatedPersons who may have expressed it and `conditions` the problems it may be about, both as
    references; `last` are the last values by measure; `standing` is that of a goal which is changed.
    """
    errors = len(fields.errors)
    words = fields.text(f"{prefix}goal_words", limit=1000)
    by, by_name = (standing.whose, "") if standing else _whose(fields, prefix, related)
    text = fields.text(f"{prefix}goal_text", required="Write the goal in one sentence.")
    measure, comparator, value = _measure(fields, prefix, last)
    own = measure == OWN_MEASURE
    own_measure = fields.text(f"{prefix}own_measure", required="Write what will be measured." if own else "")
    own_target = fields.text(f"{prefix}own_target", required="Write the target to reach." if own else "")
    how = fields.text(f"{prefix}goal_how", limit=1000)
    why = fields.text(f"{prefix}goal_why", limit=1000)
    addresses = fields.many_of(f"{prefix}goal_addresses", conditions) if conditions else ()
    start, due = _days(fields, prefix, today, birth_date, standing)
    term = fields.one_of(f"{prefix}goal_term", TERMS)
    importance, confidence = ruler(fields, f"{prefix}importance", f"{prefix}confidence")
    more = fields.text(f"{prefix}more_confident", limit=1000)
    levels = read_levels(fields, prefix, required=measure == SCALE_MEASURE)
    accepted = fields.one_of(f"{prefix}goal_accepted", ACCEPTED)
    if due is None or len(fields.errors) > errors:
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
        expressed_by=by,
        expressed_name=by_name,
        why=why,
        more_confident=more,
        term=term,
        start=start,
        addresses=addresses,
        accepted=accepted,
        levels=levels,
    )


def _whose(fields: Fields, prefix: str, related: Collection[str]) -> tuple[str, str]:
    by = fields.one_of(f"{prefix}goal_by", (*GOAL_BY, *related), required="Say whose goal it is.")
    needed = "Write the caregiver's name." if by == "caregiver" else ""
    name = fields.text(f"{prefix}goal_by_name", required=needed)
    return by, name if by == "caregiver" else ""


def _measure(fields: Fields, prefix: str, last: Mapping[str, LastValue]) -> tuple[str, str, str]:
    measures = pick_lists.measures()
    code = fields.one_of(f"{prefix}measure", (*measures, OWN_MEASURE, SCALE_MEASURE), required=NO_MEASURE)
    comparator = fields.one_of(f"{prefix}target_comparator", COMPARATORS)
    meant = fields.flag(f"{prefix}target_meant")
    chosen = measures.get(code)
    if chosen is None:
        return code, "", ""
    bounds = f"from {chosen.low:g} to {chosen.high:g} {chosen.unit}"
    name = f"{prefix}target_value"
    value = fields.decimal(name, chosen.low, chosen.high, message=f"Give the target as a number {bounds}.")
    doubt = doubt_about(code, comparator, float(value), last.get(code)) if value and not meant else ""
    if doubt:
        fields.refuse(name, f"{doubt} Change it, or tick “This target is meant”.")
    return code, comparator, value


def _days(
    fields: Fields, prefix: str, today: date, birth_date: date | None, standing: Standing | None
) -> tuple[date | None, date | None]:
    start = standing.start if standing else _start(fields, prefix, today, birth_date)
    name = f"{prefix}target_due"
    if standing and standing.due and dates.valid_form_date(_typed(fields, name)) == standing.due:
        return start, standing.due
    due = fields.day(
        name,
        earliest=today + timedelta(days=1),
        latest=today + timedelta(days=LONGEST_GOAL_DAYS),
        required="Give the day by which the goal is to be reached.",
        too_early="Choose a day after today.",
        too_late="Choose a day within two years.",
    )
    if start and due and due <= start:
        fields.refuse(
            name, f"The goal starts on {dates.day_words(start)}. Choose a later day to reach it by."
        )
        return start, None
    return start, due


def _start(fields: Fields, prefix: str, today: date, birth_date: date | None) -> date | None:
    """The day it starts; None for today, where the form does not ask."""
    oldest = today - timedelta(days=OLDEST_START_DAYS)
    born_later = birth_date is not None and birth_date > oldest
    return fields.day(
        f"{prefix}goal_start",
        earliest=birth_date if birth_date and born_later else oldest,
        latest=today + timedelta(days=LATEST_START_DAYS),
        too_early="This is before the patient was born. Check the year."
        if born_later
        else "This lies more than ten years back. Check the year.",
        too_late="Choose a day within a year.",
    )


def _typed(fields: Fields, name: str) -> str:
    return next(iter(fields.values.get(name, ())), "").strip()


def ruler(fields: Fields, importance_name: str, confidence_name: str) -> tuple[int | None, int | None]:
    """Importance and confidence, both or neither; one without the other is told at the empty field."""
    importance = fields.whole(importance_name, 1, 10, message=_RULER, required=False)
    confidence = fields.whole(confidence_name, 1, 10, message=_RULER, required=False)
    refused = {importance_name, confidence_name} & fields.errors.keys()
    if (importance is None) != (confidence is None) and not refused:
        fields.refuse(importance_name if importance is None else confidence_name, _RULER)
    return importance, confidence
