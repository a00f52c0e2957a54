"""Resources and their versions as rows: found, written and indexed on one connection.

Everything here happens inside a transaction that the caller opened, so that several writes are one.
The server sets `meta.versionId` and `meta.lastUpdated` (https://hl7.org/fhir/R4/resource.html#Meta).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson

from samples.fhir.index_rows import IndexContext, IndexRows, index_rows
from samples.fhir.search_table import fingerprint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSERTS = {
    "token": "INSERT OR IGNORE INTO token_index (param, system, code, key) VALUES (?, ?, ?, ?)",
    "reference": "INSERT OR IGNORE INTO reference_index (param, target_id, target_type, key) VALUES (?, ?, ?, ?)",
    "date": "INSERT OR IGNORE INTO date_index (param, low, high, key) VALUES (?, ?, ?, ?)",
    "string": "INSERT OR IGNORE INTO string_index (param, value, exact, key) VALUES (?, ?, ?, ?)",
    "quantity": (
        "INSERT OR IGNORE INTO quantity_index (param, low, high, system, code, unit, key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
    "uri": "INSERT OR IGNORE INTO uri_index (param, value, key) VALUES (?, ?, ?)",
}
_REMOVALS = (
    "DELETE FROM token_index WHERE key = ?",
    "DELETE FROM reference_index WHERE key = ?",
    "DELETE FROM date_index WHERE key = ?",
    "DELETE FROM string_index WHERE key = ?",
    "DELETE FROM quantity_index WHERE key = ?",
    "DELETE FROM uri_index WHERE key = ?",
)


@dataclass(frozen=True)
class Version:
    """One version of one resource; `body` is its JSON, or None where this version is its deletion.

    `updated` is in microseconds since 1970 in UTC, `method` the HTTP method that made it.
    """

    key: int
    resource_type: str
    id: str
    version: int
    updated: int
    method: str
    body: bytes | None

    @property
    def resource(self) -> dict[str, Any]:
        """The resource as a dict of its own. Raises ValueError for a deletion."""
        if self.body is None:
            raise ValueError("a deletion has no resource")
        return cast(dict[str, Any], orjson.loads(self.body))

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.resource_type}/{self.id}"

    @property
    def etag(self) -> str:
        """The weak ETag that If-Match compares."""
        return f'W/"{self.version}"'

    @property
    def last_modified(self) -> datetime:
        """When this version was made, in UTC."""
        return _EPOCH + timedelta(microseconds=self.updated)


def instant(updated: int) -> str:
    """Microseconds since 1970 as a FHIR instant in UTC, to the millisecond."""
    moment = _EPOCH + timedelta(microseconds=updated)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Records:
    """The rows of the store, seen through one connection that is inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, context: IndexContext) -> None:
        self.connection = connection
        self.context = context

    def find(self, resource_type: str, resource_id: str) -> Version | None:
        """The present version, which may be a deletion; None when there never was one."""
        row = self.connection.execute(
            "SELECT key, type, id, version, updated, method, body FROM current WHERE type = ? AND id = ?",
            (resource_type, resource_id),
        ).fetchone()
        return Version(*row) if row else None

    def versions(self, resource_type: str, resource_id: str) -> list[Version]:
        """Every version, newest first; empty when there never was one."""
        present = self.find(resource_type, resource_id)
        if present is None:
            return []
        rows = self.connection.execute(
            "SELECT version, updated, method, body FROM past WHERE key = ? ORDER BY version DESC",
            (present.key,),
        )
        return [present, *(Version(present.key, resource_type, resource_id, *row) for row in rows)]

    def fetch(self, keys: Sequence[int]) -> list[Version]:
        """The resources with these keys, in this order, without those deleted meanwhile."""
        rows = self.connection.execute(
            "SELECT key, type, id, version, updated, method, body FROM current"
            " WHERE key IN (SELECT value FROM json_each(?)) AND body IS NOT NULL",
            (orjson.dumps(list(keys)).decode(),),
        )
        found = {row[0]: Version(*row) for row in rows}
        return [found[key] for key in keys if key in found]

    def count(self, resource_type: str) -> int:
        """How many resources of this type there are."""
        row = self.connection.execute(
            "SELECT COUNT(*) FROM current WHERE type = ? AND body IS NOT NULL", (resource_type,)
        ).fetchone()
        return int(row[0])

    def put(self, resource: dict[str, Any], method: str, moment: int, previous: Version | None) -> Version:
        """Keep the resource as the version after `previous`; it must have its id. Gives the new version."""
        number = previous.version + 1 if previous else 1
        moment -= moment % 1000
        meta = {**(resource.get("meta") or {}), "versionId": str(number), "lastUpdated": instant(moment)}
        kept = {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta}
        kept.update((name, value) for name, value in resource.items() if name not in kept)
        version = self._write(
            kept["resourceType"], kept["id"], number, moment, method, orjson.dumps(kept), previous
        )
        self._insert_index(version.key, index_rows(kept, self.context))
        return version

    def remove(self, previous: Version, moment: int) -> Version:
        """Keep a deletion as the version after `previous`."""
        moment -= moment % 1000
        return self._write(
            previous.resource_type, previous.id, previous.version + 1, moment, "DELETE", None, previous
        )

    def amend(self, present: Version, resource: dict[str, Any]) -> None:
        """Replace the body of the present version in place, as a load does once all its references are known."""
        self.connection.execute(
            "UPDATE current SET body = ? WHERE key = ?", (orjson.dumps(resource), present.key)
        )
        self._remove_index(present.key)
        self._insert_index(present.key, index_rows(resource, self.context))

    def ensure_index(self) -> None:
        """Build the index again when it was built from another table of search parameters or another zone."""
        wanted = f"{fingerprint()} {self.context.own_base} {self.context.zone}"
        stored = self.connection.execute("SELECT value FROM note WHERE name = 'index'").fetchone()
        if stored and stored[0] == wanted:
            return
        rows = self.connection.execute("SELECT key, body FROM current WHERE body IS NOT NULL").fetchall()
        for key, body in rows:
            self._remove_index(key)
            self._insert_index(key, index_rows(orjson.loads(body), self.context))
        self.connection.execute("INSERT OR REPLACE INTO note (name, value) VALUES ('index', ?)", (wanted,))

    def _write(
        self,
        resource_type: str,
        resource_id: str,
        number: int,
        moment: int,
        method: str,
        body: bytes | None,
        previous: Version | None,
    ) -> Version:
        if previous is None:
            cursor = self.connection.execute(
                "INSERT INTO current (type, id, version, updated, method, body) VALUES (?, ?, ?, ?, ?, ?)",
                (resource_type, resource_id, number, moment, method, body),
            )
            return Version(
                int(cursor.lastrowid or 0), resource_type, resource_id, number, moment, method, body
            )
        self.connection.execute(
            "INSERT INTO past (key, version, updated, method, body) VALUES (?, ?, ?, ?, ?)",
            (previous.key, previous.version, previous.updated, previous.method, previous.body),
        )
        self.connection.execute(
            "UPDATE current SET version = ?, updated = ?, method = ?, body = ? WHERE key = ?",
            (number, moment, method, body, previous.key),
        )
        self._remove_index(previous.key)
        return Version(previous.key, resource_type, resource_id, number, moment, method, body)

    def _remove_index(self, key: int) -> None:
        for statement in _REMOVALS:
            self.connection.execute(statement, (key,))

    def _insert_index(self, key: int, rows: IndexRows) -> None:
        for kind, statement in _INSERTS.items():
            table = getattr(rows, kind)
            if table:
                self.connection.executemany(statement, [(*row, key) for row in table])
