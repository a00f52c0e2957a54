"""The id_token: who is signed in, said so that the app can check it.

`fhirUser` is the absolute address of the Practitioner, and is there only when that scope was granted.
https://openid.net/specs/openid-connect-core-1_0.html#IDToken,
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-identity-data
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from joserfc import jwt

from samples.oauth.clients import Client
from samples.oauth.keys import key_for
from samples.oauth.scopes import includes

if TYPE_CHECKING:
    from samples.oauth.grants import Code
    from samples.oauth.server import SmartServer

ID_TOKEN_SECONDS = 3600
_DIGESTS = {"RS256": hashlib.sha256, "ES384": hashlib.sha384}


def id_token(server: SmartServer, client: Client, code: Code, access_token: str) -> str:
    """A signed JWT for `client` about the user of `code`; times in seconds since 1970, UTC."""
    now = int(server.ledger.now())
    algorithm = client.signed_with
    claims: dict[str, Any] = {
        "iss": server.addresses.fhir,
        "sub": _subject(code.chart.user, client.client_id),
        "aud": client.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "auth_time": code.auth_time,
        "at_hash": _half_hash(access_token, algorithm),
    }
    if code.nonce:
        claims["nonce"] = code.nonce
    if includes(code.scope, "fhirUser"):
        claims["fhirUser"] = f"{server.addresses.fhir}/Practitioner/{code.chart.user}"
    key = key_for(server.keys, algorithm)
    header = {"alg": algorithm, "typ": "JWT", "kid": key.kid or ""}
    return jwt.encode(header, claims, key, algorithms=[algorithm])


def _subject(user: str, client_id: str) -> str:
    """An opaque name of the person for this client, the same each time (OpenID Connect Core section 8.1)."""
    return hashlib.sha256(f"{client_id} {user}".encode()).hexdigest()[:32]


def _half_hash(value: str, algorithm: str) -> str:
    digest = _DIGESTS[algorithm](value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
