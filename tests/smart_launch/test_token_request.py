"""How each kind of client proves itself at the token endpoint, seen in the request that leaves."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt

from smart_launch.errors import BadIssuer
from smart_launch.http_message import HttpRequest
from smart_launch.keys import Key, make_key
from smart_launch.registration import ClientRegistration
from smart_launch.token_request import code_request, refresh_request, revocation_request
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    ISS,
    NOW,
    PUBLIC,
    REDIRECT,
    REVOKE_URL,
    TOKEN_URL,
)

SYMMETRIC = ClientRegistration(ISS, "app: 1", REDIRECT, client_type="symmetric", client_secret="s3c&ret/ü")


def asymmetric(key: Key, algorithm: Any = "ES384") -> ClientRegistration:
    return ClientRegistration(
        ISS, CLIENT_ID, REDIRECT, client_type="asymmetric", signing_key=key, algorithm=algorithm
    )


def all_requests(registration: ClientRegistration) -> list[HttpRequest]:
    revocation = revocation_request(registration, CONFIGURATION, "T", hint="refresh_token", now=NOW)
    assert revocation is not None
    return [
        code_request(
            registration, CONFIGURATION, code="C", redirect_uri=REDIRECT, code_verifier="V", now=NOW
        ),
        refresh_request(registration, CONFIGURATION, "R", now=NOW),
        revocation,
    ]


def form(request: HttpRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((request.body or b"").decode()).items()}


def assertion_of(request: HttpRequest, key: Key, algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    token = jwt.decode(form(request)["client_assertion"], key, algorithms=[algorithm])
    return token.header, token.claims


@pytest.mark.requirement("client@8")
def test_a_public_client_names_itself_in_the_form() -> None:
    for request in all_requests(PUBLIC):
        assert form(request)["client_id"] == CLIENT_ID
        assert "Authorization" not in request.headers


@pytest.mark.requirement("client@9")
def test_a_symmetric_client_uses_basic_and_repeats_nothing_in_the_form() -> None:
    for request in all_requests(SYMMETRIC):
        scheme, _, value = request.headers["Authorization"].partition(" ")
        assert scheme == "Basic"
        assert base64.b64decode(value).decode() == "app%3A+1:s3c%26ret%2F%C3%BC"
        assert not {"client_id", "client_secret", "client_assertion"} & set(form(request))


@pytest.mark.requirement("client@9")
@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_an_asymmetric_client_signs_an_assertion_for_the_token_endpoint(algorithm: Any) -> None:
    key = make_key(algorithm, kid="k1")
    for request in all_requests(asymmetric(key, algorithm)):
        header, claims = assertion_of(request, key, algorithm)
        assert header == {"alg": algorithm, "kid": "k1", "typ": "JWT"}
        assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT_ID, CLIENT_ID, TOKEN_URL)
        assert NOW < claims["exp"] <= NOW + 300
        assert (
            form(request)["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        )
        assert not {"client_id", "client_secret"} & set(form(request))
        assert "Authorization" not in request.headers


@pytest.mark.requirement("client@9")
def test_every_assertion_has_a_new_jti(ec_key: Key) -> None:
    requests = [request for _ in range(5) for request in all_requests(asymmetric(ec_key))]
    identifiers = {assertion_of(request, ec_key, "ES384")[1]["jti"] for request in requests}
    assert len(identifiers) == len(requests)
    assert all(len(identifier) >= 24 for identifier in identifiers)


def test_a_jti_that_is_given_is_used(ec_key: Key) -> None:
    request = refresh_request(asymmetric(ec_key), CONFIGURATION, "R", now=NOW, jti="J1")
    assert assertion_of(request, ec_key, "ES384")[1]["jti"] == "J1"


@pytest.mark.requirement("client@17")
def test_a_refresh_asks_for_no_other_scopes() -> None:
    request = refresh_request(PUBLIC, CONFIGURATION, "R", now=NOW)
    assert form(request) == {"grant_type": "refresh_token", "refresh_token": "R", "client_id": CLIENT_ID}


def test_a_revocation_goes_where_it_is_offered_and_nowhere_else() -> None:
    offered = revocation_request(PUBLIC, CONFIGURATION, "T", hint="access_token", now=NOW)
    assert offered is not None
    assert offered.url == REVOKE_URL
    assert form(offered)["token_type_hint"] == "access_token"
    silent = replace(CONFIGURATION, revocation_endpoint=None)
    assert revocation_request(PUBLIC, silent, "T", hint="access_token", now=NOW) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": ""},
        {"redirect_uri": ""},
        {"client_type": "symmetric"},
        {"client_type": "symmetric", "client_secret": ""},
        {"client_type": "asymmetric"},
    ],
)
def test_a_registration_without_what_its_type_needs_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs"):
        replace(PUBLIC, **changes)


def test_a_registration_with_a_key_of_another_algorithm_or_a_bad_issuer_is_refused(ec_key: Key) -> None:
    with pytest.raises(ValueError, match="algorithm"):
        asymmetric(ec_key, "RS384")
    with pytest.raises(BadIssuer):
        replace(PUBLIC, iss="http://ehr.example/fhir")
