"""A grant that is kept, read back and renewed: what stays, what changes, what is refused."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import responses

from smart_launch.errors import PatientChanged, SessionEnded, TokenError, TokenServerFailed, Unreachable
from smart_launch.grant import Grant, refresh
from smart_launch.transport import Http
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    NOW,
    PUBLIC,
    TOKEN_URL,
    Clock,
    form_of,
    grant,
    token_answer,
)


def renewed(http: Http, now: float = NOW + 3000, **changes: Any) -> Grant:
    return refresh(PUBLIC, CONFIGURATION, grant(**changes), http=http, now=Clock(now))


def test_a_kept_grant_knows_when_it_expires() -> None:
    """fhirclient forgets the expiry, and a token read back after a day counts as good."""
    kept = Grant.from_json(orjson.loads(orjson.dumps(grant().to_json())))
    assert kept == grant()
    assert kept.expires_at == NOW + 3600


@pytest.mark.parametrize(
    ("lifetime", "issued_at", "renew_at"),
    [(3600, NOW, NOW + 3540), (60, NOW, NOW + 30), (0, NOW, NOW), (3600, None, NOW + 3540)],
)
def test_a_token_is_renewed_a_minute_ahead_or_half_way(
    lifetime: int, issued_at: float | None, renew_at: float
) -> None:
    assert grant(expires_at=NOW + lifetime, issued_at=issued_at).renew_at == renew_at


@pytest.mark.requirement("client@17")
def test_a_refresh_keeps_the_launch_context_and_the_user(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(TOKEN_URL, json=token_answer(patient=None, scope="launch patient/Task.rs"))
    after = renewed(http)
    assert after.context == grant().context
    assert (after.fhir_user, after.subject) == ("Practitioner/nurse", "nurse")
    assert (after.access_token, after.refresh_token) == ("access-2", "refresh-2")
    assert (after.issued_at, after.expires_at) == (NOW + 3000, NOW + 6600)
    assert after.scopes.text == "launch patient/Task.rs"
    assert form_of(ehr.calls[0]) == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
        "client_id": CLIENT_ID,
    }


@pytest.mark.requirement("client@17")
def test_a_server_that_does_not_rotate_leaves_the_refresh_token(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer(refresh_token=None, scope=None))
    after = renewed(http)
    assert after.refresh_token == "refresh-1"
    assert after.scopes == grant().scopes


def test_the_same_patient_in_another_spelling_is_the_same_patient(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer(patient="Patient/p1"))
    assert renewed(http).context.patient == "p1"


@pytest.mark.requirement("client@17")
@pytest.mark.parametrize("before", ["p1", None])
def test_another_patient_at_a_refresh_is_refused(
    before: str | None, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, json=token_answer(patient="p2"))
    context = type(grant().context)(patient=before)
    with pytest.raises(PatientChanged):
        renewed(http, context=context)


@pytest.mark.requirement("client@17")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 400, "json": {"error": "invalid_grant"}}, SessionEnded),
        ({"status": 401, "json": {"error": "invalid_client"}}, SessionEnded),
        ({"status": 400, "json": {"error": "strange"}}, SessionEnded),
        ({"status": 403, "body": "<html>"}, SessionEnded),
        ({"status": 503}, TokenServerFailed),
        ({"status": 200, "body": "<html>"}, TokenServerFailed),
        ({"status": 200, "json": {"access_token": "x"}}, TokenError),
    ],
)
def test_a_refresh_that_fails_says_whether_trying_again_may_help(
    answer: dict[str, Any], error: type[TokenError], ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(TOKEN_URL, **answer)
    with pytest.raises(TokenError) as raised:
        renewed(http)
    assert type(raised.value) is error
    assert len(ehr.calls) == 1, "a refresh token is sent once"


def test_an_ehr_that_does_not_answer_a_refresh_is_unreachable(
    ehr: responses.RequestsMock, http: Http
) -> None:
    with pytest.raises(Unreachable):
        renewed(http)


@pytest.mark.requirement("client@17")
def test_without_a_refresh_token_the_session_has_ended_and_nothing_is_sent(
    ehr: responses.RequestsMock, http: Http
) -> None:
    """fhirclient raises a TypeError here."""
    with pytest.raises(SessionEnded):
        renewed(http, refresh_token=None)
    assert len(ehr.calls) == 0


@pytest.mark.requirement("client@17")
def test_a_refresh_never_allows_more_than_the_launch_did(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(TOKEN_URL, json=token_answer(scope="launch patient/*.cruds system/*.rs user/Task.c"))
    after = renewed(http).scopes
    assert after.text == "launch patient/*.rs"
    assert not after.allows("Task", "c")
