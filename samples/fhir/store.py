"""The sandbox EHR's store: everything it holds, and the one way to it for every part of the sandbox.

The FHIR routes work through `reading` and `writing`, with a caller's access; the chart shell and the loader use the
shorter methods, which are the EHR's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from samples.fhir.access import EVERYTHING, Access
from samples.fhir.bundles import BundleProcessor
from samples.fhir.database import Database
from samples.fhir.date_range import microseconds
from samples.fhir.index_rows import IndexContext
from samples.fhir.interactions import Interactions
from samples.fhir.loading import Loading
from samples.fhir.pages import Pages
from samples.fhir.records import Records, Version
from samples.fhir.search import Page, Search


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """FHIR resources in one SQLite file, found by the R4 search parameters of the search table.

    `fhir_base` is the URL that absolute references to this server begin with, `time_zone` the IANA zone in which a
    date without an offset is meant, `now` the clock.
    """

    def __init__(
        self,
        path: Path,
        *,
        fhir_base: str,
        time_zone: str = "UTC",
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.fhir_base = fhir_base
        self.now = now
        self._context = IndexContext(fhir_base, ZoneInfo(time_zone))
        self._pages = Pages()
        self._database = Database(path)
        with self._database.writing() as connection:
            Records(connection, self._context).ensure_index()

    @contextmanager
    def reading(self, access: Access = EVERYTHING) -> Iterator[Interactions]:
        """The interactions of this access on an unchanging view of the store; only reads may follow."""
        with self._database.reading() as connection:
            yield self._interactions(Records(connection, self._context), access)

    @contextmanager
    def writing(self, access: Access = EVERYTHING) -> Iterator[Interactions]:
        """The interactions of this access in one atomic write: an exception undoes all of it."""
        with self._database.writing() as connection:
            yield self._interactions(Records(connection, self._context), access)

    @contextmanager
    def loading(self) -> Iterator[Loading]:
        """Bulk loading in one atomic write: resources are kept as they are, under the ids they came with."""
        with self._database.writing() as connection:
            records = Records(connection, self._context)
            search = Search(records, EVERYTHING, self._pages, self.now())
            yield Loading(records, search, microseconds(self.now()))

    def read(self, resource_type: str, resource_id: str) -> dict[str, Any] | None:
        """The resource, or None when there is none (any more)."""
        with self.reading() as interactions:
            version = interactions.records.find(resource_type, resource_id)
        return version.resource if version and version.body is not None else None

    def search(
        self, resource_type: str, params: Iterable[tuple[str, str]] = (), access: Access = EVERYTHING
    ) -> Page:
        """The first page of a search. Raises FhirProblem as the FHIR interface does."""
        with self.reading(access) as interactions:
            return interactions.search.run(resource_type, params)

    def follow(self, resource_type: str, token: str, access: Access = EVERYTHING) -> Page:
        """The page that `Page.next` named."""
        with self.reading(access) as interactions:
            return interactions.search.follow(resource_type, token)

    def versions(self, resource_type: str, resource_id: str) -> list[Version]:
        """Every version of a resource, newest first, deletions among them; empty when there never was one."""
        with self.reading() as interactions:
            return interactions.records.versions(resource_type, resource_id)

    def create(self, resource: dict[str, Any], access: Access = EVERYTHING) -> dict[str, Any]:
        """Create under a new id; gives the resource as it is kept. Raises FhirProblem."""
        with self.writing(access) as interactions:
            written = interactions.create(resource)
        return written.version.resource

    def update(
        self, resource: dict[str, Any], *, if_match: str = "", access: Access = EVERYTHING
    ) -> dict[str, Any]:
        """Replace, or create under the resource's id; gives it as it is kept. Raises FhirProblem."""
        with self.writing(access) as interactions:
            written = interactions.update(resource, if_match=if_match)
        return written.version.resource

    def transaction(self, bundle: dict[str, Any], access: Access = EVERYTHING) -> dict[str, Any]:
        """All entries or none; gives the transaction-response Bundle. Raises FhirProblem."""
        with self.writing(access) as interactions:
            return self.processor(interactions).transaction(bundle)

    def processor(self, interactions: Interactions, *, representation: bool = False) -> BundleProcessor:
        """What processes a batch or transaction with these interactions."""
        return BundleProcessor(interactions, self.fhir_base, representation)

    def load(self, resources: Iterable[dict[str, Any]]) -> int:
        """Keep all these resources under their own ids, in one write; gives how many. Raises NotKept."""
        with self.loading() as loading:
            return sum(1 for resource in resources if loading.keep(resource))

    def count(self, resource_type: str) -> int:
        """How many resources of this type there are."""
        with self.reading() as interactions:
            return interactions.records.count(resource_type)

    def folder_fingerprint(self, path: str) -> str | None:
        """The fingerprint of the folder's files when it was last loaded, or None."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT fingerprint FROM loaded_folder WHERE path = ?", (path,)
            ).fetchone()
        return str(row[0]) if row else None

    def remember_folder(self, path: str, fingerprint: str) -> None:
        """Note that the folder has been loaded with its files in this state."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO loaded_folder (path, fingerprint) VALUES (?, ?)", (path, fingerprint)
            )

    def forget_pages(self) -> None:
        """Every `next` link that was handed out leads nowhere from now on."""
        self._pages.forget()

    def close(self) -> None:
        """Close the file; call it when no request is being answered any more."""
        self._database.close()

    def _interactions(self, records: Records, access: Access) -> Interactions:
        now = self.now()
        return Interactions(records, access, Search(records, access, self._pages, now), microseconds(now))
