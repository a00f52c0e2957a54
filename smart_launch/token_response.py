"""A token endpoint's answer, read strictly: a Bearer token, how long it lasts, what it allows, for which patient.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#response-5
https://www.rfc-editor.org/rfc/rfc6749#section-5
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smart_launch.errors import TokenError, TokenServerFailed
from smart_launch.http_message import HttpAnswer
from smart_launch.refusals import token_refusal

_VISIBLE = re.compile(r"[\x21-\x7e]{1,20000}")
"""A token goes into a header: no blank, no line end (RFC 6750 section 2.1 allows less; real ones are JWTs or ids)."""

DEFAULT_LIFETIME = 3600.0
"""Seconds, where `expires_in` is absent: it is only recommended. A wrong guess costs one 401 and one refresh."""

_LONGEST_LIFETIME = 366 * 24 * 3600.0


@dataclass(frozen=True)
class TokenResponse:
    """A successful answer. `launch_context` is the whole JSON, from which the launch parameters are read."""

    access_token: str = field(repr=False)
    expires_in: float
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    scope: str | None = None
    launch_context: Mapping[str, Any] = field(default_factory=dict, repr=False)


def parse_token_response(answer: HttpAnswer) -> TokenResponse:
    """Reads the answer.

    Raises TokenRefused (InvalidGrant, ClientRefused), TokenServerFailed where trying again may help, else TokenError.
    """
    body = body_or_refusal(answer)
    if str(body.get("token_type", "")).lower() != "bearer":
        raise TokenError("token_type")
    access_token = _token(body, "access_token")
    if access_token is None:
        raise TokenError("access_token")
    return TokenResponse(
        access_token=access_token,
        expires_in=_lifetime(body.get("expires_in")),
        refresh_token=_token(body, "refresh_token"),
        id_token=_token(body, "id_token"),
        scope=body["scope"] if isinstance(body.get("scope"), str) else None,
        launch_context=body,
    )


def body_or_refusal(answer: HttpAnswer) -> dict[str, Any]:
    """The JSON of an OAuth endpoint's success. Raises TokenServerFailed or TokenRefused for anything else."""
    body = answer.json_object()
    if answer.status >= 500 or answer.status == 429:
        raise TokenServerFailed(str(answer.status), answer.retry_after)
    if answer.status >= 400:
        said = body or {}
        raise token_refusal(said.get("error"), said.get("error_description"), answer.status)
    if answer.status != 200 or body is None:
        raise TokenServerFailed("not a token answer")
    return body


def _token(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise TokenError(name)
    return value


def _lifetime(value: Any) -> float:
    if value is None:
        return DEFAULT_LIFETIME
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise TokenError("expires_in") from None
    if isinstance(value, bool) or not 0 <= seconds < float("inf"):
        raise TokenError("expires_in")
    return min(seconds, _LONGEST_LIFETIME)
