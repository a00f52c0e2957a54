"""A goal's form: what is required, what is asked about, and each slip told at its own field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from mappings.form import Fields
from mappings.goal_form import FIELDS, NO_MEASURE, Standing, read_goal
from mappings.goal_target import GoalEntry
from mappings.last_value import LastValue

TODAY = date(2026, 11, 21)
BORN = date(2020, 3, 12)
GOAL: Mapping[str, Sequence[str]] = {
    "goal_words": ["I want to get there on my own feet"],
    "goal_by": ["patient"],
    "goal_text": ["Walks 20 minutes on five days a week"],
    "measure": ["own"],
    "own_measure": ["Minutes walked in a row"],
    "own_target": ["20 minutes"],
    "target_due": ["2027-01-31"],
}
A1C: Mapping[str, Sequence[str]] = {**GOAL, "measure": ["a1c"], "target_value": ["8.0"]}
LEVELS = {f"level_{number}": [f"{number} walks a week"] for number in range(1, 6)}
LAST = {
    "a1c": LastValue(7.4, "7.4 %", "3 Nov 2026"),
    "weight": LastValue(180, "180 lb", "3 Nov 2026"),
}


def read(values: Mapping[str, Sequence[str]], **more: Any) -> tuple[GoalEntry | None, dict[str, str]]:
    fields = Fields(values)
    entry = read_goal(fields, TODAY, **more)
    return entry, fields.errors


def test_a_goal_that_lacks_nothing_is_read_whole() -> None:
    entry, errors = read(
        {
            **GOAL,
            **LEVELS,
            "goal_how": ["To the corner first"],
            "goal_why": ["Church"],
            "goal_addresses": ["Condition/c1"],
            "goal_start": ["2026-11-23"],
            "goal_term": ["short-term"],
            "importance": ["9"],
            "confidence": ["6"],
            "more_confident": ["Somebody to walk with"],
            "goal_accepted": ["agree"],
        },
        conditions=("Condition/c1",),
    )
    assert errors == {}
    assert entry is not None
    assert (entry.whose, entry.term, entry.start) == ("patient", "short-term", date(2026, 11, 23))
    assert (entry.importance, entry.confidence, entry.more_confident) == (9, 6, "Somebody to walk with")
    assert (entry.addresses, entry.accepted, entry.levels[0]) == (
        ("Condition/c1",),
        "agree",
        "1 walks a week",
    )


@pytest.mark.requirement("domain@12")
def test_only_the_sentence_whose_it_is_the_measure_and_the_day_are_required() -> None:
    entry, errors = read({})
    assert entry is None
    assert set(errors) == {"goal_text", "goal_by", "measure", "target_due"}
    assert errors["measure"] == NO_MEASURE
    assert read(GOAL)[1] == {}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"measure": [""]}, "measure", "Without a measure nobody can say"),
        ({"target_due": [""]}, "target_due", "Give the day by which"),
        ({"target_due": ["2026-11-21"]}, "target_due", "Choose a day after today."),
        ({"target_due": ["2020-01-01"]}, "target_due", "Choose a day after today."),
        ({"target_due": ["2028-11-22"]}, "target_due", "within two years"),
        ({"target_due": ["2026-02-31"]}, "target_due", "not a date in the calendar"),
        ({"goal_start": ["2027-02-01"]}, "target_due", "The goal starts on 1 Feb 2027."),
        ({"goal_start": ["2027-01-31"]}, "target_due", "The goal starts on 31 Jan 2027."),
        ({"goal_start": ["2019-01-01"]}, "goal_start", "before the patient was born"),
        ({"goal_start": ["2029-01-01"]}, "goal_start", "within a year"),
        ({"goal_by": ["caregiver"]}, "goal_by_name", "Write the caregiver's name."),
        ({"goal_by": ["RelatedPerson/9"]}, "goal_by", "Choose one of the answers shown."),
        ({"goal_addresses": ["Condition/x"]}, "goal_addresses", "not among them"),
        ({"goal_accepted": ["yes"]}, "goal_accepted", "Choose one of the answers shown."),
        ({"importance": ["11"], "confidence": ["3"]}, "importance", "from 1 to 10"),
        ({"importance": ["3"]}, "confidence", "from 1 to 10"),
        ({"own_target": [""]}, "own_target", "Write the target to reach."),
        ({"level_1": ["Stays in bed"]}, "level_2", "less than expected"),
        ({**LEVELS, "level_2": ["1 Walks a week"]}, "level_1", "Two levels say the same."),
        ({"measure": ["scale"]}, "level_1", "much less than expected"),
        ({"goal_text": ["x" * 301]}, "goal_text", "nothing you typed was lost"),
    ],
)
def test_each_slip_has_its_own_message_at_its_field(
    changes: Mapping[str, Sequence[str]], field: str, message: str
) -> None:
    entry, errors = read({**GOAL, **changes}, birth_date=BORN, conditions=("Condition/c1",))
    assert entry is None
    assert message in errors[field]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"target_value": ["8.0"]}, "reached already: the last A1c was 7.4 %, 3 Nov 2026"),
        ({"target_value": ["7.4"]}, "reached already"),
        ({"target_value": ["7.3"]}, ""),
        ({"target_value": ["9"], "target_comparator": [">="]}, "asks for a higher A1c than the last one"),
        ({"target_value": ["7"], "target_comparator": [">="]}, "reached already"),
        ({"measure": ["weight"], "target_value": ["190"], "target_comparator": [">="]}, ""),
        ({"measure": ["weight"], "target_value": ["190"]}, "reached already"),
        ({"measure": ["ldl"], "target_value": ["190"]}, ""),
        ({"target_value": ["8.0"], "target_meant": ["yes"]}, ""),
    ],
)
def test_a_target_that_is_reached_or_lies_on_the_wrong_side_is_told_with_the_last_value(
    changes: Mapping[str, Sequence[str]], told: str
) -> None:
    _, errors = read({**A1C, **changes}, last=LAST)
    assert (told in errors.get("target_value", "")) if told else errors == {}
    assert not told or "tick “This target is meant”" in errors["target_value"]


@pytest.mark.parametrize(
    ("by", "related", "whose"),
    [
        ("patient", (), "patient"),
        ("care-manager", (), "care-manager"),
        ("provider", (), "provider"),
        ("RelatedPerson/anna", ("RelatedPerson/anna",), "RelatedPerson/anna"),
    ],
)
def test_a_goal_is_the_patients_a_caregivers_the_care_managers_or_the_providers(
    by: str, related: Sequence[str], whose: str
) -> None:
    entry, errors = read({**GOAL, "goal_by": [by]}, related=related)
    assert errors == {}
    assert entry is not None
    assert entry.whose == whose


def test_fields_of_another_name_are_read_by_their_prefix_and_no_other() -> None:
    entry, errors = read({f"first.{name}": value for name, value in GOAL.items()}, prefix="first.")
    assert errors == {}
    assert entry is not None
    assert entry.text == "Walks 20 minutes on five days a week"
    missing = {f"first.{name}" for name in ("goal_text", "goal_by", "measure", "target_due")}
    assert set(read({}, prefix="first.")[1]) == missing


def test_a_goal_that_is_overdue_keeps_its_day_while_something_else_is_changed() -> None:
    standing = Standing("patient", date(2026, 8, 1), date(2026, 11, 1))
    assert read({**GOAL, "target_due": ["2026-11-01"]}, standing=standing)[1] == {}
    assert "after today" in read({**GOAL, "target_due": ["2026-11-02"]}, standing=standing)[1]["target_due"]


def test_the_form_names_its_fields() -> None:
    assert set(GOAL) | set(LEVELS) | {"target_value"} <= set(FIELDS)
    assert len(set(FIELDS)) == len(FIELDS)
