"""Keeping resources that come from files, as they are and under the ids they came with.

Real data has oddities that a strict write refuses and that an app must meet nevertheless, so only what the store
itself needs is checked here: a known type and a legal id. References that are searches
(`Practitioner?identifier=...`) are settled once everything is there, since files come in any order.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from samples.fhir.errors import FhirProblem
from samples.fhir.interactions import legal_id
from samples.fhir.records import Records
from samples.fhir.references import conditional_reference, references_in, rewrite_references
from samples.fhir.search import Search
from samples.fhir.search_table import served_types


class NotKept(ValueError):
    """A resource that the store cannot keep; the message is a reason that many resources may share."""


class Kept(StrEnum):
    """What keeping a resource did."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class Loading:
    """Loads resources inside one write; `moment` becomes their lastUpdated, in microseconds since 1970."""

    def __init__(self, records: Records, search: Search, moment: int) -> None:
        self._records = records
        self._search = search
        self._moment = moment
        self._found: dict[str, str | None] = {}

    def keep(self, resource: dict[str, Any]) -> Kept:
        """Keep one resource; one of the same type and id becomes its new version. Raises NotKept."""
        resource_type = resource.get("resourceType")
        if not isinstance(resource_type, str):
            raise NotKept("no resourceType")
        if resource_type not in served_types():
            raise NotKept(f"{resource_type} is not a type this server keeps")
        if not legal_id(resource.get("id")):
            raise NotKept("no id, or one that FHIR does not allow")
        if not isinstance(resource.get("meta", {}), dict):
            raise NotKept("meta is not an object")
        previous = self._records.find(resource_type, resource["id"])
        if previous and previous.body and _content(previous.resource) == _content(resource):
            return Kept.SAME
        self._records.put(resource, "PUT", self._moment, previous)
        return Kept.CHANGED if previous else Kept.NEW

    def settle(self, resource_type: str, resource_id: str) -> int:
        """Replace the conditional references of a kept resource; gives how many have no single match."""
        present = self._records.find(resource_type, resource_id)
        if present is None or present.body is None:
            return 0
        resource = present.resource
        wanted = {r for _, r in references_in(resource) if conditional_reference(r)}
        found = {reference: self._target(reference) for reference in wanted}
        settled = {reference: target for reference, target in found.items() if target}
        if settled:
            self._records.amend(present, rewrite_references(resource, lambda r: settled.get(r, r)))
        return len(found) - len(settled)

    def _target(self, reference: str) -> str | None:
        if reference not in self._found:
            self._found[reference] = self._match(reference)
        return self._found[reference]

    def _match(self, reference: str) -> str | None:
        condition = conditional_reference(reference)
        if condition is None or condition[0] not in served_types():
            return None
        try:
            matches = self._search.matching(condition[0], parse_qsl(condition[1]))
        except FhirProblem:  # a query in someone else's data that this server does not serve
            return None
        return matches[0].reference if len(matches) == 1 else None


def _content(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource without what the server sets."""
    meta = {k: v for k, v in (resource.get("meta") or {}).items() if k not in ("versionId", "lastUpdated")}
    return {**resource, "meta": meta}
