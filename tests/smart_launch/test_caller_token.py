"""Every way in which a caller of our service can lie, and the ones in which it tells the truth."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import requests
import responses
from joserfc import jws, jwt

from smart_launch.caller_token import (
    FETCHED_AGAIN_AFTER,
    LONGEST_LIFE,
    Caller,
    CallerToken,
    claimed_issuer,
    key_address,
    verify_caller,
)
from smart_launch.errors import CallerTokenError, DiscoveryError
from smart_launch.issuer_keys import KEPT_SECONDS, keys_in
from smart_launch.keys import Key, make_key, public_jwks
from smart_launch.transport import Http
from tests.smart_launch.conftest import ISS, NOW, p256_key

pytestmark = pytest.mark.requirement("client@54")

ISSUER = "https://ehr.example"
JKU = "https://ehr.example/jwks"
AUDIENCE = "https://app.example/cds-services/care-management"
KEY = make_key("ES384", kid="ehr-1")
RSA = make_key("RS384", kid="ehr-2")
OTHER = make_key("ES384", kid="ehr-1")
"""Of somebody else, under the name of the EHR's."""

FETCHED = Caller(ISSUER, (JKU,))
GIVEN = Caller(ISSUER, keys=keys_in(public_jwks([KEY, RSA])) or ())


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token; a change to None leaves the claim out."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "iat": int(NOW), "exp": int(NOW) + 300, "jti": "one-call-1"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(key: Key = KEY, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    algorithm = "RS384" if key is RSA else "ES384"
    made = {"alg": algorithm, "typ": "JWT", "kid": key.kid, **(header or {})}
    kept = {name: value for name, value in made.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[str(kept["alg"])], strict_check_header=False)
    return jwt.encode(kept, claims(**changes), key, registry=registry)


def unsigned(header: dict[str, Any], signature: bytes = b"", **changes: Any) -> str:
    parts = (orjson.dumps(header), orjson.dumps(claims(**changes)), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def by_public_key_as_secret() -> str:
    """HS256 with the published key as the shared secret: the oldest trick there is."""
    secret = orjson.dumps(public_jwks([KEY])["keys"][0])
    header = {"alg": "HS256", "typ": "JWT", "kid": "ehr-1"}
    body = unsigned(header).rpartition(".")[0]
    return f"{body}.{base64.urlsafe_b64encode(hmac.digest(secret, body.encode(), 'sha256')).decode().rstrip('=')}"


def verify(token: str, http: Http, caller: Caller = GIVEN, now: float = NOW) -> CallerToken:
    return verify_caller(token, caller, audience=AUDIENCE, http=http, now=now)


@pytest.fixture
def published(ehr: responses.RequestsMock) -> responses.RequestsMock:
    ehr.get(JKU, json=public_jwks([KEY, RSA]))
    return ehr


@pytest.mark.parametrize("key", [KEY, RSA], ids=["ES384", "RS384"])
@pytest.mark.parametrize("header", [{}, {"typ": None}, {"typ": "jwt"}, {"x5t": "abc"}])
def test_a_good_token_is_taken_and_says_until_when_its_jti_matters(
    key: Key, header: dict[str, Any], http: Http
) -> None:
    assert verify(signed(key, header=header), http) == CallerToken("one-call-1", NOW + 360)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [AUDIENCE]},
        {"exp": int(NOW) - 30, "iat": int(NOW) - 330},
        {"iat": int(NOW) + 30, "exp": int(NOW) + 330},
        {"exp": int(NOW) + LONGEST_LIFE},
        {"exp": NOW + 300.5},
        {"nbf": int(NOW) + 30},
        {"tenant": "riverbend"},
        {"sub": "whoever"},
    ],
)
def test_what_the_specification_allows_is_taken(changes: dict[str, Any], http: Http) -> None:
    assert verify(signed(**changes), http).jti == "one-call-1"


HOSTILE_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://evil.example"}, "iss"),
    "the issuer with a slash": ({"iss": f"{ISSUER}/"}, "iss"),
    "no issuer": ({"iss": None}, "iss"),
    "a list as issuer": ({"iss": [ISSUER]}, "iss"),
    "another service": ({"aud": f"{AUDIENCE}-2"}, "aud"),
    "the discovery address": ({"aud": "https://app.example/cds-services"}, "aud"),
    "the feedback address": ({"aud": f"{AUDIENCE}/feedback"}, "aud"),
    "a trailing slash": ({"aud": f"{AUDIENCE}/"}, "aud"),
    "another place": ({"aud": "https://evil.example/cds-services/care-management"}, "aud"),
    "plain http": ({"aud": AUDIENCE.replace("https", "http")}, "aud"),
    "a second audience": ({"aud": [AUDIENCE, "https://other.example"]}, "aud"),
    "an empty list": ({"aud": []}, "aud"),
    "an object as audience": ({"aud": {AUDIENCE: 1}}, "aud"),
    "no audience": ({"aud": None}, "aud"),
    "expired": ({"exp": int(NOW) - 61, "iat": int(NOW) - 300}, "exp"),
    "never expiring": ({"exp": None}, "exp"),
    "expiring in ten years": ({"exp": int(NOW) + 315_360_000}, "exp"),
    "expiring in an hour": ({"exp": int(NOW) + 3_600}, "exp"),
    "living too long, nearly over": ({"iat": int(NOW) - 3_600}, "iat"),
    "expiring at infinity": ({"exp": 1e300}, "exp"),
    "a text as expiry": ({"exp": str(int(NOW) + 300)}, "exp"),
    "true as expiry": ({"exp": True}, "exp"),
    "issued tomorrow": ({"iat": int(NOW) + 86_400, "exp": int(NOW) + 300}, "iat"),
    "issued after it expires": ({"iat": int(NOW) + 50, "exp": int(NOW) + 40}, "iat"),
    "no time of issue": ({"iat": None}, "iat"),
    "not valid yet": ({"nbf": int(NOW) + 120}, "nbf"),
    "no jti": ({"jti": None}, "jti"),
    "an empty jti": ({"jti": ""}, "jti"),
    "a number as jti": ({"jti": 7}, "jti"),
    "a jti of a page": ({"jti": "x" * 256}, "jti"),
}


@pytest.mark.parametrize(("changes", "detail"), HOSTILE_CLAIMS.values(), ids=HOSTILE_CLAIMS)
def test_a_wrong_claim_is_refused_and_named(changes: dict[str, Any], detail: str, http: Http) -> None:
    with pytest.raises(CallerTokenError) as raised:
        verify(signed(**changes), http)
    assert raised.value.detail == detail


ES256 = p256_key("ehr-1")
HOSTILE_TOKENS: dict[str, tuple[Callable[[], str], str]] = {
    "alg none": (lambda: unsigned({"alg": "none", "kid": "ehr-1"}), "algorithm"),
    "alg None, cased": (lambda: unsigned({"alg": "NoNe", "kid": "ehr-1"}, b"x"), "algorithm"),
    "no alg": (lambda: unsigned({"kid": "ehr-1"}), "not a signed token"),
    "a list as alg": (lambda: unsigned({"alg": ["ES384"], "kid": "ehr-1"}), "algorithm"),
    "HS256 by the public key": (by_public_key_as_secret, "algorithm"),
    "ES256": (lambda: signed(ES256, header={"alg": "ES256"}), "algorithm"),
    "RS256": (lambda: unsigned({"alg": "RS256", "kid": "ehr-2"}, b"x" * 384), "algorithm"),
    "PS384": (lambda: unsigned({"alg": "PS384", "kid": "ehr-2"}, b"x" * 384), "algorithm"),
    "another's key under our kid": (lambda: signed(OTHER), "signature"),
    "kid of the RSA key, signed by the EC one": (lambda: signed(header={"kid": "ehr-2"}), "key"),
    "unknown kid": (lambda: signed(header={"kid": "ehr-9"}), "key"),
    "a path as kid": (lambda: signed(header={"kid": "../../etc/passwd"}), "key"),
    "no kid": (lambda: signed(header={"kid": None}), "kid"),
    "an empty kid": (lambda: unsigned({"alg": "ES384", "kid": ""}, b"x" * 96), "kid"),
    "a number as kid": (lambda: unsigned({"alg": "ES384", "kid": 7}, b"x" * 96), "kid"),
    "its own key inside": (
        lambda: signed(OTHER, header={"kid": "mine", "jwk": public_jwks([OTHER])["keys"][0]}),
        "key",
    ),
    "its own key inside, under our kid": (
        lambda: signed(OTHER, header={"jwk": public_jwks([OTHER])["keys"][0]}),
        "signature",
    ),
    "a jku elsewhere": (lambda: signed(OTHER, header={"jku": "https://evil.example/jwks"}), "jku"),
    "a jku that begins like ours": (
        lambda: signed(OTHER, header={"jku": f"{JKU}@evil.example"}),
        "jku",
    ),
    "no jku at all": (lambda: unsigned({"alg": "ES384", "kid": "ehr-1", "jku": None}, b"x" * 96), "jku"),
    "an access token": (lambda: signed(header={"typ": "at+jwt"}), "typ"),
    "a header that must be understood": (
        lambda: unsigned({"alg": "ES384", "kid": "ehr-1", "crit": ["b64"], "b64": False}, b"x" * 96),
        "not a signed token",
    ),
    "a changed claim": (
        lambda: signed().replace(
            signed().split(".")[1], unsigned({"alg": "ES384"}, jti="another").split(".")[1]
        ),
        "signature",
    ),
    "a signature cut off": (lambda: signed().rpartition(".")[0] + ".", "signature"),
    "a signature of zeros": (lambda: unsigned({"alg": "ES384", "kid": "ehr-1"}, bytes(96)), "signature"),
    "no token": (lambda: "", "not a signed token"),
    "words": (lambda: "open sesame", "not a signed token"),
    "two dots": (lambda: "..", "not a signed token"),
    "five parts": (lambda: "a.b.c.d.e", "not a signed token"),
    "letters beyond ASCII": (lambda: f"{signed()}é", "not a signed token"),
    "a list as claims": (
        lambda: jws.serialize_compact({"alg": "ES384", "kid": "ehr-1"}, b"[]", KEY, algorithms=["ES384"]),
        "not a signed token",
    ),
    "as long as a book": (lambda: signed(sub="x" * 10_000), "too long"),
}


@pytest.mark.parametrize(("make", "detail"), HOSTILE_TOKENS.values(), ids=HOSTILE_TOKENS)
def test_a_hostile_token_is_refused(make: Callable[[], str], detail: str, http: Http) -> None:
    with pytest.raises(CallerTokenError) as raised:
        verify(make(), http)
    assert raised.value.detail == detail


def test_two_keys_of_one_name_identify_nobody(http: Http) -> None:
    caller = Caller(ISSUER, keys=keys_in(public_jwks([KEY, OTHER])) or ())
    with pytest.raises(CallerTokenError, match="key"):
        verify(signed(), http, caller)


def test_a_key_for_another_use_does_not_sign(http: Http) -> None:
    listed = {"keys": [{**public_jwks([KEY])["keys"][0], "use": "enc"}]}
    with pytest.raises(CallerTokenError, match="key"):
        verify(signed(), http, Caller(ISSUER, keys=keys_in(listed) or ()))


def test_a_caller_of_one_tenant_is_not_another(http: Http) -> None:
    caller = Caller(ISSUER, keys=GIVEN.keys, tenant="riverbend")
    assert verify(signed(tenant="riverbend"), http, caller).jti == "one-call-1"
    for tenant in ("hillside", None, ["riverbend"]):
        with pytest.raises(CallerTokenError, match="tenant"):
            verify(signed(tenant=tenant), http, caller)


def test_the_keys_are_fetched_once_from_the_address_in_the_settings(
    published: responses.RequestsMock, http: Http
) -> None:
    for header in ({}, {"jku": JKU}):
        verify(signed(header=header), http, FETCHED)
    assert [call.request.url for call in published.calls] == [JKU]
    assert "Authorization" not in published.calls[0].request.headers


def test_a_jku_elsewhere_is_never_asked(ehr: responses.RequestsMock, http: Http) -> None:
    with pytest.raises(CallerTokenError, match="jku"):
        verify(signed(OTHER, header={"jku": "https://evil.example/jwks"}), http, FETCHED)
    assert len(ehr.calls) == 0


def test_a_new_key_is_fetched_but_not_at_everybodys_word(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.get(JKU, json=public_jwks([KEY]))
    verify(signed(), http, FETCHED)
    later = NOW + FETCHED_AGAIN_AFTER - 1
    for number in range(20):
        with pytest.raises(CallerTokenError, match="key"):
            verify(signed(header={"kid": f"made-up-{number}"}), http, FETCHED, later)
    assert len(ehr.calls) == 1
    ehr.replace(responses.GET, JKU, json=public_jwks([KEY, RSA]))
    assert verify(signed(RSA), http, FETCHED, later + 2).jti == "one-call-1"
    assert len(ehr.calls) == 2


def test_a_key_that_was_taken_away_no_longer_serves(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.get(JKU, json=public_jwks([KEY]))
    verify(signed(), http, FETCHED)
    ehr.replace(responses.GET, JKU, json=public_jwks([RSA]))
    later = NOW + KEPT_SECONDS + 1
    with pytest.raises(CallerTokenError, match="key"):
        verify(signed(iat=int(later), exp=int(later) + 60), http, FETCHED, later)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 302, "headers": {"Location": "https://evil.example/jwks"}},
        {"body": b"<html>"},
        {"json": []},
        {"body": requests.ConnectionError("down")},
    ],
    ids=["failing", "redirect", "a page", "a list", "down"],
)
def test_without_the_ehrs_keys_nobody_is_let_in_and_the_address_is_left_in_peace(
    answer: dict[str, Any], ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(JKU, **answer)
    ehr.get("https://evil.example/jwks", json=public_jwks([KEY]))
    with pytest.raises(CallerTokenError, match="keys not to be had"):
        verify(signed(), http, FETCHED)
    asked = len(ehr.calls)
    with pytest.raises(CallerTokenError, match="key"):
        verify(signed(), http, FETCHED, NOW + 1)
    assert len(ehr.calls) == asked
    assert {call.request.url for call in ehr.calls} == {JKU}


def test_the_issuer_that_a_token_claims_chooses_the_settings_and_no_more() -> None:
    assert claimed_issuer(signed(tenant="riverbend")) == (ISSUER, "riverbend")
    assert claimed_issuer(signed(OTHER, iss="https://evil.example")) == ("https://evil.example", None)


@pytest.mark.parametrize(
    "address",
    [
        "http://ehr.example/jwks",
        "https://ehr.example/jwks#x",
        "https://u@ehr.example/jwks",
        "/jwks",
        "ftp://x/y",
    ],
)
def test_an_unsafe_address_of_keys_is_refused_in_the_settings(address: str) -> None:
    with pytest.raises(DiscoveryError):
        key_address(ISS, address)


def test_a_loopback_ehr_may_have_its_keys_on_the_loopback() -> None:
    assert key_address("http://localhost:8090/fhir", "http://localhost:8090/oauth/jwks")
    with pytest.raises(DiscoveryError):
        key_address(ISS, "http://localhost:8090/oauth/jwks")
