"""A FHIR service of the sandbox EHR over a store of its own, called as whoever a test wants to be."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

import samples.fhir
from samples.fhir.access import EVERYTHING, Access
from samples.fhir.store import Store
from samples.sandbox import EXTENSION, Sandbox
from samples.settings import SandboxSettings

FHIR_BASE = "http://localhost:8090/fhir"
START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that goes one second further each time it is read."""

    def __init__(self) -> None:
        self._reads = 0

    def __call__(self) -> datetime:
        self._reads += 1
        return START + timedelta(seconds=self._reads)


@dataclass
class FhirCaller:
    """Calls the FHIR service with one token."""

    client: FlaskClient
    token: str | None
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        """One request below /fhir; a body that is not bytes is sent as FHIR JSON."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None and not isinstance(body, bytes):
            options["data"] = orjson.dumps(body)
            sent["Content-Type"] = "application/fhir+json"
        elif body is not None:
            options["data"] = body
        sent.update(headers or {})
        return self.client.open(f"/fhir{path}", method=method, headers=sent, **options)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **options: Any) -> TestResponse:
        return self.call("GET", path, None, headers, **options)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self.call("POST", path, body, headers)

    def put(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self.call("PUT", path, body, headers)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self.call("DELETE", path, None, headers)

    def patch(self, path: str, operations: Any, headers: Mapping[str, str] | None = None) -> TestResponse:
        sent = {"Content-Type": "application/json-patch+json", **(headers or {})}
        return self.call("PATCH", path, orjson.dumps(operations), sent)

    def ids(self, path: str, **options: Any) -> list[str]:
        """The ids of a search's matches, in order; the search must succeed."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.text
        entries = answer.get_json(force=True).get("entry", [])
        return [e["resource"]["id"] for e in entries if e["search"]["mode"] == "match"]


def issue(answer: TestResponse) -> dict[str, Any]:
    """The first issue of the OperationOutcome that every error must carry."""
    outcome = answer.get_json(force=True)
    assert outcome["resourceType"] == "OperationOutcome"
    assert answer.content_type == "application/fhir+json"
    first: dict[str, Any] = outcome["issue"][0]
    return first


def patient(patient_id: str, **elements: Any) -> dict[str, Any]:
    """A Patient."""
    return {"resourceType": "Patient", "id": patient_id, **elements}


def task(task_id: str, patient_id: str = "ada", **elements: Any) -> dict[str, Any]:
    """A Task for a patient."""
    body = {"resourceType": "Task", "id": task_id, "status": "requested", "intent": "order"}
    return {**body, "for": {"reference": f"Patient/{patient_id}"}, **elements}


def observation(observation_id: str, patient_id: str = "ada", **elements: Any) -> dict[str, Any]:
    """An Observation of a patient."""
    body = {
        "resourceType": "Observation",
        "id": observation_id,
        "status": "final",
        "code": {"text": "reading"},
    }
    return {**body, "subject": {"reference": f"Patient/{patient_id}"}, **elements}


def grants(*scopes: str) -> frozenset[tuple[str, str]]:
    """`Task.rs` and `*.cruds` as pairs of type and letter."""
    return frozenset((s.partition(".")[0], letter) for s in scopes for letter in s.partition(".")[2])


def patient_access(*scopes: str, patient_id: str = "ada", client_id: str = "chartside") -> Access:
    """What a token with these patient scopes, launched for this patient, allows."""
    return Access(grants(*(scopes or ("*.cruds",))), frozenset(), patient_id, "Practitioner/nurse", client_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    kept = Store(tmp_path / "ehr.sqlite", fhir_base=FHIR_BASE, time_zone="America/New_York", now=Clock())
    yield kept
    kept.close()


@pytest.fixture
def sandbox(store: Store, tmp_path: Path) -> Sandbox:
    tokens: dict[str, Access] = {"everything": EVERYTHING}
    made = Sandbox(SandboxSettings(state_dir=tmp_path), store, access_for_token=tokens.get)
    made.tokens = tokens  # type: ignore[attr-defined]  # lets a test hand out tokens of its own
    return made


@pytest.fixture
def app(sandbox: Sandbox) -> Flask:
    made = Flask("fhir-only")
    made.extensions[EXTENSION] = sandbox
    samples.fhir.register(made, sandbox)
    return made


@pytest.fixture
def ehr(app: Flask) -> FhirCaller:
    """The EHR itself: everything is allowed."""
    return FhirCaller(app.test_client(), "everything")


@pytest.fixture
def caller_with(app: Flask, sandbox: Sandbox) -> Any:
    """A function from an Access to a caller with a token for it."""

    def make(access: Access) -> FhirCaller:
        token = f"token-{len(sandbox.tokens)}"  # type: ignore[attr-defined]
        sandbox.tokens[token] = access  # type: ignore[attr-defined]
        return FhirCaller(app.test_client(), token)

    return make


@pytest.fixture
def live_fhir(app: Flask) -> Iterator[str]:
    """The base URL of the service on a real threaded server."""
    server = make_server("localhost", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://localhost:{server.server_port}/fhir"
    server.shutdown()
    thread.join()
    server.server_close()
