"""The gentle questions: each when its part is weak, none when it is not, and never before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from mappings.goal_checks import goal_checks, parts
from mappings.goal_form import FIELDS
from mappings.last_value import LastValue

TODAY = date(2026, 11, 21)
LAST = {"a1c": LastValue(7.4, "7.4 %", "3 Nov 2026")}
STRONG: Mapping[str, Sequence[str]] = {
    "goal_words": ["I want to walk to church again"],
    "goal_by": ["patient"],
    "goal_text": ["Walks 20 minutes on five days a week"],
    "measure": ["own"],
    "own_target": ["20 minutes"],
    "goal_how": ["To the corner and back after breakfast"],
    "goal_why": ["She misses the choir"],
    "target_due": ["2027-01-31"],
    "importance": ["9"],
    "confidence": ["8"],
    "goal_accepted": ["agree"],
}


def asked(**changes: Sequence[str]) -> Mapping[str, str]:
    values = {name: tuple(items) for name, items in {**STRONG, **changes}.items()}
    return goal_checks(values, today=TODAY, last=LAST)


@pytest.mark.requirement("domain@12")
def test_the_five_parts_stand_each_at_a_field_of_the_form() -> None:
    assert [part.name for part in parts()] == ["Specific", "Measurable", "Achievable", "Relevant", "Timely"]
    assert {part.field for part in parts()} <= set(FIELDS)
    assert all(part.question.endswith(("?", ".")) for part in parts())


def test_a_strong_goal_is_asked_nothing_and_an_empty_form_neither() -> None:
    assert asked() == {}
    assert asked(goal_text=[""], goal_how=[""]) == {}


@pytest.mark.requirement("domain@12", "domain@14")
@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"goal_text": ["Walk daily"]}, "goal_text", "Say a little more"),
        ({"goal_text": ["She will feel better soon"]}, "goal_text", "“better” means something else"),
        ({"goal_text": ["Eat more healthy food"]}, "goal_text", "“healthy” means"),
        ({"goal_text": ["Walks daily and also quits smoking"]}, "goal_text", "two goals"),
        ({"own_target": ["as far as she likes"]}, "own_target", "A number makes it easy"),
        ({"goal_how": [""]}, "goal_how", "first small step"),
        ({"goal_how": ["She will try"]}, "goal_how", "“try” is hard to do"),
        ({"goal_why": [""]}, "goal_why", "Why does it matter"),
        ({"goal_words": [""]}, "goal_words", "as the patient says it"),
        ({"target_due": ["2026-11-24"]}, "target_due", "less than a week"),
        ({"target_due": ["2027-11-01"]}, "target_due", "nearer step"),
        ({"importance": ["5"]}, "importance", "Importance 5 of 10"),
        ({"confidence": ["6"]}, "more_confident", "Confidence 6 of 10. Ask: what would make it higher?"),
        ({"measure": ["a1c"], "target_value": ["8"]}, "target_value", "the last A1c was 7.4 %, 3 Nov 2026"),
    ],
)
def test_what_is_weak_is_asked_about_at_its_field(
    changes: Mapping[str, Sequence[str]], field: str, words: str
) -> None:
    found = asked(**changes)
    assert set(found) == {field}
    assert words in found[field]


@pytest.mark.parametrize(
    "changes",
    [
        {"goal_text": ["Lowers the A1c to 8 or less"]},
        {"goal_how": [""], "goal_why": [""], "importance": [""], "confidence": [""], "goal_accepted": [""]},
        {"goal_text": ["Bettering himself as a cook every Sunday"]},
        {"goal_by": ["provider"], "goal_words": [""]},
        {"goal_why": [""], "goal_addresses": ["Condition/c1"]},
        {"own_target": ["no falls"]},
        {"target_due": ["2027-11-01"], "goal_term": ["long-term"]},
        {"target_due": ["not a day"]},
        {"importance": ["7"], "confidence": ["7"]},
        {"confidence": ["4"], "more_confident": ["A walking stick"]},
        {"importance": ["many"], "confidence": ["²"]},
        {"measure": ["a1c"], "target_value": ["7"]},
        {"measure": ["a1c"], "target_value": ["low"]},
    ],
)
def test_what_is_not_weak_is_left_alone(changes: Mapping[str, Sequence[str]]) -> None:
    assert asked(**changes) == {}
