"""Keeps one launch's grant fresh: renewed ahead of expiry and after a 401, by one thread of one process at a time.

Servers rotate refresh tokens and may end the whole launch when one is used twice, so before a refresh the newest grant
is read again from the store: another worker may just have renewed it.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#refresh-access-token
https://www.rfc-editor.org/rfc/rfc9700#section-4.14
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import PatientChanged, SessionEnded, SmartError, TokenError, Unreachable
from smart_launch.grant import Grant, refresh
from smart_launch.registration import ClientRegistration
from smart_launch.token_request import revocation_request
from smart_launch.transport import Http

PAUSE = 10.0
"""Seconds for which a failed renewal is not tried again: sixteen reads of one page must not wait sixteen times."""


@dataclass(frozen=True)
class _Failure:
    refresh_token: str | None = field(repr=False)
    error: SmartError
    until: float


class GrantKeeper:
    """The grant of one launch, for many threads. `now` is seconds since 1970.

    `lock` makes the lock that all processes share; `reload` reads the newest stored grant; `refreshed` stores a new one
    and is called while both locks are held, so it must not use this client.
    """

    def __init__(
        self,
        registration: ClientRegistration,
        configuration: SmartConfiguration,
        grant: Grant,
        *,
        http: Http,
        refreshed: Callable[[Grant], None],
        lock: Callable[[], AbstractContextManager[Any]],
        reload: Callable[[], Grant] | None,
        now: Callable[[], float],
    ) -> None:
        self.registration = registration
        self.configuration = configuration
        self._grant = grant
        self._http = http
        self._refreshed = refreshed
        self._shared_lock = lock
        self._reload = reload
        self._now = now
        self._gate = threading.Lock()
        self._failure: _Failure | None = None
        self._ended = False

    @property
    def grant(self) -> Grant:
        """The newest grant known here."""
        return self._grant

    def restore(self, grant: Grant) -> None:
        """Takes a grant that was read back from a store."""
        self._grant = grant

    def usable(self) -> Grant:
        """The grant to send with now, renewed when it is about to expire.

        While the old token is still good, a renewal that fails, or that another thread is at, holds nobody up. Raises
        SessionEnded (an expired token is never sent), PatientChanged, TokenError or Unreachable.
        """
        grant, moment = self._grant, self._now()
        if moment >= grant.expires_at:
            return self.renewed(grant)
        if moment < grant.renew_at or grant.refresh_token is None or not self._gate.acquire(blocking=False):
            return grant
        try:
            return self._newer(grant)
        except PatientChanged:
            raise
        except (TokenError, Unreachable):
            return grant
        finally:
            self._gate.release()

    def renewed(self, rejected: Grant) -> Grant:
        """A grant newer than `rejected`: what another thread or process got meanwhile, or one asked for now."""
        with self._gate:
            return self._newer(rejected)

    def _newer(self, rejected: Grant) -> Grant:
        if self._ended:
            raise SessionEnded("signed out")
        if self._grant is not rejected:
            return self._grant
        with self._shared_lock():
            newest = self._reload() if self._reload else self._grant
            if newest.context.patient != rejected.context.patient:
                raise PatientChanged
            if newest.access_token == rejected.access_token or self._now() >= newest.renew_at:
                newest = self._refresh(newest)
            self._grant = newest
            return newest

    def revoke(self) -> bool:
        """Ends the grant at the EHR and here; True when the EHR confirmed it.

        The refresh token goes first: RFC 7009 section 2.1 lets the server end the access token with it.
        """
        with self._gate, self._shared_lock():
            grant = self._reload() if self._reload else self._grant
            done = grant.refresh_token is None or self._revoked(grant.refresh_token, "refresh_token")
            done = self._revoked(grant.access_token, "access_token") and done
            self._ended, self._grant = (
                True,
                replace(grant, access_token="", refresh_token=None, expires_at=0.0),
            )
        return done

    def _refresh(self, grant: Grant) -> Grant:
        failure = self._failure
        if failure and failure.refresh_token == grant.refresh_token and self._now() < failure.until:
            # Without the traceback of before: each new one would be added to it, with all that its frames hold.
            raise failure.error.with_traceback(None)
        try:
            renewed = refresh(self.registration, self.configuration, grant, http=self._http, now=self._now)
        except (TokenError, Unreachable) as error:
            final = isinstance(error, SessionEnded | PatientChanged)
            self._failure = _Failure(grant.refresh_token, error, math.inf if final else self._now() + PAUSE)
            raise
        self._refreshed(renewed)
        return renewed

    def _revoked(self, token: str, hint: Any) -> bool:
        request = revocation_request(self.registration, self.configuration, token, hint=hint, now=self._now())
        if request is None:
            return False
        try:
            return self._http.send(request).status < 300
        except Unreachable:
            return False
