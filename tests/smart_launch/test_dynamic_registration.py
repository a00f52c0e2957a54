"""An app that registers itself: what it asks, and a registration that is not the one it asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
import responses

from smart_launch.dynamic_registration import ClientMetadata, RegisteredClient, register_client
from smart_launch.errors import RegistrationError, RegistrationRefused, Unreachable
from smart_launch.transport import Http
from tests.smart_launch.conftest import CONFIGURATION, NOW, REDIRECT

REGISTER = "https://auth.ehr.example/register"
OFFERED = replace(CONFIGURATION, registration_endpoint=REGISTER)
JWKS = "https://app.example/.well-known/jwks.json"
PUBLIC = ClientMetadata(
    "Chartside", (REDIRECT,), "launch openid patient/*.rs", launch_url="https://app.example/launch"
)
SYMMETRIC = replace(PUBLIC, client_type="symmetric")
ASYMMETRIC = replace(PUBLIC, client_type="asymmetric", jwks_uri=JWKS)
SYSTEM = replace(ASYMMETRIC, redirect_uris=(), scope="system/*.rs", system=True)


def sent(call: responses.Call) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(call.request.body or b"")
    return found


@pytest.mark.requirement("client@1")
def test_a_public_client_asks_for_what_it_is(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(REGISTER, status=201, json={"client_id": "c-1", "scope": "launch"})
    assert register_client(OFFERED, PUBLIC, http=http) == RegisteredClient("c-1", "public", scope="launch")
    request = ehr.calls[0].request
    assert request.headers["Content-Type"] == "application/json"
    assert "Authorization" not in request.headers
    assert sent(ehr.calls[0]) == {
        "client_name": "Chartside",
        "redirect_uris": [REDIRECT],
        "scope": "launch openid patient/*.rs",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "initiate_login_uri": "https://app.example/launch",
        "software_id": "chartside",
    }


@pytest.mark.requirement("client@1")
@pytest.mark.requirement("client@9")
@pytest.mark.requirement("client@26")
def test_an_asymmetric_client_names_its_keys_and_a_backend_service_its_grant(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(REGISTER, status=201, json={"client_id": "c-1", "client_secret": "not wanted"})
    found = register_client(OFFERED, replace(ASYMMETRIC, algorithm="RS384"), http=http)
    asked = sent(ehr.calls[0])
    assert (asked["token_endpoint_auth_method"], asked["jwks_uri"]) == ("private_key_jwt", JWKS)
    assert asked["token_endpoint_auth_signing_alg"] == "RS384"
    assert found.client_secret is None, "a client with a key takes no secret"
    register_client(OFFERED, SYSTEM, http=http)
    asked = sent(ehr.calls[1])
    assert asked["grant_types"] == ["client_credentials"]
    assert {"redirect_uris", "response_types"}.isdisjoint(asked)


def test_a_symmetric_client_gets_its_secret_and_no_repr_shows_it(
    ehr: responses.RequestsMock, http: Http
) -> None:
    answer = {
        "client_id": "c-1",
        "client_secret": "hush-hush",
        "client_secret_expires_at": NOW,
        "registration_access_token": "hush-too",
        "registration_client_uri": f"{REGISTER}/c-1",
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": [REDIRECT],
    }
    ehr.post(REGISTER, status=201, json=answer)
    found = register_client(OFFERED, SYMMETRIC, http=http)
    assert (found.client_secret, found.secret_expires_at) == ("hush-hush", NOW)
    assert (found.management_url, found.management_token) == (f"{REGISTER}/c-1", "hush-too")
    assert "hush" not in repr(found)


def test_a_secret_without_end_has_no_end(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(
        REGISTER, status=201, json={"client_id": "c", "client_secret": "s", "client_secret_expires_at": 0}
    )
    assert register_client(OFFERED, SYMMETRIC, http=http).secret_expires_at is None


def test_an_initial_access_token_goes_into_the_header(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(REGISTER, status=201, json={"client_id": "c"})
    register_client(OFFERED, PUBLIC, http=http, initial_access_token="from-the-administrator")
    assert ehr.calls[0].request.headers["Authorization"] == "Bearer from-the-administrator"
    with pytest.raises(RegistrationRefused):
        register_client(OFFERED, PUBLIC, http=http, initial_access_token="a\r\nX-Evil: 1")
    assert len(ehr.calls) == 1


def test_where_it_is_not_offered_nothing_is_sent(ehr: responses.RequestsMock, http: Http) -> None:
    with pytest.raises(RegistrationError, match="not offered"):
        register_client(CONFIGURATION, PUBLIC, http=http)
    assert len(ehr.calls) == 0


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (400, {"error": "invalid_redirect_uri", "error_description": "hush"}, "invalid_redirect_uri"),
        (400, {"error": "invalid_client_metadata"}, "invalid_client_metadata"),
        (400, {"error": "something of their own"}, "400"),
        (401, {"error": "invalid_token"}, "invalid_token"),
        (403, None, "403"),
        (404, {"error": ["invalid_redirect_uri"]}, "404"),
    ],
)
def test_a_refusal_is_named_by_the_standard_and_quotes_nothing(
    status: int, body: Any, detail: str, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(REGISTER, status=status, json=body)
    with pytest.raises(RegistrationRefused) as raised:
        register_client(OFFERED, PUBLIC, http=http)
    assert raised.value.detail == detail
    assert "hush" not in str(raised.value)


@pytest.mark.requirement("client@1")
@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        (PUBLIC, {"status": 500}),
        (PUBLIC, {"status": 429}),
        (PUBLIC, {"status": 302, "headers": {"Location": "https://evil.example/register"}}),
        (PUBLIC, {"status": 201, "body": "<html></html>"}),
        (PUBLIC, {"status": 201, "json": ["c"]}),
        (PUBLIC, {"status": 201, "json": {}}),
        (PUBLIC, {"status": 201, "json": {"client_id": 7}}),
        (PUBLIC, {"status": 201, "json": {"client_id": "two words"}}),
        (PUBLIC, {"status": 201, "json": {"client_id": "c\n"}}),
        (PUBLIC, {"status": 201, "json": {"client_id": "c", "redirect_uris": ["https://evil.example/cb"]}}),
        (
            PUBLIC,
            {"status": 201, "json": {"client_id": "c", "redirect_uris": [REDIRECT, "https://evil.example/"]}},
        ),
        (PUBLIC, {"status": 201, "json": {"client_id": "c", "redirect_uris": REDIRECT}}),
        (PUBLIC, {"status": 201, "json": {"client_id": "c", "redirect_uris": [{}]}}),
        (
            PUBLIC,
            {"status": 201, "json": {"client_id": "c", "token_endpoint_auth_method": "client_secret_basic"}},
        ),
        *(
            (metadata, {"status": 201, "json": {"client_id": "c", "client_secret": "s", **changed}})
            for metadata, changed in (
                (PUBLIC, {"grant_types": ["client_credentials"]}),
                (PUBLIC, {"grant_types": "authorization_code"}),
                (PUBLIC, {"grant_types": [["authorization_code"]]}),
                (PUBLIC, {"response_types": ["token"]}),
                (PUBLIC, {"jwks_uri": "https://evil.example/jwks"}),
                (SYMMETRIC, {"token_endpoint_auth_method": "client_secret_post"}),
                (ASYMMETRIC, {"token_endpoint_auth_signing_alg": "RS384"}),
                (ASYMMETRIC, {"jwks": {"keys": []}}),
                (SYSTEM, {"grant_types": ["authorization_code"]}),
                (SYSTEM, {"redirect_uris": ["https://evil.example/cb"]}),
            )
        ),
        (SYMMETRIC, {"status": 201, "json": {"client_id": "c"}}),
        (SYMMETRIC, {"status": 201, "json": {"client_id": "c", "client_secret": "a b"}}),
        (ASYMMETRIC, {"status": 201, "json": {"client_id": "c", "jwks_uri": "https://evil.example/jwks"}}),
    ],
)
def test_what_is_not_the_registration_asked_for_is_none(
    metadata: ClientMetadata, told: dict[str, Any], ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(REGISTER, **told)
    with pytest.raises(RegistrationError):
        register_client(OFFERED, metadata, http=http)
    assert len(ehr.calls) == 1, "asked once: a second time would make a second client"


@pytest.mark.requirement("client@1")
def test_a_registration_that_tells_what_was_asked_and_a_little_more_is_taken(
    ehr: responses.RequestsMock, http: Http
) -> None:
    told = {
        **ASYMMETRIC.to_json(),
        "client_id": "c",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code", "code id_token"],
        "jwks": None,
    }
    ehr.post(REGISTER, status=201, json=told)
    assert register_client(OFFERED, ASYMMETRIC, http=http).client_id == "c"


def test_an_unsafe_management_address_is_left_out(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(
        REGISTER, status=201, json={"client_id": "c", "registration_client_uri": "http://auth.example/c"}
    )
    assert register_client(OFFERED, PUBLIC, http=http).management_url is None


def test_no_answer_is_told(ehr: responses.RequestsMock, http: Http) -> None:
    with pytest.raises(Unreachable):
        register_client(OFFERED, PUBLIC, http=http)
    assert len(ehr.calls) == 1


@pytest.mark.requirement("client@1")
def test_what_could_never_be_registered_is_not_asked() -> None:
    for wrong in (
        {"redirect_uris": ()},
        {"client_type": "asymmetric"},
        {"system": True},
        {"system": True, "redirect_uris": ()},
        {"system": True, "redirect_uris": (), "client_type": "asymmetric"},
    ):
        with pytest.raises(ValueError, match=r"redirect_uris|key"):
            replace(PUBLIC, **wrong)
