"""What a token response leaves open is asked by introspection, believed where it fits, and never a reason to fail."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from smart_launch.completion import completed
from smart_launch.grant import Grant
from smart_launch.transport import Http
from tests.smart_launch.conftest import CONFIGURATION, ISS, PUBLIC, Clock, grant
from tests.smart_launch.test_introspection import ACTIVE, INTROSPECT, OFFERED

pytestmark = pytest.mark.requirement("client@25")


def open_grant(**changes: Any) -> Grant:
    """A grant whose token response named no user and, perhaps, no scopes."""
    return grant(id_token=None, fhir_user=None, subject=None, **changes)


def after(found: Grant, http: Http, *, scopes_told: bool = False, offered: bool = True) -> Grant:
    configuration = OFFERED if offered else CONFIGURATION
    return completed(found, PUBLIC, configuration, scopes_told=scopes_told, http=http, now=Clock())


@pytest.mark.requirement("client@12")
def test_scopes_and_user_that_were_not_told_are_asked_for(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(INTROSPECT, json=ACTIVE)
    found = after(open_grant(), http)
    assert (found.scopes.text, found.fhir_user, found.subject) == (
        "launch patient/*.rs",
        "Practitioner/nurse",
        "nurse",
    )
    assert len(ehr.calls) == 1


def test_introspection_never_allows_more_than_was_asked_for(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(INTROSPECT, json={**ACTIVE, "scope": "launch patient/*.cruds system/*.rs user/Task.c"})
    assert after(open_grant(), http).scopes.text == "launch patient/*.rs"


def test_what_the_token_response_said_stays(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(INTROSPECT, json=ACTIVE)
    told = open_grant()
    assert after(told, http, scopes_told=True).scopes == told.scopes
    known = grant(id_token="header.body.signature", fhir_user="Practitioner/other", subject="other")
    found = after(known, http)
    assert (found.fhir_user, found.subject) == ("Practitioner/other", "other")
    assert found.scopes.text == "launch patient/*.rs"


def test_where_all_was_told_or_nothing_is_offered_nobody_is_asked(
    ehr: responses.RequestsMock, http: Http
) -> None:
    told = grant(id_token="header.body.signature")
    assert after(told, http, scopes_told=True) is told
    assert after(open_grant(), http, offered=False) == open_grant()
    assert len(ehr.calls) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False},
        {"client_id": "another-app"},
        {"patient": "p2"},
    ],
    ids=str,
)
def test_an_answer_about_something_else_adds_nothing(
    ehr: responses.RequestsMock, http: Http, changes: dict[str, Any]
) -> None:
    ehr.post(INTROSPECT, json={**ACTIVE, **changes})
    assert after(open_grant(), http) == open_grant()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 401, "json": {"error": "invalid_client"}},
        {"status": 500, "body": "oops"},
        {"status": 200, "body": "<html>"},
        {"status": 200, "json": {"active": "yes"}},
        {"status": 200, "json": {**ACTIVE, "patient": "../../etc"}},
        {"body": requests.ConnectionError()},
        {"body": requests.ReadTimeout()},
    ],
    ids=str,
)
def test_a_failure_stops_no_launch(ehr: responses.RequestsMock, http: Http, answer: dict[str, Any]) -> None:
    ehr.post(INTROSPECT, **answer)
    assert after(open_grant(), http) == open_grant()


@pytest.mark.parametrize(
    ("user", "kept"),
    [
        (f"{ISS}/Practitioner/nurse", "Practitioner/nurse"),
        ("Practitioner/nurse", "Practitioner/nurse"),
        ("https://evil.example/fhir/Practitioner/manager", "https://evil.example/fhir/Practitioner/manager"),
        ("javascript:alert(1)", None),
        (7, None),
    ],
)
def test_the_user_is_read_as_strictly_as_in_an_id_token(
    ehr: responses.RequestsMock, http: Http, user: Any, kept: str | None
) -> None:
    ehr.post(INTROSPECT, json={**ACTIVE, "fhirUser": user})
    assert after(open_grant(), http).fhir_user == kept
