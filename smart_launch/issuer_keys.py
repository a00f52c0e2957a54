"""An issuer's public keys: fetched from its `jwks_uri`, kept for a few minutes, fetched again when one is missing.

Each key is read by itself, so that one of an unknown kind does not spoil the others (RFC 7517 section 5).
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from smart_launch.errors import IdTokenError
from smart_launch.http_message import get_json
from smart_launch.keys import Key, kind_of
from smart_launch.transport import MEGABYTE, Http

Keys = tuple[Key, ...]

ALGORITHMS = {"RS256": "RSA", "RS384": "RSA", "ES256": "P-256", "ES384": "P-384"}
"""Signatures accepted, with the key each needs. `none` and the HS family are no signatures by an issuer."""

KEPT_SECONDS = 600.0
MOST = 64
"""Addresses of keys. An installation has one to a handful; an EHR that names another each time fills no memory."""

_SMALLEST_RSA_BITS = 2048

_kept: WeakKeyDictionary[Http, OrderedDict[str, tuple[float, Keys]]] = WeakKeyDictionary()
_lock = threading.Lock()


def key_sets(jwks_uri: str, *, http: Http, now: float) -> Iterator[Keys]:
    """The keys kept from before, when they are fresh; then, if those did not do, the keys fetched now.

    Raises IdTokenError when the address does not give a JWKS, Unreachable when it does not answer.
    """
    keys = kept_keys(jwks_uri, http=http, now=now)
    if keys:
        yield keys
    yield fetch_keys(jwks_uri, http=http, now=now)


def kept_keys(jwks_uri: str, *, http: Http, now: float) -> Keys:
    """The keys kept from before, while they are fresh; () where there are none."""
    with _lock:
        fetched_at, keys = _kept.setdefault(http, OrderedDict()).get(jwks_uri, (0.0, ()))
    return keys if 0 <= now - fetched_at < KEPT_SECONDS else ()


def fetch_keys(jwks_uri: str, *, http: Http, now: float, seconds: float = math.inf) -> Keys:
    """The keys as they are published now, kept from now on. `seconds` shortens the time-outs.

    Raises IdTokenError when the address does not give a JWKS, Unreachable when it does not answer.
    """
    answer = http.send(get_json(jwks_uri), limit=MEGABYTE, seconds=seconds)
    document = answer.json_object() if answer.status == 200 else None
    keys = keys_in(document)
    if keys is None:
        raise IdTokenError("keys unreadable")
    _keep(jwks_uri, keys, http, now)
    return keys


def keys_in(document: Any) -> Keys | None:
    """The keys of a JWKS document, those of an unknown kind left out; None for what is no JWKS."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return None
    return tuple(key for item in listed if (key := _key(item)) is not None)


def _keep(jwks_uri: str, keys: Keys, http: Http, now: float) -> None:
    with _lock:
        kept = _kept.setdefault(http, OrderedDict())
        kept[jwks_uri] = (now, keys)
        kept.move_to_end(jwks_uri)
        while len(kept) > MOST:
            kept.popitem(last=False)


def suitable(keys: Iterable[Key], *, kid: Any, algorithm: str) -> Key | None:
    """The one key with this `kid` that fits the algorithm. A token without `kid` is good where only one key fits.

    Two different keys of one `kid` identify nobody: then there is none. The same key listed twice is one.
    """
    fitting = [key for key in keys if _fits(key, algorithm) and kid in (None, key.kid)]
    different = {key.thumbprint() for key in fitting}
    return fitting[0] if len(different) == 1 else None


def _fits(key: Key, algorithm: str) -> bool:
    described = key.as_dict(private=False)
    if described.get("use", "sig") != "sig" or described.get("alg", algorithm) != algorithm:
        return False
    if isinstance(key, RSAKey):
        return ALGORITHMS[algorithm] == "RSA" and key.raw_value.key_size >= _SMALLEST_RSA_BITS
    return ALGORITHMS[algorithm] == key.curve_name


def _key(item: Any) -> Key | None:
    kind = kind_of(item)
    try:
        return kind.import_key(item) if kind else None
    except (JoseError, ValueError, TypeError, KeyError):  # KeyError for a curve that joserfc does not know
        return None
