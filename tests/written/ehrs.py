"""The two EHRs that are written to: our sandbox through a real launch, and a server that nobody here wrote.

Both are reached over real sockets by the app's own gateway and SMART client; nothing between form and wire is
replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

import samples.server
from app.ehr.capabilities import Capabilities, CapabilityCache
from app.ehr.gateway import Gateway
from app.requested_scopes import scope_text
from samples.sandbox import sandbox_of
from samples.settings import SandboxSettings
from smart_launch.authorization import begin, finish
from smart_launch.discovery import SmartConfiguration, discover
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant, LaunchContext
from smart_launch.http_message import HttpRequest
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet
from smart_launch.transport import Http
from tests.running import Serving, free_port
from tests.sekmet import sekmet_server
from tests.written.charts import Resource, chart_of, practice
from tests.written.clock import START, Clock

CALLBACK = "http://127.0.0.1:8080/callback"


@dataclass(frozen=True)
class Ehr:
    """An EHR to write to. `launch(patient_id, moment)` is what one launch of that patient's chart sees of it."""

    name: str
    base: str
    launch: Callable[[str, datetime], Gateway]
    admit: Callable[[str], None]
    """Brings a patient's chart of `tests.written.charts` into the EHR."""


@contextmanager
def sandbox(folder: Path) -> Iterator[Ehr]:
    """The sandbox EHR on a free port; each launch is a real one, by the nurse, from authorize to token."""
    clock, port, http = Clock(), free_port(), Http()
    settings = SandboxSettings(state_dir=folder, port=port, app_redirect_uris=(CALLBACK,))
    app = samples.server.create_app(settings, now=clock)
    serving, store = Serving(app, "localhost", port), sandbox_of(app).store
    registration = ClientRegistration(settings.fhir_base, "chartside", CALLBACK)
    cache = CapabilityCache()

    def browse(address: str) -> dict[str, str]:
        answer = http.send(HttpRequest("GET", address))
        assert answer.status in (302, 303), answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def launch(patient_id: str, moment: datetime) -> Gateway:
        clock.set(moment)
        opened = browse(f"{settings.base_url}/launch/chartside?patient={patient_id}&user=nurse")
        configuration = discover(opened["iss"], http=http)
        request, pending = begin(
            registration,
            configuration,
            scope=scope_text("v2"),
            launch=opened["launch"],
            now=clock.seconds(),
        )
        grant = finish(registration, pending, browse(request.url), http=http, now=clock.seconds)
        client = SmartClient(registration, configuration, grant, http=http, now=clock.seconds)
        return Gateway(client, iss=registration.iss, patient_id=patient_id, cache=cache)

    serving.start()
    try:
        yield Ehr("sandbox", settings.fhir_base, launch, lambda patient: _load(store.load, patient))
    finally:
        serving.stop()
        store.close()


def _load(load: Callable[[list[Resource]], Any], patient_id: str) -> None:
    load(chart_of(patient_id))


@contextmanager
def sekmet(*, absolute_references: bool = False) -> Iterator[Ehr]:
    """A fresh sekmet-fhir. It asks nobody who they are, so the grant is made here by hand."""
    with sekmet_server(absolute_references=absolute_references) as base:
        put(base, practice())
        cache = CompletedStatements()
        yield Ehr(
            "sekmet",
            base,
            lambda patient, _: gateway_to(base, patient, cache),
            lambda patient: put(base, chart_of(patient)),
        )


def gateway_to(base: str, patient_id: str, cache: CapabilityCache) -> Gateway:
    """A gateway to an open server."""
    registration = ClientRegistration(base, "chartside", CALLBACK)
    configuration = SmartConfiguration(f"{base}/authorize", f"{base}/token")
    grant = Grant(
        access_token="open",
        refresh_token=None,
        expires_at=START.timestamp() + 3600,
        scopes=ScopeSet.parse(scope_text("v2")),
        context=LaunchContext(patient=patient_id),
    )
    client = SmartClient(registration, configuration, grant, http=Http(), now=START.timestamp)
    return Gateway(client, iss=base, patient_id=patient_id, cache=cache)


class CompletedStatements(CapabilityCache):
    """sekmet files and gives back Goals like anything else, but its statement leaves the type out; here it stands."""

    def get(self, iss: str, fetch: Callable[[], Mapping[str, Any]]) -> Capabilities:
        return super().get(iss, lambda: _with_goals(fetch()))


def _with_goals(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    offered = [{"code": code} for code in ("read", "create", "update", "search-type")]
    server = statement["rest"][0]
    assert "Goal" not in [each["type"] for each in server["resource"]]
    listed = [*server["resource"], {"type": "Goal", "interaction": offered}]
    return {**statement, "rest": [{**server, "resource": listed}]}


def put(base: str, resources: list[Resource]) -> None:
    """Puts resources under their own ids, all or none."""
    entries = [
        {
            "resource": each,
            "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"},
        }
        for each in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = requests.post(base, json=bundle, headers={"Content-Type": "application/fhir+json"}, timeout=60)
    assert answer.status_code == 200, answer.text[:2000]
