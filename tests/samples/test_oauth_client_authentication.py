"""How the app proves who it is: private_key_jwt by SMART's table, Basic, and everything that is neither."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import orjson
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from samples.oauth.clients import FILE, registered_clients
from samples.oauth.keys import new_key
from tests.samples.oauth_world import EHR, TOKEN_URL, World, basic

ASYMMETRIC = "chartside-asymmetric"


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def exchanged(world, assertion):
    return world.exchange(
        world.code(client_id=ASYMMETRIC), client_id=ASYMMETRIC, **world.assertion_form(assertion)
    )


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_both_algorithms_of_smart_are_accepted(world, algorithm):
    key = new_key(algorithm)
    again = world.register_key(key)
    answer = exchanged(again, again.assertion(key=key, header={"alg": algorithm}))
    assert answer.status_code == 200, answer.text


def test_an_assertion_of_five_minutes_is_accepted_and_its_audience_may_be_a_list(world):
    assert (
        exchanged(world, world.assertion(exp=world.clock.seconds + 300, aud=[TOKEN_URL])).status_code == 200
    )


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"exp": 301}, {}),
        ({"exp": 3600}, {}),
        ({"exp": 0}, {}),
        ({"exp": -1}, {}),
        ({"exp": None}, {}),
        ({"aud": f"{EHR}/fhir"}, {}),
        ({"aud": TOKEN_URL + "/"}, {}),
        ({"aud": [TOKEN_URL, "https://other.example"]}, {}),
        ({"aud": None}, {}),
        ({"iss": "chartside"}, {}),
        ({"iss": None}, {}),
        ({"sub": None}, {}),
        ({"sub": 7}, {}),
        ({"sub": "somebody", "iss": "somebody"}, {}),
        ({"sub": "chartside", "iss": "chartside"}, {}),
        ({"jti": None}, {}),
        ({"jti": ""}, {}),
        ({"jti": 7}, {}),
        ({}, {"typ": ""}),
        ({}, {"typ": "at+jwt"}),
        ({}, {"kid": None}),
        ({}, {"kid": "another"}),
    ],
)
def test_an_assertion_that_breaks_a_rule_is_refused(world, claims, header):
    if isinstance(claims.get("exp"), int):
        claims = {**claims, "exp": world.clock.seconds + claims["exp"]}
    answer = exchanged(world, world.assertion(header=header, **claims))
    assert answer.status_code in (400, 401)
    assert answer.json["error"] == "invalid_client"


def test_an_expiry_that_is_no_number_is_refused(world):
    for exp in ("soon", True):
        assert exchanged(world, signed_by_hand(world, exp=exp)).json["error"] == "invalid_client"


def signed_by_hand(world, *, algorithm="HS256", **claims):
    """A token that joserfc would not make: any claims, signed with HS256 by the public key, or not signed at all."""
    public = orjson.dumps(world.registered_key().as_dict(private=False))
    head = {"alg": algorithm, "typ": "JWT", "kid": world.registered_key().kid}
    said = {
        "iss": ASYMMETRIC,
        "sub": ASYMMETRIC,
        "aud": TOKEN_URL,
        "exp": world.clock.seconds + 60,
        "jti": "j",
        **claims,
    }
    parts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in (head, said)]
    signature = hmac.new(public, b".".join(parts), hashlib.sha256).digest() if algorithm == "HS256" else b""
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_the_public_key_is_no_shared_secret_and_none_is_no_signature(world, algorithm):
    answer = exchanged(world, signed_by_hand(world, algorithm=algorithm))
    assert answer.json["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (OctKey.generate_key(256, {"kid": "k"}), "HS256"),
        (RSAKey.generate_key(2048, {"kid": "k"}), "RS256"),
        (ECKey.generate_key("P-256", {"kid": "k"}), "ES256"),
    ],
)
def test_other_algorithms_are_refused(world, key, algorithm):
    answer = exchanged(world, world.assertion(key=key, header={"alg": algorithm}))
    assert answer.json["error"] == "invalid_client"
    assert "RS384 or ES384" in answer.json["error_description"]


def test_another_key_under_the_known_kid_is_refused(world):
    stranger = new_key("ES384")
    assertion = world.assertion(key=stranger, header={"kid": world.registered_key().kid})
    assert exchanged(world, assertion).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "assertion", ["", "x", "a.b.c", "é.é.é", "eyJhbGciOiJFUzM4NCJ9.W10.AA", "." * 50, "e30.e30.e30"]
)
def test_what_is_no_jwt_is_refused_without_being_repeated(world, assertion):
    answer = world.exchange("code", client_id=ASYMMETRIC, client_assertion=assertion)
    assert answer.json["error"] == "invalid_client"


def test_a_jti_serves_once_even_after_a_restart(world):
    assertion = world.assertion()
    assert exchanged(world, assertion).status_code == 200
    again = World(world.state_dir, world.clock)
    answer = exchanged(again, assertion)
    assert answer.json["error"] == "invalid_client"
    assert "used before" in answer.json["error_description"]


def test_a_forged_assertion_does_not_spend_the_jti_of_a_good_one(world):
    forged = world.assertion(key=new_key("ES384"), header={"kid": world.registered_key().kid}, jti="one")
    assert exchanged(world, forged).json["error"] == "invalid_client"
    assert exchanged(world, world.assertion(jti="one")).status_code == 200


@pytest.mark.parametrize("client_id", ["chartside-symmetric", ASYMMETRIC])
def test_a_confidential_client_cannot_pass_as_a_public_one(world, client_id):
    code = world.code(client_id=client_id)
    answer = world.post("/oauth/token", grant_type="authorization_code", code=code, client_id=client_id)
    assert answer.status_code == 401
    assert answer.json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "header",
    [
        basic("chartside-symmetric", "wrong"),
        basic("chartside-symmetric", ""),
        basic("chartside", "anything"),
        basic("somebody", "x"),
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Bearer x",
        "Basic",
    ],
)
def test_wrong_basic_authentication_is_refused(world, header):
    answer = world.browser.post(
        "/oauth/token", base_url=EHR, data={"grant_type": "refresh_token"}, headers={"Authorization": header}
    )
    assert answer.status_code == 401
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_secret_in_the_form_is_not_accepted(world):
    secret = orjson.loads((world.state_dir / FILE).read_bytes())["chartside-symmetric"]["client_secret"]
    answer = world.post(
        "/oauth/token", grant_type="refresh_token", client_id="chartside-symmetric", client_secret=secret
    )
    assert answer.json["error"] == "invalid_client"


def test_two_ways_at_once_are_refused(world):
    form = {"grant_type": "refresh_token", **world.assertion_form()}
    answer = world.browser.post(
        "/oauth/token", base_url=EHR, data=form, headers={"Authorization": basic("a", "b")}
    )
    assert answer.json["error"] == "invalid_request"


def test_credentials_are_made_once_and_for_their_owner_alone(tmp_path):
    first = registered_clients(tmp_path, ())["chartside-symmetric"]
    second = registered_clients(tmp_path, ())["chartside-symmetric"]
    assert first.client_secret == second.client_secret
    assert first.client_secret not in repr(first)
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077] == []


class _Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):
        pass


@pytest.fixture
def jwks_server():
    """A server on loopback that gives out what the test puts into the list."""
    bodies = []

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [bodies[0]]

    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield bodies, f"http://127.0.0.1:{server.server_port}/jwks"
    server.shutdown()
    thread.join()
    server.server_close()


def with_jwks_uri(world, uri):
    path = world.state_dir / FILE
    clients = {**orjson.loads(path.read_bytes()), ASYMMETRIC: {"jwks_uri": uri}}
    path.write_bytes(orjson.dumps(clients))
    return World(world.state_dir, world.clock)


def test_keys_are_fetched_from_a_jwks_uri_on_this_machine(world, jwks_server):
    bodies, uri = jwks_server
    bodies.append(orjson.dumps({"keys": [world.registered_key().as_dict(private=False)]}))
    again = with_jwks_uri(world, uri)
    assert exchanged(again, again.assertion()).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys": 7}', b'{"keys": [{}]}', b"<html>", b"[" * 70_000]
)
def test_a_jwks_uri_that_gives_no_keys_refuses_the_client(world, jwks_server, body):
    bodies, uri = jwks_server
    bodies.append(body)
    again = with_jwks_uri(world, uri)
    assert exchanged(again, again.assertion()).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "uri", ["https://keys.example/jwks", "http://10.0.0.1/jwks", "file:///etc/passwd", "x", None]
)
def test_a_jwks_uri_beyond_this_machine_is_not_asked(world, uri):
    again = with_jwks_uri(world, uri)
    assert exchanged(again, again.assertion()).json["error"] == "invalid_client"
