"""The answers that must not be passed over: each border of each rule, and none that is not one."""

from __future__ import annotations

import pytest

from mappings.questionnaire.safety import danger_keys, dangers
from tests.mappings.questionnaire.making import ANSWERED, entry, named, phq


@pytest.mark.parametrize(("weight", "found"), [(0, []), (1, ["suicide"]), (2, ["suicide"]), (3, ["suicide"])])
def test_any_answer_above_zero_to_the_last_of_the_nine(weight: int, found: list[str]) -> None:
    one = named("phq-9")
    whole, alone = (
        entry("phq-9", phq(*[0] * 8, weight)),
        entry("phq-9", phq(*[None] * 8, weight), partial=True),
    )

    assert [each.key for each in dangers(one, whole.answers)] == found
    assert [each.key for each in dangers(one, alone.answers)] == found


@pytest.mark.parametrize(
    ("home", "hurt", "found"),
    [
        ("safe", "no", []),
        ("safe-not-always", "no", ["safe-home"]),
        ("safe-no", "no", ["safe-home"]),
        ("declined", "declined", []),
        ("safe", "yes", ["hurt-threatened"]),
        ("safe-no", "yes", ["safe-home", "hurt-threatened"]),
    ],
)
def test_not_safe_at_home(home: str, hurt: str, found: list[str]) -> None:
    values = {"q-safe-home": (home,), "q-hurt-threatened": (hurt,), "q-someone-to-call": ("has-somebody",)}
    said = dangers(named("safety"), entry("safety", values).answers)

    assert [each.link_id for each in said] == found
    assert {each.key for each in said} <= {"not-safe"}
    assert all(each.question.endswith("?") and each.answer and each.why.endswith(".") for each in said)


@pytest.mark.parametrize("name", sorted(set(ANSWERED) - {"phq-9", "safety"}))
def test_no_other_instrument_of_the_guides_calls_for_help(name: str) -> None:
    assert dangers(named(name), entry(name, ANSWERED[name]).answers) == ()


def test_a_page_can_tell_at_the_click() -> None:
    assert danger_keys(named("phq-9")) == {"44260-8": {"LA6569-3", "LA6570-1", "LA6571-9"}}
    assert danger_keys(named("safety")) == {
        "safe-home": {"safe-no", "safe-not-always"},
        "hurt-threatened": {"yes"},
    }
    assert danger_keys(named("hunger")) == {}
