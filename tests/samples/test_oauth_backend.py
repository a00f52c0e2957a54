"""A backend service: client_credentials with a signed assertion, system scopes, five minutes, no refresh."""

from __future__ import annotations

import orjson
import pytest

from samples.oauth.clients import BACKEND
from samples.oauth.keys import new_key
from tests.samples.oauth_world import CALLBACK, FHIR, TOKEN_URL, World, query_of


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One practice for all tests: each registers, launches or asks anew."""
    return World(tmp_path_factory.mktemp("ehr"))


@pytest.fixture
def fresh_world(tmp_path):
    """A practice of its own, for what a later test would see."""
    return World(tmp_path)


def test_a_backend_service_is_given_a_token_of_five_minutes_and_nothing_else(world):
    answer = world.system_token("system/Patient.rs system/Condition.rs")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 300
    assert answer.json["scope"] == "system/Patient.rs system/Condition.rs"


def test_its_token_reads_every_patient_and_belongs_to_no_user(world):
    access = world.sandbox.access_for_token(world.system_token().json["access_token"])
    assert access.system_grants == {("*", "r"), ("*", "s")}
    assert (access.patient, access.user, access.client_id) == (None, "", BACKEND)
    assert access.allows("Condition", "s")
    assert not access.confined("Condition", "s")
    assert not access.allows("Condition", "c")


def test_its_token_ends_after_five_minutes(fresh_world):
    world = fresh_world
    token = world.system_token().json["access_token"]
    world.clock.forward(299)
    assert world.sandbox.access_for_token(token)
    world.clock.forward(1)
    assert world.sandbox.access_for_token(token) is None


def test_a_shorter_token_life_of_the_settings_counts_and_a_longer_one_does_not(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    short = World(tmp_path / "a", settings={"access_token_seconds": 60})
    long = World(tmp_path / "b", settings={"access_token_seconds": 7200})
    assert short.system_token().json["expires_in"] == 60
    assert long.system_token().json["expires_in"] == 300


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_both_algorithms_are_accepted(fresh_world, algorithm):
    world = fresh_world
    key = new_key(algorithm)
    again = world.change_client(BACKEND, jwks={"keys": [key.as_dict(private=False)]})
    assertion = again.backend_assertion(key=key, header={"alg": algorithm})
    form = {"grant_type": "client_credentials", "scope": "system/*.rs", **again.assertion_form(assertion)}
    assert again.post("/oauth/token", **form).status_code == 200


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("system/*.rs", "system/*.rs"),
        ("system/*.read", "system/*.read"),
        ("system/Observation.cruds", "system/Observation.rs"),
        ("system/Observation.* system/Task.c", "system/Observation.read"),
        ("system/Observation.rs?category=laboratory", "system/Observation.rs?category=laboratory"),
    ],
)
def test_it_is_given_what_was_agreed_and_no_more(world, asked, given):
    assert world.system_token(asked).json["scope"] == given


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("system/Task.cud", "invalid_scope"),
        ("patient/Observation.rs", "invalid_scope"),
        ("user/Observation.rs system/Observation.rs", "invalid_scope"),
        ("system/*.rs offline_access", "invalid_scope"),
        ("openid fhirUser", "invalid_scope"),
        ("system/Observation.sr", "invalid_scope"),
        ("system/Observation.rs?code=1", "invalid_scope"),
    ],
)
def test_what_it_may_not_ask_for_is_refused(world, asked, error):
    answer = world.system_token(asked)
    assert answer.status_code == 400
    assert answer.json["error"] == error
    assert "access_token" not in answer.json


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": FHIR},
        {"aud": TOKEN_URL + "/"},
        {"exp": 0},
        {"jti": None},
        {"iss": "chartside-asymmetric"},
        {"sub": "chartside-asymmetric", "iss": "chartside-asymmetric"},
        {"header": {"typ": "at+jwt"}},
        {"header": {"kid": "another"}},
        {"header": {"jku": "https://evil.example/jwks"}},
        {"key": new_key("ES384")},
    ],
)
def test_a_wrong_assertion_gets_nothing(world, claims):
    answer = world.system_token(**claims)
    assert answer.json["error"] == "invalid_client"


def test_an_assertion_of_more_than_five_minutes_is_refused(world):
    assert world.system_token(exp=world.clock.seconds + 301).json["error"] == "invalid_client"
    assert world.system_token(exp=world.clock.seconds + 300).status_code == 200


def test_an_assertion_serves_once(world):
    assertion = world.backend_assertion(jti="once")
    form = {"grant_type": "client_credentials", "scope": "system/*.rs", **world.assertion_form(assertion)}
    assert world.post("/oauth/token", **form).status_code == 200
    again = world.post("/oauth/token", **form)
    assert again.json["error"] == "invalid_client"
    assert "used before" in again.json["error_description"]
    restarted = World(world.state_dir, world.clock)
    assert restarted.post("/oauth/token", **form).json["error"] == "invalid_client"


@pytest.mark.parametrize("client_id", ["chartside", "chartside-symmetric", "chartside-asymmetric"])
def test_an_app_with_users_gets_no_system_token(world, client_id):
    answer = world.as_client(
        "/oauth/token", client_id=client_id, grant_type="client_credentials", scope="system/*.rs"
    )
    assert answer.status_code in (400, 401)
    assert answer.json["error"] in ("unauthorized_client", "invalid_client")


def test_a_backend_service_cannot_be_launched_or_sign_anybody_in(world):
    assert world.get(f"/launch/{BACKEND}", patient="ada").status_code == 404
    answer = world.get("/oauth/authorize", **{**world.request_parameters(), "client_id": BACKEND})
    assert answer.status_code == 400
    assert answer.location is None
    assert "address" in answer.text
    assert query_of(answer) == {}
    assert CALLBACK not in answer.text


def test_a_backend_service_cannot_use_the_grants_of_a_user(world):
    code = world.code()
    form = {**world.assertion_form(world.backend_assertion()), "code": code, "redirect_uri": CALLBACK}
    answer = world.post("/oauth/token", grant_type="authorization_code", code_verifier="v" * 43, **form)
    assert answer.status_code == 400
    assert answer.json["error"] in ("unauthorized_client", "invalid_grant")


def test_introspection_of_its_token_names_no_user_and_no_patient(world):
    token = world.system_token().json["access_token"]
    told = world.post(
        "/oauth/introspect", token=token, **world.assertion_form(world.backend_assertion())
    ).json
    assert told["active"] is True
    assert told["client_id"] == BACKEND
    assert told["scope"] == "system/*.rs"
    assert not {"patient", "fhirUser", "encounter"} & told.keys()
    assert world.is_active(token) is False


def test_a_state_folder_of_before_gets_the_backend_client(fresh_world):
    world = fresh_world
    kept = (world.state_dir / "clients.json").read_bytes()
    clients = orjson.loads(kept)
    del clients[BACKEND]
    (world.state_dir / "clients.json").write_bytes(orjson.dumps(clients))
    again = World(world.state_dir, world.clock)
    assert again.system_token().status_code == 200
    assert again.tokens(client_id="chartside-asymmetric")["patient"] == "ada"
    assert (world.state_dir / "clients.json").stat().st_mode & 0o777 == 0o600
