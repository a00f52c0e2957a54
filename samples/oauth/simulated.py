"""The simulated errors of sign-in and token request, answered as the SMART launcher answers them.

https://github.com/smart-on-fhir/smart-launcher-v2 (`backend/routes/auth/authorize.ts`, `token.ts`, `errors.ts`; read
2026-11-21): at the sign-in a redirect to the app with the error and its `state`; at the token endpoint 401, or 403 for
a refresh token that has run out. The launcher throws `token_invalid_scope` for backend services only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from samples.faults import Switchboard
from samples.oauth import scopes
from samples.oauth.errors import MalformedScope

NOT_AUTHORIZED: Final = "Requested scope not authorized."
ONE_TOO_MANY: Final = "one_scope_too_many"


class Refusal(NamedTuple):
    """An error for the app's redirect URI: OAuth's word and a sentence."""

    error: str
    description: str


class TokenRefusal(NamedTuple):
    """An answer of the token endpoint: HTTP status, OAuth's word and a sentence."""

    status: int
    error: str
    description: str


_AT_SIGN_IN: Final = {
    "auth_invalid_client_id": Refusal("invalid_client", "Simulated invalid client_id parameter error"),
    "auth_invalid_redirect_uri": Refusal("invalid_request", "Simulated invalid redirect_uri parameter error"),
    "auth_invalid_scope": Refusal("invalid_scope", "Simulated invalid scope error"),
}
_SECRET: Final = {
    "auth_invalid_client_secret": TokenRefusal(
        401, "invalid_client", "Simulated invalid client secret error"
    ),
}
_KEY: Final = {
    "token_expired_registration_token": TokenRefusal(401, "invalid_client", "Simulated expired token error"),
    "token_invalid_jti": TokenRefusal(401, "invalid_client", "Simulated invalid 'jti' value"),
}
_REFRESH: Final = {
    "token_expired_refresh_token": TokenRefusal(403, "invalid_grant", "Expired refresh token"),
}
_ANY: Final = {
    "token_invalid_token": TokenRefusal(401, "invalid_client", "Simulated invalid token error"),
    "token_invalid_scope": TokenRefusal(401, "invalid_scope", "Simulated invalid scope error"),
}


def simulated_refusal(faults: Switchboard, scope: str) -> Refusal | None:
    """The error that the sign-in is to end in, for a request with this `scope`; None while none is switched on."""
    struck = faults.strike(tuple(_AT_SIGN_IN))
    if struck:
        return _AT_SIGN_IN[struck.name]
    if _asks_too_much(faults, scope):
        faults.strike((ONE_TOO_MANY,))
        return Refusal("unauthorized_client", NOT_AUTHORIZED)
    return None


def _asks_too_much(faults: Switchboard, scope: str) -> bool:
    expected = faults.expect(ONE_TOO_MANY)
    if expected is None:
        return False
    try:
        return scopes.overlaps(scope, expected.scope) if expected.scope else scopes.writes(scope)
    except MalformedScope:  # the request is refused for that in a moment
        return False


def simulated_token_refusal(
    faults: Switchboard, form: Mapping[str, str], *, has_secret: bool
) -> TokenRefusal | None:
    """The answer that a token request is to get; None while no error is switched on that concerns it."""
    answers = {
        **(_KEY if "client_assertion" in form else {}),
        **(_SECRET if has_secret else {}),
        **(_REFRESH if form.get("grant_type") == "refresh_token" else {}),
        **_ANY,
    }
    struck = faults.strike(tuple(answers))
    return answers[struck.name] if struck else None
