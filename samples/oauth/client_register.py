"""Every client this server knows: those registered beforehand, and those that registered themselves.

The latter are kept in the ledger's file, so that they outlive a restart; their secrets are kept hashed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from samples.oauth.clients import Client
from samples.oauth.ledger import Ledger

MOST = 1_000


class RegisterFull(Exception):
    """So many clients registered themselves that no more are taken."""


class ClientRegister:
    """Clients by their id."""

    def __init__(self, beforehand: Mapping[str, Client], ledger: Ledger) -> None:
        self._beforehand = dict(beforehand)
        self._ledger = ledger

    def get(self, client_id: str) -> Client | None:
        """The client of this id, or None."""
        known = self._beforehand.get(client_id)
        if known is not None:
            return known
        with self._ledger.open() as connection:
            row = connection.execute("SELECT body FROM client WHERE client_id = ?", (client_id,)).fetchone()
        return None if row is None else _client(orjson.loads(row["body"]))

    def add(self, client: Client) -> None:
        """Keeps a client that registered itself. Raises RegisterFull."""
        body = orjson.dumps({**asdict(client), "client_secret": None})
        with self._ledger.open() as connection:
            count = connection.execute("SELECT COUNT(*) AS n FROM client").fetchone()["n"]
            if count >= MOST:
                raise RegisterFull
            connection.execute(
                "INSERT INTO client (client_id, registered_at, body) VALUES (?, ?, ?)",
                (client.client_id, self._ledger.now(), body),
            )


def _client(kept: dict[str, Any]) -> Client:
    return Client(**{**kept, **{name: tuple(kept[name]) for name in ("redirect_uris", "grant_types")}})
