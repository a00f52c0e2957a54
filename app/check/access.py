"""A token to look with: whose it is, what it allows as far as that is known, and the app's own gateway on top of it.

Without a token the same gateway tells what follows from the metadata alone; it then sends nothing that needs one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.check.inquiry import Inquiry
from app.ehr.capabilities import CapabilityCache
from app.ehr.gateway import Gateway
from smart_launch.discovery import SmartConfiguration
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant
from smart_launch.launch_context import LaunchContext
from smart_launch.scopes import ScopeSet
from smart_launch.transport import Http

HOUR = 3600.0


class Known(StrEnum):
    """How it is known what the token allows."""

    TOLD = "told"
    """The EHR said so when it gave the token, or when it was asked about it."""
    ASSUMED = "assumed"
    """Nobody said so: what Chartside asks for is taken for granted."""


@dataclass(frozen=True)
class Access:
    """A client to look with. `has_token` is False where there is none, and then no request may be sent with it."""

    client: SmartClient
    known: Known
    has_token: bool = True

    @property
    def scopes(self) -> ScopeSet:
        """What is granted, or taken for granted."""
        return self.client.grant.scopes


Opener = Callable[[Http], SmartClient]
"""Makes a client that sends through the given Http, as a launch's own client."""


def no_access(inquiry: Inquiry) -> Access:
    """For telling what follows from the metadata: a client that holds no token."""
    return Access(
        _client(inquiry, token="", scope=inquiry.subject.wanted_scope), Known.ASSUMED, has_token=False
    )


def token_access(inquiry: Inquiry, token: str, *, scope: str | None = None) -> Access:
    """For a token that an administrator brings. `scope` is what it allows, where the EHR said so.

    Raises BadIssuer for an address that no token may go to.
    """
    known = Known.TOLD if scope is not None else Known.ASSUMED
    return Access(_client(inquiry, token=token, scope=scope or inquiry.subject.wanted_scope), known)


def opened_access(inquiry: Inquiry, opener: Opener) -> Access:
    """For a launch of the app's own."""
    return Access(opener(inquiry.http), Known.TOLD)


def gateway(inquiry: Inquiry, access: Access, patient_id: str) -> Gateway:
    """The app's gateway for one patient, which asks for no metadata again. Raises what reading the metadata raised."""
    cache = CapabilityCache()
    found = inquiry.metadata
    if found.error:
        raise found.error
    cache.get(inquiry.subject.iss, lambda: found.statement)
    return Gateway(
        access.client,
        iss=inquiry.subject.iss,
        patient_id=patient_id,
        cache=cache,
        vendor=inquiry.subject.vendor,
    )


def _client(inquiry: Inquiry, *, token: str, scope: str) -> SmartClient:
    now = inquiry.now()
    grant = Grant(
        access_token=token,
        refresh_token=None,
        expires_at=now + HOUR,
        issued_at=now,
        scopes=ScopeSet.parse(scope),
        context=LaunchContext(),
    )
    # Only a renewal would ask the configuration, and this token is never renewed.
    configuration = inquiry.discovery.configuration or SmartConfiguration("", "")
    return SmartClient(inquiry.subject.registration, configuration, grant, http=inquiry.http, now=inquiry.now)
