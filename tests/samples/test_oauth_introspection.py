"""What a token is worth, asked by the app, and the end of a token."""

from __future__ import annotations

import pytest

from tests.samples.oauth_world import FHIR, SCOPE, World

CLIENTS = ("chartside", "chartside-symmetric", "chartside-asymmetric")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.mark.parametrize("client_id", CLIENTS)
def test_a_live_token_is_described_to_its_own_client(world, client_id):
    tokens = world.tokens(client_id=client_id, launch=world.launch(client_id, encounter="visit"))
    told = world.as_client("/oauth/introspect", client_id=client_id, token=tokens["access_token"])
    assert told.headers["Cache-Control"] == "no-store"
    assert told.json == {
        "active": True,
        "client_id": client_id,
        "scope": SCOPE,
        "iat": world.clock.seconds,
        "exp": world.clock.seconds + 3600,
        "iss": FHIR,
        "aud": FHIR,
        "token_type": "Bearer",
        "patient": "ada",
        "encounter": "visit",
        "fhirUser": f"{FHIR}/Practitioner/nurse",
    }


def test_nothing_is_said_about_another_clients_token_or_one_that_never_was(world):
    token = world.tokens()["access_token"]
    for asked in (token, "never-made", "", "é" * 50):
        answer = world.as_client("/oauth/introspect", client_id="chartside-symmetric", token=asked)
        assert answer.json == {"active": False}


def test_who_does_not_authenticate_is_told_nothing(world):
    token = world.tokens()["access_token"]
    for client in ({}, {"client_id": "chartside-symmetric"}, {"client_id": "somebody"}):
        answer = world.post("/oauth/introspect", token=token, **client)
        assert answer.json["error"] == "invalid_client"
        assert "active" not in answer.json


@pytest.mark.parametrize("address", ["/oauth/introspect", "/oauth/revoke"])
def test_a_request_without_a_token_is_an_error(world, address):
    assert world.as_client(address, client_id="chartside").json["error"] == "invalid_request"


def test_an_expired_token_is_not_active_while_its_refresh_token_is(world):
    tokens = world.tokens()
    world.clock.forward(3600)
    assert not world.is_active(tokens["access_token"])
    assert world.is_active(tokens["refresh_token"])


def test_a_refresh_token_that_has_served_is_not_active(world):
    tokens = world.tokens()
    world.refresh(tokens["refresh_token"])
    assert not world.is_active(tokens["refresh_token"])


@pytest.mark.parametrize("client_id", CLIENTS)
@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token"])
def test_revoking_the_refresh_token_ends_everything(world, client_id, hint):
    first = world.tokens(client_id=client_id)
    second = world.refresh(first["refresh_token"], client_id=client_id).json
    answer = world.as_client(
        "/oauth/revoke", client_id=client_id, token=second["refresh_token"], token_type_hint=hint
    )
    assert (answer.status_code, answer.json) == (200, {})
    for tokens in (first, second):
        assert world.sandbox.access_for_token(tokens["access_token"]) is None
    assert world.refresh(second["refresh_token"], client_id=client_id).json["error"] == "invalid_grant"


def test_revoking_an_access_token_leaves_the_refresh_token(world):
    tokens = world.tokens()
    world.as_client("/oauth/revoke", client_id="chartside", token=tokens["access_token"])
    assert world.sandbox.access_for_token(tokens["access_token"]) is None
    assert not world.is_active(tokens["access_token"])
    assert world.refresh(tokens["refresh_token"]).status_code == 200


def test_revoking_what_is_not_there_succeeds_and_anothers_token_does_not(world):
    assert world.as_client("/oauth/revoke", client_id="chartside", token="never-made").status_code == 200
    token = world.tokens()["access_token"]
    answer = world.as_client("/oauth/revoke", client_id="chartside-symmetric", token=token)
    assert answer.json["error"] == "invalid_grant"
    assert world.is_active(token)
