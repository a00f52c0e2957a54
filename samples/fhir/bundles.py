"""Batch and transaction: many requests in one, each on its own or all or nothing.

A transaction is checked and written inside one SQLite transaction, so a refusal of any entry leaves nothing behind.
Ids are given out before anything is written, which is what lets entries refer to each other by `urn:uuid:`.
Spec: https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import uuid4

from samples.fhir.bundle_entries import EntryRequest, read_entry
from samples.fhir.confinement import require_scope
from samples.fhir.errors import BadRequest, FhirProblem, PreconditionFailed
from samples.fhir.interactions import Interactions, Written
from samples.fhir.records import Version, instant
from samples.fhir.references import conditional_reference, references_in, rewrite_references
from samples.fhir.searchset import searchset

Result = TypeVar("Result")


@dataclass(frozen=True)
class BundleProcessor:
    """Processes Bundles for one caller; `representation` puts what was written into the answer."""

    interactions: Interactions
    base: str
    representation: bool = False

    def transaction(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """All entries or none: raises the first entry's problem, the caller then rolls back."""
        entries = _entries(bundle)
        _require_distinct(entries)
        answers: dict[str, dict[str, Any]] = {}
        self._each("DELETE", entries, answers, self._perform)
        new_ids, matched = self._settle_creates(entries)
        links = _links(entries, new_ids, matched)
        for entry in entries:
            if entry.method in ("POST", "PUT") and entry.where not in matched:
                entry.body = _within(entry, lambda e: self._linked(e, links))

        def create(entry: EntryRequest) -> dict[str, Any]:
            if entry.where in matched:
                return self._answer(Written(200, matched[entry.where]))
            return self._answer(self.interactions.create(entry.body, new_id=new_ids[entry.where]))

        self._each("POST", entries, answers, create)
        for method in ("PUT", "PATCH", "GET"):
            self._each(method, entries, answers, self._perform)
        return _response("transaction-response", [answers[entry.where] for entry in entries])

    def batch(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """Each entry on its own: one that fails is answered with its OperationOutcome and undone alone."""
        connection = self.interactions.records.connection
        answers = []
        for index, raw in enumerate(_raw_entries(bundle)):
            connection.execute("SAVEPOINT entry")
            try:
                answers.append(self._perform(read_entry(raw, index)))
            except FhirProblem as problem:
                connection.execute("ROLLBACK TO entry")
                answers.append({"response": {"status": _status(problem.status), "outcome": problem.outcome}})
            connection.execute("RELEASE entry")
        return _response("batch-response", answers)

    def _each(
        self,
        method: str,
        entries: Sequence[EntryRequest],
        answers: dict[str, dict[str, Any]],
        perform: Callable[[EntryRequest], dict[str, Any]],
    ) -> None:
        answers.update((e.where, _within(e, perform)) for e in entries if e.method == method)

    def _settle_creates(self, entries: Sequence[EntryRequest]) -> tuple[dict[str, str], dict[str, Version]]:
        """For each POST entry the id it will get, or the resource that its ifNoneExist has found."""
        new_ids: dict[str, str] = {}
        matched: dict[str, Version] = {}
        for entry in entries:
            if entry.method == "POST":
                found = _within(entry, self._found) if entry.if_none_exist else None
                if found:
                    matched[entry.where] = found
                else:
                    new_ids[entry.where] = str(uuid4())
        return new_ids, matched

    def _found(self, entry: EntryRequest) -> Version | None:
        require_scope(self.interactions.access, entry.resource_type, "c")
        return self.interactions.conditional_match(entry.resource_type, entry.if_none_exist)

    def _linked(self, entry: EntryRequest, links: dict[str, str]) -> dict[str, Any]:
        """The entry's resource with every reference pointing at where its target is kept."""
        replacements = dict(links)
        for path, reference in references_in(entry.body):
            if reference in replacements:
                continue
            condition = conditional_reference(reference)
            if condition:
                replacements[reference] = self._resolved(*condition, f"{entry.resource_type}.{path}")
            elif reference.startswith("urn:"):
                raise BadRequest(
                    "the reference names no entry of this transaction",
                    expression=f"{entry.resource_type}.{path}",
                )
        linked: dict[str, Any] = rewrite_references(entry.body, lambda r: replacements.get(r, r))
        return linked

    def _resolved(self, resource_type: str, query: str, path: str) -> str:
        match = self.interactions.conditional_match(resource_type, query)
        if match is None:
            raise PreconditionFailed(
                "nothing matches this conditional reference", expression=path, code="not-found"
            )
        return match.reference

    def _perform(self, entry: EntryRequest) -> dict[str, Any]:
        actions = self.interactions
        if entry.method == "POST":
            return self._answer(actions.create(entry.body, if_none_exist=entry.if_none_exist))
        if entry.method == "PUT":
            return self._answer(actions.update(entry.body, if_match=entry.if_match))
        if entry.method == "PATCH":
            return self._answer(
                actions.patch(entry.resource_type, entry.id, entry.body, if_match=entry.if_match)
            )
        if entry.method == "DELETE":
            actions.delete(entry.resource_type, entry.id, if_match=entry.if_match)
            return {"response": {"status": _status(204)}}
        if entry.id:
            version = actions.read(entry.resource_type, entry.id)
            return {"resource": version.resource, **self._answer(Written(200, version))}
        params = parse_qsl(entry.query, keep_blank_values=True)
        page = actions.search.run(entry.resource_type, params)
        found = searchset(self.base, page, entry.resource_type, body=lambda version: version.resource)
        return {"resource": found, "response": {"status": _status(200)}}

    def _answer(self, written: Written) -> dict[str, Any]:
        version = written.version
        response = {
            "status": _status(written.status),
            "location": f"{self.base}/{version.reference}/_history/{version.version}",
            "etag": version.etag,
            "lastModified": instant(version.updated),
        }
        answer: dict[str, Any] = {"fullUrl": f"{self.base}/{version.reference}", "response": response}
        if self.representation:
            answer["resource"] = version.resource
        return answer


def _raw_entries(bundle: dict[str, Any]) -> list[Any]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise BadRequest("Bundle.entry must be a list", expression="Bundle.entry")
    return entries


def _entries(bundle: dict[str, Any]) -> list[EntryRequest]:
    return [read_entry(raw, index) for index, raw in enumerate(_raw_entries(bundle))]


def _require_distinct(entries: Sequence[EntryRequest]) -> None:
    """R4: the same resource, or the same fullUrl, may appear once in a transaction."""
    seen: set[str] = set()
    for entry in entries:
        names = [entry.full_url] if entry.full_url and entry.method != "GET" else []
        if entry.method in ("PUT", "PATCH", "DELETE"):
            names.append(f"{entry.resource_type}/{entry.id}")
        for name in names:
            if name in seen:
                raise BadRequest("two entries are about the same resource", expression=entry.where)
            seen.add(name)


def _links(
    entries: Sequence[EntryRequest], new_ids: dict[str, str], matched: dict[str, Version]
) -> dict[str, str]:
    """Where each entry's fullUrl will be kept."""
    links = {}
    for entry in entries:
        if not entry.full_url:
            continue
        if entry.where in matched:
            links[entry.full_url] = matched[entry.where].reference
        elif entry.method in ("POST", "PUT"):
            links[entry.full_url] = f"{entry.resource_type}/{new_ids.get(entry.where, entry.id)}"
    return links


def _within(entry: EntryRequest, act: Callable[[EntryRequest], Result]) -> Result:
    """Do something for an entry; a problem then names the entry."""
    try:
        return act(entry)
    except FhirProblem as problem:
        raise problem.at(entry.where) from None


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _response(kind: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "id": str(uuid4()), "type": kind, "entry": answers}
