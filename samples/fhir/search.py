"""A search of one resource type, run as SQL and paged.

Every criterion is a set of keys; a search is their intersection. All matching keys are kept for the pages that follow,
so that a page neither repeats nor misses a resource that changed meanwhile, and the total is exact.
Spec: https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson

from samples.fhir.access import EVERYTHING, Access
from samples.fhir.confinement import confining_selects, require_scope
from samples.fhir.criteria import Criterion
from samples.fhir.errors import BadRequest, Forbidden, Issue
from samples.fhir.pages import Pages, Snapshot
from samples.fhir.records import Records, Version
from samples.fhir.search_request import Include, SearchReader, SearchRequest

_SORT_COLUMNS = {
    ("token", False): "(SELECT MIN(code) FROM token_index i WHERE i.key = current.key AND param = ?) ASC",
    ("token", True): "(SELECT MAX(code) FROM token_index i WHERE i.key = current.key AND param = ?) DESC",
    ("date", False): "(SELECT MIN(low) FROM date_index i WHERE i.key = current.key AND param = ?) ASC",
    ("date", True): "(SELECT MAX(low) FROM date_index i WHERE i.key = current.key AND param = ?) DESC",
    ("string", False): "(SELECT MIN(value) FROM string_index i WHERE i.key = current.key AND param = ?) ASC",
    ("string", True): "(SELECT MAX(value) FROM string_index i WHERE i.key = current.key AND param = ?) DESC",
    (
        "quantity",
        False,
    ): "(SELECT MIN(low) FROM quantity_index i WHERE i.key = current.key AND param = ?) ASC",
    (
        "quantity",
        True,
    ): "(SELECT MAX(low) FROM quantity_index i WHERE i.key = current.key AND param = ?) DESC",
    ("uri", False): "(SELECT MIN(value) FROM uri_index i WHERE i.key = current.key AND param = ?) ASC",
    ("uri", True): "(SELECT MAX(value) FROM uri_index i WHERE i.key = current.key AND param = ?) DESC",
    ("reference", False): (
        "(SELECT MIN(target_id) FROM reference_index i WHERE i.key = current.key AND param = ?) ASC"
    ),
    ("reference", True): (
        "(SELECT MAX(target_id) FROM reference_index i WHERE i.key = current.key AND param = ?) DESC"
    ),
}
_INCLUDED = """
    SELECT DISTINCT target.key FROM reference_index i
    JOIN current target ON target.type = i.target_type AND target.id = i.target_id
    WHERE i.param = ? AND i.key IN (SELECT value FROM json_each(?)) AND ? IN ('', i.target_type)
"""
_REVERSE_INCLUDED = """
    SELECT DISTINCT i.key FROM current found
    JOIN reference_index i ON i.target_id = found.id AND i.target_type = found.type
    WHERE i.param = ? AND found.key IN (SELECT value FROM json_each(?)) AND ? IN ('', i.target_type)
"""


@dataclass(frozen=True)
class Page:
    """One page of a search: the matches, what they bring with them, and how to get the next page.

    `total` counts all matches (None when not asked for), `next` is the token of the following page, `next_query` the
    query of the link to it where that is not `_page` and the token, `used` the parameters that counted, `notices` what
    the answer tells beside its matches.
    """

    matches: tuple[Version, ...]
    included: tuple[Version, ...]
    total: int | None
    next: str | None
    used: tuple[tuple[str, str], ...]
    next_query: tuple[tuple[str, str], ...] = ()
    notices: tuple[Issue, ...] = ()

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The matches as dicts."""
        return [version.resource for version in self.matches]


class Searching(Protocol):
    """What can be asked of a search: this server's own, or one that an EHR answers in its own way."""

    def answer(self, resource_type: str, params: Sequence[tuple[str, str]], *, strict: bool = False) -> Page:
        """The page that a search's parameters ask for: its first, or the one that a `next` link named."""

    def run(self, resource_type: str, params: Iterable[tuple[str, str]], *, strict: bool = False) -> Page:
        """The first page."""

    def follow(self, resource_type: str, token: str) -> Page:
        """The page that a `next` link named."""

    def matching(self, resource_type: str, params: Iterable[tuple[str, str]]) -> list[Version]:
        """The first matches of a condition."""


class Search:
    """Searches on one connection, with the rights of one access."""

    def __init__(self, records: Records, access: Access, pages: Pages, now: datetime) -> None:
        self._records = records
        self._access = access
        self._pages = pages
        self._now = now
        self._reader = SearchReader(access, records.context, now)

    def answer(self, resource_type: str, params: Sequence[tuple[str, str]], *, strict: bool = False) -> Page:
        """The page that these parameters ask for. Raises as `run` and `follow` do."""
        token = dict(params).get("_page")
        if token is not None:
            return self.follow(resource_type, token)
        return self.run(resource_type, params, strict=strict)

    def run(
        self,
        resource_type: str,
        params: Iterable[tuple[str, str]],
        *,
        strict: bool = False,
        start: int = 0,
    ) -> Page:
        """The page that begins at match number `start`.

        Raises BadRequest for what cannot be read and, when strict, for what is not known.
        """
        require_scope(self._access, resource_type, "s")
        request = self._reader.read(resource_type, params, strict=strict)
        keys = self._keys(request)
        snapshot = Snapshot(
            holder=self._access.holder,
            resource_type=resource_type,
            keys=tuple(keys),
            includes=tuple(request.includes),
            count=request.count,
            with_total=request.with_total,
            used=tuple(request.used),
            found_at=self._now,
        )
        name = self._pages.keep(snapshot) if 0 < request.count < len(keys) else ""
        return self._page(snapshot, start, name)

    def follow(self, resource_type: str, token: str, *, lasts: timedelta | None = None) -> Page:
        """The page that a `next` link named, of a result that is kept no longer than it `lasts`.

        Raises ResourceGone for a token this server no longer knows.
        """
        require_scope(self._access, resource_type, "s")
        since = None if lasts is None else self._now - lasts
        return self._page(*self._pages.find(token, resource_type, self._access.holder, since=since))

    def matching(self, resource_type: str, params: Iterable[tuple[str, str]]) -> list[Version]:
        """The first matches of a conditional reference or create: two are enough to tell that one is not alone.

        Raises BadRequest for an unknown parameter: ignoring it would match the wrong resource.
        """
        require_scope(self._access, resource_type, "s")
        request = self._reader.read(resource_type, params, strict=True)
        if not request.criteria:
            raise BadRequest("a condition needs at least one search parameter")
        return self._records.fetch(self._keys(request)[:2])

    def unconfined(self) -> Search:
        """The same search with the EHR's own rights, for what it must know of its records whoever asks."""
        return Search(self._records, EVERYTHING, self._pages, self._now)

    def _keys(self, request: SearchRequest) -> list[int]:
        confined = confining_selects(self._access, request.resource_type, "s")
        criteria = [*([Criterion(confined)] if confined else []), *request.criteria]
        # SQLite looks up the keys of the first set and only checks the others. A patient's resources are fewer than
        # those of any code, so references come first; the plus sign keeps it from walking all of a type instead.
        criteria.sort(key=lambda each: (each.excluded, "reference_index" not in each.selects[0].sql))
        walks_type = not criteria or criteria[0].excluded
        sql = [
            "SELECT key FROM current WHERE",
            "type = ?" if walks_type else "+type = ?",
            "AND body IS NOT NULL",
        ]
        arguments: list[Any] = [request.resource_type]
        for each in criteria:
            sql.append("AND key NOT IN (" if each.excluded else "AND key IN (")
            sql.append(" UNION ALL ".join(select.sql for select in each.selects) + ")")
            arguments.extend(argument for select in each.selects for argument in select.arguments)
        sql.append("ORDER BY")
        for parameter, descending in request.order:
            sql.append(_SORT_COLUMNS[parameter.kind, descending] + " NULLS LAST,")
            arguments.append(parameter.number)
        sql.append("key")
        return [row[0] for row in self._records.connection.execute(" ".join(sql), arguments)]

    def _page(self, snapshot: Snapshot, start: int, name: str) -> Page:
        end = start + snapshot.count
        found = self._records.fetch(snapshot.keys[start:end])
        matches = self._visible(snapshot.resource_type, "s", found)
        return Page(
            matches=tuple(matches),
            included=tuple(self._included(matches, snapshot.includes)),
            total=len(snapshot.keys) if snapshot.with_total else None,
            next=f"{name}.{end}" if name and end < len(snapshot.keys) else None,
            used=snapshot.used,
        )

    def _included(self, matches: Sequence[Version], includes: Iterable[Include]) -> list[Version]:
        """What the matches bring with them, as far as this access may read it; no resource twice."""
        keys = orjson.dumps([match.key for match in matches]).decode()
        found: dict[int, None] = {}
        for include in includes:
            sql = _REVERSE_INCLUDED if include.reverse else _INCLUDED
            rows = self._records.connection.execute(
                sql, (include.parameter.number, keys, include.target_type)
            )
            found.update((row[0], None) for row in rows)
        for match in matches:
            found.pop(match.key, None)
        by_type: dict[str, list[Version]] = {}
        for version in self._records.fetch(list(found)):
            by_type.setdefault(version.resource_type, []).append(version)
        return [version for name, versions in by_type.items() for version in self._readable(name, versions)]

    def _readable(self, resource_type: str, versions: list[Version]) -> list[Version]:
        if not self._access.allows(resource_type, "r"):
            return []
        try:
            return self._visible(resource_type, "r", versions)
        except Forbidden:  # a type without a patient is not reached by a patient scope at all
            return []

    def _visible(self, resource_type: str, letter: str, versions: list[Version]) -> list[Version]:
        """Without what lies outside the launch patient's data, be it only since the keys were found."""
        confined = confining_selects(self._access, resource_type, letter)
        if confined is None or not versions:
            return versions
        allowed = {
            row[0]
            for select in confined
            for row in self._records.connection.execute(select.sql, select.arguments)
        }
        return [version for version in versions if version.key in allowed]
