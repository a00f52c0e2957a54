"""SMART Backend Services: the app as itself, without a user, for work over many patients.

A `client_credentials` grant, asked for with a one-time JWT. It lives minutes, is never renewed by a refresh token, and
a new one is asked for when the old one ends. Requests pass the same guards as a launch's.
https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from smart_launch.discovery import SmartConfiguration, check_r4
from smart_launch.errors import SmartError, TokenError, Unreachable
from smart_launch.fhir_answer import resource_of
from smart_launch.fhir_endpoint import FhirEndpoint, Parameters
from smart_launch.grant import AHEAD, TOKEN_LIMIT
from smart_launch.registration import ClientRegistration
from smart_launch.renewal import PAUSE
from smart_launch.scopes import ScopeSet
from smart_launch.token_request import system_request
from smart_launch.token_response import parse_token_response
from smart_launch.transport import Http

TOKEN_SECONDS = 300.0
"""What an EHR should give at most (backend-services.html, "Issue Access Token"); one that lasts longer is taken too."""


@dataclass(frozen=True)
class SystemGrant:
    """One backend access. `expires_at` and `issued_at` are seconds since 1970; the token is not in the repr."""

    access_token: str = field(repr=False)
    expires_at: float
    scopes: ScopeSet
    issued_at: float

    @property
    def renew_at(self) -> float:
        """When to ask for a new one: a minute ahead of the expiry, or half-way for a shorter life."""
        return self.expires_at - min(AHEAD, (self.expires_at - self.issued_at) / 2)

    @property
    def is_short_lived(self) -> bool:
        """Whether it lives no longer than SMART advises, which `chartside check` tells."""
        return self.expires_at - self.issued_at <= TOKEN_SECONDS


def system_grant(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    *,
    scope: str,
    http: Http,
    now: Callable[[], float] = time.time,
    jti: str | None = None,
) -> SystemGrant:
    """A new access token for `scope`, which holds `system/` scopes alone.

    Raises ValueError for another scope or a client without a key; ClientRefused where the EHR does not know us or does
    not allow the scope, TokenServerFailed or Unreachable where trying later may help, TokenError for a false answer.
    """
    if registration.client_type != "asymmetric":
        raise ValueError("a backend service proves itself with a key")
    asked = ScopeSet.parse(scope)
    if not asked.scopes or not all(name.startswith("system/") for name in asked):
        raise ValueError("a backend service asks for system/ scopes")
    asked_at = now()
    request = system_request(registration, configuration, scope=asked.text, now=asked_at, jti=jti)
    response = parse_token_response(http.send(request, limit=TOKEN_LIMIT))
    return SystemGrant(
        access_token=response.access_token,
        expires_at=asked_at + response.expires_in,
        scopes=asked if response.scope is None else ScopeSet.parse(response.scope).within(asked),
        issued_at=asked_at,
    )


class SystemKeeper:
    """The grant of one backend service, for many threads: one request for a token at a time, a new `jti` for each."""

    def __init__(
        self,
        registration: Callable[[], ClientRegistration],
        configuration: SmartConfiguration,
        *,
        scope: str,
        http: Http,
        now: Callable[[], float],
    ) -> None:
        self._registration = registration
        self._configuration = configuration
        self._scope = scope
        self._http = http
        self._now = now
        self._gate = threading.Lock()
        self._grant: SystemGrant | None = None
        self._failed: tuple[float, SmartError] | None = None

    def usable(self) -> SystemGrant:
        """The grant to send with now. Raises what `system_grant` raises; a failure is not repeated for ten seconds."""
        grant = self._grant
        if grant is not None and self._now() < grant.renew_at:
            return grant
        with self._gate:
            return self._newer(grant)

    def renewed(self, rejected: SystemGrant) -> SystemGrant:
        """A grant newer than `rejected`: another thread's, or one asked for now."""
        with self._gate:
            return self._newer(rejected)

    def _newer(self, rejected: SystemGrant | None) -> SystemGrant:
        if self._grant is not None and self._grant is not rejected:
            return self._grant
        if self._failed and 0 <= self._now() - self._failed[0] < PAUSE:
            # Without the traceback of before: each new one would be added to it, with all that its frames hold.
            raise self._failed[1].with_traceback(None)
        try:
            self._grant = system_grant(
                self._registration(),
                self._configuration,
                scope=self._scope,
                http=self._http,
                now=self._now,
            )
        except (TokenError, Unreachable) as error:
            self._failed = (self._now(), error)
            raise
        self._failed = None
        return self._grant


class SystemClient:
    """Reads a FHIR base as a backend service: inside the base only, typed errors, one new token after a 401.

    `registration` is asked at each token, since signing keys rotate; `now` is seconds since 1970. It offers no write:
    nothing is filed without a user.
    """

    def __init__(
        self,
        registration: Callable[[], ClientRegistration],
        configuration: SmartConfiguration,
        *,
        scope: str,
        http: Http,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keeper = SystemKeeper(registration, configuration, scope=scope, http=http, now=now)
        self._endpoint = FhirEndpoint(registration().iss, self._keeper, http)

    @property
    def grant(self) -> SystemGrant:
        """The grant as it is now, asked for where there is none: its scopes say what may be read."""
        return self._keeper.usable()

    def get(self, path_or_url: str, params: Parameters = None) -> dict[str, Any]:
        """Reads a resource or a Bundle. Raises ForeignLink (nothing is sent), FhirError, TokenError, Unreachable."""
        return self._endpoint.get(path_or_url, params)

    def get_capability_statement(self) -> dict[str, Any]:
        """The server's metadata. Raises NotFhirR4 for another version of FHIR."""
        statement = resource_of(self._endpoint.send("GET", "metadata"))
        check_r4(statement)
        return statement
