"""Getting into the sandbox EHR, which shares no code with this client: two readings of one specification."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import requests
from flask import Flask
from requests.adapters import BaseAdapter

from samples.sandbox import sandbox_of
from samples.server import create_app
from samples.settings import SandboxSettings
from smart_launch.authorization import begin, finish
from smart_launch.discovery import discover
from smart_launch.errors import AccessDenied, Conflict, Forbidden, InvalidGrant, SessionEnded
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant, refresh
from smart_launch.http_message import HttpRequest
from smart_launch.keys import load_key
from smart_launch.registration import ClientRegistration
from smart_launch.transport import Http

CALLBACK = "http://127.0.0.1:8080/callback"
SCOPE = "openid fhirUser online_access patient/Patient.rs patient/Task.crus user/Practitioner.rs"


class InProcess(BaseAdapter):
    """Sends requests to a Flask application in this process."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        with self._app.test_client(use_cookies=False) as browser:
            answer = browser.open(
                str(request.url), method=str(request.method), headers=dict(request.headers), data=request.body
            )
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(dict(answer.headers))
        response.raw = BytesIO(answer.data)
        return response

    def close(self) -> None:
        """Nothing is open."""


class Practice:
    """The sandbox EHR with its own cast, a moving clock, and the app's three registrations."""

    def __init__(self, state_dir: Path) -> None:
        self.moment = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
        settings = SandboxSettings(state_dir=state_dir, app_redirect_uris=(CALLBACK,))
        self.iss = settings.fhir_base
        self.app = create_app(settings, now=lambda: self.moment)
        self.http = Http(adapters={settings.base_url: InProcess(self.app)})
        credentials = orjson.loads((state_dir / "clients.json").read_bytes())
        self._secret = credentials["chartside-symmetric"]["client_secret"]
        self._key_file = state_dir / "chartside-asymmetric.jwk.json"
        patients = sandbox_of(self.app).store.search("Patient", [("_count", "2")]).resources
        self.patient, self.other = (str(patient["id"]) for patient in patients)

    def now(self) -> float:
        return self.moment.timestamp()

    def registration(self, kind: str) -> ClientRegistration:
        if kind == "public":
            return ClientRegistration(self.iss, "chartside", CALLBACK)
        if kind == "symmetric":
            return ClientRegistration(
                self.iss, "chartside-symmetric", CALLBACK, client_type="symmetric", client_secret=self._secret
            )
        key = load_key(self._key_file)
        return ClientRegistration(
            self.iss, "chartside-asymmetric", CALLBACK, client_type="asymmetric", signing_key=key
        )

    def browse(self, address: str) -> dict[str, str]:
        """What the redirect that answers `address` carries."""
        answer = self.http.send(HttpRequest("GET", address))
        assert answer.status in (302, 303), answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def launch(self, registration: ClientRegistration, *, scope: str = SCOPE) -> tuple[Any, dict[str, str]]:
        """The pending launch and what came back to the redirect address."""
        opened = self.browse(
            f"http://localhost:8090/launch/{registration.client_id}?patient={self.patient}&user=nurse&intent=contact"
        )
        assert opened["iss"] == registration.iss
        configuration = discover(opened["iss"], http=self.http)
        request, pending = begin(
            registration, configuration, scope=scope, launch=opened["launch"], now=self.now()
        )
        return pending, self.browse(request.url)

    def sign_in(self, registration: ClientRegistration, *, scope: str = SCOPE) -> tuple[Any, Grant]:
        pending, answer = self.launch(registration, scope=scope)
        return pending, finish(registration, pending, answer, http=self.http, now=self.now)


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    opened = Practice(tmp_path)
    yield opened
    sandbox_of(opened.app).store.close()


@pytest.mark.requirement("client@9")
@pytest.mark.parametrize("kind", ["public", "symmetric", "asymmetric"])
def test_each_kind_of_client_gets_in_reads_renews_and_signs_out(practice: Practice, kind: str) -> None:
    registration = practice.registration(kind)
    pending, grant = practice.sign_in(registration)
    assert (grant.context.patient, grant.context.intent) == (practice.patient, "contact")
    assert grant.fhir_user == "Practitioner/nurse"
    assert grant.scopes.allows("Task", "c")
    assert not grant.scopes.allows("CarePlan", "c")

    stored: list[Grant] = []
    client = SmartClient(
        registration,
        pending.configuration,
        grant,
        http=practice.http,
        refreshed=stored.append,
        now=practice.now,
    )
    assert client.get(f"Patient/{practice.patient}")["id"] == practice.patient
    practice.moment += timedelta(seconds=grant.expires_at - practice.now() - 30)
    assert client.get("Task", {"patient": practice.patient})["resourceType"] == "Bundle"
    assert [renewed.context for renewed in stored] == [grant.context]
    assert stored[0].access_token != grant.access_token
    assert client.get_capability_statement()["fhirVersion"] == "4.0.1"

    assert client.revoke() is True
    with pytest.raises(SessionEnded):
        client.get(f"Patient/{practice.patient}")
    with pytest.raises(SessionEnded):
        refresh(registration, pending.configuration, stored[0], http=practice.http, now=practice.now)


def test_a_task_is_written_changed_and_protected_from_a_second_writer(practice: Practice) -> None:
    registration = practice.registration("public")
    pending, grant = practice.sign_in(registration)
    client = SmartClient(registration, pending.configuration, grant, http=practice.http, now=practice.now)
    task = {
        "resourceType": "Task",
        "identifier": [{"system": "urn:test", "value": "1"}],
        "status": "requested",
        "intent": "plan",
        "for": {"reference": f"Patient/{practice.patient}"},
    }
    created = client.post("Task", task, if_none_exist="identifier=urn:test|1")
    assert created.status == 201
    assert created.version_id
    assert created.resource
    again = client.post("Task", task, if_none_exist="identifier=urn:test|1")
    assert again.status == 200
    changed = client.put(
        f"Task/{created.id}", {**created.resource, "status": "completed"}, if_match=created.version_id
    )
    assert changed.resource
    assert changed.resource["status"] == "completed"
    with pytest.raises(Conflict):
        client.put(f"Task/{created.id}", created.resource, if_match=created.version_id)
    with pytest.raises(Forbidden):
        client.get(f"Patient/{practice.other}")


@pytest.mark.requirement("client@5")
def test_a_code_is_taken_once(practice: Practice) -> None:
    registration = practice.registration("public")
    pending, answer = practice.launch(registration)
    finish(registration, pending, answer, http=practice.http, now=practice.now)
    with pytest.raises(InvalidGrant):
        finish(registration, pending, answer, http=practice.http, now=practice.now)


@pytest.mark.requirement("client@17")
def test_a_refresh_token_used_twice_ends_the_session(practice: Practice) -> None:
    registration = practice.registration("public")
    pending, grant = practice.sign_in(registration)
    renewed = refresh(registration, pending.configuration, grant, http=practice.http, now=practice.now)
    with pytest.raises(SessionEnded):
        refresh(registration, pending.configuration, grant, http=practice.http, now=practice.now)
    with pytest.raises(SessionEnded):
        refresh(registration, pending.configuration, renewed, http=practice.http, now=practice.now)


def test_a_launch_value_used_twice_is_denied(practice: Practice) -> None:
    registration = practice.registration("public")
    pending, _ = practice.launch(registration)
    request, second = begin(
        registration, pending.configuration, scope=SCOPE, launch=pending.launch, now=practice.now()
    )
    with pytest.raises(AccessDenied):
        finish(registration, second, practice.browse(request.url), http=practice.http, now=practice.now)
