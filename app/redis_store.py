"""The store of several machines: a Redis server (6.2 or newer, or Valkey), which forgets by itself what has expired.

Redis sees digests and sealed values only. Its own expiry is reckoned from the seconds that are left, so that the
clocks of two machines need not agree; the end under the encryption is what decides.
https://redis.io/docs/latest/commands/set/ https://redis.io/docs/latest/commands/getdel/
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from cryptography.fernet import MultiFernet
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from app.errors import StoreDown
from app.store import Store

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 3.0
RETRIES = 2
"""A connection that was lost is made again and the command repeated: each of ours may safely arrive twice."""
ROWS_AT_ONCE = 500

_TAKE_LOCK = """
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('get', KEYS[1]) == ARGV[1] then return 1 end
return 0
"""
"""The second line: the first try took it, but its answer was lost."""
_FREE_LOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class RedisStore(Store):
    """`url` is redis://HOST[:PORT][/DB] or rediss:// for TLS, whose certificate is checked against `ca_file`.

    Without `ca_file` this machine's own authorities count. Nothing is sent before the first use: a server that starts
    before its Redis does is well as soon as both are up. See Store for the rest.
    """

    def __init__(
        self,
        url: str,
        fernet: MultiFernet,
        *,
        password: str | None = None,
        ca_file: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(fernet, now=now)
        tls = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss:") else {}
        self._redis: Any = redis.Redis.from_url(
            url,
            password=password,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(ExponentialWithJitterBackoff(), RETRIES),
            **tls,
        )
        self._take_script = self._redis.register_script(_TAKE_LOCK)
        self._free_script = self._redis.register_script(_FREE_LOCK)

    def sweep(self) -> int:
        """Nothing is left to do: Redis removes what has expired."""
        return 0

    def close(self) -> None:
        """Closes the connections that no thread is using."""
        self._redis.close()

    def _write(self, kind: str, digest: bytes, sealed: bytes, expires_at: float) -> None:
        with _answering():
            self._redis.set(_name(kind, digest), sealed, px=self._left(expires_at))

    def _overwrite(self, kind: str, digest: bytes, sealed: bytes, expires_at: float) -> bool:
        # What has expired by our clock is gone, whatever Redis still holds of it.
        current = self._read(kind, digest)
        if current is None or self._open(kind, current) is None:
            return False
        with _answering():
            return bool(self._redis.set(_name(kind, digest), sealed, px=self._left(expires_at), xx=True))

    def _read(self, kind: str, digest: bytes) -> bytes | None:
        with _answering():
            sealed: bytes | None = self._redis.get(_name(kind, digest))
        return sealed

    def _take(self, kind: str, digest: bytes) -> bytes | None:
        with _answering():
            sealed: bytes | None = self._redis.getdel(_name(kind, digest))
        return sealed

    def _remove(self, kind: str, digest: bytes) -> None:
        with _answering():
            self._redis.delete(_name(kind, digest))

    def _rows(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        with _answering():
            # SCAN may name a key twice.
            names = sorted(set(self._redis.scan_iter(match=f"chartside:{kind}:*", count=ROWS_AT_ONCE)))
        for start in range(0, len(names), ROWS_AT_ONCE):
            some = names[start : start + ROWS_AT_ONCE]
            with _answering():
                values = self._redis.mget(some)
            for name, sealed in zip(some, values, strict=True):
                if sealed is not None:
                    yield bytes.fromhex(name.rsplit(b":", 1)[1].decode()), sealed

    def _take_lock(self, digest: bytes, owner: str, lease: float) -> bool:
        with _answering():
            return bool(self._take_script(keys=[_lock_name(digest)], args=[owner, int(lease * 1000)]))

    def _free_lock(self, digest: bytes, owner: str) -> None:
        with _answering():
            self._free_script(keys=[_lock_name(digest)], args=[owner])

    def _left(self, expires_at: float) -> int:
        """Milliseconds until then, one at least: Redis knows no value that expires at once."""
        return max(1, int((expires_at - self._now()) * 1000))


def _name(kind: str, digest: bytes) -> str:
    return f"chartside:{kind}:{digest.hex()}"


def _lock_name(digest: bytes) -> str:
    return f"chartside-lock:{digest.hex()}"


@contextmanager
def _answering() -> Iterator[None]:
    """No connection, no answer in time, a wrong password, a full or read-only server."""
    try:
        yield
    except redis.RedisError as error:
        raise StoreDown() from error
