"""The apps registered with the sandbox: one app under three ids, one for each way to prove who it is.

`clients.json` in the state folder holds the credentials, made at the first start: the secret of
`chartside-symmetric`, and for `chartside-asymmetric` the public keys (or a `jwks_uri` to fetch them from). The private
key that fits lies beside it, so that the sandbox can be tried with every client type at once; register your own by
putting your JWKS in its place. Redirect URIs come from the settings alone, so a moved app is never half registered.
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson
from authlib.oauth2.rfc6749 import ClientMixin

from samples.oauth.keys import new_key, write_private

FILE = "clients.json"
KEY_FILE = "chartside-asymmetric.jwk.json"

AuthMethod = Literal["none", "client_secret_basic", "private_key_jwt"]


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """One registered client, as Authlib asks about it."""

    client_id: str
    auth_method: AuthMethod
    redirect_uris: tuple[str, ...]
    signed_with: str = "RS256"
    client_secret: str | None = field(default=None, repr=False)
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None

    def get_client_id(self) -> str:
        """The id under which it is registered."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: `redirect_uri` is required in every request (SMART App Launch 2.2)."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """The scope as it is: what is given is decided with the chart at hand, in samples.oauth.scopes."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """True for a registered URI, compared character by character (RFC 9700 section 2.1)."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """True for the right secret; False for a client that has none."""
        if self.client_secret is None:
            return False
        return secrets.compare_digest(self.client_secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """True for the one method it is registered with, at every endpoint."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """True for the code flow, the only one."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """True for the two grants of an app with a user."""
        return grant_type in ("authorization_code", "refresh_token")


def registered_clients(state_dir: Path, redirect_uris: tuple[str, ...]) -> dict[str, Client]:
    """The clients by id; their credentials are read from the state folder, and made there when there are none."""
    path = state_dir / FILE
    if not path.exists():
        _make_credentials(state_dir)
    kept = orjson.loads(path.read_bytes())
    symmetric, asymmetric = kept["chartside-symmetric"], kept["chartside-asymmetric"]
    clients = (
        Client("chartside", "none", redirect_uris),
        Client(
            "chartside-symmetric",
            "client_secret_basic",
            redirect_uris,
            client_secret=symmetric["client_secret"],
        ),
        Client(
            "chartside-asymmetric",
            "private_key_jwt",
            redirect_uris,
            signed_with="ES384",
            jwks=asymmetric.get("jwks"),
            jwks_uri=asymmetric.get("jwks_uri"),
        ),
    )
    return {client.client_id: client for client in clients}


def _make_credentials(state_dir: Path) -> None:
    key = new_key("ES384")
    (state_dir / KEY_FILE).unlink(missing_ok=True)
    write_private(state_dir / KEY_FILE, key.as_dict(private=True))
    write_private(
        state_dir / FILE,
        {
            "chartside-symmetric": {"client_secret": secrets.token_urlsafe(32)},
            "chartside-asymmetric": {"jwks": {"keys": [key.as_dict(private=False)]}},
        },
    )
