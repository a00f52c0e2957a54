"""No token, secret, code or verifier in a repr, a log, an exception's text or a traceback: a search for the words."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import responses

from smart_launch import errors
from smart_launch.app_state import AppState, AppStateStore, StateCode
from smart_launch.authorization import begin, finish
from smart_launch.backend_services import SystemClient, SystemGrant
from smart_launch.dynamic_registration import ClientMetadata, RegisteredClient, register_client
from smart_launch.errors import SmartError
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import refresh
from smart_launch.introspection import introspect
from smart_launch.keys import Key, make_key, public_jwks
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet
from smart_launch.smart_style import fetch_style
from smart_launch.token_request import code_request, introspection_request, refresh_request
from smart_launch.token_response import parse_token_response
from smart_launch.transport import Http
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    ISS,
    JWKS_URL,
    NOW,
    PUBLIC,
    REDIRECT,
    REVOKE_URL,
    TOKEN_URL,
    Clock,
    grant,
    id_claims,
    signed,
    token_answer,
)

pytestmark = pytest.mark.requirement("client@14")

WORD = "-".join(["never", "to", "be", "seen"])
"""Put together here, so that a traceback's own source lines do not show it."""

SYMMETRIC = ClientRegistration(
    ISS, CLIENT_ID, REDIRECT, client_type="symmetric", client_secret=f"secret-{WORD}"
)
INTROSPECT_URL, REGISTER_URL = "https://auth.ehr.example/introspect", "https://auth.ehr.example/register"
OFFERING = replace(
    CONFIGURATION,
    introspection_endpoint=INTROSPECT_URL,
    registration_endpoint=REGISTER_URL,
    capabilities=frozenset({"smart-app-state"}),
)
HELD = grant(access_token=f"access-{WORD}", refresh_token=f"refresh-{WORD}", id_token=f"id-{WORD}")


def pending() -> Any:
    return begin(
        SYMMETRIC,
        CONFIGURATION,
        scope="openid",
        launch=f"launch-{WORD}",
        now=NOW,
        state=f"state-{WORD}",
        verifier=f"verifier-{WORD}",
        nonce=f"nonce-{WORD}",
    )[1]


def test_nothing_secret_is_in_a_repr() -> None:
    key = make_key(kid="k")
    asymmetric = replace(SYMMETRIC, client_type="asymmetric", signing_key=key)
    shown = [
        SYMMETRIC,
        asymmetric,
        HELD,
        pending(),
        refresh_request(SYMMETRIC, CONFIGURATION, WORD, now=NOW),
        introspection_request(SYMMETRIC, OFFERING, WORD, bearer=WORD, now=NOW),
        SystemGrant(WORD, NOW, ScopeSet(), NOW),
        RegisteredClient("c", "symmetric", client_secret=WORD, management_token=WORD),
        AppState("b1", "1", {"urn:x": WORD}),
        code_request(SYMMETRIC, CONFIGURATION, code=WORD, redirect_uri=REDIRECT, code_verifier=WORD, now=NOW),
    ]
    text = "".join(f"{thing!r} {thing}" for thing in shown)
    assert WORD not in text
    assert str(key.as_dict(private=True)["d"]) not in text


def test_a_token_answer_shows_nothing() -> None:
    from smart_launch.http_message import HttpAnswer

    body = b'{"access_token": "%b", "refresh_token": "%b", "token_type": "bearer"}' % (
        WORD.encode(),
        WORD.encode(),
    )
    answer = HttpAnswer(200, {"set-cookie": WORD}, body)
    assert WORD not in f"{answer!r}{parse_token_response(answer)!r}"


def sign_in(http: Http) -> None:
    finish(SYMMETRIC, pending(), {"state": f"state-{WORD}", "code": f"code-{WORD}"}, http=http, now=Clock())


def renew(http: Http) -> None:
    refresh(SYMMETRIC, CONFIGURATION, HELD, http=http, now=Clock())


def read(http: Http) -> None:
    SmartClient(SYMMETRIC, CONFIGURATION, HELD, http=http, now=Clock()).get(f"Patient/{WORD}?name={WORD}")


def write(http: Http) -> None:
    resource = {"resourceType": "Task", "description": WORD}
    SmartClient(SYMMETRIC, CONFIGURATION, HELD, http=http, now=Clock()).post("Task", resource)


def sign_out(http: Http) -> None:
    SmartClient(SYMMETRIC, CONFIGURATION, HELD, http=http, now=Clock()).revoke()


def ask_what_it_is_worth(http: Http) -> None:
    introspect(SYMMETRIC, OFFERING, f"access-{WORD}", http=http, now=Clock())


def ask_with_it_what_it_is_worth(http: Http) -> None:
    introspect(SYMMETRIC, OFFERING, f"access-{WORD}", bearer=f"access-{WORD}", http=http, now=Clock())


def register_itself(http: Http) -> None:
    metadata = ClientMetadata("Chartside", (REDIRECT,), "launch", client_type="symmetric")
    register_client(OFFERING, metadata, http=http, initial_access_token=f"initial-{WORD}")


def work_as_itself(http: Http) -> None:
    key = make_key("ES384", kid="k")
    registration = replace(SYMMETRIC, client_type="asymmetric", signing_key=key)
    scope = f"system/Patient.rs?name={WORD}"
    SystemClient(lambda: registration, OFFERING, scope=scope, http=http, now=Clock()).get(f"Patient/{WORD}")


def preferences(http: Http) -> AppStateStore:
    held = replace(HELD, scopes=ScopeSet.parse("user/Basic.cuds"), fhir_user=f"Practitioner/{WORD}")
    store = AppStateStore.of(
        SmartClient(SYMMETRIC, OFFERING, held, http=http, now=Clock()), StateCode("urn:x", "y")
    )
    assert store is not None
    return store


def read_preferences(http: Http) -> None:
    preferences(http).read()


def write_preferences(http: Http) -> None:
    preferences(http).write({"urn:x": WORD}, AppState("b1", "1", {"urn:x": WORD}))


def patch(http: Http) -> None:
    operations = [{"op": "add", "path": "/description", "value": WORD}]
    SmartClient(SYMMETRIC, CONFIGURATION, HELD, http=http, now=Clock()).patch(
        f"Task/{WORD}", operations, if_match="1"
    )


def look(http: Http) -> None:
    fetch_style(f"{ISS}/style.json?user={WORD}", http=http)


ANSWERS: dict[str, dict[str, Any] | None] = {
    "no answer": None,
    "a refusal that repeats what was sent": {
        "status": 400,
        "json": {
            "error": "invalid_grant",
            "error_description": WORD,
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "invalid", "diagnostics": WORD}],
        },
    },
    "not authorized": {"status": 401, "body": WORD},
    "a failure": {"status": 500, "body": WORD},
    "a page": {"status": 200, "body": f"<html>{WORD}</html>", "content_type": "text/html"},
    "cut-off JSON": {"status": 200, "body": '{"access_token": "' + WORD},
    "a token of a strange form": {
        "status": 200,
        "json": {"access_token": f"{WORD}\n", "token_type": "bearer"},
    },
    "a client with secrets": {
        "status": 201,
        "json": {"client_id": f"{WORD} {WORD}", "client_secret": WORD, "registration_access_token": WORD},
    },
    "a word that is no yes": {"status": 200, "json": {"active": WORD, "scope": WORD}},
    "too many requests": {"status": 429, "body": WORD, "headers": {"Retry-After": WORD}},
    "an id_token that is none": {"status": 200, "json": token_answer(access_token=WORD, id_token=WORD)},
}


@pytest.mark.parametrize("case", ANSWERS, ids=str)
@pytest.mark.parametrize(
    "act",
    [
        *(sign_in, renew, read, write, patch, sign_out, look),
        *(ask_what_it_is_worth, ask_with_it_what_it_is_worth, register_itself, work_as_itself),
        *(read_preferences, write_preferences),
    ],
)
def test_whatever_the_ehr_answers_the_words_stay_out_of_logs_and_tracebacks(
    act: Callable[[Http], None],
    case: str,
    ehr: responses.RequestsMock,
    http: Http,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = ANSWERS[case]
    if answer is not None:
        for method, url in (
            (responses.POST, TOKEN_URL),
            (responses.POST, REVOKE_URL),
            (responses.GET, f"{ISS}/Patient/{WORD}"),
            (responses.POST, f"{ISS}/Task"),
            (responses.PATCH, f"{ISS}/Task/{WORD}"),
            (responses.GET, f"{ISS}/Basic"),
            (responses.PUT, f"{ISS}/Basic/b1"),
            (responses.GET, f"{ISS}/style.json"),
            (responses.POST, INTROSPECT_URL),
            (responses.POST, REGISTER_URL),
        ):
            ehr.add(method, url, **answer)
    written = ""
    try:
        act(http)
    except SmartError as error:
        written = traceback.format_exc() + repr(error) + error.page_reason
    assert WORD not in written + caplog.text


def test_a_whole_launch_leaves_no_secret_in_the_log(
    ehr: responses.RequestsMock, http: Http, issuer_key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = signed(id_claims(nonce=f"nonce-{WORD}"), issuer_key)
    ehr.get(JWKS_URL, json=public_jwks([issuer_key]))
    ehr.post(TOKEN_URL, json=token_answer(access_token=f"access-{WORD}", id_token=token))
    ehr.get(f"{ISS}/Patient/p1", json={"resourceType": "Patient", "id": WORD})
    params = {"state": f"state-{WORD}", "code": f"code-{WORD}"}
    granted = finish(SYMMETRIC, pending(), params, http=http, now=Clock())
    SmartClient(SYMMETRIC, CONFIGURATION, granted, http=http, now=Clock()).get("Patient/p1")
    assert len(caplog.records) >= 3, "there is a log"
    assert WORD not in caplog.text
    assert token not in caplog.text


def test_every_error_has_its_own_plain_sentence() -> None:
    def family(kind: type[SmartError]) -> list[type[SmartError]]:
        return [kind, *(member for child in kind.__subclasses__() for member in family(child))]

    kinds = [kind for kind in family(SmartError) if kind.__module__ == errors.__name__]
    assert len(kinds) > 25
    for kind in kinds:
        assert kind.page_reason.endswith("."), kind
        assert "http" not in kind.page_reason.lower(), kind
        assert kind.__doc__, kind


def test_a_public_client_sends_no_secret_it_was_given_by_mistake(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer())
    refresh(replace(PUBLIC, client_secret=WORD), CONFIGURATION, grant(), http=http, now=Clock())
    request = ehr.calls[0].request
    assert WORD not in f"{request.body!r}{request.headers}"
