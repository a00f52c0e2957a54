"""Asking an EHR what a token is worth now (RFC 7662), where it offers that; no launch depends on it.

An answer that says `active: false` is believed for that word alone: whatever else stands beside it is not read.
https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html https://www.rfc-editor.org/rfc/rfc7662
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import TokenServerFailed
from smart_launch.grant import TOKEN_LIMIT
from smart_launch.launch_context import LaunchContext, parse_launch_context
from smart_launch.registration import ClientRegistration
from smart_launch.scopes import ScopeSet
from smart_launch.token_request import introspection_request
from smart_launch.token_response import body_or_refusal
from smart_launch.transport import Http


@dataclass(frozen=True)
class Introspection:
    """What the EHR says of a token. Only `active` is meant when it is False.

    `expires_at` is seconds since 1970; `fhir_user` stands as the EHR wrote it. What it left out is None, or empty.
    """

    active: bool
    scopes: ScopeSet = field(default_factory=ScopeSet)
    client_id: str | None = None
    expires_at: float | None = None
    context: LaunchContext = field(default_factory=LaunchContext)
    issuer: str | None = None
    subject: str | None = None
    fhir_user: str | None = None


def introspect(
    registration: ClientRegistration,
    configuration: SmartConfiguration,
    token: str,
    *,
    http: Http,
    bearer: str | None = None,
    now: Callable[[], float] = time.time,
    jti: str | None = None,
) -> Introspection | None:
    """What `token` is worth; None where the EHR offers no introspection.

    The app proves itself as at the token endpoint, or with `bearer`, a token that may ask. Raises ClientRefused or
    TokenRefused where it may not, TokenServerFailed for an answer that says nothing, Unreachable.
    """
    request = introspection_request(registration, configuration, token, bearer=bearer, now=now(), jti=jti)
    if request is None:
        return None
    return parse_introspection(body_or_refusal(http.send(request, limit=TOKEN_LIMIT)))


def parse_introspection(body: Mapping[str, Any]) -> Introspection:
    """Reads the answer. Raises TokenServerFailed without a plain `active`, TokenError for a patient that is no id."""
    active = body.get("active")
    if not isinstance(active, bool):
        raise TokenServerFailed("active")
    if not active:
        return Introspection(active=False)
    expires = body.get("exp")
    return Introspection(
        active=True,
        scopes=ScopeSet.parse(_text(body.get("scope")) or ""),
        client_id=_text(body.get("client_id")),
        expires_at=float(expires)
        if isinstance(expires, int | float) and not isinstance(expires, bool)
        else None,
        context=parse_launch_context(body),
        issuer=_text(body.get("iss")),
        subject=_text(body.get("sub")),
        fhir_user=_text(body.get("fhirUser")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
