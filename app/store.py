"""What the app keeps between two requests: sessions, launches, drafts, timers. Encrypted, and never longer than needed.

SQLite serves one machine with several worker processes. Keys are stored as SHA-256 and values under MultiFernet, so
the file alone opens nothing; each value is bound to its row, so that rows cannot be exchanged. The first key encrypts
and all decrypt: a rotated key stays as the second until the last value written with it has expired.
https://cryptography.io/en/latest/fernet/#cryptography.fernet.MultiFernet
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import InvalidToken, MultiFernet

from app.errors import StoreBusy
from app.logs import log

BUSY_SECONDS = 10.0
START_SECONDS = 30.0
LEASE_SECONDS = 60.0
"""How long a lock outlives the process that took it and died. Longer than a token refresh with its time-outs."""
POLL_SECONDS = 0.02

_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
    kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, expires_at REAL NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_expiry ON item (expires_at);
CREATE TABLE IF NOT EXISTS lock (
    name BLOB PRIMARY KEY, owner TEXT NOT NULL, expires_at REAL NOT NULL
) WITHOUT ROWID;
"""

_TAKE_LOCK = """
INSERT INTO lock (name, owner, expires_at) VALUES (:name, :owner, :until)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
WHERE lock.expires_at <= :now
"""


class Store:
    """Encrypted values by kind and key, each with an expiry in seconds since the epoch. Safe for threads and processes.

    :param path: the SQLite file, made with mode 0600 where it does not exist.
    :param fernet: the first key encrypts, every key decrypts.
    :param now: the clock, in seconds since the epoch.
    """

    def __init__(self, path: Path, fernet: MultiFernet, *, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._fernet = fernet
        self._now = now
        self._local = threading.local()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made before SQLite opens it: SQLite would use the umask, and gives its -wal and -shm files the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
        self._make_tables()

    def put(self, kind: str, key: str, value: bytes, *, expires_at: float) -> None:
        """Keeps `value` until `expires_at`, in place of what was kept before."""
        row = (kind, _digest(key), self._seal(kind, key, value), expires_at)
        self._connection().execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?)", row)

    def replace(self, kind: str, key: str, value: bytes, *, expires_at: float) -> bool:
        """Like `put`, but only where a value is kept: what was forgotten meanwhile stays forgotten (False)."""
        row = (self._seal(kind, key, value), expires_at, kind, _digest(key))
        statement = "UPDATE item SET value = ?, expires_at = ? WHERE kind = ? AND key = ?"
        return self._connection().execute(statement, row).rowcount == 1

    def get(self, kind: str, key: str) -> bytes | None:
        """The value, or None when there is none, it has expired or it cannot be decrypted (logged without content)."""
        row = (
            self._connection()
            .execute("SELECT value, expires_at FROM item WHERE kind = ? AND key = ?", (kind, _digest(key)))
            .fetchone()
        )
        return self._open(kind, key, row)

    def pop(self, kind: str, key: str) -> bytes | None:
        """Like `get`, and the value is gone. Of any number of callers at once, exactly one gets it."""
        row = (
            self._connection()
            .execute(
                "DELETE FROM item WHERE kind = ? AND key = ? RETURNING value, expires_at",
                (kind, _digest(key)),
            )
            .fetchone()
        )
        return self._open(kind, key, row)

    def delete(self, kind: str, key: str) -> None:
        """Forgets the value. It is no error when there is none."""
        self._connection().execute("DELETE FROM item WHERE kind = ? AND key = ?", (kind, _digest(key)))

    def sweep(self) -> int:
        """Removes what has expired and says how many values that were."""
        now = self._now()
        connection = self._connection()
        connection.execute("DELETE FROM lock WHERE expires_at <= ?", (now,))
        return connection.execute("DELETE FROM item WHERE expires_at <= ?", (now,)).rowcount

    @contextmanager
    def lock(
        self,
        name: str,
        *,
        timeout: float = 30.0,
        lease: float = LEASE_SECONDS,
        wait: Callable[[float], None] = time.sleep,
    ) -> Iterator[None]:
        """Holds the named lock against every other thread and process that uses this file.

        A holder that died loses it after `lease` seconds. Raises StoreBusy after `timeout` seconds of waiting.
        """
        owner, digest = secrets.token_hex(16), _digest(name)
        give_up_at = time.monotonic() + timeout
        while not self._take(digest, owner, lease):
            if time.monotonic() >= give_up_at:
                raise StoreBusy()
            wait(POLL_SECONDS)
        try:
            yield
        finally:
            # Only our own row: after the lease has run out, another owner may hold the lock by right.
            self._connection().execute("DELETE FROM lock WHERE name = ? AND owner = ?", (digest, owner))

    def close(self) -> None:
        """Closes this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _make_tables(self) -> None:
        """Write-ahead logging stays with the file once it is on. Turning it on is not covered by SQLite's own waiting.

        So of two workers that start on a new file at the same moment the second tries again, instead of dying.
        """
        give_up_at = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connection().execute("PRAGMA journal_mode = WAL")
                self._connection().executescript(_SCHEMA)
                return
            except sqlite3.OperationalError:
                if time.monotonic() >= give_up_at:
                    raise
                time.sleep(POLL_SECONDS)

    def _take(self, digest: bytes, owner: str, lease: float) -> bool:
        now = self._now()
        values = {"name": digest, "owner": owner, "until": now + lease, "now": now}
        return self._connection().execute(_TAKE_LOCK, values).rowcount == 1

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection; a process that was forked from ours opens its own, as SQLite demands."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None or self._local.process != os.getpid():
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            self._local.connection, self._local.process = connection, os.getpid()
        return connection

    def _seal(self, kind: str, key: str, value: bytes) -> bytes:
        return self._fernet.encrypt(_binding(kind, key) + value)

    def _open(self, kind: str, key: str, row: tuple[bytes, float] | None) -> bytes | None:
        if row is None or row[1] <= self._now():
            return None
        try:
            plain = self._fernet.decrypt(row[0])
        except InvalidToken:
            log("stored-value-unreadable", kind=kind)
            return None
        binding = _binding(kind, key)
        if not plain.startswith(binding):
            log("stored-value-unreadable", kind=kind)
            return None
        return plain[len(binding) :]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _binding(kind: str, key: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{key}".encode()).digest()
