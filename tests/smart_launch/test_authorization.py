"""Both halves of a launch: what the browser is sent away with, and what may come back."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import requests
import responses

from smart_launch.authorization import LAUNCH_LIFETIME, PendingLaunch, begin, finish
from smart_launch.errors import (
    AccessDenied,
    CallbackError,
    IdTokenError,
    InvalidGrant,
    MissingCode,
    SmartError,
    UnknownState,
    Unreachable,
    WrongIssuer,
)
from smart_launch.grant import Grant
from smart_launch.keys import Key, public_jwks
from smart_launch.refusals import ClientDenied, RequestDenied, ScopeDenied, SignInFailed, UnknownClient
from smart_launch.registration import ClientRegistration
from smart_launch.transport import Http
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    ISS,
    ISSUER,
    JWKS_URL,
    NONCE,
    NOW,
    PUBLIC,
    REDIRECT,
    TOKEN_URL,
    Clock,
    form_of,
    id_claims,
    signed,
    token_answer,
)

SCOPE = "launch openid fhirUser patient/*.rs"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""The example of RFC 7636 appendix B."""


def pending(**changes: Any) -> PendingLaunch:
    return replace(
        begin(
            PUBLIC,
            CONFIGURATION,
            scope=SCOPE,
            launch="L1",
            now=NOW,
            state="S1",
            verifier=VERIFIER,
            nonce=NONCE,
        )[1],
        **changes,
    )


def query_of(url: str) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(url).query, strict_parsing=True)
    assert len(pairs) == len(dict(pairs)), "no parameter twice"
    return dict(pairs)


@pytest.mark.requirement("client@7")
def test_the_authorize_request_holds_everything_that_smart_asks_for() -> None:
    request, _ = begin(
        PUBLIC,
        CONFIGURATION,
        scope=SCOPE,
        launch="L 1&x",
        now=NOW,
        state="S1",
        verifier=VERIFIER,
        nonce=NONCE,
    )
    assert request.url.startswith(CONFIGURATION.authorization_endpoint + "?")
    assert query_of(request.url) == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": SCOPE,
        "launch": "L 1&x",
        "aud": ISS,
        "state": "S1",
        "nonce": NONCE,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


@pytest.mark.requirement("client@4")
@pytest.mark.parametrize(
    "iss", ["https://ehr.example/fhir", "https://ehr.example/fhir/", "https://EHR.example/R4"]
)
def test_aud_equals_iss_to_the_letter(iss: str) -> None:
    request, launch = begin(replace(PUBLIC, iss=iss), CONFIGURATION, scope=SCOPE, launch="L1")
    assert query_of(request.url)["aud"] == iss == launch.iss


@pytest.mark.requirement("client@6")
def test_pkce_s256_is_sent_even_where_the_server_lists_no_method() -> None:
    request, launch = begin(
        PUBLIC, replace(CONFIGURATION, code_challenge_methods=frozenset()), scope=SCOPE, launch=None
    )
    digest = hashlib.sha256(launch.code_verifier.encode()).digest()
    assert query_of(request.url)["code_challenge_method"] == "S256"
    assert query_of(request.url)["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43,128}", launch.code_verifier)
    assert launch.code_verifier not in request.url


@pytest.mark.requirement("client@5")
def test_state_verifier_and_nonce_are_new_and_long_for_every_launch() -> None:
    launches = [begin(PUBLIC, CONFIGURATION, scope=SCOPE, launch=None)[1] for _ in range(20)]
    for name in ("state", "code_verifier", "nonce"):
        values = {getattr(launch, name) for launch in launches}
        assert len(values) == 20
        assert all(len(value) >= 43 for value in values)


@pytest.mark.requirement("client@2")
def test_a_standalone_launch_sends_no_launch_value() -> None:
    request, launch = begin(PUBLIC, CONFIGURATION, scope=SCOPE, launch=None)
    assert "launch" not in query_of(request.url)
    assert query_of(request.url)["scope"] == "launch/patient openid fhirUser patient/*.rs"
    assert launch.launch is None


def test_an_endpoint_keeps_its_own_parameters_but_cannot_speak_for_ours() -> None:
    own = "https://auth.ehr.example/authorize?tenant=7&aud=https://evil.example&state=fixed&launch=theirs&empty="
    request, _ = begin(
        PUBLIC, replace(CONFIGURATION, authorization_endpoint=own), scope=SCOPE, launch=None, state="S1"
    )
    query = dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
    assert (query["tenant"], query["empty"], query["aud"], query["state"]) == ("7", "", ISS, "S1")
    assert "launch" not in query


@pytest.mark.requirement("client@7")
def test_where_the_ehr_offers_post_the_request_travels_in_a_form_and_no_address_holds_it() -> None:
    offering = replace(
        CONFIGURATION,
        capabilities=frozenset({"authorize-post"}),
        authorization_endpoint="https://auth.ehr.example/authorize?tenant=7&state=fixed",
    )
    request, launch = begin(PUBLIC, offering, scope=SCOPE, launch="L1", method="auto", state="S1")
    by_get, _ = begin(
        PUBLIC,
        offering,
        scope=SCOPE,
        launch="L1",
        state="S1",
        verifier=launch.code_verifier,
        nonce=launch.nonce,
    )
    assert (request.method, request.url) == ("post", "https://auth.ehr.example/authorize?tenant=7")
    assert {"tenant": "7", **request.fields} == query_of(by_get.url)
    assert (by_get.method, by_get.fields) == ("get", {})
    assert "S1" not in repr(request)


@pytest.mark.parametrize(
    ("method", "capabilities", "sent"),
    [("auto", {"launch-ehr"}, "get"), ("auto", {"authorize-post"}, "post"), ("get", {"authorize-post"}, "get"),
     ("post", set(), "post")],
)  # fmt: skip
def test_the_way_to_the_ehr_may_be_fixed_or_follow_its_capabilities(
    method: Any, capabilities: set[str], sent: str
) -> None:
    configuration = replace(CONFIGURATION, capabilities=frozenset(capabilities))
    assert begin(PUBLIC, configuration, scope=SCOPE, launch="L1", method=method)[0].method == sent


def test_a_pending_launch_survives_being_kept() -> None:
    kept = orjson.dumps(pending().to_json())
    assert PendingLaunch.from_json(orjson.loads(kept)) == pending()


def finished(ehr: responses.RequestsMock, http: Http, key: Key, **answer: Any) -> Grant:
    """The grant after an answer that is good but for the changes in `answer`."""
    ehr.get(JWKS_URL, json=public_jwks([key]))
    ehr.post(TOKEN_URL, json=token_answer(**{"id_token": signed(id_claims(), key), **answer}))
    return finish(PUBLIC, pending(), {"state": "S1", "code": "C1"}, http=http, now=Clock())


@pytest.mark.requirement("client@6")
@pytest.mark.requirement("client@8")
def test_the_code_is_exchanged_with_the_verifier_and_nothing_that_is_not_asked_for(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    finished(ehr, http, issuer_key)
    request = ehr.calls[0]
    assert form_of(request) == {
        "grant_type": "authorization_code",
        "code": "C1",
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "client_id": CLIENT_ID,
    }
    assert request.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in request.request.headers
    assert "Cookie" not in request.request.headers


@pytest.mark.requirement("client@13")
def test_a_launch_becomes_a_grant_with_its_context_its_scopes_and_its_user(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    granted = finished(
        ehr,
        http,
        issuer_key,
        scope="launch openid patient/Task.rs",
        encounter="e1",
        intent="plan",
        tenant="T",
    )
    assert (granted.access_token, granted.refresh_token) == ("access-2", "refresh-2")
    assert (granted.issued_at, granted.expires_at) == (NOW, NOW + 3600)
    assert not granted.scopes.allows("CarePlan", "c"), "what was granted counts, not what was asked"
    assert (granted.context.patient, granted.context.encounter) == ("p1", "e1")
    assert (granted.context.intent, granted.context.tenant) == ("plan", "T")
    assert (granted.fhir_user, granted.subject) == ("Practitioner/nurse", "nurse")


def test_a_server_that_names_no_scope_granted_what_was_asked(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    assert finished(ehr, http, issuer_key, scope=None).scopes.text == SCOPE


def test_without_an_id_token_nobody_is_named(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key
) -> None:
    granted = finished(ehr, http, issuer_key, id_token=None)
    assert (granted.fhir_user, granted.subject) == (None, None)


def test_a_wrong_id_token_ends_the_launch(ehr: responses.RequestsMock, http: Http, issuer_key: Key) -> None:
    with pytest.raises(IdTokenError, match="nonce"):
        finished(ehr, http, issuer_key, id_token=signed(id_claims(nonce="of another launch"), issuer_key))


@pytest.mark.requirement("client@5")
@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, UnknownState),
        ({"code": "C1"}, UnknownState),
        ({"state": "", "code": "C1"}, UnknownState),
        ({"state": "S2", "code": "C1"}, UnknownState),
        ({"state": "S1 ", "code": "C1"}, UnknownState),
        ({"state": "\ud800", "code": "C1"}, UnknownState),
        ({"state": "S2", "error": "access_denied"}, UnknownState),
        ({"state": "S1", "error": "access_denied"}, AccessDenied),
        ({"state": "S1", "error": "access_denied", "code": "C1"}, AccessDenied),
        ({"state": "S1", "error": "<script>alert(1)</script>"}, AccessDenied),
        ({"state": "S1", "error": "invalid_scope"}, ScopeDenied),
        ({"state": "S1", "error": "access_denied", "error_description": "Scope not granted"}, ScopeDenied),
        ({"state": "S1", "error": "unauthorized_client"}, ClientDenied),
        ({"state": "S1", "error": "invalid_client"}, UnknownClient),
        ({"state": "S1", "error": "invalid_request"}, RequestDenied),
        ({"state": "S1", "error": "unsupported_response_type"}, RequestDenied),
        ({"state": "S1", "error": "server_error"}, SignInFailed),
        ({"state": "S1", "error": "temporarily_unavailable"}, SignInFailed),
        ({"state": "S1", "iss": "https://evil.example", "code": "C1"}, WrongIssuer),
        ({"state": "S1", "iss": "https://evil.example", "error": "access_denied"}, WrongIssuer),
        ({"state": "S1"}, MissingCode),
        ({"state": "S1", "code": ""}, MissingCode),
    ],
)
def test_an_unusable_answer_is_refused_before_anything_is_sent(
    params: dict[str, str], error: type[CallbackError], ehr: responses.RequestsMock, http: Http
) -> None:
    with pytest.raises(CallbackError) as raised:
        finish(PUBLIC, pending(), params, http=http, now=Clock())
    assert type(raised.value) is error
    assert len(ehr.calls) == 0


def test_a_denial_names_the_standard_code_and_never_the_strangers_words(http: Http) -> None:
    answer = {"state": "S1", "error": "invalid_scope", "error_description": "<b>call 555-0100</b>"}
    with pytest.raises(AccessDenied) as raised:
        finish(PUBLIC, pending(), answer, http=http, now=Clock())
    assert raised.value.error == "invalid_scope"
    assert "555" not in str(raised.value) + raised.value.page_reason
    with pytest.raises(AccessDenied, match="other"):
        finish(PUBLIC, pending(), {"state": "S1", "error": "<b>x</b>"}, http=http, now=Clock())


def test_a_launch_that_waited_too_long_is_over(http: Http) -> None:
    with pytest.raises(UnknownState):
        finish(
            PUBLIC, pending(), {"state": "S1", "code": "C"}, http=http, now=Clock(NOW + LAUNCH_LIFETIME + 1)
        )


def test_an_answer_meant_for_another_ehr_is_not_used(http: Http) -> None:
    other = ClientRegistration("https://other.example/fhir", CLIENT_ID, REDIRECT)
    with pytest.raises(UnknownState):
        finish(other, pending(), {"state": "S1", "code": "C1"}, http=http, now=Clock())


@pytest.mark.parametrize("issuer", [ISSUER, ISS])
def test_an_answer_that_names_its_issuer_rightly_is_taken(
    issuer: str, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer())
    params = {"state": "S1", "code": "C1", "iss": issuer}
    assert finish(PUBLIC, pending(), params, http=http, now=Clock()).access_token == "access-2"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            {"status": 400, "json": {"error": "invalid_grant", "error_description": "code C1 was used"}},
            InvalidGrant,
        ),
        ({"body": requests.ConnectionError("https://auth.ehr.example/token code=C1")}, Unreachable),
    ],
)
def test_a_code_used_before_or_a_lost_answer_ends_the_launch_without_naming_the_code(
    answer: dict[str, Any], error: type[SmartError], ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, **answer)
    with pytest.raises(error) as raised:
        finish(PUBLIC, pending(), {"state": "S1", "code": "C1"}, http=http, now=Clock())
    assert "C1" not in str(raised.value)
    assert len(ehr.calls) == 1, "a code is sent once"
