"""Scopes: what is asked, what each role is given, and what a token then allows."""

from __future__ import annotations

import pytest

from samples.oauth.context import OpenChart
from samples.oauth.errors import MalformedScope, NothingGranted
from samples.oauth.scopes import grant, includes, pairs, parse

CHART = OpenChart("nurse", patient="ada")


@pytest.mark.parametrize(
    ("scope", "letters", "written"),
    [
        ("patient/Task.cruds", "cruds", "patient/Task.cruds"),
        ("patient/Task.rs", "rs", "patient/Task.rs"),
        ("user/*.r", "r", "user/*.r"),
        ("patient/Observation.read", "rs", "patient/Observation.read"),
        ("patient/CarePlan.write", "cud", "patient/CarePlan.write"),
        ("user/*.*", "cruds", "user/*.*"),
        ("system/Patient.s", "s", "system/Patient.s"),
        ("patient/Observation.rs?category=vital-signs", "rs", "patient/Observation.rs?category=vital-signs"),
    ],
)
def test_a_clinical_scope_is_read_and_written_in_its_own_version(scope, letters, written):
    (found,) = parse(scope).clinical
    assert found.letters == letters
    assert found.text == written


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Task.sr",
        "patient/Task.",
        "patient/Task",
        "patient/.rs",
        "patient/task.rs",
        "user/*.banana",
        "user/*.rs.read",
        "patient/Task.read?category=x",
        'patient/Task.rs?x="y"',
        "patient/Tásk.rs",
        "patient/Task.rrs",
    ],
)
def test_what_has_the_shape_of_a_scope_and_is_none_is_an_error(scope):
    with pytest.raises(MalformedScope):
        parse(f"openid {scope}")


@pytest.mark.parametrize(
    ("user", "asked", "given"),
    [
        ("nurse", "patient/*.cruds user/Task.cruds", "patient/*.cruds user/Task.cruds"),
        ("physician", "patient/*.* user/*.write", "patient/*.* user/*.write"),
        ("assistant", "patient/CarePlan.cruds patient/Task.cruds", "patient/CarePlan.rs patient/Task.cruds"),
        ("assistant", "patient/Goal.* patient/Consent.write", "patient/Goal.read"),
        ("assistant", "patient/*.rs", "patient/*.rs"),
        ("manager", "patient/*.cruds user/Task.write", "patient/*.rs"),
        ("manager", "user/*.* patient/Task.rs", "user/*.read patient/Task.rs"),
    ],
)
def test_each_role_is_given_what_it_may_do(user, asked, given):
    assert grant(asked, OpenChart(user, patient="ada")) == given


def test_a_wildcard_of_the_assistant_becomes_the_types_that_role_may_write():
    given = grant("patient/*.cruds", OpenChart("assistant", patient="ada"))
    allowed = pairs(given, "patient")
    assert ("*", "r") in allowed
    assert ("Task", "c") in allowed
    assert not [
        pair for pair in allowed if pair[0] in ("CarePlan", "Goal", "Consent", "*") and pair[1] in "cud"
    ]


@pytest.mark.parametrize(
    ("chart", "asked", "given"),
    [
        (CHART, "launch openid fhirUser", "launch openid fhirUser"),
        (CHART, "openid profile email launch/imagingstudy", "openid"),
        (CHART, "openid fhirUser openid", "openid fhirUser"),
        (CHART, "fhirUser launch", "launch"),
        (CHART, "launch launch/encounter offline_access", "launch offline_access"),
        (CHART, "patient/Task.rs patient/Task.rs system/Task.rs", "patient/Task.rs"),
        (CHART, "patient/Observation.rs?code=718-7 patient/Task.rs", "patient/Task.rs"),
        (CHART, "patient/Observation.rs?category=a&category=b patient/Task.rs", "patient/Task.rs"),
        (CHART, "patient/Patient.rs?category=a patient/Task.rs", "patient/Task.rs"),
        (CHART, "patient/*.rs?category=a patient/Task.rs", "patient/Task.rs"),
        (CHART, "patient/Observation.rs?category= patient/Task.rs", "patient/Task.rs"),
        (
            OpenChart("nurse", "ada", "visit"),
            "launch/patient launch/encounter",
            "launch/patient launch/encounter",
        ),
        (OpenChart("nurse", from_ehr=False), "openid launch launch/patient patient/Task.rs", "openid"),
        (OpenChart("nurse"), "user/Patient.rs patient/Task.rs", "user/Patient.rs"),
    ],
)
def test_what_this_launch_does_not_have_is_left_out(chart, asked, given):
    assert grant(asked, chart) == given


@pytest.mark.parametrize("asked", ["online_access offline_access", "system/Patient.rs", "profile", ""])
def test_nothing_worth_a_token_is_an_error(asked):
    with pytest.raises(NothingGranted):
        grant(asked, CHART)


def test_pairs_are_kept_apart_by_level():
    text = "patient/Task.cu user/Practitioner.read openid"
    assert pairs(text, "patient") == {("Task", "c"), ("Task", "u")}
    assert pairs(text, "user") == {("Practitioner", "r"), ("Practitioner", "s")}


def test_a_scope_with_search_parameters_never_widens_a_token():
    assert pairs("patient/Observation.rs?category=laboratory", "patient") == frozenset()


def test_a_word_is_found_whole():
    assert includes("openid online_access", "offline_access", "online_access")
    assert not includes("launch/patient", "launch")
