"""What the tests of getting in share: an EHR at an address that does not exist, its keys, a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from joserfc import jwt
from joserfc.jwk import ECKey

from smart_launch.discovery import SmartConfiguration
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant, LaunchContext
from smart_launch.keys import Key, make_key
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet
from smart_launch.transport import Http

ISS = "https://ehr.example/fhir"
TOKEN_URL = "https://auth.ehr.example/token"
JWKS_URL = "https://auth.ehr.example/jwks"
REVOKE_URL = "https://auth.ehr.example/revoke"
ISSUER = "https://auth.ehr.example"
REDIRECT = "https://app.example/callback"
CLIENT_ID = "chartside"
NOW = 1_790_000_000.0
NONCE = "nonce-of-this-launch"

CONFIGURATION = SmartConfiguration(
    authorization_endpoint="https://auth.ehr.example/authorize",
    token_endpoint=TOKEN_URL,
    issuer=ISSUER,
    jwks_uri=JWKS_URL,
    revocation_endpoint=REVOKE_URL,
    capabilities=frozenset({"launch-ehr", "sso-openid-connect"}),
)
PUBLIC = ClientRegistration(ISS, CLIENT_ID, REDIRECT)


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http() -> Http:
    return Http(connect_timeout=1, read_timeout=1)


@pytest.fixture
def ehr() -> Iterator[responses.RequestsMock]:
    """The EHR's answers; a request that a test did not foresee fails the test as a broken connection."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def client(http: Http, clock: Clock) -> SmartClient:
    """The client of one launch, for patient p1."""
    return SmartClient(PUBLIC, CONFIGURATION, grant(), http=http, now=clock)


@pytest.fixture(scope="session")
def issuer_key() -> Key:
    return make_key("RS384", kid="issuer-1")


@pytest.fixture(scope="session")
def ec_key() -> Key:
    return make_key("ES384", kid="chartside-1")


def grant(**changes: Any) -> Grant:
    """A grant of an hour, made now, for patient p1."""
    values: dict[str, Any] = {
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "expires_at": NOW + 3600,
        "issued_at": NOW,
        "scopes": ScopeSet.parse("launch openid fhirUser patient/*.rs"),
        "context": LaunchContext(patient="p1", encounter="e1", intent="plan"),
        "fhir_user": "Practitioner/nurse",
        "subject": "nurse",
    }
    return Grant(**{**values, **changes})


def id_claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good id_token; a change to None leaves the claim out."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": "nurse",
        "aud": CLIENT_ID,
        "exp": int(NOW) + 300,
        "iat": int(NOW),
        "nonce": NONCE,
        "fhirUser": f"{ISS}/Practitioner/nurse",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def signed(claims: dict[str, Any], key: Any, algorithm: str = "RS384", **header: Any) -> str:
    """A signed token; a header value of None leaves the parameter out."""
    written = {"alg": algorithm, "kid": key.kid, **header}
    kept = {name: value for name, value in written.items() if value is not None}
    return jwt.encode(kept, claims, key, algorithms=[algorithm])


def form_of(call: responses.Call) -> dict[str, str]:
    """The form that a token request carried."""
    body = call.request.body
    text = body.decode() if isinstance(body, bytes) else str(body)
    return {name: values[0] for name, values in parse_qs(text, strict_parsing=True).items()}


def token_answer(**changes: Any) -> dict[str, Any]:
    """A token endpoint's answer for patient p1."""
    answer = {
        "access_token": "access-2",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "refresh-2",
        "scope": "launch openid fhirUser patient/*.rs",
        "patient": "p1",
    }
    return {name: value for name, value in {**answer, **changes}.items() if value is not None}


def p256_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)
