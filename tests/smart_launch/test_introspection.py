"""What a token is worth, as the EHR says it; and what is not believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import responses

from smart_launch.errors import ClientRefused, TokenError, TokenRefused, TokenServerFailed
from smart_launch.introspection import Introspection, introspect
from smart_launch.keys import Key
from smart_launch.registration import ClientRegistration
from smart_launch.transport import Http
from tests.smart_launch.conftest import CLIENT_ID, CONFIGURATION, ISS, NOW, PUBLIC, REDIRECT, Clock, form_of

pytestmark = pytest.mark.requirement("client@25")

INTROSPECT = "https://auth.ehr.example/introspect"
OFFERED = replace(CONFIGURATION, introspection_endpoint=INTROSPECT)
ACTIVE: dict[str, Any] = {
    "active": True,
    "client_id": CLIENT_ID,
    "scope": "launch patient/*.rs",
    "exp": NOW + 300,
    "iss": ISS,
    "sub": "nurse",
    "patient": "p1",
    "intent": "plan",
    "fhirUser": f"{ISS}/Practitioner/nurse",
}


def test_where_it_is_not_offered_nothing_is_sent(ehr: responses.RequestsMock, http: Http) -> None:
    assert introspect(PUBLIC, CONFIGURATION, "access-1", http=http) is None
    assert len(ehr.calls) == 0


def test_an_active_token_is_described(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(INTROSPECT, json=ACTIVE)
    found = introspect(PUBLIC, OFFERED, "access-1", http=http)
    assert found is not None
    assert (found.active, found.client_id, found.expires_at) == (True, CLIENT_ID, NOW + 300)
    assert found.scopes.allows("Task", "r")
    assert (found.context.patient, found.context.intent) == ("p1", "plan")
    assert (found.issuer, found.subject, found.fhir_user) == (ISS, "nurse", f"{ISS}/Practitioner/nurse")
    request = ehr.calls[0].request
    assert form_of(ehr.calls[0]) == {"token": "access-1", "client_id": CLIENT_ID}
    assert "access-1" not in str(request.url)


def test_of_an_inactive_token_nothing_else_is_believed(ehr: responses.RequestsMock, http: Http) -> None:
    ehr.post(INTROSPECT, json={**ACTIVE, "active": False})
    assert introspect(PUBLIC, OFFERED, "access-1", http=http) == Introspection(active=False)


def test_each_kind_of_client_proves_itself(
    ehr: responses.RequestsMock, http: Http, clock: Clock, ec_key: Key
) -> None:
    ehr.post(INTROSPECT, json={"active": False})
    symmetric = ClientRegistration(ISS, CLIENT_ID, REDIRECT, client_type="symmetric", client_secret="hush")
    asymmetric = ClientRegistration(ISS, CLIENT_ID, REDIRECT, client_type="asymmetric", signing_key=ec_key)
    introspect(symmetric, OFFERED, "access-1", http=http)
    introspect(asymmetric, OFFERED, "access-1", http=http, now=clock)
    introspect(symmetric, OFFERED, "access-1", http=http, bearer="access-1")
    basic, signed, bearer = ehr.calls
    assert basic.request.headers["Authorization"].startswith("Basic ")
    assert form_of(basic) == {"token": "access-1"}
    assert sorted(form_of(signed)) == ["client_assertion", "client_assertion_type", "token"]
    assert bearer.request.headers["Authorization"] == "Bearer access-1"
    assert form_of(bearer) == {"token": "access-1"}


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"json": {}}, TokenServerFailed),
        ({"json": {"active": "true"}}, TokenServerFailed),
        ({"json": {"active": 1}}, TokenServerFailed),
        ({"json": [True]}, TokenServerFailed),
        ({"body": "<html></html>", "content_type": "text/html"}, TokenServerFailed),
        ({"status": 302, "headers": {"Location": "https://evil.example/"}}, TokenServerFailed),
        ({"status": 500}, TokenServerFailed),
        ({"status": 401, "json": {"error": "invalid_client"}}, ClientRefused),
        ({"status": 403, "json": {}}, TokenRefused),
        ({"json": {**ACTIVE, "patient": "../Patient/p2"}}, TokenError),
    ],
)
def test_what_says_nothing_is_an_error(
    told: dict[str, Any], error: type[TokenError], ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(INTROSPECT, **told)
    with pytest.raises(error):
        introspect(PUBLIC, OFFERED, "access-1", http=http)
    assert len(ehr.calls) == 1


@pytest.mark.parametrize("exp", ["1790000300", None, True])
def test_what_the_ehr_leaves_out_or_misspells_is_none(
    exp: Any, ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.post(INTROSPECT, json={"active": True, "exp": exp, "scope": 7, "client_id": []})
    found = introspect(PUBLIC, OFFERED, "access-1", http=http)
    assert found == Introspection(active=True)
