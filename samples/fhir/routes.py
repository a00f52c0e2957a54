"""The FHIR service's addresses: which interaction each method at each address is.

Every route takes every method, so that a method that is not served is answered with an OperationOutcome too.
Spec: https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import Blueprint, Response, g, request

from samples.fhir.access import Access
from samples.fhir.capability import capability_statement
from samples.fhir.errors import (
    BadRequest,
    FormatNotRead,
    InteractionNotAllowed,
    NotSupported,
    ResourceNotFound,
)
from samples.fhir.exchange import (
    JSON_PATCH,
    body_json,
    body_resource,
    json_response,
    preference,
    version_response,
    written_response,
)
from samples.fhir.interactions import Interactions, legal_id, require_type
from samples.fhir.manner import Manner
from samples.fhir.searchset import history_bundle, searchset
from samples.fhir.store import Store

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_FORM = "application/x-www-form-urlencoded"


def add_routes(blueprint: Blueprint, store: Store, base_url: str, manner: Manner) -> None:
    """Serve the store's interactions on this blueprint, in this manner."""
    service = _Service(store, base_url, manner)
    for rule, view in (
        ("", service.system),
        ("/", service.system),
        ("/metadata", service.metadata),
        ("/<resource_type>", service.type_level),
        ("/<resource_type>/_search", service.search_by_post),
        ("/<resource_type>/<resource_id>", service.instance),
        ("/<resource_type>/<resource_id>/_history", service.history),
        ("/<resource_type>/<resource_id>/_history/<number>", service.version),
        ("/<path:elsewhere>", service.nothing),
    ):
        blueprint.add_url_rule(rule, f"{view.__name__}:{rule}", view, methods=_METHODS)


def caller() -> Access:
    """The access of the present request."""
    return cast(Access, g.fhir_access)


def _only(*methods: str) -> str:
    """The request's method when it is one of these (HEAD is answered as GET); else raises."""
    method = "GET" if request.method == "HEAD" else request.method
    if method not in methods:
        raise InteractionNotAllowed("this method is not served at this address", allowed=methods)
    return method


class _Service:
    def __init__(self, store: Store, base_url: str, manner: Manner) -> None:
        self._store = store
        self._manner = manner
        self._base = store.fhir_base
        self._statement = manner.statement(capability_statement(base_url, store.fhir_base, store.now()))

    @contextmanager
    def _reading(self) -> Iterator[Interactions]:
        with self._store.reading(caller()) as interactions:
            yield self._manner.interactions(interactions, request.headers)

    @contextmanager
    def _writing(self) -> Iterator[Interactions]:
        with self._store.writing(caller()) as interactions:
            yield self._manner.interactions(interactions, request.headers)

    def metadata(self) -> Response:
        _only("GET")
        return json_response(self._statement)

    def system(self) -> Response:
        _only("POST")
        bundle = body_resource(request, "Bundle")
        kind = bundle.get("type")
        if kind not in ("transaction", "batch"):
            raise BadRequest("the Bundle is neither a transaction nor a batch", expression="Bundle.type")
        self._manner.require_system(kind)
        with self._writing() as interactions:
            wish = preference(request)
            processor = self._store.processor(interactions, representation=wish.returned == "representation")
            return json_response(
                processor.transaction(bundle) if kind == "transaction" else processor.batch(bundle)
            )

    def type_level(self, resource_type: str) -> Response:
        require_type(resource_type)
        if _only("GET", "POST") == "GET":
            return self._search(resource_type, list(request.args.items(multi=True)))
        resource = body_resource(request, resource_type)
        condition = request.headers.get("If-None-Exist", "")
        with self._writing() as interactions:
            written = interactions.create(resource, if_none_exist=condition)
        return written_response(written, self._base, preference(request))

    def search_by_post(self, resource_type: str) -> Response:
        require_type(resource_type)
        _only("POST")
        if request.mimetype != _FORM and request.content_length:
            raise FormatNotRead("a search by POST sends its parameters as a form")
        params = [*request.args.items(multi=True), *request.form.items(multi=True)]
        return self._search(resource_type, params)

    def instance(self, resource_type: str, resource_id: str) -> Response:
        require_type(resource_type)
        if resource_id == "_history" or resource_id.startswith("$"):
            raise NotSupported("history of a type and operations are not served")
        if not legal_id(resource_id):
            raise ResourceNotFound("no resource can have this id")
        method = _only("GET", "PUT", "PATCH", "DELETE")
        if method == "GET":
            with self._reading() as interactions:
                return version_response(interactions.read(resource_type, resource_id), request)
        if method == "DELETE":
            with self._writing() as interactions:
                interactions.delete(resource_type, resource_id, if_match=self._if_match())
            return json_response(b"", 204)
        return self._change(method, resource_type, resource_id)

    def _change(self, method: str, resource_type: str, resource_id: str) -> Response:
        if method == "PATCH":
            operations = body_json(request, JSON_PATCH)
            with self._writing() as interactions:
                written = interactions.patch(
                    resource_type, resource_id, operations, if_match=self._if_match()
                )
        else:
            resource = body_resource(request, resource_type)
            if resource.get("id") != resource_id:
                raise BadRequest("the resource must have the id that the address names", expression="id")
            with self._writing() as interactions:
                written = interactions.update(resource, if_match=self._if_match())
        return written_response(written, self._base, preference(request))

    def history(self, resource_type: str, resource_id: str) -> Response:
        require_type(resource_type)
        _only("GET")
        with self._reading() as interactions:
            versions = interactions.history(resource_type, resource_id)
        address = f"{self._base}/{resource_type}/{resource_id}/_history"
        return json_response(history_bundle(self._base, address, versions))

    def version(self, resource_type: str, resource_id: str, number: str) -> Response:
        require_type(resource_type)
        _only("GET")
        with self._reading() as interactions:
            return version_response(interactions.vread(resource_type, resource_id, number), request)

    def nothing(self, elsewhere: str) -> Response:
        del elsewhere
        raise ResourceNotFound("there is nothing at this address")

    def _search(self, resource_type: str, params: list[tuple[str, str]]) -> Response:
        strict = preference(request).strict
        with self._reading() as interactions:
            page = interactions.search.answer(resource_type, params, strict=strict)
        return json_response(searchset(self._base, page, resource_type))

    def _if_match(self) -> str:
        return request.headers.get("If-Match", "").strip()
