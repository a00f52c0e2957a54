"""Asks one EHR each thing once, so that every probe of one run speaks of the same answers.

Discovery and metadata are asked with the app's own code; what it raised is kept here and told by the probes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from app.check.subject import Subject
from app.check.watched_http import WatchedHttp
from app.check.wire import Handshake, NoHandshake, Wire
from app.ehr.capabilities import Capabilities, capabilities_from
from smart_launch.discovery import METADATA_LIMIT, SmartConfiguration, check_r4, discover
from smart_launch.errors import DiscoveryError, SmartError
from smart_launch.fhir_answer import raise_for_status, resource_of
from smart_launch.http_message import FHIR_JSON, get_json
from smart_launch.transport import Http

WELL_KNOWN, METADATA = "/.well-known/smart-configuration", "/metadata"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Discovered:
    """How to sign in, or why that is not known. `document` is what the server published, `source` where."""

    configuration: SmartConfiguration | None
    document: dict[str, Any]
    source: str
    error: SmartError | None = None


@dataclass(frozen=True)
class Metadata:
    """What the EHR says it offers, or why that is not known. `size` in bytes."""

    capabilities: Capabilities | None
    statement: dict[str, Any]
    size: int = 0
    error: SmartError | None = None


class Inquiry:
    """One run's questions to one EHR. `now` is seconds since 1970."""

    def __init__(self, subject: Subject, *, http: Http, wire: Wire, now: Callable[[], float]) -> None:
        self.subject = subject
        self.http = WatchedHttp(http)
        self.wire = wire
        self.now = now

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """The IP addresses of the FHIR base's host."""
        return self.wire.resolve(urlsplit(self.subject.iss).hostname or "")

    def handshake(self, url: str) -> Handshake | NoHandshake:
        """What the server of an https address shows, asked once for each host and port."""
        parts = urlsplit(url)
        key = (parts.hostname or "", parts.port or _PORTS["https"])
        if key not in self._shaken:
            try:
                self._shaken[key] = self.wire.handshake(*key)
            except NoHandshake as error:
                self._shaken[key] = error
        return self._shaken[key]

    @cached_property
    def _shaken(self) -> dict[tuple[str, int], Handshake | NoHandshake]:
        return {}

    @property
    def certificate_refused(self) -> bool:
        """True where no request can leave because the server's certificate is not trusted."""
        if not self.subject.iss.startswith("https:"):
            return False
        shown = self.handshake(self.subject.iss)
        return isinstance(shown, Handshake) and shown.refusal != 0

    @cached_property
    def discovery(self) -> Discovered:
        """How to sign in there, asked as a launch asks it."""
        try:
            found, error = discover(self.subject.iss, http=self.http), None
        except SmartError as raised:
            found, error = None, raised
        well_known = self._document(WELL_KNOWN)
        if well_known.get("authorization_endpoint") and well_known.get("token_endpoint"):
            return Discovered(found, well_known, WELL_KNOWN, error)
        return Discovered(found, self._document(METADATA), METADATA, error)

    @cached_property
    def metadata(self) -> Metadata:
        """The CapabilityStatement, asked without a token: it is public where SMART is spoken."""
        try:
            answer = self.http.send(
                get_json(f"{self.subject.base}{METADATA}", accept=FHIR_JSON), limit=METADATA_LIMIT
            )
            raise_for_status(answer)
            statement = resource_of(answer)
            check_r4(statement)
        except SmartError as error:
            return Metadata(None, {}, error=error)
        return Metadata(capabilities_from(statement), statement, size=len(answer.content))

    @cached_property
    def configuration(self) -> SmartConfiguration:
        """The SMART configuration. Raises what discovery raised."""
        found = self.discovery
        if found.configuration is None:
            raise found.error or DiscoveryError("not read")
        return found.configuration

    def _document(self, ending: str) -> dict[str, Any]:
        line = self.http.last(ending)
        answer = line.document if line else None
        return (answer.json_object() or {}) if answer and answer.status == 200 else {}
