"""Scopes: what is asked, what each role is given, and what a token then allows."""

from __future__ import annotations

import pytest

from samples.fhir.access import Limit
from samples.oauth.context import OpenChart
from samples.oauth.errors import MalformedScope, NothingGranted
from samples.oauth.scopes import (
    covered,
    grant,
    grant_system,
    includes,
    limits,
    overlaps,
    pairs,
    parse,
    writes,
)

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


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Observation.rs?category=laboratory",
        "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
        "patient/Condition.cruds?category=problem-list-item,health-concern",
        "user/Observation.r?category=vital-signs",
        "user/Basic.cuds?code=https://chartside.example|display",
    ],
)
def test_a_scope_of_one_category_is_granted_as_it_was_asked(scope):
    assert grant(f"launch {scope}", CHART) == f"launch {scope}"


def test_a_category_scope_becomes_limits_and_keeps_to_the_role():
    text = grant("patient/Observation.cruds?category=laboratory", OpenChart("manager", patient="ada"))
    assert text == "patient/Observation.rs?category=laboratory"
    assert limits(text) == {
        Limit("patient", "Observation", letter, "category", "laboratory") for letter in "rs"
    }
    assert limits("user/Basic.cuds?code=a|b patient/Task.rs openid") == frozenset()


@pytest.mark.parametrize(
    ("asked", "versions", "given"),
    [
        ("patient/Task.rs patient/Goal.read", ("v1", "v2"), "patient/Task.rs patient/Goal.read"),
        ("patient/Task.rs", ("v1",), "patient/Task.read"),
        ("patient/Task.crus", ("v1",), "patient/Task.read patient/Task.write"),
        ("patient/Task.cud", ("v1",), "patient/Task.write"),
        ("patient/Task.read patient/Task.rs", ("v1",), "patient/Task.read"),
        ("patient/Observation.rs?category=laboratory patient/Task.rs", ("v1",), "patient/Task.read"),
        ("patient/Task.read patient/Goal.*", ("v2",), "patient/Task.rs patient/Goal.cruds"),
    ],
)
def test_a_server_of_one_version_grants_in_its_own_spelling(asked, versions, given):
    assert grant(asked, CHART, versions) == given


@pytest.mark.parametrize(
    ("asked", "agreed", "given"),
    [
        ("system/*.rs", "system/*.rs", "system/*.rs"),
        ("system/Task.cruds", "system/*.rs system/Task.c", "system/Task.crs"),
        ("system/Task.rs system/Goal.rs", "system/Goal.r", "system/Goal.r"),
    ],
)
def test_a_backend_service_is_given_what_was_agreed(asked, agreed, given):
    assert grant_system(asked, agreed) == given


@pytest.mark.parametrize("asked", ["patient/Task.rs", "system/Task.rs openid", "system/Task.cud", "launch"])
def test_a_backend_service_is_given_nothing_else(asked):
    with pytest.raises(NothingGranted):
        grant_system(asked, "system/*.rs")


@pytest.mark.parametrize(
    ("asked", "allowed", "is_covered"),
    [
        ("openid patient/Task.rs", "openid patient/*.rs", True),
        ("patient/Task.crus", "patient/Task.cruds", True),
        ("patient/Task.read", "patient/Task.rs", True),
        ("patient/*.rs", "patient/Task.rs", False),
        ("user/Task.rs", "patient/Task.rs", False),
        ("patient/Observation.rs?category=a", "patient/Observation.rs", True),
        ("patient/Observation.rs", "patient/Observation.rs?category=a", False),
        ("openid fhirUser", "openid", False),
        ("", "", True),
    ],
)
def test_what_an_app_registered_for_covers_what_it_asks(asked, allowed, is_covered):
    assert covered(asked, allowed) is is_covered


def test_overlap_and_writing_are_seen():
    assert overlaps("patient/Task.crus", "patient/Task.u")
    assert overlaps("patient/Task.crus", "patient/*.c")
    assert not overlaps("patient/Task.rs", "patient/Task.cud")
    assert not overlaps("patient/Task.rs", "patient/Goal.rs")
    assert writes("openid patient/Task.u")
    assert not writes("openid patient/*.read")
