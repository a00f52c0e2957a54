"""The store of one machine: an SQLite file that several worker processes share.

https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import MultiFernet

from app.errors import StoreDown
from app.process_mark import FOLDER, ProcessMarks
from app.store import POLL_SECONDS, Store

BUSY_SECONDS = 10.0
START_SECONDS = 30.0

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
_FREE_LOCK = "DELETE FROM lock WHERE name = ? AND owner = ?"


class SqliteStore(Store):
    """`path` is the file, made with mode 0600 where it does not exist. See Store for the rest.

    A lock is free as soon as the process that held it is no more, whatever is left of its lease: who saved when the
    app was killed would otherwise wait for that at the next press.
    """

    def __init__(self, path: Path, fernet: MultiFernet, *, now: Callable[[], float] = time.time) -> None:
        super().__init__(fernet, now=now)
        self._path = path
        self._marks = ProcessMarks(path.parent / FOLDER)
        self._local = threading.local()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made before SQLite opens it: SQLite would use the umask, and gives its -wal and -shm files the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
        self._make_tables()

    def sweep(self) -> int:
        """Removes what has expired and says how many values that were."""
        now = self._now()
        with _answering():
            self._marks.sweep()
        self._run("DELETE FROM lock WHERE expires_at <= ?", (now,))
        return self._run("DELETE FROM item WHERE expires_at <= ?", (now,)).rowcount

    def close(self) -> None:
        """Closes this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _write(self, kind: str, digest: bytes, sealed: bytes, expires_at: float) -> None:
        self._run("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?)", (kind, digest, sealed, expires_at))

    def _overwrite(self, kind: str, digest: bytes, sealed: bytes, expires_at: float) -> bool:
        statement = "UPDATE item SET value = ?, expires_at = ? WHERE kind = ? AND key = ? AND expires_at > ?"
        return self._run(statement, (sealed, expires_at, kind, digest, self._now())).rowcount == 1

    def _read(self, kind: str, digest: bytes) -> bytes | None:
        return self._one("SELECT value FROM item WHERE kind = ? AND key = ?", (kind, digest))

    def _take(self, kind: str, digest: bytes) -> bytes | None:
        return self._one("DELETE FROM item WHERE kind = ? AND key = ? RETURNING value", (kind, digest))

    def _remove(self, kind: str, digest: bytes) -> None:
        self._run("DELETE FROM item WHERE kind = ? AND key = ?", (kind, digest))

    def _rows(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        with _answering():
            rows = (
                self._connection().execute("SELECT key, value FROM item WHERE kind = ?", (kind,)).fetchall()
            )
        yield from rows

    def _take_lock(self, digest: bytes, owner: str, lease: float) -> bool:
        now = self._now()
        values = {"name": digest, "owner": self._marked(owner), "until": now + lease, "now": now}
        if self._run(_TAKE_LOCK, values).rowcount == 1:
            return True
        return self._freed_of_the_dead(digest) and self._run(_TAKE_LOCK, values).rowcount == 1

    def _free_lock(self, digest: bytes, owner: str) -> None:
        self._run(_FREE_LOCK, (digest, self._marked(owner)))

    def _marked(self, owner: str) -> str:
        """The owner as it is kept: with the mark of this process before it."""
        with _answering():
            return f"{self._marks.own()}:{owner}"

    def _freed_of_the_dead(self, digest: bytes) -> bool:
        """Takes the lock from a process that is no more; True where it did, or where nobody holds it any longer."""
        with _answering():
            row = self._connection().execute("SELECT owner FROM lock WHERE name = ?", (digest,)).fetchone()
            if row is None:
                return True
            mark, marked, _ = row[0].partition(":")
            if not marked or not self._marks.is_of_the_dead(mark):
                return False
        self._run(_FREE_LOCK, (digest, row[0]))
        return True

    def _one(self, statement: str, values: tuple[Any, ...]) -> bytes | None:
        with _answering():
            row = self._connection().execute(statement, values).fetchone()
        return None if row is None else bytes(row[0])

    def _run(self, statement: str, values: Any) -> sqlite3.Cursor:
        with _answering():
            return self._connection().execute(statement, values)

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

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection; a process that was forked from ours opens its own, as SQLite demands."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None or self._local.process != os.getpid():
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            self._local.connection, self._local.process = connection, os.getpid()
        return connection


@contextmanager
def _answering() -> Iterator[None]:
    """A full disk, a file that was taken away or damaged, a lock of SQLite's own that outlasts its waiting."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreDown() from error
