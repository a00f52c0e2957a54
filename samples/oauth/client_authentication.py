"""How a client proves who it is: private_key_jwt as SMART asks for it, and HTTP Basic that survives nonsense.

Authlib's stock JWT method refuses RS384 and ES384, which are the two that SMART requires, and puts the library's own
error text, with whatever was sent, into its answer; here the algorithms are SMART's, the rules are checked one by
one and each answer is a fixed sentence. https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from authlib.oauth2.rfc6749 import InvalidClientError, OAuth2Request
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc7523.client import ASSERTION_TYPE
from joserfc import jws, jwt
from joserfc.errors import JoseError

from samples.oauth.client_keys import ClientKeys
from samples.oauth.clients import Client
from samples.oauth.errors import KeyNotReadable
from samples.oauth.ledger import Ledger

ALGORITHMS = ["RS384", "ES384"]
LONGEST_ASSERTION_SECONDS = 300

FindClient = Callable[[str], Client | None]


class PrivateKeyJwt:
    """`client_assertion` signed with RS384 or ES384: `kid` known, aud the token URL, 5 minutes at most, once."""

    def __init__(self, ledger: Ledger, token_url: str, keys: ClientKeys) -> None:
        self._ledger = ledger
        self._token_url = token_url
        self._keys = keys

    def __call__(self, find_client: FindClient, request: OAuth2Request) -> Client | None:
        """The client that signed; None for a request without an assertion. Raises InvalidClientError."""
        assertion = request.form.get("client_assertion")
        if request.form.get("client_assertion_type") != ASSERTION_TYPE or not assertion:
            return None
        headers, claims = self.taken_apart(assertion)
        client = find_client(claims["sub"]) if isinstance(claims.get("sub"), str) else None
        if client is None:
            raise InvalidClientError("sub of the client assertion is no client of this server.")
        self._verify(assertion, client, headers)
        return client if client.check_endpoint_auth_method("private_key_jwt", "token") else None

    def taken_apart(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
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

    def _verify(self, assertion: str, client: Client, headers: Mapping[str, Any]) -> None:
        """Signature, then claims."""
        try:
            key = self._keys.find(client, headers)
        except KeyNotReadable as problem:
            raise InvalidClientError(problem.sentence) from problem
        try:
            token = jwt.decode(assertion, key, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as problem:
            raise InvalidClientError("The signature of the client assertion is not valid.") from problem
        self.verify_claims(token.claims)

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
