"""What the authorization server has promised: launches, logins, codes and assertions, each good for one use.

One SQLite file in the state folder, so that a restart of the sandbox loses nobody's session and spends nobody's
launch twice. Values are kept as SHA-256: who reads the file can use nothing in it. Taking a value is one statement,
so two requests that bring the same code at the same moment cannot both have it.
https://datatracker.ietf.org/doc/html/rfc9700#section-4.5 and, for assertions,
https://datatracker.ietf.org/doc/html/rfc7523#section-3
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal
from weakref import finalize

import orjson

from samples.oauth.context import Clock

Kind = Literal["launch", "login", "code", "assertion"]
Fate = Literal["taken", "spent", "expired", "unknown"]

SECONDS: Mapping[Kind, int] = {"launch": 300, "login": 900, "code": 60, "assertion": 300}
KEPT_AFTER_EXPIRY_SECONDS = 86_400
"""A spent code is remembered for a day, so that its replay is known for what it is."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS one_use (
    kind TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, expires_at REAL NOT NULL,
    spent INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL, PRIMARY KEY (kind, key));
CREATE INDEX IF NOT EXISTS one_use_expiry ON one_use (expires_at);
CREATE TABLE IF NOT EXISTS token (
    access_key TEXT PRIMARY KEY, refresh_key TEXT UNIQUE, family TEXT NOT NULL, client_id TEXT NOT NULL,
    issued_at REAL NOT NULL, expires_at REAL NOT NULL, refresh_expires_at REAL NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0, refreshed INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS token_family ON token (family);
CREATE TABLE IF NOT EXISTS client (
    client_id TEXT PRIMARY KEY, registered_at REAL NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS app_state (
    id TEXT PRIMARY KEY, client_id TEXT NOT NULL, code TEXT NOT NULL, subject TEXT NOT NULL,
    version INTEGER NOT NULL, changed_at REAL NOT NULL, body BLOB NOT NULL,
    UNIQUE (client_id, code, subject));
"""


def hashed(value: str) -> str:
    """The key under which a secret value is kept: SHA-256, hexadecimal."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def new_value() -> str:
    """256 random bits, URL-safe: a launch, a code, a token."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Taken:
    """What became of a value that was brought: its fate, and what was kept with it (None when unknown)."""

    fate: Fate
    body: dict[str, Any] | None


class Ledger:
    """The file, behind one connection that the threads of this process take in turn.

    Opening it for each check of a token would cost more than the check: SQLite folds its log on every last close.
    """

    def __init__(self, path: Path, *, now: Clock) -> None:
        self.path = path
        self.now = now
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._turn = Lock()
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        finalize(self, self._connection.close)
        with self.open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """The connection, in autocommit: each statement is its own transaction."""
        with self._turn:
            yield self._connection

    def keep(self, kind: Kind, body: Mapping[str, Any], *, owner: str, value: str = "") -> str:
        """Keeps `body` under a new random value (or `value`) for this kind's lifetime; gives the value back.

        `owner` is the client id that alone can take it.
        """
        value = value or new_value()
        now = self.now()
        with self.open() as connection:
            connection.execute("DELETE FROM one_use WHERE expires_at < ?", (now - KEPT_AFTER_EXPIRY_SECONDS,))
            connection.execute(
                "INSERT INTO one_use (kind, key, owner, expires_at, body) VALUES (?, ?, ?, ?, ?)",
                (kind, hashed(value), owner, now + SECONDS[kind], orjson.dumps(dict(body))),
            )
        return value

    def take(self, kind: Kind, value: str, *, owner: str) -> Taken:
        """Spends the value. Another owner's stays untouched and is as unknown as one that never was."""
        key = hashed(value)
        with self.open() as connection:
            spent_now = connection.execute(
                "UPDATE one_use SET spent = 1"
                " WHERE kind = ? AND key = ? AND owner = ? AND spent = 0 AND expires_at > ?",
                (kind, key, owner, self.now()),
            ).rowcount
            row = connection.execute(
                "SELECT spent, body FROM one_use WHERE kind = ? AND key = ? AND owner = ?", (kind, key, owner)
            ).fetchone()
        if row is None:
            return Taken("unknown", None)
        body = orjson.loads(row["body"])
        if spent_now:
            return Taken("taken", body)
        return Taken("spent" if row["spent"] else "expired", body)

    def look(self, kind: Kind, value: str) -> dict[str, Any] | None:
        """What is kept under the value while it is unspent and in time, without spending it."""
        with self.open() as connection:
            row = connection.execute(
                "SELECT body FROM one_use WHERE kind = ? AND key = ? AND spent = 0 AND expires_at > ?",
                (kind, hashed(value), self.now()),
            ).fetchone()
        return None if row is None else orjson.loads(row["body"])

    def first_use(self, client_id: str, jti: str) -> bool:
        """True once for each `jti` of a client: an assertion brought again is a replay (RFC 7523 section 3)."""
        try:
            self.keep("assertion", {}, owner=client_id, value=f"{client_id} {jti}")
        except sqlite3.IntegrityError:
            return False
        return True
