"""Finding out how to sign in, from servers old, wrong, hostile and broken."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import responses

from smart_launch.discovery import (
    CONFIGURATION_LIMIT,
    OAUTH_URIS,
    AssociatedEndpoint,
    SmartConfiguration,
    discover,
)
from smart_launch.errors import BadIssuer, DiscoveryError, NoAuthorization, NotFhirR4, Unreachable
from smart_launch.transport import Http
from tests.smart_launch.conftest import CONFIGURATION, ISS

WELL_KNOWN = f"{ISS}/.well-known/smart-configuration"
METADATA = f"{ISS}/metadata"

DOCUMENT: dict[str, Any] = {
    "issuer": ISS,
    "authorization_endpoint": "https://auth.example/authorize",
    "token_endpoint": "https://auth.example/token",
    "jwks_uri": "https://auth.example/jwks",
    "revocation_endpoint": "https://auth.example/revoke",
    "introspection_endpoint": "https://auth.example/introspect",
    "capabilities": ["launch-ehr", "permission-v2"],
    "code_challenge_methods_supported": ["S256"],
    "scopes_supported": ["openid", "launch"],
}


def statement(version: str = "4.0.1", **uris: str) -> dict[str, Any]:
    """A CapabilityStatement whose oauth-uris extension names `uris`."""
    parts = [{"url": name, "valueUri": value} for name, value in uris.items()]
    extension = [{"url": "urn:other"}, {"url": OAUTH_URIS, "extension": parts}] if uris else []
    security = {"extension": extension}
    return {"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": [{"security": security}]}


@pytest.mark.requirement("client@3")
def test_the_well_known_document_is_read_without_a_token_and_is_enough(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(WELL_KNOWN, json=DOCUMENT)
    found = discover(ISS, http=http)
    assert found.token_endpoint == "https://auth.example/token"
    assert found.jwks_uri == "https://auth.example/jwks"
    assert found.revocation_endpoint == "https://auth.example/revoke"
    assert found.introspection_endpoint == "https://auth.example/introspect"
    assert found.capabilities == {"launch-ehr", "permission-v2"}
    assert found.code_challenge_methods == {"S256"}
    assert len(ehr.calls) == 1
    assert "Authorization" not in ehr.calls[0].request.headers


@pytest.mark.requirement("client@3")
def test_relative_endpoints_are_read_against_the_base(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.get(WELL_KNOWN, json={"authorization_endpoint": "auth/authorize", "token_endpoint": "/oauth/token"})
    found = discover(ISS, http=http)
    assert found.authorization_endpoint == f"{ISS}/auth/authorize"
    assert found.token_endpoint == "https://ehr.example/oauth/token"
    assert (found.issuer, found.jwks_uri) == (None, None)


def test_a_base_with_a_stray_slash_is_asked_at_the_right_place(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(WELL_KNOWN, json=DOCUMENT)
    assert discover(ISS + "/", http=http).issuer == ISS


UNUSABLE: dict[str, dict[str, Any]] = {
    "not found": {"status": 404, "json": {}},
    "a page of HTML": {"body": "<html><body>Sign in</body></html>", "content_type": "text/html"},
    "truncated JSON": {"body": '{"authorization_endpoint": "https://auth.exa'},
    "JSON that is a list": {"json": [DOCUMENT]},
    "JSON that is null": {"body": "null"},
    "no endpoints": {"json": {"capabilities": []}},
    "no token endpoint": {"json": {**DOCUMENT, "token_endpoint": ""}},
    "an error of the server": {"status": 500},
    "a redirect": {"status": 302, "headers": {"Location": "https://evil.example/"}},
    "nothing": {"body": b""},
    "bytes that are no text": {"body": b"\xff\xfe\x00"},
    "2 MB and more": {"body": b'{"x": "' + b"y" * CONFIGURATION_LIMIT + b'"}'},
}


@pytest.mark.requirement("client@3")
@pytest.mark.parametrize("case", UNUSABLE, ids=str)
def test_where_the_document_is_unusable_the_metadata_is_asked(
    case: str, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(WELL_KNOWN, **UNUSABLE[case])
    ehr.get(
        METADATA, json=statement(authorize="/authorize", token="https://auth.example/token", revoke="/revoke")
    )
    found = discover(ISS, http=http)
    assert found.authorization_endpoint == "https://ehr.example/authorize"
    assert found.token_endpoint == "https://auth.example/token"
    assert found.revocation_endpoint == "https://ehr.example/revoke"
    assert {call.request.url for call in ehr.calls} == {WELL_KNOWN, METADATA}


@pytest.mark.requirement("client@3")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"json": statement("3.0.2", authorize="/a", token="/t")}, NotFhirR4),
        ({"json": statement("1.0.2", authorize="/a", token="/t")}, NotFhirR4),
        ({"json": statement("4.6.0", authorize="/a", token="/t")}, NotFhirR4),
        ({"json": statement("5.0.0", authorize="/a", token="/t")}, NotFhirR4),
        ({"json": {"resourceType": "Conformance", "fhirVersion": "1.0.2"}}, NotFhirR4),
        ({"json": {"resourceType": "CapabilityStatement"}}, NotFhirR4),
        ({"json": statement()}, NoAuthorization),
        ({"json": statement(authorize="/a")}, NoAuthorization),
        (
            {"json": {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": "x"}},
            NoAuthorization,
        ),
        (
            {"json": {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [7, {}]}},
            NoAuthorization,
        ),
        ({"json": {"resourceType": "Patient"}}, DiscoveryError),
        ({"json": {}}, DiscoveryError),
        ({"body": "<html></html>", "content_type": "text/html"}, DiscoveryError),
        ({"body": '{"resourceType": "Capab'}, DiscoveryError),
        ({"status": 401, "json": statement()}, DiscoveryError),
        ({"status": 404}, DiscoveryError),
        ({"status": 500}, DiscoveryError),
        ({"json": statement(authorize="http://auth.example/a", token="/t")}, DiscoveryError),
    ],
)
def test_unusable_metadata_is_named_for_what_it_is(
    answer: dict[str, Any], error: type[DiscoveryError], ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(WELL_KNOWN, status=404)
    ehr.get(METADATA, **answer)
    with pytest.raises(DiscoveryError) as raised:
        discover(ISS, http=http)
    assert type(raised.value) is error


@pytest.mark.requirement("client@3")
def test_a_server_without_authorization_is_never_taken_for_an_open_one(
    ehr: responses.RequestsMock, http: Http
) -> None:
    """fhirclient makes it `auth_type "none"` and `ready`, and would read the chart unauthenticated."""
    ehr.get(WELL_KNOWN, status=404)
    ehr.get(METADATA, json=statement())
    with pytest.raises(NoAuthorization):
        discover(ISS, http=http)


@pytest.mark.requirement("client@18")
@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"]
)
@pytest.mark.parametrize(
    "value", ["http://auth.example/x", "https://a@auth.example/x", "javascript:alert(1)", 7]
)
def test_an_endpoint_in_clear_is_refused_and_not_worked_around(
    name: str, value: Any, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(WELL_KNOWN, json={**DOCUMENT, name: value})
    with pytest.raises(DiscoveryError, match="endpoint"):
        discover(ISS, http=http)
    assert len(ehr.calls) == 1


@pytest.mark.requirement("client@2")
def test_a_bad_issuer_is_refused_before_any_request_leaves(ehr: responses.RequestsMock, http: Http) -> None:
    with pytest.raises(BadIssuer):
        discover("http://ehr.example/fhir", http=http)
    assert len(ehr.calls) == 0


def test_an_ehr_that_does_not_answer_is_unreachable_and_not_asked_again(
    ehr: responses.RequestsMock, http: Http
) -> None:
    with pytest.raises(Unreachable):
        discover(ISS, http=http)
    assert len(ehr.calls) == 1


def test_lists_of_a_wrong_type_count_as_empty(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.get(
        WELL_KNOWN,
        json={**DOCUMENT, "capabilities": "launch-ehr", "scopes_supported": [1, "openid"], "issuer": 3},
    )
    found = discover(ISS, http=http)
    assert (found.capabilities, found.scopes_supported, found.issuer) == (frozenset(), {"openid"}, None)


def test_a_configuration_survives_being_kept() -> None:
    assert SmartConfiguration.from_json(CONFIGURATION.to_json()) == CONFIGURATION


STU_2_2: dict[str, Any] = {
    **DOCUMENT,
    "registration_endpoint": "https://auth.example/register",
    "management_endpoint": "manage",
    "grant_types_supported": ["authorization_code", "client_credentials"],
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
    "associated_endpoints": [
        {"url": "https://state.example/fhir", "capabilities": ["smart-app-state"]},
        {"url": "http://state.example/fhir", "capabilities": ["smart-app-state"]},
        {"url": "images", "capabilities": "not a list"},
        {"capabilities": ["smart-app-state"]},
        7,
    ],
}


@pytest.mark.requirement("client@3")
def test_the_fields_of_2_2_are_read_and_survive_being_kept(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.get(WELL_KNOWN, json=STU_2_2)
    found = discover(ISS, http=http)
    assert found.registration_endpoint == "https://auth.example/register"
    assert found.management_endpoint == f"{ISS}/manage"
    assert found.grant_types == {"authorization_code", "client_credentials"}
    assert found.token_endpoint_auth_methods == {"private_key_jwt"}
    assert found.token_endpoint_auth_signing_algs == {"RS384", "ES384"}
    assert found.associated_endpoints == (
        AssociatedEndpoint("https://state.example/fhir", frozenset({"smart-app-state"})),
        AssociatedEndpoint(f"{ISS}/images", frozenset()),
    )
    assert SmartConfiguration.from_json(orjson.loads(orjson.dumps(found.to_json()))) == found


@pytest.mark.parametrize("name", ["registration_endpoint", "management_endpoint"])
def test_an_unsafe_endpoint_that_no_launch_needs_counts_as_not_offered(
    name: str, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(WELL_KNOWN, json={**DOCUMENT, name: "http://auth.example/x"})
    assert getattr(discover(ISS, http=http), name) is None


def test_a_configuration_kept_by_the_version_before_is_read() -> None:
    """The row of 0.1.0, as its to_json wrote it."""
    row = {
        "authorization_endpoint": "https://auth.example/authorize",
        "token_endpoint": "https://auth.example/token",
        "issuer": ISS,
        "jwks_uri": None,
        "introspection_endpoint": None,
        "revocation_endpoint": None,
        "capabilities": ["launch-ehr"],
        "code_challenge_methods": ["S256"],
        "scopes_supported": [],
    }
    found = SmartConfiguration.from_json(row)
    assert (found.capabilities, found.grant_types) == ({"launch-ehr"}, frozenset())
    assert (found.registration_endpoint, found.associated_endpoints) == (None, ())


def test_a_configuration_kept_by_a_later_version_is_read_too() -> None:
    """Two versions serve side by side while one replaces the other."""
    assert SmartConfiguration.from_json({**CONFIGURATION.to_json(), "unheard_of": 1}) == CONFIGURATION


@pytest.mark.requirement("client@3")
def test_the_metadata_names_registration_and_management_too(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.get(WELL_KNOWN, status=404)
    ehr.get(METADATA, json=statement(authorize="/a", token="/t", register="/r", manage="https://m.example/m"))
    found = discover(ISS, http=http)
    assert found.registration_endpoint == "https://ehr.example/r"
    assert found.management_endpoint == "https://m.example/m"
