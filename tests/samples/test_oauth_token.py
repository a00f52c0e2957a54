"""The token endpoint: the whole flow for each kind of client, and what happens to a code or a token used twice."""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from tests.samples.oauth_world import CALLBACK, EHR, FHIR, SCOPE, VERIFIER, World

CLIENTS = ("chartside", "chartside-symmetric", "chartside-asymmetric")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.mark.parametrize("client_id", CLIENTS)
def test_each_kind_of_client_gets_its_tokens_and_refreshes_them(world, client_id):
    tokens = world.tokens(
        client_id=client_id, launch=world.launch(client_id, encounter="visit", intent="contact")
    )
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["scope"] == SCOPE
    assert (tokens["patient"], tokens["encounter"], tokens["intent"]) == ("ada", "visit", "contact")
    assert tokens["need_patient_banner"] is True
    assert tokens["smart_style_url"] == "http://localhost:8090/smart-style.json"
    assert tokens["tenant"] == "riverbend"
    fresh = world.refresh(tokens["refresh_token"], client_id=client_id).json
    assert (fresh["patient"], fresh["encounter"], fresh["scope"]) == ("ada", "visit", SCOPE)
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["refresh_token"] != tokens["refresh_token"]
    access = world.sandbox.access_for_token(fresh["access_token"])
    assert (access.patient, access.user, access.client_id) == ("ada", "Practitioner/nurse", client_id)


@pytest.mark.parametrize(
    ("client_id", "algorithm"), [("chartside", "RS256"), ("chartside-asymmetric", "ES384")]
)
def test_the_id_token_says_who_is_signed_in_and_verifies_with_the_published_keys(world, client_id, algorithm):
    tokens = world.tokens(client_id=client_id)
    keys = KeySet.import_key_set(world.get("/oauth/jwks").json)
    told = jwt.decode(tokens["id_token"], keys, algorithms=[algorithm])
    required = {"essential": True}
    JWTClaimsRegistry(
        now=world.clock.seconds,
        iss={"essential": True, "value": FHIR},
        aud={"essential": True, "value": client_id},
        nonce={"essential": True, "value": "a-nonce"},
        exp=required,
        sub=required,
    ).validate(told.claims)
    assert told.claims["fhirUser"] == f"{FHIR}/Practitioner/nurse"
    assert told.header["kid"] in {key.kid for key in keys.keys}
    assert not any(key.is_private for key in keys.keys)


@pytest.mark.parametrize(
    ("scope", "has_id_token", "has_refresh_token"),
    [
        ("launch patient/*.rs", False, False),
        ("launch openid patient/*.rs", True, False),
        ("launch patient/*.rs offline_access", False, True),
    ],
)
def test_a_token_response_has_only_what_was_asked(world, scope, has_id_token, has_refresh_token):
    tokens = world.tokens(scope=scope)
    assert ("id_token" in tokens) is has_id_token
    assert ("refresh_token" in tokens) is has_refresh_token
    if has_id_token:
        keys = KeySet.import_key_set(world.get("/oauth/jwks").json)
        assert "fhirUser" not in jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims


def test_token_answers_are_kept_by_nobody(world):
    for answer in (world.exchange(world.code()), world.exchange("no-code")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Pragma"] == "no-cache"
        assert answer.mimetype == "application/json"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "another-verifier-of-enough-length-to-be-one-01234"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:8080/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": "never-made"}, "invalid_grant"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_secret": "x"}, "invalid_client"),
    ],
)
def test_a_wrong_exchange_of_a_public_client_is_refused(world, changes, error):
    answer = world.exchange(world.code(), **changes)
    assert answer.status_code in (400, 401)
    assert answer.json["error"] == error


@pytest.mark.parametrize("client_id", CLIENTS[1:])
def test_a_confidential_client_needs_the_verifier_too(world, client_id):
    for verifier, error in ((None, "invalid_request"), ("w" * 43, "invalid_grant")):
        answer = world.exchange(world.code(client_id=client_id), client_id=client_id, code_verifier=verifier)
        assert answer.json["error"] == error


@pytest.mark.parametrize("client", [{}, {"client_id": "somebody"}])
def test_an_unknown_client_is_refused(world, client):
    answer = world.post("/oauth/token", grant_type="authorization_code", code=world.code(), **client)
    assert answer.json["error"] == "invalid_client"


def test_a_wrong_verifier_spends_the_code(world):
    code = world.code()
    assert world.exchange(code, code_verifier="w" * 43).json["error"] == "invalid_grant"
    assert world.exchange(code).json["error"] == "invalid_grant"


def test_a_code_serves_for_a_minute(world):
    code = world.code()
    world.clock.forward(60)
    assert world.exchange(code).json["error"] == "invalid_grant"


def test_a_replayed_code_ends_every_token_that_came_of_it(world):
    code = world.code()
    first = world.exchange(code).json
    second = world.refresh(first["refresh_token"]).json
    assert world.exchange(code).json["error"] == "invalid_grant"
    assert not world.is_active(first["access_token"])
    assert not world.is_active(second["access_token"])
    assert world.sandbox.access_for_token(second["access_token"]) is None
    assert world.refresh(second["refresh_token"]).json["error"] == "invalid_grant"


def test_a_code_replayed_hours_later_still_ends_them(world):
    code = world.code()
    first = world.exchange(code).json
    world.clock.forward(3000)
    world.exchange(code)
    assert not world.is_active(first["access_token"])


def test_another_client_cannot_use_a_code_nor_spoil_it(world):
    code = world.code()
    assert world.exchange(code, client_id="chartside-symmetric").json["error"] == "invalid_grant"
    assert world.exchange(code).status_code == 200


def test_a_refresh_token_used_twice_ends_the_family(world):
    first = world.tokens()
    second = world.refresh(first["refresh_token"]).json
    assert world.refresh(first["refresh_token"]).json["error"] == "invalid_grant"
    for tokens in (first, second):
        assert not world.is_active(tokens["access_token"])
        assert world.sandbox.access_for_token(tokens["access_token"]) is None
    assert world.refresh(second["refresh_token"]).json["error"] == "invalid_grant"


def at_once(world, form):
    """The statuses of four token requests with the same form, sent at the same moment, the best first."""

    def send(_number):
        with world.app.test_client() as client:
            return client.post("/oauth/token", base_url=EHR, data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        return sorted(pool.map(send, range(4)))


def test_of_several_refreshes_at_once_at_most_one_is_served(world):
    token = world.tokens()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "chartside"}
    assert at_once(world, form) in ([200, 400, 400, 400], [400, 400, 400, 400])


def test_of_several_exchanges_at_once_exactly_one_is_served(world):
    form = {"grant_type": "authorization_code", "code": world.code(), "client_id": "chartside",
            "redirect_uri": CALLBACK, "code_verifier": VERIFIER}  # fmt: skip
    assert at_once(world, form) == [200, 400, 400, 400]


def test_another_client_cannot_use_a_refresh_token_nor_spoil_it(world):
    token = world.tokens()["refresh_token"]
    assert world.refresh(token, client_id="chartside-symmetric").json["error"] == "invalid_grant"
    assert world.refresh(token).status_code == 200


def test_a_refresh_may_ask_for_less_and_later_for_all_of_it_again(world):
    tokens = world.tokens()
    narrow = world.refresh(tokens["refresh_token"], scope="patient/*.cruds").json
    assert narrow["scope"] == "patient/*.cruds"
    assert world.refresh(narrow["refresh_token"]).json["scope"] == SCOPE


def test_a_refresh_cannot_ask_for_more_and_is_not_spent_by_asking(world):
    tokens = world.tokens(scope="launch patient/Task.rs online_access")
    assert world.refresh(tokens["refresh_token"], scope="patient/Task.cruds").json["error"] == "invalid_scope"
    assert world.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(("scope", "lives"), [("online_access", 12 * 3600), ("offline_access", 90 * 86_400)])
def test_a_refresh_token_lives_as_long_as_its_scope_says(world, scope, lives):
    token = world.tokens(scope=f"launch patient/*.rs {scope}")["refresh_token"]
    world.clock.forward(lives - 1)
    fresh = world.refresh(token)
    assert fresh.status_code == 200
    world.clock.forward(lives)
    assert world.refresh(fresh.json["refresh_token"]).json["error"] == "invalid_grant"


def test_an_access_token_ends_when_it_says_and_as_long_as_the_setting_says(world):
    world.app.config["ACCESS_TOKEN_SECONDS"] = 120
    tokens = world.tokens()
    assert tokens["expires_in"] == 120
    world.clock.forward(119)
    assert world.sandbox.access_for_token(tokens["access_token"]) is not None
    world.clock.forward(1)
    assert world.sandbox.access_for_token(tokens["access_token"]) is None


def test_parameters_in_the_address_are_refused(world):
    code = world.code()
    answer = world.browser.post(
        f"/oauth/token?grant_type=authorization_code&code={code}&client_id=chartside", base_url=EHR
    )
    assert answer.json["error"] == "invalid_request"


def test_a_parameter_given_twice_is_refused(world):
    form = {"grant_type": ["refresh_token", "refresh_token"], "client_id": "chartside"}
    answer = world.browser.post("/oauth/token", base_url=EHR, data=form)
    assert answer.json["error"] == "invalid_request"


def test_tokens_survive_a_restart_and_stand_in_the_file_only_hashed(world):
    tokens = world.tokens()
    again = World(world.state_dir, world.clock)
    assert again.sandbox.access_for_token(tokens["access_token"]) == world.sandbox.access_for_token(
        tokens["access_token"]
    )
    assert again.refresh(tokens["refresh_token"]).status_code == 200
    kept = b"".join(path.read_bytes() for path in world.state_dir.glob("oauth.sqlite*"))
    assert tokens["access_token"].encode() not in kept
    assert tokens["refresh_token"].encode() not in kept
    assert (world.state_dir / "oauth.sqlite").stat().st_mode & 0o077 == 0


def test_tokens_that_are_long_over_are_not_kept_for_ever(world):
    world.tokens()
    world.clock.forward(40 * 3600)
    world.tokens()
    with sqlite3.connect(world.state_dir / "oauth.sqlite") as connection:
        assert connection.execute("SELECT COUNT(*) FROM token").fetchone() == (1,)
    connection.close()


def test_no_token_reaches_a_log(world, caplog):
    caplog.set_level(logging.DEBUG)
    tokens = world.tokens()
    fresh = world.refresh(tokens["refresh_token"]).json
    for secret in (
        tokens["access_token"],
        tokens["refresh_token"],
        tokens["id_token"],
        fresh["access_token"],
    ):
        assert secret not in caplog.text
