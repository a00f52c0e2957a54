"""The signed proof of an asymmetric client: one JWT for one request.

joserfc signs it with the algorithm named, because its default list lacks ES384 and RS384. Every assertion has a new
`jti` and lives four minutes, within the five that SMART allows even when the clocks differ a little.
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#authenticating-to-the-token-endpoint
https://www.rfc-editor.org/rfc/rfc7523#section-3
"""

from __future__ import annotations

import secrets

from joserfc import jwt

from smart_launch.registration import ClientRegistration

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME_SECONDS = 240


def client_assertion(
    registration: ClientRegistration, token_endpoint: str, *, now: float, jti: str | None = None
) -> str:
    """The JWT of `registration` for the server of `token_endpoint`. `now` is seconds since 1970."""
    key = registration.signing_key
    if key is None:
        raise ValueError("only an asymmetric client signs")
    header = {"alg": registration.algorithm, "kid": key.kid, "typ": "JWT"}
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": token_endpoint,
        "iat": int(now),
        "exp": int(now) + LIFETIME_SECONDS,
        "jti": jti or secrets.token_urlsafe(24),
    }
    return jwt.encode(header, claims, key, algorithms=[registration.algorithm])
