"""Apps that register themselves: what is taken, what is refused, and that the registered client works."""

from __future__ import annotations

import orjson
import pytest

from samples.oauth.client_register import MOST, ClientRegister
from samples.oauth.clients import Client
from samples.oauth.keys import new_key
from samples.oauth.ledger import Ledger
from tests.samples.jwks_host import jwks_host
from tests.samples.oauth_world import CALLBACK, EHR, SCOPE, TOKEN_URL, World, basic

APP = {"client_name": "Chartside", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One practice for all tests: each registers, launches or asks anew."""
    return World(tmp_path_factory.mktemp("ehr"))


@pytest.fixture
def fresh_world(tmp_path):
    """A practice of its own, for what a later test would see."""
    return World(tmp_path)


def register(world, metadata, **options):
    body = metadata if isinstance(metadata, bytes) else orjson.dumps(metadata)
    sent = {"content_type": "application/json", **options}
    return world.browser.post("/oauth/register", base_url=EHR, data=body, **sent)


def test_the_configuration_names_the_endpoint(world):
    told = world.get("/.well-known/smart-configuration").json
    assert told["registration_endpoint"] == f"{EHR}/oauth/register"


def test_a_public_app_is_told_its_id_and_no_secret(world):
    answer = register(world, APP)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    assert told["client_id_issued_at"] == world.clock.seconds
    assert told["redirect_uris"] == [CALLBACK]
    assert told["grant_types"] == ["authorization_code"]
    assert told["response_types"] == ["code"]
    assert told["token_endpoint_auth_method"] == "none"
    assert told["client_name"] == "Chartside"
    assert "client_secret" not in told
    assert register(world, APP).json["client_id"] != told["client_id"]


def test_a_registered_app_works_and_outlives_a_restart(world):
    client_id = register(world, APP).json["client_id"]
    assert world.tokens(client_id=client_id, scope=SCOPE)["patient"] == "ada"
    again = World(world.state_dir, world.clock)
    assert again.tokens(client_id=client_id, scope=SCOPE)["patient"] == "ada"


def test_an_app_with_a_secret_is_told_it_once_and_it_is_kept_hashed(world):
    told = register(world, {**APP, "token_endpoint_auth_method": "client_secret_basic"}).json
    assert told["client_secret_expires_at"] == 0
    secret, client_id = told["client_secret"], told["client_id"]
    kept = b"".join(path.read_bytes() for path in world.state_dir.glob("oauth.sqlite*"))
    assert secret.encode() not in kept
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": world.code(client_id=client_id),
            "code_verifier": "a-verifier-of-enough-length-to-be-one-0123456789"}  # fmt: skip
    wrong = world.browser.post(
        "/oauth/token", base_url=EHR, data=form, headers={"Authorization": basic(client_id, "wrong")}
    )
    right = world.browser.post(
        "/oauth/token", base_url=EHR, data=form, headers={"Authorization": basic(client_id, secret)}
    )
    assert wrong.json["error"] == "invalid_client"
    assert right.status_code == 200, right.text


def test_without_a_method_it_is_the_secret_as_the_standard_says(world):
    told = register(world, {"redirect_uris": [CALLBACK]}).json
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["client_secret"]


def test_an_app_that_signs_registers_keys_or_their_address_and_gets_no_secret(world):
    with jwks_host() as host:
        host.keys = [new_key("ES384")]
        by_address = {**APP, "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": host.uri}
        told = register(world, by_address).json
        assert told["jwks_uri"] == host.uri
        assert "client_secret" not in told
        assert signed_token(world, told["client_id"], host.keys[0]).status_code == 200
    key = new_key("ES384")
    by_keys = {
        **APP,
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    assert signed_token(world, register(world, by_keys).json["client_id"], key).status_code == 200


def signed_token(world, client_id, key):
    assertion = world.assertion(key=key, iss=client_id, sub=client_id, aud=TOKEN_URL)
    return world.exchange(
        world.code(client_id=client_id), client_id=client_id, **world.assertion_form(assertion)
    )


def test_a_secret_is_no_way_in_for_a_client_that_signs(world):
    key = new_key("ES384")
    told = register(
        world,
        {
            **APP,
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [key.as_dict(private=False)]},
        },
    ).json
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": world.code(client_id=told["client_id"]),
    }
    for secret in ("", "x", told["client_id"]):
        answer = world.browser.post(
            "/oauth/token",
            base_url=EHR,
            data=form,
            headers={"Authorization": basic(told["client_id"], secret)},
        )
        assert answer.json["error"] == "invalid_client"
    assert world.post("/oauth/token", client_id=told["client_id"], **form).json["error"] == "invalid_client"


def test_a_backend_service_registers_itself_and_is_given_reading(world):
    key = new_key("RS384")
    asked = {
        "client_name": "Registry",
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["client_credentials"],
        "scope": "system/Patient.cruds system/Condition.rs",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    told = register(world, asked).json
    assert told["scope"] == "system/Patient.rs system/Condition.rs"
    assertion = world.assertion(
        key=key, header={"alg": "RS384"}, iss=told["client_id"], sub=told["client_id"]
    )
    form = {"grant_type": "client_credentials", "scope": "system/Patient.rs system/Task.rs"}
    answer = world.post("/oauth/token", **form, **world.assertion_form(assertion))
    assert answer.json["scope"] == "system/Patient.rs"


def test_the_scope_it_registered_is_all_it_may_ask_for(world):
    client_id = register(world, {**APP, "scope": "launch openid patient/*.rs"}).json["client_id"]
    assert world.tokens(client_id=client_id, scope="launch openid patient/Task.rs")["patient"] == "ada"
    refused = world.authorize(client_id=client_id, scope="launch openid patient/Task.cruds")
    assert "error=unauthorized_client" in refused.location
    assert "Requested+scope+not+authorized" in refused.location


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//http://127.0.0.1",
        "data:text/html,x",
        "http://app.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "https://user:pass@app.example/callback",
        "https://app.example/callback#there",
        "https://app.example/callback#",
        "https:///callback",
        "//app.example/callback",
        "/callback",
        "callback",
        "chartside://callback",
        "https://app.example/a b",
        "https://app.example/\r\nSet-Cookie: a=b",
        "https://app.example\\@evil.example/",
        "https://аpp.example/callback",
        "https://[::1/callback",
        "https://app.example:port/",
        "",
        7,
        None,
    ],
)
def test_an_address_that_people_must_not_be_sent_to_is_refused(world, uri):
    answer = register(world, {**APP, "redirect_uris": [CALLBACK, uri]})
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_redirect_uri"
    assert "evil" not in answer.text


@pytest.mark.parametrize("uris", [[], None, "https://app.example/callback", [CALLBACK] * 21, {}])
def test_redirect_uris_are_a_list_of_some(world, uris):
    assert register(world, {**APP, "redirect_uris": uris}).json["error"] == "invalid_redirect_uri"


def keys(*parts):
    return {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": list(parts)}}


PUBLIC = new_key("ES384").as_dict(private=False)


@pytest.mark.parametrize(
    "change",
    [
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://keys.example/jwks"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://10.0.0.1/jwks"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "file:///etc/passwd"},
        {**keys(PUBLIC), "jwks_uri": "http://127.0.0.1:1/jwks"},
        keys(),
        keys({}),
        keys("x"),
        keys(new_key("ES384").as_dict(private=True)),
        keys({"kty": "oct", "k": "c2VjcmV0", "kid": "k"}),
        keys(PUBLIC, PUBLIC),
        keys({name: value for name, value in PUBLIC.items() if name != "kid"}),
        {"grant_types": ["implicit"]},
        {"grant_types": ["password"]},
        {"grant_types": "authorization_code"},
        {"grant_types": ["refresh_token"]},
        {"grant_types": ["client_credentials"]},
        {**keys(PUBLIC), "grant_types": ["client_credentials", "authorization_code"]},
        {"response_types": ["token"]},
        {"response_types": ["code", "token"]},
        {"scope": "patient/Task.sr"},
        {"scope": ["openid"]},
        {"scope": "a" * 5000},
        {"client_name": 7},
        {**keys(PUBLIC), "grant_types": ["client_credentials"], "redirect_uris": None, "scope": "user/*.rs"},
        {
            **keys(PUBLIC),
            "grant_types": ["client_credentials"],
            "redirect_uris": None,
            "scope": "system/*.cud",
        },
    ],
)
def test_metadata_that_breaks_a_rule_is_refused(world, change):
    answer = register(world, {**APP, **change})
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_client_metadata"
    assert answer.json["error_description"].endswith(".")


def test_a_backend_service_has_no_redirect_uris(world):
    answer = register(world, {**APP, **keys(PUBLIC), "grant_types": ["client_credentials"]})
    assert answer.json["error"] == "invalid_redirect_uri"


def test_a_software_statement_is_refused_and_unknown_words_are_ignored(world):
    assert (
        register(world, {**APP, "software_statement": "a.b.c"}).json["error"] == "invalid_software_statement"
    )
    assert register(world, {**APP, "colour": "green", "contacts": ["a@b.example"]}).status_code == 201


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "text/plain"),
        (b"redirect_uris=x", "application/x-www-form-urlencoded"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b'{"client_name": "' + b"a" * 70_000 + b'"}', "application/json"),
    ],
)
def test_what_is_no_json_object_is_refused(world, body, kind):
    assert register(world, body, content_type=kind).json["error"] == "invalid_client_metadata"


def test_where_an_initial_access_token_is_wanted_it_must_be_brought(tmp_path):
    world = World(tmp_path, settings={"registration_token": "from-the-administrator"})
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic from-the-administrator"}):
        refused = register(world, APP, headers=header)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert "client_id" not in refused.json
    brought = {"Authorization": "Bearer from-the-administrator"}
    assert register(world, APP, headers=brought).status_code == 201
    assert "from-the-administrator" not in repr(world.sandbox.settings)


def test_an_id_cannot_be_chosen_or_taken_over(world):
    told = register(world, {**APP, "client_id": "chartside", "client_secret": "mine"}).json
    assert told["client_id"] != "chartside"
    assert "client_secret" not in told


def test_the_register_does_not_grow_without_end(fresh_world):
    world = fresh_world
    ledger = Ledger(world.state_dir / "oauth.sqlite", now=lambda: float(world.clock.seconds))
    full = ClientRegister({}, ledger)
    for number in range(MOST):
        full.add(Client(f"app-{number}", "none", (CALLBACK,)))
    answer = register(world, APP)
    assert answer.status_code == 503
    assert answer.json["error"] == "temporarily_unavailable"


def test_an_ehr_that_offers_no_registration_has_no_such_address(tmp_path):
    world = World(tmp_path, settings={"persona": "epic"})
    assert "registration_endpoint" not in world.get("/.well-known/smart-configuration").json
    assert register(world, APP).status_code in (404, 405)


def test_the_sign_in_of_a_registered_app_may_end_at_that_app(world):
    elsewhere = "http://127.0.0.1:9999/callback"
    client_id = register(world, {**APP, "redirect_uris": [elsewhere]}).json["client_id"]
    asked = {
        **world.request_parameters(),
        "client_id": client_id,
        "redirect_uri": elsewhere,
        "scope": "openid",
    }
    page = world.get(world.get("/oauth/authorize", **asked).location)
    assert "http://127.0.0.1:9999" in page.headers["Content-Security-Policy"]
    plain = world.get("/oauth/authorize", **{**world.request_parameters(), "scope": "openid"})
    assert "9999" not in world.get(plain.location).headers["Content-Security-Policy"]
