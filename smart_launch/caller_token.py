"""Who calls a service of ours: the JWT that a CDS Hooks client signs anew for each call, verified in full.

A call brings a patient's records and gets an opinion on them, so the caller is known before its body is read: by keys
that the settings name, for this address alone, once. The header chooses a key and nothing else: `jwk`, `x5c` and `x5u`
are not looked at, and a `jku` must be one of those that the administrator wrote down.
https://cds-hooks.hl7.org/2.0/#trusting-cds-clients, https://www.rfc-editor.org/rfc/rfc8725
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError

from smart_launch.address import endpoint
from smart_launch.errors import CallerTokenError, DiscoveryError, IdTokenError, Unreachable
from smart_launch.issuer_keys import Keys, fetch_keys, kept_keys, suitable
from smart_launch.keys import Key
from smart_launch.transport import Http

ALGORITHMS = ("ES384", "RS384")
"""The two that CDS Hooks recommends. Every other one is refused, the symmetric ones and `none` first of all."""

LEEWAY = 60
"""Seconds by which the caller's clock may differ from ours."""

LONGEST_LIFE = 900
"""Seconds from `iat`, and from now, to `exp`: a token serves one call, and its `jti` is remembered until then."""

LONGEST_TOKEN = 8_000
LONGEST_JTI = 255
FETCH_SECONDS = 3.0
"""A chart waits for the answer: keys that do not come at once are not waited for."""

FETCHED_AGAIN_AFTER = 30.0
"""Seconds. Anybody can write a token with a new `kid`; that makes us ask the EHR twice a minute at most."""


class _CallHeaders(jws.JWSRegistry):
    """joserfc's rules for a token's header, with room for a certificate chain, which is then not looked at."""

    max_header_length = LONGEST_TOKEN


_HEADERS = _CallHeaders(algorithms=list(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True)
class Caller:
    """Who may call: the `iss` of its tokens, and where its keys are: at `key_addresses`, or given as `keys`.

    A `jku` must be one of the addresses; without one the `keys` count, else the first address.
    """

    issuer: str
    key_addresses: tuple[str, ...] = ()
    keys: Keys = field(default=(), repr=False)
    tenant: str | None = None


@dataclass(frozen=True)
class CallerToken:
    """A verified token: its `jti`, to be refused a second time, and when it may be forgotten (seconds since 1970)."""

    jti: str
    forget_at: float


class _Turns:
    """One fetch at a time for each address, and when it was last tried."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self.tried: WeakKeyDictionary[Http, dict[str, float]] = WeakKeyDictionary()

    def of(self, address: str) -> threading.Lock:
        """The lock of an address. Addresses come from the settings alone, so they are few."""
        with self._lock:
            return self._turns.setdefault(address, threading.Lock())


_turns = _Turns()


def claimed_issuer(token: str) -> tuple[str, str | None]:
    """`iss` and `tenant` as the token has them, unverified: good only for choosing whose keys to verify it by.

    Raises CallerTokenError for what is no JWT signed by one of ALGORITHMS.
    """
    _, claims = _unverified(token)
    issuer, tenant = claims.get("iss"), claims.get("tenant")
    if not isinstance(issuer, str):
        raise CallerTokenError("iss")
    return issuer, tenant if isinstance(tenant, str) else None


def verify_caller(token: str, caller: Caller, *, audience: str, http: Http, now: float) -> CallerToken:
    """The token of a call of `audience`, the exact address that was called. `now` is seconds since 1970.

    Raises CallerTokenError with the failed check as its detail, also where the keys cannot be had just now.
    """
    header, _ = _unverified(token)
    try:
        claims = jwt.decode(token, _key(header, caller, http, now), registry=_HEADERS).claims
    except JoseError:
        raise CallerTokenError("signature") from None
    return _checked(claims, caller, audience, now)


def key_address(base: str, value: str) -> str:
    """A `jku` fit for the settings of the EHR at `base`: https, or loopback for a loopback EHR. Else DiscoveryError."""
    address = endpoint(base, value)
    if address != value:
        raise DiscoveryError("endpoint")
    return address


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims as written."""
    if len(token) > LONGEST_TOKEN:
        raise CallerTokenError("too long")
    try:
        parts = jws.extract_compact(token.encode("ascii"), registry=_HEADERS)
        header, claims = parts.headers(), orjson.loads(parts.payload)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise CallerTokenError("not a signed token") from None
    if not isinstance(claims, dict):
        raise CallerTokenError("not a signed token")
    if header.get("alg") not in ALGORITHMS:
        raise CallerTokenError("algorithm")
    return header, claims


def _key(header: Mapping[str, Any], caller: Caller, http: Http, now: float) -> Key:
    kid, algorithm, jku = header.get("kid"), str(header["alg"]), header.get("jku")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise CallerTokenError("typ")
    if not isinstance(kid, str) or not kid:
        raise CallerTokenError("kid")
    if "jku" in header and jku not in caller.key_addresses:
        raise CallerTokenError("jku")
    if jku is None and caller.keys:
        key = suitable(caller.keys, kid=kid, algorithm=algorithm)
    else:
        address = jku or next(iter(caller.key_addresses), "")
        key = _published(address, kid, algorithm, http, now) if address else None
    if key is None:
        raise CallerTokenError("key")
    return key


def _published(address: str, kid: str, algorithm: str, http: Http, now: float) -> Key | None:
    """The key as kept, else as published now. A wrong signature is no reason to fetch again, a new `kid` is."""
    found = suitable(kept_keys(address, http=http, now=now), kid=kid, algorithm=algorithm)
    if found is not None:
        return found
    with _turns.of(address):
        found = suitable(kept_keys(address, http=http, now=now), kid=kid, algorithm=algorithm)
        tried = _turns.tried.setdefault(http, {})
        if found is not None or 0 <= now - tried.get(address, float("-inf")) < FETCHED_AGAIN_AFTER:
            return found
        tried[address] = now
        try:
            keys = fetch_keys(address, http=http, now=now, seconds=FETCH_SECONDS)
        except (IdTokenError, Unreachable):
            raise CallerTokenError("keys not to be had") from None
    return suitable(keys, kid=kid, algorithm=algorithm)


def _checked(claims: Mapping[str, Any], caller: Caller, audience: str, now: float) -> CallerToken:
    if claims.get("iss") != caller.issuer:
        raise CallerTokenError("iss")
    if caller.tenant is not None and claims.get("tenant") != caller.tenant:
        raise CallerTokenError("tenant")
    if claims.get("aud") not in (audience, [audience]):
        raise CallerTokenError("aud")
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if expires <= now - LEEWAY or expires > now + LONGEST_LIFE + LEEWAY:
        raise CallerTokenError("exp")
    if issued > now + LEEWAY or not 0 <= expires - issued <= LONGEST_LIFE:
        raise CallerTokenError("iat")
    if "nbf" in claims and _seconds(claims, "nbf") > now + LEEWAY:
        raise CallerTokenError("nbf")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise CallerTokenError("jti")
    return CallerToken(jti, expires + LEEWAY)


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise CallerTokenError(name)
    return float(value)
