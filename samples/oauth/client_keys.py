"""The public keys by which a client proves who it is: those on file, or those its `jwks_uri` gives out.

A fetched set is kept as long as its Cache-Control says, within bounds, and fetched anew for a `kid` that it lacks: so
a client may rotate its keys at any moment. Nobody can make the sandbox fetch without end, and it reaches for nothing
beyond this machine. https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#signature-verification
"""

from __future__ import annotations

import ipaddress
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import requests
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from samples.oauth.clients import Client
from samples.oauth.context import Clock
from samples.oauth.errors import KeyNotReadable

KEY_TYPES: Final = {"RS384": "RSA", "ES384": "EC"}
JWKS_BYTES: Final = 65_536
DEFAULT_SECONDS: Final = 300
LONGEST_SECONDS: Final = 3600
FETCHES_A_MINUTE: Final = 10

_MAX_AGE = re.compile(r"max-age=(\d{1,9})")
_NOT_KEPT = re.compile(r"no-store|no-cache")


@dataclass
class _Fetched:
    """What one address gave out last, until when it serves, and when it was asked."""

    keys: KeySet | None = None
    until: float = 0.0
    asked: deque[float] = field(default_factory=lambda: deque(maxlen=FETCHES_A_MINUTE))
    turn: Lock = field(default_factory=Lock)


class ClientKeys:
    """Finds the key that a client's assertion names; keeps what was fetched."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._turn = Lock()
        self._fetched: dict[str, _Fetched] = {}

    def find(self, client: Client, header: Mapping[str, Any]) -> KeySet:
        """The one public key with the header's `kid` and the type that its `alg` needs. Raises KeyNotReadable.

        A `jku` in the header must be the registered `jwks_uri`.
        """
        if "jku" in header and header["jku"] != client.jwks_uri:
            raise KeyNotReadable("jku of the client assertion is not the registered address of the keys.")
        if client.jwks is not None:
            return _named(_key_set(client.jwks), header)
        if client.jwks_uri is None or not _is_loopback(client.jwks_uri):
            raise KeyNotReadable
        return self._from(client.jwks_uri, header)

    def _from(self, uri: str, header: Mapping[str, Any]) -> KeySet:
        with self._turn:
            kept = self._fetched.setdefault(uri, _Fetched())
        with kept.turn:  # One address that never answers keeps nobody else waiting.
            if kept.keys is not None and self._now() < kept.until:
                try:
                    return _named(kept.keys, header)
                except KeyNotReadable:
                    pass  # The key may be newer than what is kept.
            self._fetch(uri, kept)
            if kept.keys is None:
                raise KeyNotReadable
            return _named(kept.keys, header)

    def _fetch(self, uri: str, kept: _Fetched) -> None:
        now = self._now()
        if len(kept.asked) == FETCHES_A_MINUTE and now - kept.asked[0] < 60:
            raise KeyNotReadable("The keys of this client were fetched too often; try again in a minute.")
        kept.asked.append(now)
        jwks, seconds = _get(uri)
        kept.keys, kept.until = _key_set(jwks), now + seconds


def _named(keys: KeySet, header: Mapping[str, Any]) -> KeySet:
    wanted = KEY_TYPES.get(str(header.get("alg")))
    found = [key for key in keys.keys if key.kid == header.get("kid") and key.key_type == wanted]
    if len(found) != 1:
        raise KeyNotReadable("The client has no such key.")
    return KeySet(found)


def _key_set(jwks: Mapping[str, Any]) -> KeySet:
    try:
        return KeySet.import_key_set(dict(jwks))  # type: ignore[arg-type]  # checked by joserfc itself
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise KeyNotReadable from problem


def _get(uri: str) -> tuple[Mapping[str, Any], float]:
    """The JWKS at a loopback address, and for how many seconds it may be kept."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Accept": "application/json"}
            answer = session.get(uri, headers=headers, timeout=(2, 5), allow_redirects=False, stream=True)
            if answer.status_code != 200:
                raise KeyNotReadable
            jwks = orjson.loads(answer.raw.read(JWKS_BYTES, decode_content=True))
    except (requests.RequestException, orjson.JSONDecodeError) as problem:
        raise KeyNotReadable from problem
    if not isinstance(jwks, dict):
        raise KeyNotReadable
    return jwks, _seconds(answer.headers.get("Cache-Control", ""))


def _seconds(cache_control: str) -> float:
    if _NOT_KEPT.search(cache_control):
        return 0
    told = _MAX_AGE.search(cache_control)
    return min(float(told[1]), LONGEST_SECONDS) if told else DEFAULT_SECONDS


def _is_loopback(uri: str) -> bool:
    try:
        host = urlsplit(uri).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
