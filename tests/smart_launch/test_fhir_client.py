"""The guarded client, seen from the EHR's side: what it is asked, with which headers, and what it is never asked."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import responses

from smart_launch.errors import (
    Conflict,
    ForeignLink,
    NotFhir,
    NotFhirR4,
    NotFound,
    Rejected,
    ServerFailed,
    Unauthorized,
    Unreachable,
)
from smart_launch.fhir_client import SmartClient, WriteResult, etag
from smart_launch.registration import ClientRegistration
from smart_launch.transport import Http
from tests.smart_launch.conftest import (
    CLIENT_ID,
    CONFIGURATION,
    ISS,
    REDIRECT,
    TOKEN_URL,
    Clock,
    grant,
    token_answer,
)
from tests.smart_launch.loopback import answer, hang_up, loopback

PATIENT = {"resourceType": "Patient", "id": "p1"}
TASK = {"resourceType": "Task", "status": "requested", "intent": "plan"}


def body_of(call: responses.Call) -> Any:
    return orjson.loads(call.request.body or b"")


@pytest.mark.requirement("client@14")
def test_a_read_carries_the_token_in_its_header_and_asks_for_fresh_fhir(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.get(f"{ISS}/Patient/p1", json=PATIENT)
    assert client.get("Patient/p1") == PATIENT
    headers = ehr.calls[0].request.headers
    assert headers["Authorization"] == "Bearer access-1"
    assert headers["Accept"] == "application/fhir+json"
    assert headers["Cache-Control"] == "no-cache"
    assert "access-1" not in str(ehr.calls[0].request.url)


def test_a_search_encodes_its_parameters(ehr: responses.RequestsMock, client: SmartClient) -> None:
    ehr.get(f"{ISS}/Task", json={"resourceType": "Bundle"})
    client.get("Task", [("patient", "p1"), ("code", "http://loinc.org|1-8")])
    assert ehr.calls[0].request.url == f"{ISS}/Task?patient=p1&code=http%3A%2F%2Floinc.org%7C1-8"


@pytest.mark.requirement("client@32")
def test_a_next_link_is_followed_as_the_server_wrote_it(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    link = f"{ISS}?_getpages=a%2Fb&_getpagesoffset=20&_bundletype=searchset"
    ehr.get(link, json={"resourceType": "Bundle"}, match_querystring=None)
    client.get(link)
    assert ehr.calls[0].request.url in (link, link.replace("/fhir?", "/fhir/?"))


@pytest.mark.requirement("client@15")
@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.example/fhir/Patient/p1",
        "//evil.example/fhir/Patient/p1",
        "http://ehr.example/fhir/Patient/p1",
        "https://ehr.example:8443/fhir/Patient/p1",
        "https://ehr.example/other/Patient/p1",
        "https://ehr.example@evil.example/fhir/Patient/p1",
        "../admin",
        "#contained",
    ],
)
def test_nothing_at_all_is_sent_to_another_place(
    reference: str, ehr: responses.RequestsMock, client: SmartClient
) -> None:
    for send in (
        lambda: client.get(reference),
        lambda: client.post(reference, TASK),
        lambda: client.put(reference, TASK, if_match="1"),
        lambda: client.patch(reference, PATCH, if_match="1"),
        lambda: client.delete(reference, if_match="1"),
        lambda: client.server.request_json(reference),
        lambda: client.server.request_data(reference, nosign=True),
    ):
        with pytest.raises(ForeignLink) as raised:
            send()
        assert not raised.value.may_have_acted
    assert len(ehr.calls) == 0


def test_a_create_sends_the_resource_untouched_and_reports_what_the_ehr_kept(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    sent = {
        **TASK,
        "_status": {"extension": [{"url": "urn:x", "valueCode": "y"}]},
        "note": [{"text": "Müller 🙂"}],
    }
    kept = {**sent, "id": "t1", "meta": {"versionId": "1"}}
    location = f"{ISS}/Task/t1/_history/1"
    ehr.post(f"{ISS}/Task", status=201, json=kept, headers={"Location": location})
    assert client.post("Task", sent) == WriteResult(kept, "t1", "1", location, 201)
    request = ehr.calls[0].request
    assert body_of(ehr.calls[0]) == sent, "primitive extensions too, which fhirclient's models drop"
    assert request.headers["Content-Type"] == "application/fhir+json"
    assert request.headers["Prefer"] == "return=representation"
    assert "If-None-Exist" not in request.headers


@pytest.mark.requirement("client@43")
def test_a_conditional_create_names_its_condition(ehr: responses.RequestsMock, client: SmartClient) -> None:
    ehr.post(f"{ISS}/Task", status=200, json={**TASK, "id": "t1"})
    assert client.post("Task", TASK, if_none_exist="identifier=urn:x|1").status == 200
    assert ehr.calls[0].request.headers["If-None-Exist"] == "identifier=urn:x|1"


@pytest.mark.parametrize("condition", ["", " a", "a\r\nX-Evil: 1", "a\n", "ü"])
def test_a_condition_that_is_no_header_is_refused(
    condition: str, ehr: responses.RequestsMock, client: SmartClient
) -> None:
    with pytest.raises(ValueError, match="condition"):
        client.post("Task", TASK, if_none_exist=condition)
    assert len(ehr.calls) == 0


@pytest.mark.requirement("client@42")
def test_an_update_is_of_the_version_that_was_read(ehr: responses.RequestsMock, client: SmartClient) -> None:
    ehr.put(f"{ISS}/Task/t1", json={**TASK, "id": "t1", "meta": {"versionId": "5"}})
    assert client.put("Task/t1", {**TASK, "id": "t1"}, if_match="4").version_id == "5"
    assert ehr.calls[0].request.headers["If-Match"] == 'W/"4"'


@pytest.mark.parametrize(("version", "header"), [("4", 'W/"4"'), ('W/"4"', 'W/"4"'), ('"a.b"', '"a.b"')])
def test_a_version_becomes_an_etag(version: str, header: str) -> None:
    assert etag(version) == header


@pytest.mark.parametrize("version", ["", "4 5", '4"', "4\r\nX: 1", 'W/""', "ü", "*\n"])
def test_an_update_without_a_version_is_refused(
    version: str, ehr: responses.RequestsMock, client: SmartClient
) -> None:
    with pytest.raises(ValueError, match="version"):
        client.put("Task/t1", TASK, if_match=version)
    assert len(ehr.calls) == 0


@pytest.mark.requirement("client@42")
@pytest.mark.parametrize("status", [409, 412])
def test_409_and_412_both_mean_that_somebody_was_quicker(
    status: int, ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.put(f"{ISS}/Task/t1", status=status, json={"resourceType": "OperationOutcome", "issue": []})
    with pytest.raises(Conflict):
        client.put("Task/t1", TASK, if_match="4")


PATCH = [{"op": "replace", "path": "/status", "value": "completed"}]


@pytest.mark.requirement("client@42")
def test_a_patch_is_of_the_version_that_was_read(ehr: responses.RequestsMock, client: SmartClient) -> None:
    ehr.patch(f"{ISS}/Task/t1", json={**TASK, "id": "t1", "meta": {"versionId": "5"}})
    result = client.patch("Task/t1", PATCH, if_match="4")
    assert (result.id, result.version_id, result.status) == ("t1", "5", 200)
    request = ehr.calls[0].request
    assert request.headers["Content-Type"] == "application/json-patch+json"
    assert request.headers["If-Match"] == 'W/"4"'
    assert request.headers["Authorization"] == "Bearer access-1"
    assert body_of(ehr.calls[0]) == PATCH


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [{}],
        [{"op": "replace", "path": "status"}],
        [{"op": "drop", "path": "/status"}],
        [{"op": "add", "path": 7}],
        [*PATCH, {"op": "remove"}],
    ],
)
def test_what_is_no_patch_is_not_sent(
    operations: list[dict[str, Any]], ehr: responses.RequestsMock, client: SmartClient
) -> None:
    with pytest.raises(ValueError, match="operations"):
        client.patch("Task/t1", operations, if_match="4")
    assert len(ehr.calls) == 0


@pytest.mark.requirement("client@42")
@pytest.mark.parametrize("version", ["", "*\n"])
def test_neither_a_patch_nor_a_delete_goes_without_a_version(
    version: str, ehr: responses.RequestsMock, client: SmartClient
) -> None:
    with pytest.raises(ValueError, match="version"):
        client.patch("Task/t1", PATCH, if_match=version)
    with pytest.raises(ValueError, match="version"):
        client.delete("Task/t1", if_match=version)
    assert len(ehr.calls) == 0


@pytest.mark.requirement("client@42")
@pytest.mark.parametrize(
    "path",
    [
        "Task",
        "Task?patient=p1",
        "Task/1?patient=p1",
        "Task/t1/_history/3",
        "Task/t1/",
        "Task/t1#a",
        "Task/t%31",
        "Task/..",
        "/Task/t1",
        "Task/t1/Patient/p1",
        "Task/a b",
        f"{ISS}/Task/t1",
        "",
    ],
)
def test_a_change_is_of_one_record_whatever_its_id_says(
    path: str, ehr: responses.RequestsMock, client: SmartClient
) -> None:
    """An id comes from the EHR's answer: `1?patient=p1` would make a conditional delete of it."""
    changes = (
        lambda: client.put(path, TASK, if_match="4"),
        lambda: client.patch(path, PATCH, if_match="4"),
        lambda: client.delete(path, if_match="4"),
    )
    for change in changes:
        with pytest.raises(ForeignLink):
            change()
    assert len(ehr.calls) == 0


@pytest.mark.requirement("client@42")
def test_a_patch_or_delete_of_what_was_changed_meanwhile_is_a_conflict(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.patch(f"{ISS}/Task/t1", status=412)
    ehr.delete(f"{ISS}/Basic/b1", status=412)
    with pytest.raises(Conflict):
        client.patch("Task/t1", PATCH, if_match="4")
    with pytest.raises(Conflict):
        client.delete("Basic/b1", if_match="4")
    assert ehr.calls[1].request.headers["If-Match"] == 'W/"4"'


def test_a_write_is_never_repeated_when_the_ehr_fails(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.patch(f"{ISS}/Task/t1", status=503, headers={"Retry-After": "30"})
    with pytest.raises(ServerFailed) as raised:
        client.patch("Task/t1", PATCH, if_match="4")
    assert raised.value.may_have_acted
    assert raised.value.retry_after == 30
    assert len(ehr.calls) == 1


def test_a_transaction_goes_to_the_base_and_its_answer_comes_back(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    answered = {"resourceType": "Bundle", "type": "transaction-response", "entry": []}
    ehr.post(ISS, json=answered)
    assert client.transaction({"resourceType": "Bundle", "type": "transaction"}) == answered
    assert str(ehr.calls[0].request.url).rstrip("/") == ISS


def test_a_transaction_refused_or_answered_with_something_else_is_an_error(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.post(ISS, status=422, json={"resourceType": "OperationOutcome", "issue": [{"code": "invariant"}]})
    ehr.post(ISS, json={"resourceType": "OperationOutcome"})
    with pytest.raises(Rejected) as refused:
        client.transaction({"resourceType": "Bundle"})
    assert refused.value.outcome[0].code == "invariant"
    with pytest.raises(NotFhir) as odd:
        client.transaction({"resourceType": "Bundle"})
    assert odd.value.may_have_acted


def test_a_write_refused_with_401_is_sent_once_more_with_the_new_token(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.post(f"{ISS}/Task", status=401)
    ehr.post(TOKEN_URL, json=token_answer())
    ehr.post(f"{ISS}/Task", status=201, json={**TASK, "id": "t1"})
    assert client.post("Task", TASK).id == "t1"
    assert [call.request.headers.get("Authorization") for call in ehr.calls] == [
        "Bearer access-1",
        None,
        "Bearer access-2",
    ]


def test_a_second_401_is_the_end_and_no_loop(ehr: responses.RequestsMock, client: SmartClient) -> None:
    ehr.get(f"{ISS}/Patient/p1", status=401)
    ehr.post(TOKEN_URL, json=token_answer())
    with pytest.raises(Unauthorized):
        client.get("Patient/p1")
    assert len(ehr.calls) == 3


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_lost_write_says_whether_it_may_have_arrived(method: str, http: Http) -> None:
    with loopback(hang_up) as server:
        here = ClientRegistration(server.base, CLIENT_ID, REDIRECT)
        writer = SmartClient(here, CONFIGURATION, grant(), http=http, now=Clock())
        options = {"if_match": "1"} if method == "put" else {}
        with pytest.raises(Unreachable) as raised:
            getattr(writer, method)("Task/t1", TASK, **options)
    assert raised.value.sent
    assert len(server.requests) == 1


def test_a_real_server_is_asked_with_the_token_once_and_its_cookie_is_forgotten(http: Http) -> None:
    with loopback(answer(200, Set_Cookie="JSESSIONID=1")) as server:
        here = ClientRegistration(server.base, CLIENT_ID, REDIRECT)
        for name in ("access-a", "access-b"):
            reader = SmartClient(here, CONFIGURATION, grant(access_token=name), http=http, now=Clock())
            assert reader.get("Patient/p1")["id"] == "p1"
    first, second = server.requests
    assert first.startswith(b"GET /fhir/Patient/p1 HTTP/1.1")
    assert b"Authorization: Bearer access-a" in first
    assert b"Authorization: Bearer access-b" in second
    assert b"cookie" not in second.lower()


def test_a_login_page_in_place_of_a_record_is_not_a_record(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.get(f"{ISS}/Patient/p1", body="<html>Sign in</html>", content_type="text/html")
    ehr.get(f"{ISS}/Patient/p2", status=302, headers={"Location": "https://login.example/"})
    ehr.get(f"{ISS}/Patient/p3", body='{"resourceType": "Pati', content_type="application/fhir+json")
    for patient in ("p1", "p2", "p3"):
        with pytest.raises(NotFhir):
            client.get(f"Patient/{patient}")
    with pytest.raises(Unreachable):
        client.get("Patient/p4")
    assert len(ehr.calls) == 4


def test_not_found_carries_the_outcome(ehr: responses.RequestsMock, client: SmartClient) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]}
    ehr.get(f"{ISS}/Patient/p9", status=404, json=outcome)
    with pytest.raises(NotFound, match="not-found"):
        client.get("Patient/p9")


@pytest.mark.requirement("client@28")
def test_the_capability_statement_is_read_for_r4_only(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.get(f"{ISS}/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    ehr.get(f"{ISS}/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"})
    ehr.get(f"{ISS}/metadata", json={"resourceType": "Conformance", "fhirVersion": "1.0.2"})
    assert client.get_capability_statement()["fhirVersion"] == "4.0.1"
    for _ in range(2):
        with pytest.raises(NotFhirR4):
            client.get_capability_statement()
