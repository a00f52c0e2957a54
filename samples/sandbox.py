"""What the three parts of the sandbox EHR share: the settings, the store, and who a token belongs to.

The FHIR part must know what a token allows without knowing how tokens are made, so the authorization part sets
`access_for_token` when it registers itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from flask import Flask

from samples.faults import Switchboard
from samples.fhir.access import Access
from samples.fhir.manner import Manner
from samples.fhir.store import Store
from samples.personas import Persona, manner_of, persona
from samples.settings import SandboxSettings

EXTENSION = "sandbox"


def nobody(token: str) -> Access | None:
    """The answer before an authorization server is registered: no token opens anything."""
    del token
    return None


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


@dataclass
class Sandbox:
    """One running sandbox EHR; kept in `app.extensions["sandbox"]`. `faults` are the failures it simulates now."""

    settings: SandboxSettings
    store: Store
    access_for_token: Callable[[str], Access | None] = nobody
    now: Callable[[], datetime] = utc_now
    faults: Switchboard = field(default_factory=Switchboard)

    @property
    def persona(self) -> Persona:
        """The EHR that it plays. Raises UnknownPersona."""
        return persona(self.settings.persona)

    @property
    def manner(self) -> Manner:
        """How that EHR's FHIR service behaves."""
        return manner_of(self.persona)


def sandbox_of(app: Flask) -> Sandbox:
    """The sandbox that this Flask application serves."""
    return cast(Sandbox, app.extensions[EXTENSION])
