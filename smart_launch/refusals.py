"""Why an authorization server said no: each reason that somebody can act upon is an error of its own.

The standard's code decides. A server's description is written for its own developers and may be an attacker's, so it
is never shown or logged; it only tells apart what one code covers, by a few words of ours that stand in it.
https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1 and #section-5.2
https://openid.net/specs/openid-connect-core-1_0.html#AuthError
"""

from __future__ import annotations

from collections.abc import Mapping

from smart_launch.errors import AccessDenied, ClientRefused, InvalidGrant, TokenRefused


class ScopeDenied(AccessDenied):
    """The authorization endpoint refuses a scope, or the whole request for the sake of one."""

    page_reason = "The EHR refused a part of what this app asked to read and file."


class UnknownClient(AccessDenied):
    """`invalid_client` from the authorization endpoint: the client id is not registered there."""

    page_reason = "The EHR does not know this app."


class ClientDenied(AccessDenied):
    """`unauthorized_client`: registered, but not for this way of signing in, or not for what it asked."""

    page_reason = "The EHR knows this app, but does not let it sign in."


class RequestDenied(AccessDenied):
    """`invalid_request`: the redirect address is not the registered one, or the launch was used before."""

    page_reason = "The EHR could not use this app's request to sign in."


class SignInFailed(AccessDenied):
    """`server_error` or `temporarily_unavailable`: trying again may help."""

    page_reason = "The EHR's sign-in page failed just now."


class ClientUnproven(ClientRefused):
    """`invalid_client`: the server does not believe that the request came from this app."""

    page_reason = "The EHR could not verify that the request came from this app."


class WrongSecret(ClientUnproven):
    """`invalid_client` for the sake of the client secret."""

    page_reason = "The EHR does not accept this app's secret."


class AssertionReplayed(ClientUnproven):
    """`invalid_client` for the sake of the assertion's `jti`: it was seen before, or cannot be read."""

    page_reason = "The EHR took this app's signed proof for one that it had seen before."


class RegistrationExpired(ClientUnproven):
    """`invalid_client` since the registration has run out."""

    page_reason = "The EHR says that this app's registration has run out."


class ClientNotAllowed(ClientRefused):
    """`unauthorized_client` or `unsupported_grant_type` from the token endpoint."""

    page_reason = "The EHR knows this app, but does not give it access."


class ScopeRefused(ClientRefused):
    """`invalid_scope` from the token endpoint."""

    page_reason = "The EHR gave no access, because this app asked to read or file too much."


ABOUT_SCOPES = (ScopeDenied, ClientDenied, ScopeRefused, ClientNotAllowed)
"""What asking for less may mend: servers answer one scope too many with either code."""

_DENIED: Mapping[str, type[AccessDenied]] = {
    "invalid_scope": ScopeDenied,
    "invalid_client": UnknownClient,
    "unauthorized_client": ClientDenied,
    "invalid_request": RequestDenied,
    "unsupported_response_type": RequestDenied,
    "server_error": SignInFailed,
    "temporarily_unavailable": SignInFailed,
    "access_denied": AccessDenied,
    "login_required": AccessDenied,
    "interaction_required": AccessDenied,
    "consent_required": AccessDenied,
    "account_selection_required": AccessDenied,
}
"""RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6; `invalid_client` is what some servers send."""

_REFUSED: Mapping[str, type[TokenRefused]] = {
    "invalid_grant": InvalidGrant,
    "invalid_client": ClientUnproven,
    "unauthorized_client": ClientNotAllowed,
    "unsupported_grant_type": ClientNotAllowed,
    "invalid_scope": ScopeRefused,
    "invalid_request": TokenRefused,
}
"""RFC 6749 section 5.2."""

_UNPROVEN: tuple[tuple[str, type[ClientUnproven]], ...] = (
    ("jti", AssertionReplayed),
    ("registration", RegistrationExpired),
    ("expired token", RegistrationExpired),
    ("secret", WrongSecret),
)
"""A word in the description of `invalid_client`, as servers and the SMART launcher write it, and what it means."""


def denial(error: str, description: str = "") -> AccessDenied:
    """The error that an answer of the authorization endpoint means. An unknown code is shown as `other`."""
    if error == "access_denied" and "scope" in description.lower():
        return ScopeDenied(error)
    return _DENIED.get(error, AccessDenied)(error if error in _DENIED else "other")


def token_refusal(error: object, description: object, status: int) -> TokenRefused:
    """The error that a 4xx of the token endpoint means. An unknown code is named by its HTTP `status`."""
    if not isinstance(error, str) or error not in _REFUSED:
        return TokenRefused(str(status))
    if error == "invalid_client" and isinstance(description, str):
        words = description.lower()
        meant = next((kind for word, kind in _UNPROVEN if word in words), ClientUnproven)
        return meant(error)
    return _REFUSED[error](error)
