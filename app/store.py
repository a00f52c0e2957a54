"""What the app keeps between two requests: sessions, launches, drafts, timers. Encrypted, and never longer than needed.

One interface, whatever is below it: SQLite for one machine (`app.sqlite_store`), Redis for several (`app.redis_store`).
Keys are kept as SHA-256 and values under MultiFernet, so what is kept opens nothing by itself; each value holds its
own key and its end under the encryption, so that values cannot be exchanged or prolonged. The first key encrypts and
all decrypt: a rotated key stays as the second until the last value written with it has expired.
https://cryptography.io/en/latest/fernet/#cryptography.fernet.MultiFernet
"""

from __future__ import annotations

import hashlib
import secrets
import struct
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cryptography.fernet import InvalidToken, MultiFernet

from app.errors import StoreBusy, StoreDown
from app.logs import log, log_failure

LEASE_SECONDS = 60.0
"""How long a lock outlives the process that took it and died. Longer than a token refresh with its time-outs."""
POLL_SECONDS = 0.02
_HEAD = struct.Struct(">dHH")
"""Before each value, under the encryption: its end, and the lengths of its kind and its key."""


class Store(ABC):
    """Encrypted values by kind and key, each with an expiry in seconds since the epoch. Safe for threads and processes.

    Every method raises StoreDown where what is below does not answer.

    :param fernet: the first key encrypts, every key decrypts.
    :param now: the clock, in seconds since the epoch.
    """

    def __init__(self, fernet: MultiFernet, *, now: Callable[[], float] = time.time) -> None:
        self._fernet = fernet
        self._now = now

    def put(self, kind: str, key: str, value: bytes, *, expires_at: float) -> None:
        """Keeps `value` until `expires_at`, in place of what was kept before."""
        self._write(kind, _digest(key), self._seal(kind, key, value, expires_at), expires_at)

    def replace(self, kind: str, key: str, value: bytes, *, expires_at: float) -> bool:
        """Like `put`, but only where a value is kept: what was forgotten meanwhile stays forgotten (False)."""
        sealed = self._seal(kind, key, value, expires_at)
        return self._overwrite(kind, _digest(key), sealed, expires_at)

    def get(self, kind: str, key: str) -> bytes | None:
        """The value, or None when there is none, it has expired or it cannot be decrypted (logged without content)."""
        return self._value_of(kind, key, self._read(kind, _digest(key)))

    def pop(self, kind: str, key: str) -> bytes | None:
        """Like `get`, and the value is gone. Of any number of callers at once, at most one gets it."""
        return self._value_of(kind, key, self._take(kind, _digest(key)))

    def delete(self, kind: str, key: str) -> None:
        """Forgets the value. It is no error when there is none."""
        self._remove(kind, _digest(key))

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """Key and value of everything of one kind that is kept now, in no order.

        What is put or deleted while this goes on may come or not, so ask again (`get`, `replace`) before you act.
        """
        for digest, sealed in self._rows(kind):
            opened = self._open(kind, sealed)
            if opened is not None and _digest(opened[0]) == digest:
                yield opened

    @contextmanager
    def lock(
        self,
        name: str,
        *,
        timeout: float = 30.0,
        lease: float = LEASE_SECONDS,
        wait: Callable[[float], None] = time.sleep,
    ) -> Iterator[None]:
        """Holds the named lock against every other thread and process that uses this store.

        A process that died holding it loses it after `lease` seconds at the latest; where one machine keeps the store,
        at once. Raises StoreBusy after `timeout` seconds of waiting.
        """
        owner, digest = secrets.token_hex(16), _digest(name)
        give_up_at = time.monotonic() + timeout
        while not self._take_lock(digest, owner, lease):
            if time.monotonic() >= give_up_at:
                raise StoreBusy()
            wait(POLL_SECONDS)
        try:
            yield
        finally:
            # What was done under the lock is done: where it cannot be given back, its lease ends it.
            try:
                self._free_lock(digest, owner)
            except StoreDown as error:
                log_failure("lock-not-freed", error)

    @abstractmethod
    def sweep(self) -> int:
        """Removes what has expired and says how many values that were; 0 where the store does so by itself."""

    @abstractmethod
    def close(self) -> None:
        """Ends this thread's connection."""

    @abstractmethod
    def _write(self, kind: str, digest: bytes, sealed: bytes, expires_at: float) -> None: ...

    @abstractmethod
    def _overwrite(self, kind: str, digest: bytes, sealed: bytes, expires_at: float) -> bool: ...

    @abstractmethod
    def _read(self, kind: str, digest: bytes) -> bytes | None: ...

    @abstractmethod
    def _take(self, kind: str, digest: bytes) -> bytes | None:
        """Reads and removes in one step that nothing can come between."""

    @abstractmethod
    def _remove(self, kind: str, digest: bytes) -> None: ...

    @abstractmethod
    def _rows(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        """Digest and sealed value of each row of the kind."""

    @abstractmethod
    def _take_lock(self, digest: bytes, owner: str, lease: float) -> bool: ...

    @abstractmethod
    def _free_lock(self, digest: bytes, owner: str) -> None:
        """Frees only `owner`'s own: after the lease has run out, another may hold the lock by right."""

    def _seal(self, kind: str, key: str, value: bytes, expires_at: float) -> bytes:
        names = kind.encode(), key.encode()
        head = _HEAD.pack(expires_at, len(names[0]), len(names[1]))
        return self._fernet.encrypt(b"".join((head, *names, value)))

    def _value_of(self, kind: str, key: str, sealed: bytes | None) -> bytes | None:
        opened = None if sealed is None else self._open(kind, sealed)
        if opened is None:
            return None
        if opened[0] != key:
            log("stored-value-unreadable", kind=kind)
            return None
        return opened[1]

    def _open(self, kind: str, sealed: bytes) -> tuple[str, bytes] | None:
        """Key and value; None when it has expired, is of another kind or cannot be decrypted."""
        try:
            plain = self._fernet.decrypt(sealed)
            expires_at, kind_length, key_length = _HEAD.unpack_from(plain)
        except (InvalidToken, struct.error):
            log("stored-value-unreadable", kind=kind)
            return None
        key_at = _HEAD.size + kind_length
        if plain[_HEAD.size : key_at] != kind.encode():
            log("stored-value-unreadable", kind=kind)
            return None
        if expires_at <= self._now():
            return None
        return plain[key_at : key_at + key_length].decode(), plain[key_at + key_length :]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
