"""Which questions are open: every operator of enableWhen, all and any, chains and circles."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.questionnaire.definition import Condition
from mappings.questionnaire.enable import effective, enabled_links, holds
from tests.mappings.questionnaire.making import of

YES, NO = {"valueBoolean": True}, {"valueBoolean": False}


def coding(code: str, system: str = "s") -> dict[str, Any]:
    return {"valueCoding": {"system": system, "code": code, "display": "x"}}


def number(value: float) -> dict[str, Any]:
    return {"valueInteger" if isinstance(value, int) else "valueDecimal": value}


def day(text: str) -> dict[str, Any]:
    return {"valueDate": text}


@pytest.mark.parametrize(
    ("operator", "wanted", "answers", "open_"),
    [
        ("exists", YES, (), False),
        ("exists", YES, (NO,), True),
        ("exists", NO, (), True),
        ("exists", NO, (number(0),), False),
        ("=", YES, (YES,), True),
        ("=", YES, (NO,), False),
        ("=", YES, (), False),
        ("=", coding("a"), (coding("a"),), True),
        ("=", coding("a"), (coding("a", "t"),), False),
        ("=", coding("a"), (coding("b"), coding("a")), True),
        ("=", number(3), (number(3.0),), True),
        ("=", {"valueString": "x"}, ({"valueString": "x"},), True),
        ("=", {"valueString": "x"}, ({"valueString": "X"},), False),
        ("!=", coding("a"), (coding("b"),), True),
        ("!=", coding("a"), (coding("b"), coding("a")), False),
        ("!=", coding("a"), (), False),
        (">", number(3), (number(3),), False),
        (">", number(3), (number(4),), True),
        (">", number(3), (number(3.5),), True),
        ("<", number(3), (number(3),), False),
        ("<", number(3), (number(2),), True),
        (">=", number(3), (number(3),), True),
        (">=", number(3), (number(2),), False),
        ("<=", number(3), (number(3),), True),
        ("<=", number(3), (number(4),), False),
        (">", number(3), (), False),
        (">", number(3), (number(1), number(9)), True),
        (">", day("2026-01-31"), (day("2026-02-01"),), True),
        ("<", day("2026-01-31"), (day("2026-02-01"),), False),
        ("<=", day("2026-01-31"), (day("2026-01-31"),), True),
        (">", number(3), ({"valueString": "9"},), False),
        (">", coding("a"), (coding("b"),), False),
    ],
)
def test_an_operator(operator: str, wanted: Any, answers: tuple[Any, ...], open_: bool) -> None:
    assert holds(Condition("q", operator, wanted), answers) is open_


def yes_to(question: str) -> dict[str, Any]:
    return {"question": question, "operator": "=", "answerBoolean": True}


def boolean(link: str, *when: dict[str, Any], behavior: str = "", **more: Any) -> dict[str, Any]:
    asked = {"enableWhen": list(when)} if when else {}
    return {
        "linkId": link,
        "type": "boolean",
        **asked,
        **({"enableBehavior": behavior} if behavior else {}),
        **more,
    }


@pytest.mark.parametrize(
    ("behavior", "a", "b", "open_"),
    [
        ("all", YES, YES, True),
        ("all", YES, NO, False),
        ("any", YES, NO, True),
        ("any", NO, NO, False),
        ("", YES, YES, True),
        ("", YES, NO, False),
    ],
)
def test_all_of_the_conditions_or_any(behavior: str, a: Any, b: Any, open_: bool) -> None:
    form = of(boolean("a"), boolean("b"), boolean("c", yes_to("a"), yes_to("b"), behavior=behavior))

    assert ("c" in enabled_links(form, {"a": (a,), "b": (b,)})) is open_


def test_what_hangs_on_a_closed_question_is_closed_whatever_was_sent_for_it() -> None:
    form = of(boolean("a"), boolean("b", yes_to("a")), boolean("c", yes_to("b")))
    answers = {"a": (NO,), "b": (YES,), "c": (YES,)}

    assert enabled_links(form, answers) == {"a"}
    assert effective(form, answers) == {"a": (NO,)}


def test_a_closed_group_closes_all_that_is_in_it_and_a_follow_up_stands_with_its_question() -> None:
    group = {
        "linkId": "g",
        "type": "group",
        "enableWhen": [yes_to("a")],
        "item": [boolean("x", item=[boolean("y")])],
    }
    form = of(boolean("a"), group)

    assert enabled_links(form, {"a": (NO,)}) == {"a"}
    assert enabled_links(form, {"a": (YES,)}) == {"a", "g", "x", "y"}


def test_questions_that_wait_for_each_other_stay_closed() -> None:
    form = of(boolean("a", yes_to("b")), boolean("b", yes_to("a")))

    assert enabled_links(form, {"a": (YES,), "b": (YES,)}) == frozenset()
