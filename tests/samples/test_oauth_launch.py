"""The launch from the chart: who may be opened, by whom, and what the app is handed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from samples.oauth.ledger import hashed
from tests.samples.oauth_world import FHIR, World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_launch_sends_the_browser_to_the_app_with_iss_and_launch_only(world):
    answer = world.get("/launch/chartside", patient="ada", user="nurse", encounter="visit", intent="contact")
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "no-store"
    address = urlsplit(answer.location)
    assert f"{address.scheme}://{address.netloc}{address.path}" == "http://127.0.0.1:8080/launch"
    query = parse_qs(address.query)
    assert query.keys() == {"iss", "launch"}
    assert query["iss"] == [FHIR]
    assert len(query["launch"][0]) >= 43
    assert "ada" not in answer.location


def test_each_launch_is_another_value_and_is_kept_only_hashed(world):
    first, second = world.launch(), world.launch()
    assert first != second
    kept = b"".join(path.read_bytes() for path in world.state_dir.glob("oauth.sqlite*"))
    assert first.encode() not in kept
    assert hashed(first).encode() in kept


@pytest.mark.parametrize(
    "query",
    [
        {"patient": "nobody"},
        {"patient": "ada", "user": "nobody"},
        {"patient": "ada", "user": "cardiologist"},
        {"patient": "ada", "encounter": "none"},
        {"patient": "ben", "encounter": "visit"},
        {"encounter": "visit"},
        {"patient": "ada", "intent": "<script>"},
        {"patient": "../Practitioner/nurse"},
        {"patient": "<script>alert(1)</script>"},
    ],
)
def test_a_launch_of_what_is_not_there_is_a_page_that_says_so(world, query):
    answer = world.get("/launch/chartside", **query)
    assert answer.status_code == 404
    assert answer.location is None
    assert "Sandbox EHR - not a real record" in answer.text
    assert "<script>" not in answer.text


def test_an_unknown_app_is_a_page_that_says_so(world):
    assert world.get("/launch/another-app", patient="ada").status_code == 404


def test_the_care_manager_is_the_user_when_none_is_named(world):
    value = world.launch(user="")
    tokens = world.tokens(launch=value)
    assert world.sandbox.access_for_token(tokens["access_token"]).user == "Practitioner/nurse"


def test_a_launch_without_a_patient_gives_no_patient_scopes(world):
    value = world.launch(patient="")
    tokens = world.tokens(launch=value, scope="launch patient/*.cruds user/Patient.rs")
    assert "patient" not in tokens
    assert tokens["scope"] == "launch user/Patient.rs"


def test_a_launch_survives_a_restart_of_the_sandbox(world):
    value = world.launch()
    assert World(world.state_dir, world.clock).tokens(launch=value)["patient"] == "ada"


def test_the_chart_may_frame_a_refused_launch_and_nobody_else_may(world):
    policy = world.get("/launch/chartside", patient="nobody").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
