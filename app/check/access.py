"""A token to look with: what it allows as far as that is known, and the app's own gateway on top of it.

Without a token the same gateway tells what follows from the metadata alone; it then sends nothing that needs one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from app.check.inquiry import Inquiry
from app.check.needs import NEEDED, READS, WHO_IS_WHO
from app.ehr.capabilities import CapabilityCache
from app.ehr.gateway import Gateway
from smart_launch.backend_services import SystemGrant, system_grant
from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import SmartError
from smart_launch.fhir_client import SmartClient
from smart_launch.grant import Grant
from smart_launch.introspection import Introspection, introspect
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
    ENDED = "ended"
    """The EHR says that the token is no longer good."""


@dataclass(frozen=True)
class Access:
    """A client to look with.

    `has_token` is False where there is none, and then no request may be sent with it. `for_charts` is False for the
    token of a backend service or of a launch without a patient: it may read, but says nothing of what a launch of a
    chart may file.
    """

    client: SmartClient
    known: Known
    has_token: bool = True
    for_charts: bool = True
    system: SystemGrant | None = None

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
    """For a token that an administrator brings. `scope` is what it allows, where its answer said so.

    Otherwise the EHR is asked, where it answers such questions. Raises BadIssuer where no token may go.
    """
    client = _client(inquiry, token=token, scope=scope or inquiry.subject.wanted_scope)
    if scope is not None:
        return Access(client, Known.TOLD)
    said = _introspected(inquiry, token)
    if said is None or (said.active and not said.scopes.scopes):
        return Access(client, Known.ASSUMED)
    if not said.active:
        return Access(client, Known.ENDED)
    return Access(_client(inquiry, token=token, scope=said.scopes.text), Known.TOLD)


def backend_access(inquiry: Inquiry, *, client_id: str = "") -> Access:
    """For a token that Chartside gets as a backend service, under `client_id` or the one that is configured.

    Raises ValueError where nothing is configured or the client has no key, and SmartError where the EHR gives none.
    """
    registration = inquiry.subject.own_registration(inquiry.now())
    if registration is None:
        raise ValueError("not configured")
    if client_id:
        registration = replace(registration, client_id=client_id)
    grant = system_grant(
        registration, inquiry.configuration, scope=system_scope(), http=inquiry.http, now=inquiry.now
    )
    client = _client(inquiry, token=grant.access_token, scope=grant.scopes.text)
    return Access(client, Known.TOLD, for_charts=False, system=grant)


def opened_access(inquiry: Inquiry, opener: Opener) -> Access:
    """For a launch of the app's own that has no patient."""
    return Access(opener(inquiry.http), Known.TOLD, for_charts=False)


def system_scope() -> str:
    """What a backend service asks for: to read all that a chart shows, and nothing else."""
    return " ".join(f"system/{name}.rs" for name in dict.fromkeys((*sorted(NEEDED), *READS, *WHO_IS_WHO)))


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


def _introspected(inquiry: Inquiry, token: str) -> Introspection | None:
    """What the EHR says of the token; None where it is not asked, does not say, or does not let us ask."""
    try:
        registration = inquiry.subject.own_registration(inquiry.now())
        if registration is None:
            return None
        return introspect(registration, inquiry.configuration, token, http=inquiry.http, now=inquiry.now)
    except SmartError:
        return None


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
    return SmartClient(
        inquiry.subject.bare_registration, configuration, grant, http=inquiry.http, now=inquiry.now
    )
