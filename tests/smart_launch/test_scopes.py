"""Granted scopes decide what a screen offers, so every spelling in use must be read rightly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smart_launch.scopes import ScopeSet, for_launch, without_unsupported

LETTERS = "cruds"


@pytest.mark.requirement("client@12")
@pytest.mark.parametrize(
    ("scope", "resource_type", "allowed"),
    [
        ("patient/CarePlan.read", "CarePlan", "rs"),
        ("patient/CarePlan.write", "CarePlan", "cud"),
        ("patient/CarePlan.*", "CarePlan", "cruds"),
        ("user/*.*", "CarePlan", "cruds"),
        ("user/*.read", "Task", "rs"),
        ("system/*.read", "Task", "rs"),
        ("patient/Task.rs", "Task", "rs"),
        ("patient/Task.cruds", "Task", "cruds"),
        ("patient/Task.cu", "Task", "cu"),
        ("patient/*.s", "Task", "s"),
        ("patient/Observation.rs?category=http://x|laboratory", "Observation", "rs"),
        ("patient/Task.rs", "CarePlan", ""),
        ("patient/Task.sr", "Task", ""),
        ("patient/Task.", "Task", ""),
        ("patient/Task", "Task", ""),
        ("patient/Task.rsx", "Task", ""),
        ("patient/Task.read?code=1", "Task", ""),
        ("patient/task.read", "task", ""),
        ("practice/Task.rs", "Task", ""),
        ("launch openid fhirUser", "Task", ""),
        ("", "Task", ""),
    ],
)
def test_a_scope_allows_exactly_its_interactions(scope: str, resource_type: str, allowed: str) -> None:
    granted = ScopeSet.parse(scope)
    assert {letter for letter in LETTERS if granted.allows(resource_type, letter)} == set(allowed)


def test_only_the_levels_asked_about_count() -> None:
    granted = ScopeSet.parse("user/Task.cruds patient/Task.rs")
    assert granted.allows("Task", "c")
    assert not granted.allows("Task", "c", levels=("patient",))


def test_the_text_keeps_order_and_unknown_scopes_and_drops_repeats() -> None:
    granted = ScopeSet.parse("  openid patient/Task.rs openid\tvendor:special ")
    assert granted.text == "openid patient/Task.rs vendor:special"
    assert "vendor:special" in granted
    assert list(granted) == ["openid", "patient/Task.rs", "vendor:special"]


@pytest.mark.parametrize(
    ("asked", "in_ehr", "sent"),
    [
        ("launch openid patient/*.rs", True, "launch openid patient/*.rs"),
        ("openid patient/*.rs", True, "launch openid patient/*.rs"),
        ("openid launch/patient patient/*.rs", True, "launch openid patient/*.rs"),
        ("launch openid patient/*.rs", False, "launch/patient openid patient/*.rs"),
        ("openid launch/patient patient/*.rs", False, "openid launch/patient patient/*.rs"),
        ("openid user/*.rs", False, "openid user/*.rs"),
    ],
)
def test_a_launch_asks_for_the_launch_scope_that_fits_and_for_it_once(
    asked: str, in_ehr: bool, sent: str
) -> None:
    assert for_launch(asked, in_ehr=in_ehr).text == sent


ENUMERATED = ("openid", "patient/Patient.rs", "patient/Condition.rs", "patient/Task.cru", "patient/Goal.rs")


@pytest.mark.requirement("client@11")
@pytest.mark.parametrize(
    ("asked", "supported", "left"),
    [
        ("openid patient/Task.crus patient/Goal.crus", ENUMERATED, "openid patient/Task.cru patient/Goal.rs"),
        ("patient/Consent.crus launch vendor:x", ENUMERATED, "launch vendor:x"),
        ("patient/Task.rs?code=x", ENUMERATED, "patient/Task.r?code=x"),
        ("patient/Task.read patient/Task.write patient/Goal.write", ENUMERATED, "patient/Task.read patient/Task.write"),
        ("patient/*.rs", ENUMERATED, "patient/*.rs"),
        ("user/Practitioner.rs", ENUMERATED, "user/Practitioner.rs"),
        ("patient/Consent.crus", (*ENUMERATED, "patient/*.rs"), "patient/Consent.crus"),
        ("patient/Consent.crus", ENUMERATED[:3], "patient/Consent.crus"),
        ("patient/Consent.crus", ("openid", "launch", "fhirUser"), "patient/Consent.crus"),
        ("patient/Consent.crus", (), "patient/Consent.crus"),
    ],
)  # fmt: skip
def test_what_a_complete_list_leaves_out_is_not_asked_for_and_an_incomplete_one_says_nothing(
    asked: str, supported: tuple[str, ...], left: str
) -> None:
    assert without_unsupported(ScopeSet.parse(asked), supported).text == left


@given(st.text(max_size=80), st.sampled_from(LETTERS))
def test_any_text_is_read_and_read_the_same_again(text: str, letter: str) -> None:
    granted = ScopeSet.parse(text)
    assert ScopeSet.parse(granted.text) == granted
    assert granted.allows("Task", letter) is ScopeSet.parse(granted.text).allows("Task", letter)


@given(st.sampled_from(["patient", "user", "system"]), st.sets(st.sampled_from(LETTERS), min_size=1))
def test_v2_letters_in_order_grant_themselves_and_nothing_else(level: str, letters: set[str]) -> None:
    granted = ScopeSet.parse(f"{level}/Goal.{''.join(letter for letter in LETTERS if letter in letters)}")
    assert {letter for letter in LETTERS if granted.allows("Goal", letter)} == letters


@pytest.mark.requirement("client@17")
@pytest.mark.parametrize(
    ("told", "limit", "left"),
    [
        ("patient/Task.rs", "patient/Task.cruds", "patient/Task.rs"),
        ("patient/Task.cruds", "patient/Task.rs", "patient/Task.rs"),
        ("patient/*.cruds", "patient/Task.rs patient/Goal.r", "patient/Task.rs patient/Goal.r"),
        ("patient/Task.rs", "patient/*.rs", "patient/Task.rs"),
        ("patient/Task.read", "patient/Task.rs", "patient/Task.read patient/Task.rs"),
        ("user/Task.rs", "patient/Task.rs", ""),
        ("patient/Goal.rs", "patient/Task.rs", ""),
        (
            "launch openid fhirUser patient/Task.rs",
            "patient/Task.rs",
            "launch openid fhirUser patient/Task.rs",
        ),
        ("", "patient/Task.rs", ""),
    ],
)
def test_what_goes_beyond_a_limit_is_left_out(told: str, limit: str, left: str) -> None:
    assert ScopeSet.parse(told).within(ScopeSet.parse(limit)).text == left
