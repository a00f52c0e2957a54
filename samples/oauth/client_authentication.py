"""How a client proves who it is: private_key_jwt as SMART asks for it, and HTTP Basic that survives nonsense.

Authlib's stock JWT method refuses RS384 and ES384, which are the two that SMART requires, and puts the library's own
error text, with whatever was sent, into its answer; here the algorithms are SMART's, the rules are checked one by
one and each answer is a fixed sentence. https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from authlib.oauth2.rfc6749 import InvalidClientError, OAuth2Request
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from samples.oauth.clients import Client
from samples.oauth.errors import KeyNotReadable
from samples.oauth.ledger import Ledger

ALGORITHMS = ["RS384", "ES384"]
LONGEST_ASSERTION_SECONDS = 300
JWKS_BYTES = 65_536

FindClient = Callable[[str], Client | None]


class PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib ships no types
    """`client_assertion` signed with RS384 or ES384: `kid` known, aud the token URL, 5 minutes at most, once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, ledger: Ledger, token_url: str) -> None:
        super().__init__()
        self._ledger = ledger
        self._token_url = token_url

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims, not yet verified. Raises InvalidClientError for what is no JWT."""
        try:
            taken_apart = jws.extract_compact(assertion.encode("ascii"))
            headers, claims = taken_apart.headers(), orjson.loads(taken_apart.payload)
        except (JoseError, ValueError) as problem:
            raise InvalidClientError("The client assertion is not a JWT.") from problem
        if not isinstance(claims, dict):
            raise InvalidClientError("The client assertion has no claims.")
        if headers.get("alg") not in ALGORITHMS:
            raise InvalidClientError("The client assertion must be signed with RS384 or ES384.")
        if headers.get("typ") != "JWT" or not isinstance(headers.get("kid"), str):
            raise InvalidClientError("The client assertion needs typ JWT and a kid.")
        return headers, claims

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """The client's registered public keys. Raises InvalidClientError when there are none."""
        try:
            return client_keys(client)
        except KeyNotReadable as problem:
            raise InvalidClientError(problem.sentence) from problem

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> Mapping[str, Any]:
        """The verified claims. Raises InvalidClientError."""
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as problem:
            raise InvalidClientError("The signature of the client assertion is not valid.") from problem
        self.verify_claims(token.claims)
        return token.claims

    def verify_claims(self, claims: Mapping[str, Any]) -> None:
        """Each rule of SMART's table, in its order; the `jti` last, so that only a good assertion spends it."""
        now, exp, jti = self._ledger.now(), claims.get("exp"), claims.get("jti")
        if not isinstance(claims.get("iss"), str) or claims["iss"] != claims.get("sub"):
            raise InvalidClientError("iss and sub of the client assertion must both be the client id.")
        if claims.get("aud") not in (self._token_url, [self._token_url]):
            raise InvalidClientError("aud of the client assertion must be the token endpoint.")
        if not isinstance(exp, int | float) or isinstance(exp, bool) or exp <= now:
            raise InvalidClientError("The client assertion has expired.")
        if exp - now > LONGEST_ASSERTION_SECONDS:
            raise InvalidClientError("exp of the client assertion is more than five minutes ahead.")
        if not isinstance(jti, str) or not jti:
            raise InvalidClientError("The client assertion needs a jti.")
        if not self._ledger.first_use(claims["iss"], jti):
            raise InvalidClientError("The jti of the client assertion was used before.")


def client_keys(client: Client) -> KeySet:
    """The public keys of a client: those on file, else those at its `jwks_uri`. Raises KeyNotReadable."""
    jwks = client.jwks if client.jwks is not None else _fetch(client.jwks_uri)
    try:
        return KeySet.import_key_set(dict(jwks))  # type: ignore[arg-type]  # checked by joserfc itself
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise KeyNotReadable from problem


def _fetch(jwks_uri: str | None) -> Mapping[str, Any]:
    """The JWKS at a loopback address: the sandbox reaches for nothing beyond this machine."""
    if jwks_uri is None or not _is_loopback(jwks_uri):
        raise KeyNotReadable
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(jwks_uri, timeout=(2, 5), allow_redirects=False, stream=True)
            answer.raise_for_status()
            jwks = orjson.loads(answer.raw.read(JWKS_BYTES, decode_content=True))
    except (requests.RequestException, orjson.JSONDecodeError) as problem:
        raise KeyNotReadable from problem
    if not isinstance(jwks, dict):
        raise KeyNotReadable
    return jwks


def _is_loopback(uri: str) -> bool:
    host = urlsplit(uri).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def basic(find_client: FindClient, request: OAuth2Request) -> Client | None:
    """HTTP Basic (RFC 6749 section 2.3.1); None when the header is absent, unreadable or wrong."""
    try:
        client_id, secret = extract_basic_authorization(request.headers)
    except UnicodeDecodeError:
        return None
    client = find_client(client_id) if client_id else None
    if client is None or not secret or not client.check_client_secret(secret):
        return None
    return client
