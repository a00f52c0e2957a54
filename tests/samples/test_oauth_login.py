"""A standalone launch: sign in, choose a patient, go back to the app; each step serves once."""

from __future__ import annotations

import re

import pytest

from tests.samples.oauth_world import STANDALONE_SCOPE, World, query_of, went_to_app

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def sign_in_page(world, scope=STANDALONE_SCOPE, **changes):
    """The address of the sign-in page that a standalone request leads to."""
    answer = world.authorize(launch=None, scope=scope, **changes)
    assert re.fullmatch(r"/oauth/login/[\w-]{43}", answer.location)
    return answer.location


def test_a_standalone_launch_asks_who_and_whose_and_ends_with_that_chart(world):
    who = sign_in_page(world)
    page = world.get(who)
    assert "Dana Whitfield, RN" in page.text
    assert "chartside" in page.text
    whose = world.post(who, user="physician").location
    assert "Ardmore, Ada" in world.get(whose).text
    answer = world.post(whose, patient="ben")
    assert went_to_app(answer)
    assert query_of(answer)["state"] == "a-state"
    tokens = world.exchange(query_of(answer)["code"]).json
    assert tokens["patient"] == "ben"
    assert world.sandbox.access_for_token(tokens["access_token"]).user == "Practitioner/physician"


def test_an_app_that_asks_for_no_patient_gets_none(world):
    answer = world.post(sign_in_page(world, scope="openid fhirUser user/Patient.rs"), user="nurse")
    assert went_to_app(answer)
    tokens = world.exchange(query_of(answer)["code"]).json
    assert "patient" not in tokens
    assert tokens["scope"] == "openid fhirUser user/Patient.rs"


def test_cancelling_at_either_step_tells_the_app_that_it_was_denied(world):
    first = world.post(sign_in_page(world), user="")
    second = world.post(world.post(sign_in_page(world), user="nurse").location, patient="")
    for answer in (first, second):
        assert went_to_app(answer)
        assert query_of(answer)["error"] == "access_denied"
        assert query_of(answer)["state"] == "a-state"


def test_the_app_cannot_choose_the_user_or_the_patient_by_itself(world):
    answer = world.authorize(launch=None, scope=STANDALONE_SCOPE, user="manager", patient="ben")
    assert answer.location.startswith("/oauth/login/")
    assert "user" not in query_of(answer)


def test_each_step_serves_once_and_for_a_quarter_of_an_hour(world):
    who = sign_in_page(world)
    whose = world.post(who, user="nurse").location
    assert world.post(who, user="nurse").status_code == 410
    assert world.get(who).status_code == 410
    assert went_to_app(world.post(whose, patient="ada"))
    assert world.post(whose, patient="ada").status_code == 410
    late = sign_in_page(world)
    world.clock.forward(900)
    assert world.get(late).status_code == 410


def test_the_steps_cannot_be_taken_out_of_order(world):
    who = sign_in_page(world)
    assert world.get(f"{who}/patient").status_code == 410
    assert world.post(f"{who}/patient", patient="ada").status_code == 410
    whose = world.post(who, user="nurse").location
    assert world.post(whose.removesuffix("/patient"), user="manager").status_code == 410


def test_a_user_or_patient_who_is_not_there_is_refused_and_may_be_chosen_again(world):
    who = sign_in_page(world)
    assert world.post(who, user="cardiologist").status_code == 404
    whose = world.post(who, user="nurse").location
    assert world.post(whose, patient="nobody").status_code == 404
    assert went_to_app(world.post(whose, patient="ada"))


def test_patients_are_found_by_name_and_what_was_typed_stays_text(world):
    whose = world.post(sign_in_page(world), user="nurse").location
    found = world.get(whose, q="birch").text
    assert "Birch, Ben" in found
    assert "Ardmore" not in found
    none = world.get(whose, q=HOSTILE)
    assert none.status_code == 200
    assert HOSTILE not in none.text
    assert "No patient fits" in none.text


def test_a_role_that_may_do_nothing_of_what_was_asked_is_told_to_the_app(world):
    whose = world.post(sign_in_page(world, scope="launch/patient patient/Task.c"), user="manager").location
    tokens = world.exchange(query_of(world.post(whose, patient="ada"))["code"]).json
    assert tokens["scope"] == "launch/patient"
    answer = world.post(sign_in_page(world, scope="user/Task.c"), user="manager")
    assert query_of(answer)["error"] == "invalid_scope"
