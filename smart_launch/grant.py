"""What an EHR granted to one launch: tokens, until when, which scopes, whose chart; and how it is renewed.

The expiry is kept as a moment, not a duration, so that a grant read back from a store is as old as it is. A refresh
keeps the launch context, which most servers do not repeat, and a refresh for another patient is refused.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#refresh-access-token
https://www.rfc-editor.org/rfc/rfc6749#section-6
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import PatientChanged, SessionEnded, TokenRefused
from smart_launch.launch_context import ContextItem, LaunchContext, parse_id
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet
from smart_launch.token_request import refresh_request
from smart_launch.token_response import TokenResponse, parse_token_response
from smart_launch.transport import MEGABYTE, Http

__all__ = ["TOKEN_LIMIT", "ContextItem", "Grant", "LaunchContext", "refresh"]

AHEAD = 60.0
"""Seconds before the expiry at which a token is renewed, so that none expires on its way."""

TOKEN_LIMIT = MEGABYTE


@dataclass(frozen=True)
class Grant:
    """One launch's access. `expires_at` and `issued_at` are seconds since 1970; nothing secret is in the repr.

    `fhir_user` is relative (`Practitioner/nurse`) when the user is a resource of this EHR, else absolute. `subject` is
    the id_token's `sub`. Both are None where the EHR gave no id_token.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: float
    scopes: ScopeSet
    context: LaunchContext
    fhir_user: str | None = None
    subject: str | None = None
    id_token: str | None = field(default=None, repr=False)
    issued_at: float | None = None

    @property
    def renew_at(self) -> float:
        """When to renew: a minute ahead of the expiry, or half-way for a token that lives less than two minutes."""
        if self.issued_at is None:
            return self.expires_at - AHEAD
        return self.expires_at - min(AHEAD, (self.expires_at - self.issued_at) / 2)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with the tokens in it: to be encrypted before it is kept."""
        return {**self.__dict__, "scopes": self.scopes.text, "context": self.context.to_json()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Grant:
        """The grant that `to_json` made."""
        scopes, context = ScopeSet.parse(value["scopes"]), LaunchContext.from_json(value["context"])
        return cls(**{**value, "scopes": scopes, "context": context})


def refresh(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    grant: Grant,
    *,
    http: Http,
    now: Callable[[], float] = time.time,
    jti: str | None = None,
) -> Grant:
    """The grant with a new access token, and a new refresh token where the server rotates them.

    It may allow less than before; what a server says beyond that is not believed.

    Raises SessionEnded when the server will not renew it (or there is nothing to renew it with), PatientChanged,
    TokenServerFailed or Unreachable when trying later may help, TokenError for an unusable answer.
    """
    if grant.refresh_token is None:
        raise SessionEnded("no refresh token")
    asked_at = now()
    request = refresh_request(registration, configuration, grant.refresh_token, now=asked_at, jti=jti)
    try:
        response = parse_token_response(http.send(request, limit=TOKEN_LIMIT))
    except TokenRefused as error:
        raise SessionEnded(error.detail) from None
    return _renewed(grant, response, asked_at)


def _renewed(grant: Grant, response: TokenResponse, asked_at: float) -> Grant:
    patient = parse_id(response.launch_context.get("patient"), "Patient")
    if patient is not None and patient != grant.context.patient:
        raise PatientChanged
    return replace(
        grant,
        access_token=response.access_token,
        refresh_token=response.refresh_token or grant.refresh_token,
        expires_at=asked_at + response.expires_in,
        issued_at=asked_at,
        scopes=grant.scopes
        if response.scope is None
        else ScopeSet.parse(response.scope).within(grant.scopes),
    )
