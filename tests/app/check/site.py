"""An EHR that is checked, in this process: two published documents, keys, and whatever a test puts in their place."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
from cryptography.fernet import Fernet
from requests.adapters import BaseAdapter

from app.check.finding import Area, Finding, Section
from app.check.inquiry import Inquiry
from app.check.report import Run, section
from app.check.subject import Subject
from app.check.wire import Handshake, NoHandshake, Wire
from app.ehr_settings import EhrSettings
from app.settings import Settings
from smart_launch.keys import make_key, public_jwks
from smart_launch.transport import Http
from tests.app.ehr.chart_server import metadata

ISS = "https://fhir.ehr.example/r4"
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
KEYS = public_jwks([make_key("ES384", kid="ehr-1")])
CAPABILITIES = [
    "launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-symmetric",
    "client-confidential-asymmetric", "sso-openid-connect", "context-banner", "context-style",
    "context-ehr-patient", "context-ehr-encounter", "permission-patient", "permission-user", "permission-online",
    "permission-v1", "permission-v2", "smart-app-state",
]  # fmt: skip


def smart_configuration(**changes: Any) -> dict[str, Any]:
    """A smart-configuration with everything; a change to None leaves a member out."""
    whole = {
        "issuer": ISS,
        "authorization_endpoint": "https://fhir.ehr.example/oauth/authorize",
        "token_endpoint": "https://fhir.ehr.example/oauth/token",
        "jwks_uri": "https://fhir.ehr.example/oauth/jwks",
        "introspection_endpoint": "https://fhir.ehr.example/oauth/introspect",
        "revocation_endpoint": "https://fhir.ehr.example/oauth/revoke",
        "code_challenge_methods_supported": ["S256"],
        "capabilities": CAPABILITIES,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


class Site(BaseAdapter):
    """`answers` maps an address to (status, body); a body of bytes is sent as it is, an exception is raised."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.answers: dict[str, Any] = {
            f"{ISS}/.well-known/smart-configuration": (200, smart_configuration()),
            f"{ISS}/metadata": (200, metadata()),
            "https://fhir.ehr.example/oauth/jwks": (200, KEYS),
            **(answers or {}),
        }
        self.received: list[tuple[str, str, dict[str, str]]] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.received.append((str(request.method), str(request.url), dict(request.headers)))
        answer = self.answers.get(str(request.url).split("?")[0], (404, {}))
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        response = requests.Response()
        response.status_code = status
        response.request, response.url = request, str(request.url)
        response.headers["Content-Type"] = "text/html" if isinstance(body, bytes) else "application/fhir+json"
        response.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        return response

    def close(self) -> None:
        """Nothing is open."""


class Cable(Wire):
    """The network below HTTP, without one. `shown` is a handshake, or what is raised instead."""

    def __init__(self, *addresses: str, shown: Handshake | NoHandshake | None = None) -> None:
        super().__init__()
        self.addresses = addresses or ("93.184.216.34",)
        self.shown = shown or Handshake("TLSv1.3", "Example Authority", NOW + timedelta(days=100))
        self.asked: list[tuple[str, int]] = []

    def resolve(self, host: str) -> tuple[str, ...]:
        return tuple(address for address in self.addresses if address)

    def handshake(self, host: str, port: int) -> Handshake:
        self.asked.append((host, port))
        if isinstance(self.shown, NoHandshake):
            raise self.shown
        return self.shown


def ehr_settings(**changes: Any) -> EhrSettings:
    """The EHR as configured."""
    return replace(
        EhrSettings(
            name="main",
            label="Riverbend EHR",
            iss=ISS,
            client_id="chartside",
            frame_origins=("https://screens.ehr.example",),
            time_zone=ZoneInfo("America/New_York"),
            admins=("Practitioner/manager",),
        ),
        **changes,
    )


def settings(
    folder: Path, *ehrs: EhrSettings, public_url: str = "https://chartside.practice.example"
) -> Settings:
    """The settings of an installation."""
    return Settings(
        ehrs=ehrs or (ehr_settings(),),
        keys=(Fernet.generate_key().decode(),),
        public_url=public_url,
        state_dir=folder,
    )


def inquiry(site: Site, subject: Subject, cable: Cable | None = None) -> Inquiry:
    """The questions of one run, all of them answered in this process."""
    http = Http(adapters={"https://": site, "http://": site})
    return Inquiry(subject, http=http, wire=cable or Cable(), now=NOW.timestamp)


def found(run: Run, area: Area) -> dict[str, Finding]:
    """The findings of a section by name."""
    return by_name(section(run, area))


def by_name(of: Section) -> dict[str, Finding]:
    """The findings of a section by name; a name comes once."""
    assert len({finding.name for finding in of.findings}) == len(of.findings)
    return {finding.name: finding for finding in of.findings}


def findings_of(report: dict[str, Any], area: str) -> dict[str, Any]:
    """The findings of one section of the JSON, by name."""
    return {
        each["name"]: each for part in report["sections"] if part["area"] == area for each in part["findings"]
    }
