"""The simulated errors of sign-in and token request, as the SMART launcher answers them, and one scope too many."""

from __future__ import annotations

import pytest

from tests.samples.oauth_world import World, query_of, went_to_app


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One practice for all tests: each registers, launches or asks anew."""
    return World(tmp_path_factory.mktemp("ehr"))


@pytest.fixture
def fresh_world(tmp_path):
    """A practice of its own, for what a later test would see."""
    return World(tmp_path)


@pytest.fixture
def faults(world):
    yield world.sandbox.faults
    world.sandbox.faults.clear()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("auth_invalid_client_id", "invalid_client", "Simulated invalid client_id parameter error"),
        ("auth_invalid_redirect_uri", "invalid_request", "Simulated invalid redirect_uri parameter error"),
        ("auth_invalid_scope", "invalid_scope", "Simulated invalid scope error"),
    ],
)
def test_a_sign_in_ends_at_the_app_with_the_error_and_its_state(world, faults, method, name, error, words):
    with faults.on(name) as switched:
        answer = world.authorize(method=method)
    assert went_to_app(answer)
    assert query_of(answer) == {"error": error, "error_description": words, "state": "a-state"}
    assert switched.struck == 1
    assert "code" in query_of(world.authorize())


def test_a_refused_sign_in_does_not_spend_the_launch(world, faults):
    launch = world.launch()
    with faults.on("auth_invalid_scope"):
        assert "error" in query_of(world.authorize(launch=launch))
    assert "code" in query_of(world.authorize(launch=launch))


def test_no_error_is_sent_to_an_address_that_is_not_registered(world, faults):
    with faults.on("auth_invalid_client_id") as switched:
        answer = world.authorize(redirect_uri="https://evil.example/")
    assert answer.location is None
    assert switched.struck == 0


@pytest.mark.parametrize("client_id", ["chartside", "chartside-symmetric", "chartside-asymmetric"])
@pytest.mark.parametrize(
    ("name", "status", "error", "clients"),
    [
        ("auth_invalid_client_secret", 401, "invalid_client", {"chartside-symmetric"}),
        ("token_expired_registration_token", 401, "invalid_client", {"chartside-asymmetric"}),
        ("token_invalid_jti", 401, "invalid_client", {"chartside-asymmetric"}),
        ("token_invalid_token", 401, "invalid_client", {"chartside", "chartside-symmetric", "chartside-asymmetric"}),
        ("token_invalid_scope", 401, "invalid_scope", {"chartside", "chartside-symmetric", "chartside-asymmetric"}),
        ("token_expired_refresh_token", 403, "invalid_grant", set()),
    ],
)  # fmt: skip
def test_a_token_request_is_refused_for_the_clients_it_concerns(
    world, faults, client_id, name, status, error, clients
):
    code = world.code(client_id=client_id)
    with faults.on(name):
        answer = world.exchange(code, client_id=client_id)
    if client_id in clients:
        assert (answer.status_code, answer.json["error"]) == (status, error)
        assert answer.headers["Cache-Control"] == "no-store"
        assert world.exchange(code, client_id=client_id).status_code == 200
    else:
        assert answer.status_code == 200


def test_a_session_that_cannot_be_prolonged_is_refused_at_the_refresh_alone(world, faults):
    tokens = world.tokens()
    with faults.on("token_expired_refresh_token", times=1):
        refused = world.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json["error"]) == (403, "invalid_grant")
    assert world.refresh(tokens["refresh_token"]).status_code == 200


def test_the_token_errors_strike_a_refresh_too(world, faults):
    tokens = world.tokens()
    with faults.on("token_invalid_token"):
        assert world.refresh(tokens["refresh_token"]).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("token_invalid_token", "invalid_client"),
        ("token_invalid_scope", "invalid_scope"),
        ("token_invalid_jti", "invalid_client"),
        ("token_expired_registration_token", "invalid_client"),
    ],
)
def test_a_backend_service_meets_them_as_well(world, faults, name, error):
    with faults.on(name):
        answer = world.system_token()
    assert (answer.status_code, answer.json["error"]) == (401, error)


def test_introspection_and_revocation_are_not_struck(world, faults):
    token = world.tokens()["access_token"]
    with faults.on("token_invalid_token"):
        assert world.is_active(token)


def test_one_scope_too_many_refuses_the_whole_request_and_fewer_pass(world, faults):
    launch = world.launch()
    with faults.on("one_scope_too_many") as switched:
        refused = world.authorize(launch=launch, scope="launch openid patient/Patient.rs patient/Task.crus")
        passed = world.authorize(launch=launch, scope="launch openid patient/Patient.rs")
    assert query_of(refused)["error"] == "unauthorized_client"
    assert query_of(refused)["error_description"] == "Requested scope not authorized."
    assert "code" in query_of(passed)
    assert switched.struck == 1


@pytest.mark.parametrize(
    ("refused", "asked", "passes"),
    [
        ("patient/Consent.cud", "launch patient/Consent.rs patient/Task.crus", True),
        ("patient/Consent.cud", "launch patient/Consent.crus", False),
        ("patient/Consent.cud", "launch patient/Consent.write", False),
        ("patient/Consent.cud", "launch patient/*.cruds", False),
        ("patient/Consent.cud", "launch user/Consent.cruds patient/Task.rs", True),
        ("patient/*.d", "launch patient/Task.cruds", False),
        ("patient/*.d", "launch patient/Task.crus", True),
        ("offline_access", "launch patient/Task.rs offline_access", False),
        ("offline_access", "launch patient/Task.rs online_access", True),
    ],
)
def test_which_scope_is_too_many_can_be_said(world, faults, refused, asked, passes):
    with faults.on("one_scope_too_many", scope=refused):
        assert ("code" in query_of(world.authorize(scope=asked))) is passes


def test_a_client_may_ask_only_for_the_scopes_of_its_entry(fresh_world):
    world = fresh_world
    again = world.change_client(
        "chartside", allowed_scopes="launch openid fhirUser patient/*.rs patient/Task.cruds"
    )
    for scope in (
        "launch openid fhirUser patient/Condition.rs patient/Task.crus",
        "launch patient/Task.write",
    ):
        assert "code" in query_of(again.authorize(scope=scope)), scope
    for scope in (
        "launch patient/Goal.cruds",
        "launch patient/Condition.rs offline_access",
        "launch user/Patient.r",
    ):
        answer = again.authorize(scope=scope)
        assert query_of(answer)["error"] == "unauthorized_client", scope
        assert query_of(answer)["state"] == "a-state"
    assert "code" in query_of(again.authorize(client_id="chartside-symmetric"))
