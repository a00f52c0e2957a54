"""The entries of a batch or transaction Bundle, read into requests.

Spec: https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from samples.fhir.errors import BadRequest, FhirProblem, NotSupported
from samples.fhir.interactions import legal_id, require_type

METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET")


@dataclass
class EntryRequest:
    """One entry as a request; `where` is its path in the Bundle, `body` its resource or JSON Patch."""

    where: str
    method: str
    resource_type: str
    id: str
    query: str
    full_url: str
    body: Any
    if_match: str
    if_none_exist: str


def read_entry(entry: Any, index: int) -> EntryRequest:
    """The request in one Bundle entry. Raises FhirProblem naming the entry when it cannot be understood."""
    where = f"Bundle.entry[{index}]"
    try:
        read = _read(entry, where)
        _check(read)
    except FhirProblem as problem:
        raise problem.at(where) from None
    return read


def _read(entry: Any, where: str) -> EntryRequest:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        raise BadRequest("the entry has no request")
    method, url = request.get("method"), request.get("url")
    if method not in METHODS or not isinstance(url, str):
        raise NotSupported("the entry's request has a method or url that is not served")
    path, _, query = url.partition("?")
    resource_type, _, resource_id = path.strip("/").partition("/")
    require_type(resource_type)
    return EntryRequest(
        where=where,
        method=method,
        resource_type=resource_type,
        id=resource_id,
        query=query,
        full_url=str(entry.get("fullUrl") or ""),
        body=_body(entry.get("resource"), method),
        if_match=str(request.get("ifMatch") or ""),
        if_none_exist=str(request.get("ifNoneExist") or ""),
    )


def _body(resource: Any, method: str) -> Any:
    """The resource; for PATCH the JSON Patch that rides in a Binary."""
    if method != "PATCH":
        return resource
    data = resource.get("data") if isinstance(resource, dict) else None
    if not isinstance(data, str) or resource.get("contentType") != "application/json-patch+json":
        raise BadRequest("a PATCH entry carries a Binary with a JSON Patch")
    try:
        return orjson.loads(base64.b64decode(data, validate=True))
    except (binascii.Error, orjson.JSONDecodeError) as error:
        raise BadRequest("the JSON Patch of a PATCH entry cannot be read") from error


def _check(entry: EntryRequest) -> None:
    if entry.method in ("PUT", "PATCH", "DELETE"):
        if entry.query:
            raise NotSupported("conditional update, patch and delete are not served")
        if not legal_id(entry.id):
            raise BadRequest("the entry's url must be Type/id")
    if entry.method == "POST" and (entry.id or entry.query):
        raise NotSupported("a POST entry's url must be a resource type")
    if entry.method in ("POST", "PUT"):
        body = entry.body
        if not isinstance(body, dict) or body.get("resourceType") != entry.resource_type:
            raise BadRequest("the entry's resource is not of the type that its url names")
        if entry.method == "PUT" and body.get("id") != entry.id:
            raise BadRequest("the entry's resource must have the id that its url names")
