"""Preferences kept in the EHR: where, whose, how large, and never over another page's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
import responses

from smart_launch.app_state import LARGEST, AppState, AppStateStore, StateCode
from smart_launch.discovery import AssociatedEndpoint
from smart_launch.errors import AppStateTooLarge, Conflict, Forbidden, NotFhir
from smart_launch.fhir_client import SmartClient
from smart_launch.scopes import ScopeSet
from smart_launch.transport import Http
from tests.smart_launch.conftest import CONFIGURATION, ISS, PUBLIC, TOKEN_URL, Clock, grant, token_answer

pytestmark = pytest.mark.requirement("client@24")

CODE = StateCode("https://chartside.example", "preferences")
URL = "https://chartside.example/preferences"
APART = "https://state.ehr.example/appstate"
SUBJECT = f"{ISS}/Practitioner/nurse"
SCOPES = "launch user/Basic.cuds patient/*.rs"


def client_of(
    http: Http, clock: Clock, *, capabilities: tuple[str, ...] = ("smart-app-state",), **changes: Any
) -> SmartClient:
    endpoints = changes.pop("endpoints", ())
    configuration = replace(
        CONFIGURATION, capabilities=frozenset(capabilities), associated_endpoints=endpoints
    )
    held = grant(**{"scopes": ScopeSet.parse(SCOPES), **changes})
    return SmartClient(PUBLIC, configuration, held, http=http, now=clock)


@pytest.fixture
def store(http: Http, clock: Clock) -> AppStateStore:
    found = AppStateStore.of(client_of(http, clock), CODE)
    assert found is not None
    return found


def basic(version: str = "1", text: str = "kept", **changes: Any) -> dict[str, Any]:
    resource = {
        "resourceType": "Basic",
        "id": "b1",
        "meta": {"versionId": version, "lastUpdated": "2026-11-21T15:00:00Z"},
        "code": {"coding": [{"system": CODE.system, "code": CODE.code}]},
        "subject": {"reference": SUBJECT},
        "extension": [{"url": URL, "valueString": text}],
    }
    return {**resource, **changes}


def bundle(*resources: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": item} for item in resources],
    }


def sent(call: responses.Call) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(call.request.body or b"")
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"capabilities": ()},
        {"fhir_user": None},
        {"fhir_user": "Patient/p1"},
        {"fhir_user": "https://other.example/fhir/Practitioner/nurse"},
        {"scopes": ScopeSet.parse("launch user/Basic.rs")},
        {"scopes": ScopeSet.parse("launch patient/Basic.cuds")},
        {"scopes": ScopeSet.parse("launch user/Basic.c")},
        {"endpoints": (AssociatedEndpoint(APART, frozenset({"something-else"})),), "capabilities": ()},
    ],
)
def test_where_the_ehr_does_not_offer_it_there_is_no_store_and_no_request(
    changes: dict[str, Any], ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    assert AppStateStore.of(client_of(http, clock, **changes), CODE) is None
    assert len(ehr.calls) == 0


@pytest.mark.parametrize("scopes", ["user/Basic.cuds", "user/Basic.crus", "user/*.cruds", "user/Basic.*"])
def test_each_spelling_of_the_scope_is_enough(scopes: str, http: Http, clock: Clock) -> None:
    assert AppStateStore.of(client_of(http, clock, scopes=ScopeSet.parse(scopes)), CODE) is not None


def test_it_is_asked_for_this_user_and_this_kind(ehr: responses.RequestsMock, store: AppStateStore) -> None:
    ehr.get(f"{ISS}/Basic", json=bundle(basic()))
    assert store.read() == AppState("b1", "1", {URL: "kept"})
    request = ehr.calls[0].request
    assert request.params == {"code": f"{CODE.system}|{CODE.code}", "subject": SUBJECT}
    assert request.headers["Authorization"] == "Bearer access-1"


def test_an_endpoint_apart_gets_this_launchs_token_and_the_subject_of_the_ehr(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    endpoints = (
        AssociatedEndpoint("https://images.example/fhir", frozenset({"images"})),
        AssociatedEndpoint(APART, frozenset({"smart-app-state"})),
    )
    store = AppStateStore.of(client_of(http, clock, capabilities=(), endpoints=endpoints), CODE)
    assert store is not None
    ehr.post(f"{APART}/Basic", status=201, json=basic())
    store.write({URL: "kept"}, None)
    assert ehr.calls[0].request.headers["Authorization"] == "Bearer access-1"
    assert sent(ehr.calls[0])["subject"] == {"reference": SUBJECT}


def test_an_endpoint_that_the_ehr_did_not_name_gets_no_token(http: Http, clock: Clock) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        client_of(http, clock).at("https://evil.example/fhir")


def test_nothing_kept_yet_is_none(ehr: responses.RequestsMock, store: AppStateStore) -> None:
    ehr.get(f"{ISS}/Basic", json={"resourceType": "Bundle", "type": "searchset"})
    assert store.read() is None


@pytest.mark.parametrize(
    "wrong",
    [
        basic(subject={"reference": f"{ISS}/Practitioner/other"}),
        basic(subject={"reference": "Practitioner/other"}),
        basic(subject={"reference": ["Practitioner/nurse"]}),
        basic(subject=None),
        basic(code={"coding": [{"system": CODE.system, "code": "other"}]}),
        basic(code={"coding": [{"system": CODE.system, "code": CODE.code}, {"code": "more"}]}),
        basic(id="../../Patient/p1"),
        basic(id=7),
        basic(meta={}),
        basic(version='1" evil'),
        basic(version="1\r\nX-Evil: 1"),
        basic(version="\u00fc"),
        {"resourceType": "OperationOutcome"},
        {"resourceType": "Patient", "id": "p1"},
        "text",
        None,
    ],
)
def test_what_is_not_this_users_state_is_left_aside(
    wrong: Any, ehr: responses.RequestsMock, store: AppStateStore
) -> None:
    ehr.get(f"{ISS}/Basic", json=bundle(wrong))
    assert store.read() is None
    ehr.replace(responses.GET, f"{ISS}/Basic", json=bundle(wrong, basic()))
    assert store.read() == AppState("b1", "1", {URL: "kept"})


def test_the_short_form_of_the_user_is_the_same_user_at_the_fhir_base_alone(
    ehr: responses.RequestsMock, store: AppStateStore, http: Http, clock: Clock
) -> None:
    """Servers shorten references to their own resources. Unread, each save would make one more Basic."""
    short = basic(subject={"reference": "Practitioner/nurse"})
    ehr.get(f"{ISS}/Basic", json=bundle(short))
    assert store.read() == AppState("b1", "1", {URL: "kept"})
    endpoints = (AssociatedEndpoint(APART, frozenset({"smart-app-state"})),)
    apart = AppStateStore.of(client_of(http, clock, capabilities=(), endpoints=endpoints), CODE)
    assert apart is not None
    ehr.get(f"{APART}/Basic", json=bundle(short))
    assert apart.read() is None, "there, Practitioner/nurse is that server's"


def test_of_two_the_newest_counts(ehr: responses.RequestsMock, store: AppStateStore) -> None:
    old = basic(id="b0", text="old", meta={"versionId": "9", "lastUpdated": "2026-11-20T00:00:00Z"})
    ehr.get(f"{ISS}/Basic", json=bundle(basic(), old))
    found = store.read()
    assert found is not None
    assert found.id == "b1"


def test_only_texts_are_read(ehr: responses.RequestsMock, store: AppStateStore) -> None:
    extension = [
        {"url": URL, "valueString": "kept"},
        {"url": "urn:a", "valueInteger": 7},
        {"valueString": "no url"},
        "text",
        {"url": "urn:b", "valueString": {"a": 1}},
    ]
    ehr.get(f"{ISS}/Basic", json=bundle(basic(extension=extension)))
    found = store.read()
    assert found is not None
    assert dict(found.values) == {URL: "kept"}


def test_the_first_time_creates_and_names_no_version(
    ehr: responses.RequestsMock, store: AppStateStore
) -> None:
    ehr.post(f"{ISS}/Basic", status=201, json=basic("a", "new"))
    assert store.write({URL: "new"}, None) == AppState("b1", "a", {URL: "new"})
    assert sent(ehr.calls[0]) == {
        "resourceType": "Basic",
        "code": {"coding": [{"system": CODE.system, "code": CODE.code}]},
        "subject": {"reference": SUBJECT},
        "extension": [{"url": URL, "valueString": "new"}],
    }
    assert "If-Match" not in ehr.calls[0].request.headers


@pytest.mark.requirement("client@42")
def test_a_change_is_of_the_version_that_was_read(ehr: responses.RequestsMock, store: AppStateStore) -> None:
    ehr.put(f"{ISS}/Basic/b1", json=basic("b", "new"))
    assert store.write({URL: "new"}, AppState("b1", "a", {})).version == "b"
    assert ehr.calls[0].request.headers["If-Match"] == 'W/"a"'
    assert sent(ehr.calls[0])["id"] == "b1"


def test_a_change_meanwhile_is_a_conflict_and_nothing_is_overwritten(
    ehr: responses.RequestsMock, store: AppStateStore
) -> None:
    ehr.put(f"{ISS}/Basic/b1", status=412)
    ehr.delete(f"{ISS}/Basic/b1", status=412)
    with pytest.raises(Conflict):
        store.write({URL: "new"}, AppState("b1", "a", {}))
    with pytest.raises(Conflict):
        store.delete(AppState("b1", "a", {}))
    assert len(ehr.calls) == 2
    assert ehr.calls[1].request.headers["If-Match"] == 'W/"a"'


def test_an_ehr_that_answers_nothing_but_a_version_is_enough(
    ehr: responses.RequestsMock, store: AppStateStore
) -> None:
    headers = {"Location": f"{ISS}/Basic/b1/_history/a", "ETag": 'W/"a"'}
    ehr.post(f"{ISS}/Basic", status=201, headers=headers)
    assert store.write({URL: "new"}, None) == AppState("b1", "a", {URL: "new"})


def test_an_ehr_that_answers_nothing_at_all_is_asked(
    ehr: responses.RequestsMock, store: AppStateStore
) -> None:
    ehr.put(f"{ISS}/Basic/b1", status=200)
    ehr.get(f"{ISS}/Basic", json=bundle(basic("c", "new")))
    assert store.write({URL: "new"}, AppState("b1", "a", {})).version == "c"
    ehr.replace(responses.GET, f"{ISS}/Basic", json=bundle())
    with pytest.raises(NotFhir):
        store.write({URL: "new"}, AppState("b1", "c", {}))


def test_more_than_256_kb_are_never_sent(ehr: responses.RequestsMock, store: AppStateStore) -> None:
    ehr.post(f"{ISS}/Basic", status=201, json=basic())
    with pytest.raises(AppStateTooLarge):
        store.write({URL: "ü" * (LARGEST // 2)}, None)
    assert len(ehr.calls) == 0
    store.write({URL: "x" * (LARGEST - 500)}, None)
    assert len(ehr.calls[0].request.body or b"") <= 256_000


@pytest.mark.parametrize("answer", [{"json": {"resourceType": "Patient"}}, {"body": "<html></html>"}])
def test_what_is_no_bundle_is_no_state(
    answer: dict[str, Any], ehr: responses.RequestsMock, store: AppStateStore
) -> None:
    ehr.get(f"{ISS}/Basic", **answer)
    with pytest.raises(NotFhir):
        store.read()


def test_a_refusal_is_typed_so_that_a_page_falls_back_to_defaults(
    ehr: responses.RequestsMock, store: AppStateStore
) -> None:
    ehr.get(f"{ISS}/Basic", status=403)
    with pytest.raises(Forbidden):
        store.read()


@pytest.mark.requirement("client@17")
def test_an_expired_token_is_renewed_for_it_as_well(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    endpoints = (AssociatedEndpoint(APART, frozenset({"smart-app-state"})),)
    client = client_of(http, clock, endpoints=endpoints)
    store = AppStateStore.of(client, CODE)
    assert store is not None
    clock.now += 3600
    ehr.post(TOKEN_URL, json=token_answer(scope=SCOPES))
    ehr.get(f"{APART}/Basic", json=bundle(basic()))
    store.read()
    assert ehr.calls[1].request.headers["Authorization"] == "Bearer access-2"
    assert client.grant.access_token == "access-2"


def test_the_preferences_stay_out_of_the_repr() -> None:
    assert "kept" not in repr(AppState("b1", "a", {URL: "kept"}))
