"""One persona of the sandbox over a store, called as whoever a test wants to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

import samples.fhir
from samples.fhir.access import EVERYTHING, Access
from samples.fhir.store import Store
from samples.personas import NAMES, OPEN
from samples.sandbox import EXTENSION, Sandbox
from samples.settings import SandboxSettings
from tests.samples.conftest import FhirCaller, issue

EPIC_NUMBERS = "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369"
PLAYED = tuple(name for name in NAMES if name != OPEN)


class Clock:
    """A time that moves only when a test says so."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def playing(persona: str, store: Store, access: Access = EVERYTHING) -> FhirCaller:
    """Calls a sandbox that plays this EHR over the store, with the rights of `access`."""
    settings = SandboxSettings(state_dir=Path(), persona=persona)
    sandbox = Sandbox(settings, store, access_for_token={"token": access}.get)
    app = Flask(f"playing-{persona}")
    app.extensions[EXTENSION] = sandbox
    samples.fhir.register(app, sandbox)
    return FhirCaller(app.test_client(), "token")


def statement(persona: str, store: Store) -> dict[str, Any]:
    """Its CapabilityStatement."""
    found: dict[str, Any] = playing(persona, store).get("/metadata").get_json(force=True)
    return found


def number(answer: TestResponse) -> str:
    """The EHR's own number for the first issue of a refusal."""
    return number_of(issue(answer))


def number_of(each: dict[str, Any]) -> str:
    (coding,) = each["details"]["coding"]
    assert coding["system"] == EPIC_NUMBERS
    return str(coding["code"])


def outcomes(answer: TestResponse) -> list[dict[str, Any]]:
    """The issues that a searchset tells beside its matches."""
    assert answer.status_code == 200, answer.text
    entries = answer.get_json(force=True).get("entry", [])
    told = [e["resource"] for e in entries if e["search"]["mode"] == "outcome"]
    assert all(each["resourceType"] == "OperationOutcome" for each in told)
    return [each for outcome in told for each in outcome["issue"]]


def numbers_told(answer: TestResponse) -> list[str]:
    return [number_of(each) for each in outcomes(answer)]


def next_path(answer: TestResponse) -> str:
    """The path and query below /fhir of the next page; "" on the last one."""
    links = {link["relation"]: link["url"] for link in answer.get_json(force=True)["link"]}
    return links["next"].partition("/fhir")[2] if "next" in links else ""


def document(patient: str = "ada", **elements: Any) -> dict[str, Any]:
    """A DocumentReference that Oracle Health takes, and R4 too."""
    attachment = {"contentType": "text/plain;charset=utf-8", "data": "UGxhbg==", "title": "Plan"}
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "18776-5"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "author": [{"reference": "Practitioner/nurse"}],
        "content": [{"attachment": attachment}],
        "context": {"period": {"end": "2026-11-21T12:00:00Z"}},
        **elements,
    }
