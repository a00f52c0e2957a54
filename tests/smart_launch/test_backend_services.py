"""The app as itself: one-time proofs, short tokens, and the guards of a launch."""

from __future__ import annotations

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import responses
from joserfc import jwt

from smart_launch.backend_services import SystemClient, system_grant
from smart_launch.errors import (
    ClientRefused,
    ForeignLink,
    NotFhirR4,
    TokenError,
    TokenServerFailed,
    Unauthorized,
    Unreachable,
)
from smart_launch.keys import Key, make_key
from smart_launch.registration import ClientRegistration
from smart_launch.transport import Http
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    ISS,
    NOW,
    PUBLIC,
    REDIRECT,
    TOKEN_URL,
    Clock,
    form_of,
)

pytestmark = pytest.mark.requirement("client@26")

SCOPE = "system/Patient.rs system/Condition.rs"


def answer(number: int = 1, **changes: Any) -> dict[str, Any]:
    told = {"access_token": f"system-{number}", "token_type": "bearer", "expires_in": 300, "scope": SCOPE}
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


@pytest.fixture(scope="module")
def registration(ec_key: Key) -> ClientRegistration:
    return ClientRegistration(ISS, CLIENT_ID, REDIRECT, client_type="asymmetric", signing_key=ec_key)


@pytest.fixture
def client(registration: ClientRegistration, http: Http, clock: Clock) -> SystemClient:
    return SystemClient(lambda: registration, CONFIGURATION, scope=SCOPE, http=http, now=clock)


def test_the_request_is_the_standards_and_nothing_more(
    ehr: responses.RequestsMock, http: Http, clock: Clock, registration: ClientRegistration, ec_key: Key
) -> None:
    ehr.post(TOKEN_URL, json=answer())
    grant = system_grant(registration, CONFIGURATION, scope=SCOPE, http=http, now=clock)
    form = form_of(ehr.calls[0])
    assert sorted(form) == ["client_assertion", "client_assertion_type", "grant_type", "scope"]
    assert (form["grant_type"], form["scope"]) == ("client_credentials", SCOPE)
    assert ehr.calls[0].request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    token = jwt.decode(form["client_assertion"], ec_key, algorithms=["ES384"])
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT_ID, CLIENT_ID, TOKEN_URL)
    assert 0 < claims["exp"] - NOW <= 300
    assert (grant.access_token, grant.expires_at, grant.is_short_lived) == ("system-1", NOW + 300, True)
    assert grant.scopes.allows("Condition", "s", levels=("system",))


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
@pytest.mark.requirement("client@9")
def test_both_algorithms_sign(algorithm: Any, ehr: responses.RequestsMock, http: Http, clock: Clock) -> None:
    key = make_key(algorithm, kid="k")
    asymmetric = ClientRegistration(
        ISS, CLIENT_ID, REDIRECT, client_type="asymmetric", signing_key=key, algorithm=algorithm
    )
    ehr.post(TOKEN_URL, json=answer())
    system_grant(asymmetric, CONFIGURATION, scope=SCOPE, http=http, now=clock)
    header = jwt.decode(form_of(ehr.calls[0])["client_assertion"], key, algorithms=[algorithm]).header
    assert header == {"alg": algorithm, "kid": "k", "typ": "JWT"}


@pytest.mark.parametrize("scope", ["", " ", "patient/*.rs", "system/Patient.rs openid", "user/*.rs"])
def test_only_system_scopes_are_asked_for(
    scope: str, ehr: responses.RequestsMock, http: Http, registration: ClientRegistration
) -> None:
    with pytest.raises(ValueError, match="system/"):
        system_grant(registration, CONFIGURATION, scope=scope, http=http)
    assert len(ehr.calls) == 0


def test_a_client_without_a_key_is_no_backend_service(ehr: responses.RequestsMock, http: Http) -> None:
    symmetric = ClientRegistration(ISS, CLIENT_ID, REDIRECT, client_type="symmetric", client_secret="s")
    for refused in (PUBLIC, symmetric):
        with pytest.raises(ValueError, match="key"):
            system_grant(refused, CONFIGURATION, scope=SCOPE, http=http)
    assert len(ehr.calls) == 0


def test_a_token_that_lives_longer_is_taken_and_known_to(
    ehr: responses.RequestsMock, http: Http, clock: Clock, registration: ClientRegistration
) -> None:
    ehr.post(TOKEN_URL, json=answer(expires_in=3600, scope=None))
    grant = system_grant(registration, CONFIGURATION, scope=SCOPE, http=http, now=clock)
    assert not grant.is_short_lived
    assert grant.scopes.text == SCOPE, "a server that grants what was asked may leave it out"


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"status": 400, "json": {"error": "invalid_scope"}}, ClientRefused),
        ({"status": 401, "json": {"error": "invalid_client"}}, ClientRefused),
        ({"status": 503}, TokenServerFailed),
        ({"status": 429, "headers": {"Retry-After": "7"}}, TokenServerFailed),
        ({"body": "<html>Sign in</html>", "content_type": "text/html"}, TokenServerFailed),
        ({"json": answer(token_type="mac")}, TokenError),
        ({"json": answer(access_token=None)}, TokenError),
        ({"status": 302, "headers": {"Location": "https://evil.example/"}}, TokenServerFailed),
    ],
)
def test_what_is_no_grant_is_an_error_and_follows_nothing(
    told: dict[str, Any],
    error: type[TokenError],
    ehr: responses.RequestsMock,
    http: Http,
    registration: ClientRegistration,
) -> None:
    ehr.post(TOKEN_URL, **told)
    with pytest.raises(error) as raised:
        system_grant(registration, CONFIGURATION, scope=SCOPE, http=http)
    assert len(ehr.calls) == 1
    if told.get("status") == 429:
        assert getattr(raised.value, "retry_after", None) == 7


def test_a_read_carries_the_token_and_every_token_has_a_proof_of_its_own(
    ehr: responses.RequestsMock, client: SystemClient, clock: Clock
) -> None:
    for number in (1, 2):
        ehr.post(TOKEN_URL, json=answer(number))
    ehr.get(f"{ISS}/Patient", json={"resourceType": "Bundle"})
    client.get("Patient", {"_count": "100"})
    client.get("Patient")
    clock.now += 241
    client.get("Patient")
    reads = [call.request for call in ehr.calls if call.request.method == "GET"]
    assert [request.headers["Authorization"] for request in reads] == [
        "Bearer system-1",
        "Bearer system-1",
        "Bearer system-2",
    ]
    assert "system-1" not in str(reads[0].url)
    proofs = [form_of(call)["client_assertion"] for call in ehr.calls if call.request.method == "POST"]
    assert len(set(proofs)) == len(proofs) == 2
    assert client.grant.access_token == "system-2"


def test_a_401_brings_one_new_token_and_no_loop(ehr: responses.RequestsMock, client: SystemClient) -> None:
    for number in (1, 2):
        ehr.post(TOKEN_URL, json=answer(number))
    ehr.get(f"{ISS}/Patient", status=401)
    with pytest.raises(Unauthorized):
        client.get("Patient")
    assert [call.request.method for call in ehr.calls] == ["POST", "GET", "POST", "GET"]


@pytest.mark.requirement("client@15")
@pytest.mark.parametrize(
    "reference",
    ["https://evil.example/fhir/Patient", "//evil.example/x", "../admin", f"{ISS}@evil.example/x"],
)
def test_the_token_goes_nowhere_else(
    reference: str, ehr: responses.RequestsMock, client: SystemClient
) -> None:
    with pytest.raises(ForeignLink):
        client.get(reference)
    assert len(ehr.calls) == 0


def test_sixteen_readers_ask_for_one_token(ehr: responses.RequestsMock, client: SystemClient) -> None:
    ehr.post(TOKEN_URL, json=answer())
    ehr.get(f"{ISS}/Patient", json={"resourceType": "Bundle"})
    together = threading.Barrier(16)

    def read() -> None:
        together.wait(timeout=10)
        client.get("Patient")

    with ThreadPoolExecutor(16) as pool:
        for future in [pool.submit(read) for _ in range(16)]:
            future.result()
    assert sum(call.request.method == "POST" for call in ehr.calls) == 1


def test_a_failure_is_not_asked_for_again_at_once(
    ehr: responses.RequestsMock, client: SystemClient, clock: Clock
) -> None:
    ehr.post(TOKEN_URL, status=503)
    for _ in range(3):
        with pytest.raises(TokenServerFailed):
            client.get("Patient")
    assert len(ehr.calls) == 1
    ehr.replace(responses.POST, TOKEN_URL, json=answer())
    ehr.get(f"{ISS}/Patient", json={"resourceType": "Bundle"})
    clock.now += 11
    assert client.get("Patient") == {"resourceType": "Bundle"}


def test_a_failure_that_is_told_again_does_not_grow(
    ehr: responses.RequestsMock, client: SystemClient
) -> None:
    """One exception raised a thousand times would hold a thousand tracebacks, with the tokens in their frames."""
    ehr.post(TOKEN_URL, status=503)
    depths = set()
    for _ in range(4):
        with pytest.raises(TokenServerFailed) as raised:
            client.get("Patient")
        depths.add(len(traceback.extract_tb(raised.value.__traceback__)))
    assert len(ehr.calls) == 1
    assert len(depths) <= 2, "the first, and all that repeat it"


def test_a_token_allows_no_more_than_was_asked_for(
    ehr: responses.RequestsMock, http: Http, clock: Clock, registration: ClientRegistration
) -> None:
    ehr.post(TOKEN_URL, json=answer(scope="system/*.cruds patient/Task.c"))
    grant = system_grant(registration, CONFIGURATION, scope=SCOPE, http=http, now=clock)
    assert grant.scopes.text == SCOPE


def test_an_unreachable_token_endpoint_sends_no_read(
    ehr: responses.RequestsMock, client: SystemClient
) -> None:
    with pytest.raises(Unreachable):
        client.get("Patient")
    assert len(ehr.calls) == 1


def test_the_metadata_of_another_fhir_is_refused(ehr: responses.RequestsMock, client: SystemClient) -> None:
    ehr.post(TOKEN_URL, json=answer())
    ehr.get(f"{ISS}/metadata", json={"resourceType": "Conformance", "fhirVersion": "1.0.2"})
    with pytest.raises(NotFhirR4):
        client.get_capability_statement()


def test_it_offers_no_way_to_write(client: SystemClient) -> None:
    assert {name for name in dir(client) if not name.startswith("_")} == {
        "get",
        "get_capability_statement",
        "grant",
    }
