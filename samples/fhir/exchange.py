"""HTTP around FHIR: what the caller sends and accepts, and how answers look.

Spec: https://hl7.org/fhir/R4/http.html#mime-type, https://hl7.org/fhir/R4/http.html#ops (Prefer)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import orjson
from flask import Request, Response
from werkzeug.http import http_date

from samples.fhir.errors import BadRequest, FormatNotRead, FormatNotServed, Issue, operation_outcome
from samples.fhir.interactions import Written
from samples.fhir.records import Version

FHIR_JSON = "application/fhir+json"
JSON_PATCH = "application/json-patch+json"
_JSON_TYPES = frozenset({FHIR_JSON, "application/json"})
_FORMATS = frozenset({"json", "text/json", *_JSON_TYPES})


@dataclass(frozen=True)
class Preference:
    """What the Prefer header asks for: `returned` is minimal, representation, OperationOutcome or empty."""

    returned: str
    strict: bool


def preference(request: Request) -> Preference:
    """The caller's preferences; unknown ones are ignored, as RFC 7240 says."""
    wishes = {part.strip() for part in request.headers.get("Prefer", "").replace(";", ",").split(",")}
    returned = next((w.partition("=")[2] for w in sorted(wishes) if w.startswith("return=")), "")
    return Preference(returned, "handling=strict" in wishes)


def require_json_accepted(request: Request) -> None:
    """Raises FormatNotServed when the caller accepts no JSON. `_format` overrides the Accept header."""
    wanted = request.args.get("_format")
    if wanted is not None:
        # A plus sign that was not percent-encoded arrives as a space.
        if wanted.replace(" ", "+").partition(";")[0] not in _FORMATS:
            raise FormatNotServed("this server speaks JSON only")
        return
    accepted = request.accept_mimetypes
    if accepted and not accepted.best_match(sorted(_JSON_TYPES)):
        raise FormatNotServed("this server speaks JSON only")


def body_json(request: Request, *content_types: str) -> Any:
    """The request's body, parsed. Raises FormatNotRead for another content type, BadRequest for broken JSON."""
    if request.mimetype not in (content_types or _JSON_TYPES):
        raise FormatNotRead("the content type of the body is not one that is read here")
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise BadRequest("the body is not JSON", code="structure") from error


def body_resource(request: Request, resource_type: str) -> dict[str, Any]:
    """The resource in the request's body. Raises BadRequest when it is of another type."""
    resource = body_json(request)
    if not isinstance(resource, dict) or resource.get("resourceType") != resource_type:
        raise BadRequest(f"the body is not a {resource_type}")
    return cast(dict[str, Any], resource)


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in FHIR JSON; bytes are sent as they are."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    response = Response(body, status=status, content_type=FHIR_JSON)
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    return response


def version_headers(version: Version) -> dict[str, str]:
    """ETag and Last-Modified of a version."""
    return {"ETag": version.etag, "Last-Modified": http_date(version.last_modified)}


def version_response(version: Version, request: Request) -> Response:
    """A resource, or 304 when the caller names this version in If-None-Match."""
    headers = version_headers(version)
    if version.etag in (tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")):
        return json_response(b"", 304, headers)
    return json_response(version.body or b"", 200, headers)


def written_response(written: Written, base: str, wish: Preference) -> Response:
    """The answer to a write: the resource, nothing, or an OperationOutcome, as the caller prefers."""
    version = written.version
    headers = version_headers(version)
    location = f"{base}/{version.reference}/_history/{version.version}"
    headers["Location" if written.status == 201 else "Content-Location"] = location
    if wish.returned == "minimal":
        return json_response(b"", written.status, headers)
    if wish.returned == "OperationOutcome":
        done = Issue("informational", "done", severity="information")
        return json_response(operation_outcome([done]), written.status, headers)
    return json_response(version.body or b"", written.status, headers)
