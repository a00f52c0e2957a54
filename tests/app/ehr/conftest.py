"""An EHR, and the real SMART client of one launch in front of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import responses

from app.ehr.capabilities import CapabilityCache
from app.ehr.chart import open_chart
from app.ehr.gateway import Gateway
from mappings.vendor import vendor
from smart_launch.discovery import SmartConfiguration
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant, LaunchContext
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet
from smart_launch.transport import Http
from tests.app.ehr import forms
from tests.app.ehr.chart_server import ChartServer, start
from tests.app.ehr.saves import held

ISS = "https://ehr.example/fhir"
TOKEN_URL = "https://auth.ehr.example/token"
NOW = 1_790_000_000.0

CONFIGURATION = SmartConfiguration(
    authorization_endpoint="https://auth.ehr.example/authorize", token_endpoint=TOKEN_URL, issuer=ISS
)


def gateway_to(
    ehr: ChartServer,
    *,
    scopes: str = "launch patient/*.cruds",
    refresh_token: str | None = None,
    cache: CapabilityCache | None = None,
    read_timeout: float = 5.0,
    at: str = "generic",
) -> Gateway:
    """What one launch of patient p1 sees of this EHR, of the vendor `at`; nothing before the wire is replaced."""
    grant = Grant(
        access_token="access-1",
        refresh_token=refresh_token,
        expires_at=NOW + 3600,
        scopes=ScopeSet.parse(scopes),
        context=LaunchContext(patient="p1"),
    )
    registration = ClientRegistration(ehr.base, "chartside", "https://app.example/callback")
    http = Http(connect_timeout=5, read_timeout=read_timeout)
    client = SmartClient(registration, CONFIGURATION, grant, http=http, now=lambda: NOW)
    return Gateway(client, iss=ehr.base, patient_id="p1", cache=cache or CapabilityCache(), vendor=vendor(at))


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Everything that is sent. A request to anywhere but the EHR fails as a broken connection, and is in `calls`."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@contextmanager
def reads_ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits for reads that a page gave up on, or the next test's EHR would receive them."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        monkeypatch.setitem(open_chart.__kwdefaults__, "pool", pool)
        yield


@pytest.fixture
def ehr(wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChartServer]:
    """The EHR, with an empty chart of patient p1."""
    server = ChartServer(ISS)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        wire.add_callback(method, re.compile(re.escape(ISS) + "(?:[/?].*)?$"), callback=server.respond)
    with reads_ended(monkeypatch):
        yield server


@pytest.fixture
def gateway(ehr: ChartServer) -> Gateway:
    """A launch that was granted everything of its patient."""
    return gateway_to(ehr)


@pytest.fixture
def live_ehr(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChartServer]:
    """The same EHR as a real server on loopback."""
    server, stop = start(ChartServer)
    with reads_ended(monkeypatch):
        yield server
        server.released.set()
    stop()


@pytest.fixture
def on_live_ehr(live_ehr: ChartServer) -> Callable[..., Gateway]:
    """Gateways to the real server."""

    def make(**changes: Any) -> Gateway:
        return gateway_to(live_ehr, **changes)

    return make


@pytest.fixture
def contact(ehr: ChartServer) -> forms.Filing:
    """A phone contact, and an EHR that holds the chart it was written on."""
    return held(ehr, forms.contact())
