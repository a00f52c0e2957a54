"""The authorization endpoint: a code for a good request, a page for a stranger, an error the app can read."""

from __future__ import annotations

import pytest

from tests.samples.oauth_world import CALLBACK, EHR, FHIR, SCOPE, World, query_of, went_to_app


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_good_request_is_answered_with_a_code_and_the_state(world, method):
    answer = world.authorize(method=method)
    assert answer.status_code in (302, 303)
    assert went_to_app(answer)
    assert query_of(answer).keys() == {"code", "state"}
    assert query_of(answer)["state"] == "a-state"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.requirement("client@1")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "somebody"},
        {"client_id": None, "launch": "x"},
        {"redirect_uri": None},
        {"redirect_uri": "http://127.0.0.1:8080/callback/"},
        {"redirect_uri": "http://127.0.0.1:8080/callback?x=1"},
        {"redirect_uri": "http://127.0.0.1:8080/CALLBACK"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://127.0.0.1:8080/callbäck"},
    ],
)
def test_a_stranger_gets_a_page_and_is_sent_nowhere(world, changes):
    answer = world.authorize(**{"launch": "whatever", **changes})
    assert answer.status_code == 400
    assert answer.location is None
    assert "cannot be opened" in answer.text
    assert "Sandbox EHR - not a real record" in answer.text
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_naming_oneself_twice_is_answered_with_a_page(world, name):
    asked = {**world.request_parameters(), "launch": world.launch()}
    answer = world.browser.get(
        "/oauth/authorize", base_url=EHR, query_string={**asked, name: [asked[name], asked[name]]}
    )
    assert (answer.status_code, answer.location) == (400, None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": 'còde"\\'}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": FHIR + "/"}, "invalid_request"),
        ({"aud": "http://127.0.0.1:8090/fhir"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "launch patient/Task.banana"}, "invalid_scope"),
        ({"scope": "openid patient/Task.rs"}, "invalid_scope"),
        ({"scope": "launch/encounter launch system/Task.rs", "launch": None}, "invalid_scope"),
        ({"launch": "never-made"}, "invalid_request"),
    ],
)
def test_a_wrong_request_of_a_known_app_goes_back_with_an_error(world, changes, error):
    answer = world.authorize(**changes)
    if answer.location and "/oauth/login/" in answer.location:
        answer = world.post(answer.location, user="nurse")
    assert went_to_app(answer), answer.text
    told = query_of(answer)
    assert told["error"] == error
    assert "code" not in told
    assert told.get("state", "") == ("a-state" if "state" not in changes else "")
    assert told["error_description"].isascii()


@pytest.mark.parametrize("name", ["scope", "state", "launch", "aud", "nonce", "code_challenge"])
def test_a_parameter_given_twice_is_an_error(world, name):
    asked = {**world.request_parameters(), "launch": world.launch()}
    answer = world.browser.get(
        "/oauth/authorize", base_url=EHR, query_string={**asked, name: [asked[name], "other"]}
    )
    assert went_to_app(answer)
    assert query_of(answer)["error"] == "invalid_request"


def test_a_launch_serves_once(world):
    launch = world.launch()
    assert "code" in query_of(world.authorize(launch=launch))
    again = query_of(world.authorize(launch=launch))
    assert again["error"] == "invalid_request"
    assert "code" not in again


def test_a_launch_is_too_old_after_five_minutes(world):
    launch = world.launch()
    world.clock.forward(300)
    assert query_of(world.authorize(launch=launch))["error"] == "invalid_request"


def test_a_launch_of_another_client_is_unknown_and_stays_good_for_its_own(world):
    launch = world.launch("chartside")
    assert (
        query_of(world.authorize(client_id="chartside-symmetric", launch=launch))["error"]
        == "invalid_request"
    )
    assert "code" in query_of(world.authorize(launch=launch))


def test_a_refused_request_does_not_spend_the_launch(world):
    launch = world.launch()
    assert (
        query_of(world.authorize(launch=launch, code_challenge_method="plain"))["error"] == "invalid_request"
    )
    assert "code" in query_of(world.authorize(launch=launch))


def test_user_and_patient_come_from_the_launch_and_from_nothing_else(world):
    launch = world.launch(patient="ben", user="assistant")
    world.browser.set_cookie("user", "physician", domain="localhost")
    tokens = world.tokens(launch=launch, patient="ada", user="nurse", scope=f"{SCOPE} user/CarePlan.cruds")
    assert tokens["patient"] == "ben"
    assert "user/CarePlan.rs" in tokens["scope"].split()
    told = world.as_client("/oauth/introspect", client_id="chartside", token=tokens["access_token"]).json
    assert told["fhirUser"] == f"{FHIR}/Practitioner/assistant"


def test_the_authorization_endpoint_sets_no_cookie(world):
    assert "Set-Cookie" not in world.authorize().headers
    assert "Set-Cookie" not in world.authorize(launch=None, scope="openid launch/patient").headers


def test_a_request_on_another_host_is_no_server_error(world):
    asked = {**world.request_parameters(), "launch": world.launch()}
    answer = world.browser.get("/oauth/authorize", base_url="http://evil.example", query_string=asked)
    assert answer.status_code in (303, 400)
    assert "code=" not in (answer.location or "")
    assert (answer.location or CALLBACK).startswith(CALLBACK)
