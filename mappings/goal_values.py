"""A goal of ours back in the fields of its form, from the record alone: what is not in the record is empty.

A target that the form could not have made (a range, a code) comes back in words, so that a change keeps its sense.
"""

from __future__ import annotations

from typing import Any

from mappings import attainment, pick_lists
from mappings.element import as_object, as_objects, as_text, reference_text
from mappings.goal_form import COMPARATORS, OWN_MEASURE
from mappings.goal_lines import HOW_LINE, WHY_LINE, last_line, note_texts, patients_words, term_of
from mappings.goal_target import SCALE_MEASURE, due_day, quantity_words, target_words
from mappings.terminology import codes_of, words_of

Values = dict[str, tuple[str, ...]]
LOINC = "http://loinc.org"


def goal_values(goal: dict[str, Any]) -> Values:
    """The form's fields as they would be typed for this goal."""
    target = next(iter(as_objects(goal.get("target"))), {})
    due = due_day(goal)
    levels = attainment.levels_of(note_texts(goal), goal.get("extension"))
    found = {
        "goal_text": words_of(goal.get("description")),
        "goal_words": patients_words(goal),
        "goal_how": last_line(goal, HOW_LINE),
        "goal_why": last_line(goal, WHY_LINE),
        "goal_term": term_of(goal),
        "goal_start": as_text(goal.get("startDate")),
        "target_due": due.isoformat() if due else "",
        **_target(target),
        **dict(zip(attainment.LEVEL_FIELDS, levels, strict=False)),
    }
    about = tuple(filter(None, (reference_text(each) for each in as_objects(goal.get("addresses")))))
    return {**{name: (value,) for name, value in found.items() if value}, "goal_addresses": about}


def measure_of(target: dict[str, Any]) -> str:
    """Which measure of the form a target has: a code of `pick_lists`, "scale", or "own"."""
    codes = codes_of(target.get("measure"), LOINC)
    if attainment.LOINC in codes:
        return SCALE_MEASURE
    quantity = as_object(target.get("detailQuantity"))
    unit = as_text(quantity.get("code")) or as_text(quantity.get("unit"))
    known = pick_lists.measures().values()
    return next(
        (each.code for each in known if each.loinc in codes and unit in (each.ucum, each.unit)), OWN_MEASURE
    )


def _target(target: dict[str, Any]) -> dict[str, str]:
    code = measure_of(target)
    quantity = as_object(target.get("detailQuantity"))
    if code == SCALE_MEASURE:
        return {"measure": code}
    if code == OWN_MEASURE:
        own = words_of(target.get("measure"))
        said = target_words(target).removeprefix(own).strip()
        return {"measure": code, "own_measure": own or "Goal", "own_target": said}
    comparator = as_text(quantity.get("comparator"))
    typed = comparator if comparator in COMPARATORS else ""
    return {"measure": code, "target_comparator": typed, "target_value": _number(quantity)}


def _number(quantity: dict[str, Any]) -> str:
    return quantity_words({"value": quantity.get("value")})
