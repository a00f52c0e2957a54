"""The authorization server: Authlib's Flask integration with what SMART adds and what Authlib leaves open.

Added: PKCE S256 for every client, `state` and `aud` required, one-use codes whose replay ends the family, refresh
rotation that does the same, the launch context and an id_token in the token response.
https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Request
from flask import Flask
from joserfc.jwk import KeySet

from samples.oauth import scopes
from samples.oauth.client_authentication import PrivateKeyJwt, basic
from samples.oauth.client_keys import ClientKeys
from samples.oauth.client_register import ClientRegister
from samples.oauth.context import OpenChart
from samples.oauth.ledger import Ledger, new_value
from samples.oauth.tokens import Tokens
from samples.sandbox import Sandbox

SECONDS_SETTING = "ACCESS_TOKEN_SECONDS"
SYSTEM_SECONDS = 300
"""The longest life of a backend service's token (SMART Backend Services: expires_in should not exceed 300)."""
AUTH_METHODS = ["private_key_jwt", "client_secret_basic", "none"]


@dataclass(frozen=True)
class Addresses:
    """Where this server is. The issuer of a SMART server is its FHIR base."""

    base: str
    fhir: str

    @property
    def token(self) -> str:
        """The token endpoint: what a client assertion must name as its audience."""
        return f"{self.base}/oauth/token"


class SmartServer(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's server with the ledger, the tokens, the keys and the clients of this sandbox in reach of its grants."""

    def __init__(
        self,
        app: Flask,
        sandbox: Sandbox,
        *,
        clients: ClientRegister,
        ledger: Ledger,
        tokens: Tokens,
        keys: KeySet,
    ) -> None:
        addresses = Addresses(sandbox.settings.base_url, sandbox.settings.fhir_base)
        self.addresses = addresses
        self.persona = sandbox.persona.oauth
        self.faults = sandbox.faults
        self.clients = clients
        self.ledger = ledger
        self.tokens = tokens
        self.keys = keys
        self._app = app
        # Authlib writes every issued token to its debug log; a token has no place in any log.
        logging.getLogger("authlib").setLevel(logging.INFO)
        app.config.setdefault(
            SECONDS_SETTING, sandbox.settings.access_token_seconds or self.persona.access_token_seconds
        )
        app.config["OAUTH2_ACCESS_TOKEN_GENERATOR"] = _random_token
        app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = _random_token
        super().__init__(app, query_client=clients.get, save_token=self._keep)
        self.register_client_auth_method(
            "private_key_jwt", PrivateKeyJwt(ledger, addresses.token, ClientKeys(ledger.now))
        )
        self.register_client_auth_method("client_secret_basic", basic)

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """The request at hand, or one that was kept while somebody signed in."""
        return request if isinstance(request, OAuth2Request) else super().create_oauth2_request(request)

    @property
    def access_seconds(self) -> int:
        """How long an access token lives; `app.config["ACCESS_TOKEN_SECONDS"]`, read at each issue."""
        return int(self._app.config[SECONDS_SETTING])

    def granted(self, scope: str, chart: OpenChart) -> str:
        """The scopes given for this chart out of those asked. Raises as samples.oauth.scopes.grant does."""
        return scopes.grant(scope, chart, self.persona.granted)

    def _keep(self, token: dict[str, Any], request: OAuth2Request) -> None:
        came_from = request.refresh_token or request.authorization_code
        self.tokens.keep(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token"),
            # A backend service brings neither code nor refresh token: each of its tokens stands alone.
            family=came_from.family if came_from else new_value(),
            client_id=request.client.get_client_id(),
            seconds=token["expires_in"],
            scope=token["scope"],
            granted_scope=came_from.get_scope() if came_from else token["scope"],
            chart=request.user,
        )


def _random_token(**_about: object) -> str:
    return new_value()
