"""Who is using the app: the id_token, verified before a word of it is believed.

fhirclient ignores the id_token. The user's name stands on every note that is filed, so it is checked in full: signature
by the issuer's published keys, issuer, audience, authorized party, times and the nonce of this launch.
https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-identity-data
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ClaimError, JoseError

from smart_launch.address import check_issuer, endpoint, same_host
from smart_launch.discovery import SmartConfiguration
from smart_launch.errors import BadIssuer, DiscoveryError, IdTokenError
from smart_launch.http_message import get_json
from smart_launch.issuer_keys import ALGORITHMS, key_sets, suitable
from smart_launch.transport import MEGABYTE, Http

LEEWAY = 60
"""Seconds by which the EHR's clock may differ from ours."""


class _IssuedHeaders(jws.JWSRegistry):
    """joserfc's rules for a token's header, with room for a certificate chain (x5c) of real issuers."""

    max_header_length = 16_384


_HEADERS = _IssuedHeaders(algorithms=list(ALGORITHMS), strict_check_header=False)
"""Header parameters that are not known are ignored, as RFC 7515 section 4 says; `crit` is still obeyed."""

_USER = re.compile(
    r"(?:(?P<base>https?://[^\s?#]+)/)?"
    r"(?P<reference>(?:Practitioner|PractitionerRole|Patient|RelatedPerson|Person)/[A-Za-z0-9._~-]{1,128})"
)


@dataclass(frozen=True)
class Identity:
    """The user as the EHR states it. `fhir_user` is relative for a resource of this EHR, absolute for another's."""

    subject: str
    fhir_user: str | None


def verify_id_token(
    token: str,
    *,
    iss: str,
    configuration: SmartConfiguration,
    client_id: str,
    nonce: str,
    http: Http,
    now: float,
) -> Identity:
    """The identity in `token`. `iss` is the FHIR base, `now` seconds since 1970.

    Raises IdTokenError, with the failed check as its detail, or Unreachable when the keys cannot be fetched.
    """
    header, claimed = _unverified(token)
    issuer, jwks_uri = _issuer_and_keys(iss, configuration, claimed.get("iss"), http)
    claims = _signed_claims(token, header, jwks_uri, http, now)
    _check(claims, issuer, client_id, nonce, now)
    return Identity(str(claims["sub"]), _fhir_user(claims, iss))


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims as written, good only for choosing the key."""
    try:
        parts = jws.extract_compact(token.encode("ascii"), registry=_HEADERS)
        header, claims = parts.headers(), parts.payload
        described = orjson.loads(claims)
    except (JoseError, ValueError, KeyError):
        raise IdTokenError("not a signed token") from None
    if str(header.get("alg")) not in ALGORITHMS or not isinstance(described, dict):
        raise IdTokenError("algorithm")
    return header, described


def _issuer_and_keys(
    iss: str, configuration: SmartConfiguration, claimed: Any, http: Http
) -> tuple[str, str]:
    """The issuer to expect and where its keys are. SMART 1.0 servers say it only in their OpenID configuration.

    Where the EHR's own configuration names no issuer, the token's claim may, but only on the EHR's own servers.
    """
    if configuration.issuer and configuration.jwks_uri:
        return configuration.issuer, configuration.jwks_uri
    try:
        issuer = check_issuer(configuration.issuer or claimed)
        own = any(same_host(issuer, known) for known in (iss, configuration.token_endpoint))
        if not configuration.issuer and not own:
            raise IdTokenError("iss")
        answer = http.send(get_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration"), limit=MEGABYTE)
        document = (answer.json_object() if answer.status == 200 else None) or {}
        if document.get("issuer") != issuer:
            raise IdTokenError("iss")
        return issuer, endpoint(iss, configuration.jwks_uri or document.get("jwks_uri"))
    except (BadIssuer, DiscoveryError):
        raise IdTokenError("iss") from None


def _signed_claims(
    token: str, header: Mapping[str, Any], jwks_uri: str, http: Http, now: float
) -> Mapping[str, Any]:
    algorithm = str(header["alg"])
    failed = "key"
    for keys in key_sets(jwks_uri, http=http, now=now):
        key = suitable(keys, kid=header.get("kid"), algorithm=algorithm)
        if key is None:
            continue
        try:
            return jwt.decode(token, key, registry=_HEADERS).claims
        except BadSignatureError:
            failed = "signature"
        except JoseError:
            raise IdTokenError("not a signed token") from None
    raise IdTokenError(failed)


def _check(claims: Mapping[str, Any], issuer: str, client_id: str, nonce: str, now: float) -> None:
    registry = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        registry.validate(dict(claims))
    except ClaimError as error:
        raise IdTokenError(error.claim) from None
    if claims["nonce"] != nonce:
        # joserfc takes a list that holds the value; a nonce is one string.
        raise IdTokenError("nonce")
    audience, party = claims["aud"], claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (party is not None or several) and party != client_id:
        raise IdTokenError("azp")


def _fhir_user(claims: Mapping[str, Any], iss: str) -> str | None:
    """`fhirUser`, or SMART 1.0's `profile`; None when neither names a person."""
    return relative_user(claims.get("fhirUser"), iss) or relative_user(claims.get("profile"), iss)


def relative_user(value: Any, iss: str) -> str | None:
    """A `fhirUser`: relative for a resource of the EHR at `iss`, else absolute; None when it names no person."""
    found = _USER.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    return found["reference"] if found["base"] in (None, iss.rstrip("/")) else found.string
