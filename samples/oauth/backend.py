"""The grant of a backend service: client_credentials with a signed, one-use assertion, and system scopes.

No user, no patient, no refresh token; five minutes.
https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#obtain-access-token
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, grants

from samples.oauth import scopes
from samples.oauth.context import OpenChart
from samples.oauth.errors import AuthorizationProblem
from samples.oauth.server import SYSTEM_SECONDS

NOBODY = OpenChart("", from_ehr=False)


class BackendGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    """Scopes are given as agreed with the client beforehand; what goes beyond is left out, or refused when all does."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["private_key_jwt"]  # noqa: RUF012  # Authlib reads it as a list of the class

    def validate_requested_scope(self) -> None:
        """Raises InvalidRequestError without a scope, InvalidScopeError when nothing of it can be given."""
        asked = self.request.payload.scope
        if not asked:
            raise InvalidRequestError("scope is required.")
        try:
            self._given = scopes.grant_system(asked, self.request.client.allowed_scopes or "")
        except AuthorizationProblem as problem:
            raise InvalidScopeError(problem.sentence) from problem
        self.request.user = NOBODY

    def generate_token(self, **_defaults: Any) -> dict[str, Any]:
        """A token of five minutes at most, without a refresh token."""
        token: dict[str, Any] = self.server.generate_token(
            client=self.request.client,
            grant_type=self.GRANT_TYPE,
            scope=self._given,
            expires_in=min(SYSTEM_SECONDS, self.server.access_seconds),
            include_refresh_token=False,
        )
        return token
