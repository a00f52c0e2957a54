"""Introspection and revocation (RFC 7662, RFC 7009, SMART token introspection).

A client asks about its own tokens only; another's is answered `active: false`, exactly as one that never was.
Revoking a refresh token ends its family, as at the end of a session; revoking an access token ends that one.
https://hl7.org/fhir/smart-app-launch/STU2.2/token-introspection.html
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from samples.oauth.clients import Client
from samples.oauth.scopes import includes
from samples.oauth.server import AUTH_METHODS
from samples.oauth.tokens import Issued


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """What a token is worth now."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        """The issue that the token belongs to."""
        found: Issued | None = self.server.tokens.find(token_string, token_type_hint)
        return found

    def check_permission(self, token: Issued, client: Client, request: OAuth2Request) -> bool:
        """True for the client's own tokens."""
        return token.check_client(client)

    def introspect_token(self, token: Issued) -> dict[str, Any]:
        """SMART's required and conditional fields; times in seconds since 1970, UTC."""
        chart, fhir = token.chart, self.server.addresses.fhir
        told: dict[str, Any] = {
            "active": True,
            "client_id": token.client_id,
            "scope": token.get_scope(),
            "iat": int(token.issued_at),
            "exp": int(token.now) + token.get_expires_in(),
            "iss": fhir,
            "aud": fhir,
            "token_type": "Bearer",
        }
        told.update(chart.parameters())
        if includes(token.granted_scope, "fhirUser"):
            told["fhirUser"] = f"{fhir}/Practitioner/{chart.user}"
        return told


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib ships no types
    """The end of a token."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        """The issue that the token belongs to."""
        found: Issued | None = self.server.tokens.find(token_string, token_type_hint)
        return found

    def revoke_token(self, token: Issued, request: OAuth2Request) -> None:
        """A refresh token takes its family with it (RFC 7009 section 2.1)."""
        if token.use == "refresh_token":
            self.server.tokens.revoke_family(token.family)
        else:
            self.server.tokens.revoke_access(token)
