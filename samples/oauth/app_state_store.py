"""Where app states are kept: a table of the ledger's file, one state for each client, code and subject."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from samples.fhir.errors import FhirProblem, PreconditionFailed
from samples.oauth.app_state_resource import AppState
from samples.oauth.ledger import Ledger

MOST_FOR_ONE_CLIENT = 1_000
_CHANGED = "there is no such state, or it has another version than If-Match names"


class AlreadyKept(FhirProblem):
    """409: this client keeps a state of that code for that subject already."""

    status = 409
    code = "duplicate"


class StoreFull(FhirProblem):
    """507: this client keeps as many states as it may."""

    status = 507
    code = "too-costly"


@dataclass(frozen=True)
class Kept:
    """One state as it is kept. `version` is the text inside its ETag."""

    id: str
    version: str
    code: str
    subject: str
    resource: dict[str, Any]


class AppStateStore:
    """App states by client: another client's are as unknown as none."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, client_id: str, code: str, subject: str) -> list[Kept]:
        """The client's states of this code and subject."""
        with self._ledger.open() as connection:
            rows = connection.execute(
                "SELECT * FROM app_state WHERE client_id = ? AND code = ? AND subject = ?",
                (client_id, code, subject),
            ).fetchall()
        return [_kept(row) for row in rows]

    def get(self, client_id: str, state_id: str) -> Kept:
        """One state. Raises PreconditionFailed for one that is not there, as the guide asks after a deletion."""
        with self._ledger.open() as connection:
            row = connection.execute(
                "SELECT * FROM app_state WHERE client_id = ? AND id = ?", (client_id, state_id)
            ).fetchone()
        if row is None:
            raise PreconditionFailed(_CHANGED)
        return _kept(row)

    def add(self, client_id: str, state: AppState) -> Kept:
        """Keeps a new state under a new id. Raises AlreadyKept and StoreFull."""
        state_id = str(uuid4())
        body = _body(state, state_id, 1)
        with self._ledger.open() as connection:
            count = connection.execute(
                "SELECT COUNT(*) AS n FROM app_state WHERE client_id = ?", (client_id,)
            ).fetchone()["n"]
            if count >= MOST_FOR_ONE_CLIENT:
                raise StoreFull("this app keeps as many states as it may")
            try:
                connection.execute(
                    "INSERT INTO app_state (id, client_id, code, subject, version, changed_at, body)"
                    " VALUES (?, ?, ?, ?, 1, ?, ?)",
                    (state_id, client_id, state.code, state.subject, self._ledger.now(), body),
                )
            except sqlite3.IntegrityError as problem:
                raise AlreadyKept("there is a state of this code and subject: update it") from problem
        return Kept(state_id, "1", state.code, state.subject, orjson.loads(body))

    def change(self, client_id: str, state_id: str, version: str, state: AppState) -> Kept:
        """Replaces a state. Raises PreconditionFailed unless version, code and subject are as they are kept."""
        present = self.get(client_id, state_id)
        if (present.version, present.code, present.subject) != (version, state.code, state.subject):
            raise PreconditionFailed(_CHANGED)
        following = int(version) + 1
        body = _body(state, state_id, following)
        with self._ledger.open() as connection:
            changed = connection.execute(
                "UPDATE app_state SET version = ?, changed_at = ?, body = ?"
                " WHERE client_id = ? AND id = ? AND version = ?",
                (following, self._ledger.now(), body, client_id, state_id, int(version)),
            ).rowcount
        if not changed:
            raise PreconditionFailed(_CHANGED)
        return Kept(state_id, str(following), state.code, state.subject, orjson.loads(body))

    def remove(self, client_id: str, state_id: str, version: str) -> None:
        """Deletes a state. Raises PreconditionFailed unless it has this version."""
        with self._ledger.open() as connection:
            changed = connection.execute(
                "DELETE FROM app_state WHERE client_id = ? AND id = ? AND CAST(version AS TEXT) = ?",
                (client_id, state_id, version),
            ).rowcount
        if not changed:
            raise PreconditionFailed(_CHANGED)


def _body(state: AppState, state_id: str, version: int) -> bytes:
    return orjson.dumps({**state.resource, "id": state_id, "meta": {"versionId": str(version)}})


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(row["id"], str(row["version"]), row["code"], row["subject"], orjson.loads(row["body"]))
