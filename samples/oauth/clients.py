"""The apps registered with the sandbox beforehand: one app under three ids, and a backend service.

`clients.json` in the state folder holds the credentials, made at the first start: the secret of
`chartside-symmetric`, and for `chartside-asymmetric` and `chartside-backend` the public keys (or a `jwks_uri` to fetch
them from; the settings can name one for both). The private keys that fit lie beside it, so that the sandbox can be
tried with every client type at once; register your own by putting your JWKS in their place. `allowed_scopes` of an
entry are the only scopes that client may ask for: one more, and its whole request is refused. Redirect URIs come from
the settings alone, so a moved app is never half registered.
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from __future__ import annotations

import hashlib
import os
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
BACKEND = "chartside-backend"
BACKEND_KEY_FILE = f"{BACKEND}.jwk.json"
BACKEND_SCOPES = "system/*.rs"
"""What was agreed with the backend service: it reads, and writes nothing."""
USER_GRANTS = ("authorization_code", "refresh_token")

AuthMethod = Literal["none", "client_secret_basic", "private_key_jwt"]


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """One registered client, as Authlib asks about it.

    A secret is known as it is or by its SHA-256 (`secret_digest`). `allowed_scopes` None lets it ask for anything.
    """

    client_id: str
    auth_method: AuthMethod
    redirect_uris: tuple[str, ...]
    signed_with: str = "RS256"
    client_secret: str | None = field(default=None, repr=False)
    secret_digest: str | None = field(default=None, repr=False)
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    grant_types: tuple[str, ...] = USER_GRANTS
    allowed_scopes: str | None = None
    name: str = ""

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
        brought = client_secret.encode("utf-8", "surrogatepass")
        if self.secret_digest is not None:
            return secrets.compare_digest(self.secret_digest, hashlib.sha256(brought).hexdigest())
        return self.client_secret is not None and secrets.compare_digest(self.client_secret.encode(), brought)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """True for the one method it is registered with, at every endpoint."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """True for the code flow, the only one, of a client that has users."""
        return response_type == "code" and "authorization_code" in self.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        """True for the grants it was registered with."""
        return grant_type in self.grant_types


def registered_clients(
    state_dir: Path, redirect_uris: tuple[str, ...], jwks_uri: str = ""
) -> dict[str, Client]:
    """The clients by id; their credentials are read from the state folder, and made there where there are none.

    `jwks_uri` is where the public keys of the clients that sign are fetched, in place of those on file.
    """
    kept = _credentials(state_dir)
    keys = {
        name: {"jwks_uri": jwks_uri}
        if jwks_uri
        else {part: kept[name].get(part) for part in ("jwks", "jwks_uri")}
        for name in ("chartside-asymmetric", BACKEND)
    }
    clients = (
        Client("chartside", "none", redirect_uris, **_options(kept, "chartside")),
        Client(
            "chartside-symmetric",
            "client_secret_basic",
            redirect_uris,
            client_secret=kept["chartside-symmetric"]["client_secret"],
            **_options(kept, "chartside-symmetric"),
        ),
        Client(
            "chartside-asymmetric",
            "private_key_jwt",
            redirect_uris,
            signed_with="ES384",
            **keys["chartside-asymmetric"],
            **_options(kept, "chartside-asymmetric"),
        ),
        Client(
            BACKEND,
            "private_key_jwt",
            (),
            grant_types=("client_credentials",),
            **keys[BACKEND],
            **{"allowed_scopes": BACKEND_SCOPES, **_options(kept, BACKEND)},
        ),
    )
    return {client.client_id: client for client in clients}


def _options(kept: Mapping[str, Any], client_id: str) -> dict[str, Any]:
    """What may be set of any client in the file."""
    allowed = kept.get(client_id, {}).get("allowed_scopes")
    return {} if allowed is None else {"allowed_scopes": str(allowed)}


def _credentials(state_dir: Path) -> dict[str, Any]:
    """What `clients.json` holds, with what it lacks made and written to it, for its owner alone."""
    path = state_dir / FILE
    kept: dict[str, Any] = orjson.loads(path.read_bytes()) if path.exists() else {}
    made: dict[str, Any] = {}
    if "chartside-symmetric" not in kept:
        made["chartside-symmetric"] = {"client_secret": secrets.token_urlsafe(32)}
    for client_id, key_file in (("chartside-asymmetric", KEY_FILE), (BACKEND, BACKEND_KEY_FILE)):
        if client_id not in kept:
            made[client_id] = {"jwks": {"keys": [_new_key(state_dir / key_file)]}}
    if made:
        kept |= made
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        write_private(fresh, kept)
        os.replace(fresh, path)
    return kept


def _new_key(path: Path) -> dict[str, Any]:
    """The public part of a new key, whose private part is written to `path`."""
    key = new_key("ES384")
    path.unlink(missing_ok=True)
    write_private(path, key.as_dict(private=True))
    return dict(key.as_dict(private=False))
