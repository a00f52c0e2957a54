"""The pages of searches that had more matches than one page holds.

A `next` link names a result that was found once, so paging is stable while the data changes. Results are kept in
memory, bound to the caller they were found for; a restart forgets them, as R4 allows.
Spec: https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from samples.fhir.errors import BadRequest, Forbidden, ResourceGone
from samples.fhir.search_request import Include

KEPT_RESULTS = 500


@dataclass(frozen=True)
class Snapshot:
    """All matches of one search, as keys, with what is needed to show any page of it; `found_at` in UTC."""

    holder: tuple[str | None, str, str]
    resource_type: str
    keys: tuple[int, ...]
    includes: tuple[Include, ...]
    count: int
    with_total: bool
    used: tuple[tuple[str, str], ...]
    found_at: datetime


class Pages:
    """The last few hundred search results of this server, by an unguessable name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Snapshot] = OrderedDict()

    def keep(self, snapshot: Snapshot) -> str:
        """Keep a result; gives its name. The oldest is forgotten when there are too many."""
        name = secrets.token_urlsafe(15)
        with self._lock:
            self._kept[name] = snapshot
            while len(self._kept) > KEPT_RESULTS:
                self._kept.popitem(last=False)
        return name

    def forget(self) -> None:
        """Forget every result, as a restart does."""
        with self._lock:
            self._kept.clear()

    def find(
        self,
        token: str,
        resource_type: str,
        holder: tuple[str | None, str, str],
        *,
        since: datetime | None = None,
    ) -> tuple[Snapshot, int, str]:
        """The result that a page token names, the index of the page's first match, and the result's name.

        A result that was found before `since` counts as forgotten. Raises BadRequest for a malformed token,
        ResourceGone for a forgotten one, Forbidden for another caller's.
        """
        name, _, start = token.rpartition(".")
        if not name or not start.isascii() or not start.isdigit() or len(start) > 9:
            raise BadRequest("this is not a page of a search")
        with self._lock:
            snapshot = self._kept.get(name)
        too_old = snapshot is not None and since is not None and snapshot.found_at < since
        if snapshot is None or too_old or snapshot.resource_type != resource_type:
            raise ResourceGone("this page of the search is not kept any more: search again", code="expired")
        if snapshot.holder != holder:
            raise Forbidden("this page belongs to another caller's search")
        return snapshot, int(start), name
