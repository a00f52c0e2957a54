"""The app's own signing keys in a folder: made, published, used in turn, retired, while servers run.

A new key is published at once and signs a day later, when every EHR that keeps our JWKS has fetched it; only the first
key of an algorithm signs at once. A retired key signs no more and its private part is gone, but it stays published for
the minutes that a running server and an assertion on its way may still use it.
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys
https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smart_launch.client_assertion import LIFETIME_SECONDS
from smart_launch.errors import KeyFileError, LastSigningKey, UnknownKey
from smart_launch.keys import Algorithm, Key, algorithm_of, key_of, make_key

log = logging.getLogger(__name__)

OVERLAP = 24 * 3600.0
"""Seconds for which a new key is published before it signs."""

REREAD = 60.0
"""Seconds after which the folder is read again, so that a running server follows `chartside keys`."""

STILL_PUBLISHED = REREAD + LIFETIME_SECONDS
"""Seconds for which a retired key is still published."""

_SUFFIX = ".jwk.json"
_KID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_CREATED, _RETIRED = "iat", "exp"
"""Times of a JWK, seconds since 1970 (https://openid.net/specs/openid-federation-1_0.html, section 8.7.1)."""


@dataclass(frozen=True)
class RingKey:
    """One key. `created` and `retired` are seconds since 1970; a retired key has its public part alone."""

    kid: str
    algorithm: Algorithm
    created: float
    retired: float | None = None
    key: Key = field(repr=False, compare=False, kw_only=True)


@dataclass(frozen=True)
class _Reading:
    at: float
    keys: tuple[RingKey, ...]
    unreadable: tuple[str, ...]


class KeyRing:
    """The keys in `folder`, which need not exist before the first is made. Safe for many threads and processes.

    Every `now` is in seconds since 1970.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._reading: _Reading | None = None

    def new(self, algorithm: Algorithm, now: float) -> RingKey:
        """Makes a key. It is published from now on. Raises KeyFileError where the folder cannot be written."""
        day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
        kid = f"{algorithm.lower()}-{day}-{secrets.token_hex(4)}"
        key = make_key(algorithm, kid=kid)
        with self._changing():
            # Two keys of one second would have no order, and which one signs would be chance.
            last = max((item.created for item in self._read(now).keys), default=0.0)
            made = RingKey(kid, algorithm, max(float(int(now)), last + 1), key=key)
            self._write(made)
        return made

    def retire(self, kid: str, now: float, *, force: bool = False) -> RingKey:
        """Ends a key and destroys its private part. One that is retired already is given back as it is.

        Raises UnknownKey; and LastSigningKey, unless `force`, when no other key of its algorithm could sign at once
        without an EHR meeting it for the first time.
        """
        with self._changing():
            keys = self._read(now).keys
            found = next((item for item in keys if item.kid == kid), None)
            if found is None:
                raise UnknownKey
            if found.retired is not None:
                return found
            others = [item for item in _in_use(keys, found.algorithm) if item.kid != kid]
            signs = _signer(keys, found.algorithm, now) == found
            if signs and not force and all(now - other.created < OVERLAP for other in others):
                raise LastSigningKey
            public = key_of(found.key.as_dict(private=False), private=False)
            retired = RingKey(kid, found.algorithm, found.created, float(int(now)), key=public)
            self._write(retired)
        return retired

    def all_keys(self, now: float) -> tuple[RingKey, ...]:
        """Every key, the oldest first, retired ones too."""
        return self._recent(now).keys

    def unreadable(self, now: float) -> tuple[str, ...]:
        """The names of the folder's key files that cannot be used: readable by others, or no signing keys."""
        return self._recent(now).unreadable

    def published(self, now: float) -> tuple[Key, ...]:
        """The keys that an EHR may meet, for the JWKS: those in use, and those retired a few minutes ago."""
        return tuple(
            item.key
            for item in self._recent(now).keys
            if item.retired is None or now - item.retired < STILL_PUBLISHED
        )

    def signing_key(self, algorithm: Algorithm, now: float) -> Key | None:
        """The key to sign with: the newest that has been published for a day, else the oldest; None without any."""
        signer = _signer(self._recent(now).keys, algorithm, now)
        return signer.key if signer else None

    def signs_from(self, key: RingKey, now: float) -> float:
        """Since or from when `key` signs, until a newer one does: at once where it replaced nothing."""
        before = [
            item
            for item in self._recent(now).keys
            if item.algorithm == key.algorithm and item.created < key.created
            if item.retired is None or item.retired > key.created
        ]
        ends = [item.retired for item in before if item.retired is not None]
        alone_from = max([key.created, *ends]) if len(ends) == len(before) else key.created + OVERLAP
        return min(key.created + OVERLAP, alone_from)

    def _recent(self, now: float) -> _Reading:
        with self._lock:
            reading = self._reading
            if reading is None or not 0 <= now - reading.at < REREAD:
                reading = self._reading = self._read(now)
        return reading

    def _read(self, now: float) -> _Reading:
        keys, unreadable = [], []
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")) if self.folder.is_dir() else ():
            try:
                keys.append(_ring_key(path))
            except KeyFileError as error:
                # The name of a file in our own folder; nothing of what it holds.
                log.warning("key file %s cannot be used: %s", path.name, error.detail)
                unreadable.append(path.name)
        keys.sort(key=lambda item: (item.created, item.kid))
        return _Reading(now, tuple(keys), tuple(unreadable))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time, whichever process makes it; afterwards the folder is read anew."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            raise KeyFileError("the folder of the keys cannot be used") from None
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
            os.fsync(folder)
        except OSError:
            raise KeyFileError("the folder of the keys cannot be written") from None
        finally:
            os.close(folder)
            with self._lock:
                self._reading = None

    def _write(self, item: RingKey) -> None:
        """Puts the file in place whole: a reader sees the old one or the new one, and never a half."""
        times = {_CREATED: int(item.created)} | (
            {} if item.retired is None else {_RETIRED: int(item.retired)}
        )
        document = {
            **item.key.as_dict(private=item.retired is None),
            "alg": item.algorithm,
            "use": "sig",
            **times,
        }
        unfinished = self.folder / f".{secrets.token_hex(8)}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                json.dump(document, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self.folder / f"{item.kid}{_SUFFIX}")
        finally:
            unfinished.unlink(missing_ok=True)


def _in_use(keys: Iterable[RingKey], algorithm: Algorithm) -> list[RingKey]:
    return [item for item in keys if item.algorithm == algorithm and item.retired is None]


def _signer(keys: Iterable[RingKey], algorithm: Algorithm, now: float) -> RingKey | None:
    """`keys` come in the order of their making."""
    usable = _in_use(keys, algorithm)
    known = [item for item in usable if now - item.created >= OVERLAP]
    return known[-1] if known else next(iter(usable), None)


def _ring_key(path: Path) -> RingKey:
    """The key of a file, which bears its `kid`. Raises KeyFileError."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileError("readable by others")
        value = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise KeyFileError("unreadable") from None
    if not isinstance(value, dict):
        raise KeyFileError("not a JWK")
    ended = _RETIRED in value
    created, retired = _time(value.pop(_CREATED, None)), _time(value.pop(_RETIRED, None))
    kid = path.name.removesuffix(_SUFFIX)
    if created is None or value.get("kid") != kid or not _KID.fullmatch(kid):
        raise KeyFileError("not a key of this folder")
    if ended and retired is None:
        # An end that cannot be read is not no end: such a key must not sign again.
        raise KeyFileError("not a date")
    key = key_of(value, private=retired is None)
    return RingKey(kid, algorithm_of(key), created, retired, key=key)


def _time(value: Any) -> float | None:
    """A moment that a date can be made of; None for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and 0 <= value < _END_OF_TIME else None
