"""Servers that lie, redirect, never answer or never end, each met on the way in: nothing leaks, nothing hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
import responses

from smart_launch.authorization import begin, finish
from smart_launch.discovery import METADATA_LIMIT, SmartConfiguration, discover
from smart_launch.errors import (
    DiscoveryError,
    IdTokenError,
    NoAuthorization,
    NotFhirR4,
    PatientChanged,
    SmartError,
    TokenError,
    Unreachable,
)
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant
from smart_launch.id_token import Identity, verify_id_token
from smart_launch.keys import Key, make_key, public_jwks
from smart_launch.transport import MEGABYTE, Http
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    ISS,
    JWKS_URL,
    NONCE,
    NOW,
    PUBLIC,
    TOKEN_URL,
    Clock,
    grant,
    id_claims,
    signed,
    token_answer,
)
from tests.smart_launch.loopback import answer, loopback, silence
from tests.smart_launch.test_discovery import DOCUMENT, METADATA, WELL_KNOWN, statement


def signed_in(http: Http, configuration: SmartConfiguration = CONFIGURATION) -> Grant:
    """A launch that ends in `finish`."""
    _, pending = begin(PUBLIC, configuration, scope="openid fhirUser", launch="x", now=NOW, nonce=NONCE)
    return finish(PUBLIC, pending, {"state": pending.state, "code": "c"}, http=http, now=Clock())


def verified(token: str, http: Http, jwks_uri: str = JWKS_URL) -> Identity:
    return verify_id_token(
        token,
        iss=ISS,
        configuration=replace(CONFIGURATION, jwks_uri=jwks_uri),
        client_id=CLIENT_ID,
        nonce=NONCE,
        http=http,
        now=NOW,
    )


@pytest.mark.requirement("client@15")
@pytest.mark.requirement("client@18")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_neither_discovery_nor_the_token_nor_the_keys_are_asked_for_elsewhere(
    status: int, http: Http, issuer_key: Key
) -> None:
    """The other place would get the code and the verifier, or give keys of its own."""
    with loopback(answer()) as other:

        def redirect(name: str) -> Any:
            return answer(status, b"", Location=f"{other.base}/{name}")

        with loopback(redirect("smart-configuration"), redirect("metadata")) as ehr:
            with pytest.raises(DiscoveryError):
                discover(ehr.base, http=http)
            assert len(ehr.requests) == 2
        with loopback(redirect("token")) as ehr:
            with pytest.raises(TokenError):
                signed_in(http, replace(CONFIGURATION, token_endpoint=f"{ehr.base}/token"))
            assert len(ehr.requests) == 1
        with loopback(redirect("jwks")) as ehr, pytest.raises(IdTokenError, match="keys unreadable"):
            verified(signed(id_claims(), issuer_key), http, f"{ehr.base}/jwks")
        assert other.requests == []


@pytest.mark.requirement("client@13")
def test_keys_that_never_come_end_the_launch_in_time(http: Http, issuer_key: Key) -> None:
    done = threading.Event()
    with loopback(silence(done)) as ehr:
        with pytest.raises(Unreachable) as raised:
            verified(signed(id_claims(), issuer_key), Http(read_timeout=0.2), f"{ehr.base}/jwks")
        done.set()
        assert len(ehr.requests) == 1, "asked once: a person is waiting"
    assert raised.value.kind == "timeout"


@pytest.mark.requirement("client@13")
def test_five_megabytes_of_keys_are_not_read(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    padding = {"kty": "oct", "k": "A" * (5 * MEGABYTE)}
    ehr.get(JWKS_URL, json={"keys": [*public_jwks([issuer_key])["keys"], padding]})
    with pytest.raises(IdTokenError, match="keys unreadable"):
        verified(signed(id_claims(), issuer_key), http)


@pytest.mark.requirement("client@13")
@pytest.mark.parametrize("first", [True, False])
def test_two_keys_of_one_kid_identify_nobody(
    first: bool, ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    other = make_key("RS384", kid="issuer-1")
    keys = [issuer_key, other] if first else [other, issuer_key]
    ehr.get(JWKS_URL, json=public_jwks(keys))
    with pytest.raises(IdTokenError, match="key"):
        verified(signed(id_claims(), issuer_key), http)


@pytest.mark.requirement("client@13")
def test_one_key_listed_twice_is_one_and_another_kind_of_the_same_kid_is_no_rival(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    keys = public_jwks([issuer_key, issuer_key, make_key("ES384", kid="issuer-1")])
    ehr.get(JWKS_URL, json=keys)
    for named in ({}, {"kid": None}):
        assert verified(signed(id_claims(), issuer_key, **named), http).subject == "nurse"


@pytest.mark.requirement("client@13")
@pytest.mark.parametrize(
    "kid", ["../issuer-1", "issuer-1' OR '1'='1", "ISSUER-1", "issuer-1 ", "", "x" * 5000]
)
def test_a_kid_is_compared_to_the_letter(
    kid: str, ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    ehr.get(JWKS_URL, json=public_jwks([issuer_key]))
    with pytest.raises(IdTokenError):
        verified(signed(id_claims(), issuer_key, kid=kid), http)
    assert {call.request.url for call in ehr.calls} <= {JWKS_URL}


@pytest.mark.requirement("client@28")
@pytest.mark.parametrize("size", [5 * MEGABYTE, METADATA_LIMIT + 1])
def test_large_metadata_is_read_and_endless_metadata_is_not(
    size: int, ehr: responses.RequestsMock, http: Http
) -> None:
    document = {**statement(authorize="/a", token="/t"), "description": "x" * size}
    ehr.get(WELL_KNOWN, status=404)
    ehr.get(METADATA, json=document)
    if size < METADATA_LIMIT:
        assert discover(ISS, http=http).token_endpoint == "https://ehr.example/t"
    else:
        with pytest.raises(DiscoveryError):
            discover(ISS, http=http)


@pytest.mark.requirement("client@3")
@pytest.mark.parametrize(
    ("well_known", "metadata", "error"),
    [
        (
            {"body": "<html>Sign in</html>", "content_type": "text/html"},
            {"json": statement()},
            NoAuthorization,
        ),
        ({"json": {"capabilities": ["launch-ehr"]}}, {"json": statement()}, NoAuthorization),
        ({"json": {"token_endpoint": "/t"}}, {"status": 404}, DiscoveryError),
        (
            {"status": 404},
            {"json": {"resourceType": "Conformance", "fhirVersion": "1.0.2", "rest": []}},
            NotFhirR4,
        ),
        (
            {"body": "<html></html>", "content_type": "text/html"},
            {"body": "<html></html>", "content_type": "text/html"},
            DiscoveryError,
        ),
    ],
)
def test_an_address_that_offers_no_sign_in_is_told_in_a_true_sentence(
    well_known: dict[str, Any],
    metadata: dict[str, Any],
    error: type[DiscoveryError],
    ehr: responses.RequestsMock,
    http: Http,
) -> None:
    ehr.get(WELL_KNOWN, **well_known)
    ehr.get(METADATA, **metadata)
    with pytest.raises(DiscoveryError) as raised:
        discover(ISS, http=http)
    assert type(raised.value) is error
    told = {
        NoAuthorization: "offers no SMART sign-in",
        NotFhirR4: "another version of FHIR",
        DiscoveryError: "did not say how to sign in",
    }
    assert told[error] in raised.value.page_reason


@pytest.mark.requirement("client@18")
@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize(
    "value",
    [
        "http://auth.example/x",
        "http://ehr.example/x",
        "//user@evil.example/x",
        "ftp://auth.example/x",
        "https://auth.example/x#fragment",
        {"url": "https://auth.example/x"},
    ],
)
def test_an_endpoint_that_is_not_safe_gets_neither_browser_nor_code(
    name: str, value: Any, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(WELL_KNOWN, json={**DOCUMENT, name: value})
    with pytest.raises(DiscoveryError):
        discover(ISS, http=http)
    assert len(ehr.calls) == 1


TOKEN_ANSWERS: dict[str, dict[str, Any]] = {
    "a page of HTML": {"body": "<html>Sign in</html>", "content_type": "text/html"},
    "a page of HTML called JSON": {"body": "<html>", "content_type": "application/json"},
    "truncated JSON": {"body": '{"access_token": "a", "token_ty'},
    "another type of token": {"json": token_answer(token_type="mac")},
    "no type of token": {"json": token_answer(token_type=None)},
    "a negative lifetime": {"json": token_answer(expires_in=-1)},
    "a lifetime in words": {"json": token_answer(expires_in="an hour")},
    "an id_token of nobody": {"json": token_answer(id_token="a.b.c")},
    "a patient that is a path": {"json": token_answer(patient="../Patient/p2")},
    "megabytes": {"body": b'{"access_token": "' + b"a" * (2 * MEGABYTE) + b'"}'},
}


@pytest.mark.requirement("client@8")
@pytest.mark.parametrize("case", TOKEN_ANSWERS, ids=str)
def test_a_false_token_answer_ends_the_launch_and_the_code_is_sent_once(
    case: str, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, **TOKEN_ANSWERS[case])
    with pytest.raises((TokenError, IdTokenError)) as raised:
        signed_in(http)
    assert len(ehr.calls) == 1
    assert raised.value.page_reason.endswith(".")


@pytest.mark.requirement("client@17")
@pytest.mark.parametrize(
    ("expires_in", "seconds"), [("3600", 3600), (0, 0), (None, 3600), (10**12, 366 * 86400)]
)
def test_any_lifetime_that_can_be_meant_is_understood(
    expires_in: Any, seconds: float, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer(expires_in=expires_in))
    assert signed_in(http).expires_at == NOW + seconds


@pytest.mark.requirement("client@17")
def test_a_token_that_is_born_expired_is_renewed_before_it_is_used_and_never_in_a_loop(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer(access_token="access-3", expires_in=0))
    ehr.get(f"{ISS}/Patient/p1", json={"resourceType": "Patient", "id": "p1"})
    client = SmartClient(PUBLIC, CONFIGURATION, grant(expires_at=NOW), http=http, now=Clock())
    client.get("Patient/p1")
    assert [call.request.method for call in ehr.calls] == ["POST", "GET"]
    assert ehr.calls[1].request.headers["Authorization"] == "Bearer access-3"


@pytest.mark.requirement("client@17")
def test_another_patient_at_a_refresh_stops_every_read_and_write(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer(patient="p2"))
    client = SmartClient(PUBLIC, CONFIGURATION, grant(expires_at=NOW), http=http, now=Clock())
    acts: list[Callable[[], object]] = [
        lambda: client.get("Patient/p1"),
        lambda: client.post("Task", {"resourceType": "Task"}),
        lambda: client.patch("Task/1", [{"op": "remove", "path": "/note"}], if_match="1"),
        lambda: client.transaction({"resourceType": "Bundle"}),
    ]
    for act in acts:
        with pytest.raises(PatientChanged):
            act()
    assert {call.request.url for call in ehr.calls} == {TOKEN_URL}
    assert client.grant.access_token == "access-1", "the other patient's token is thrown away"


@pytest.mark.requirement("client@14")
def test_no_hostile_answer_is_quoted_by_the_error(ehr: responses.RequestsMock, http: Http) -> None:
    quoted = "x-quoted-by-the-server-x"
    body = orjson.dumps({"error": quoted, "error_description": quoted, "error_uri": f"https://{quoted}"})
    ehr.post(TOKEN_URL, status=400, body=body)
    ehr.get(WELL_KNOWN, status=404, body=body)
    ehr.get(METADATA, json={"resourceType": quoted})
    for act in (lambda: signed_in(http), lambda: discover(ISS, http=http)):
        with pytest.raises(SmartError) as raised:
            act()
        assert quoted not in f"{raised.value!r}{raised.value}{raised.value.page_reason}"
