"""A FHIR server's answer, read: the resource, the result of a write, or the typed error.

An answer counts as FHIR when it is a JSON object with a `resourceType`; a proxy's login page with status 200 is not.
https://hl7.org/fhir/R4/http.html#create https://hl7.org/fhir/R4/http.html#concurrency
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from smart_launch import errors
from smart_launch.http_message import HttpAnswer
from smart_launch.outcome import parse_outcome

_BY_STATUS: dict[int, type[errors.FhirError]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.NotSupported,
    409: errors.Conflict,
    410: errors.Gone,
    412: errors.Conflict,
    429: errors.TooManyRequests,
    501: errors.NotSupported,
}

_LOCATION = re.compile(
    r"(?:^|/)(?P<type>[A-Z][A-Za-z]*)/(?P<id>[A-Za-z0-9._~-]{1,128})(?:/_history/(?P<version>[^/?#]{1,128}))?$"
)
_SAID = 2_000
"""Characters of a refusal in which the reason is looked for."""

_ETAG = re.compile(r'(?:W/)?"(?P<version>[^"]{1,128})"')


@dataclass(frozen=True)
class WriteResult:
    """What the EHR says it did with a resource. `resource` is what it kept, where it sends that back.

    `id` and `version_id` are None where neither the answer's body nor its headers name them.
    """

    resource: dict[str, Any] | None
    id: str | None
    version_id: str | None
    location: str | None
    status: int


def raise_for_status(answer: HttpAnswer) -> None:
    """Raises the FhirError of any status but success, with its OperationOutcome's issues and its Retry-After.

    A redirect is NotFhir.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    if status < 400:
        raise errors.NotFhir(status)
    kind = _BY_STATUS.get(status, errors.ServerFailed if status >= 500 else errors.Rejected)
    if kind is errors.Unauthorized and _names_expiry(answer):
        kind = errors.TokenExpired
    raise kind(status, parse_outcome(answer.json_object()), answer.retry_after)


def _names_expiry(answer: HttpAnswer) -> bool:
    """Whether a 401 speaks of an expired token: RFC 6750 section 3.1 leaves that to the description, or to the body.

    The words themselves are the server's and go no further.
    """
    said = answer.headers.get("www-authenticate", "")[:_SAID] + answer.text[:_SAID]
    return "expired" in said.lower()


def resource_of(answer: HttpAnswer) -> dict[str, Any]:
    """The resource in the body. Raises NotFhir for anything else, TooLarge when it was cut at the limit."""
    if answer.cut:
        raise errors.TooLarge(answer.status)
    body = answer.json_object() if _may_be_json(answer.headers.get("content-type", "")) else None
    if body is None or not isinstance(body.get("resourceType"), str):
        raise errors.NotFhir(answer.status)
    return body


def write_result(answer: HttpAnswer, resource_type: str) -> WriteResult:
    """The result of a create or update of `resource_type`. An empty body is allowed; raises NotFhir for a false one."""
    body = resource_of(answer) if answer.content.strip() else None
    kept = body if body is not None and body["resourceType"] == resource_type else None
    location = answer.headers.get("location") or answer.headers.get("content-location")
    found = _LOCATION.search(location) if location else None
    named = found if found and found["type"] == resource_type else None
    etag = _ETAG.fullmatch(answer.headers.get("etag", "").strip())
    meta = kept.get("meta") if kept else None
    in_body = _text(meta.get("versionId")) if isinstance(meta, dict) else None
    in_headers = (named["version"] if named else None) or (etag["version"] if etag else None)
    return WriteResult(
        resource=kept,
        id=(_text(kept.get("id")) if kept else None) or (named["id"] if named else None),
        version_id=in_body or in_headers,
        location=location,
        status=answer.status,
    )


def _may_be_json(content_type: str) -> bool:
    """JSON by its name, or a type that says nothing. HTML and XML are what they say."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json", "json+fhir")) or kind in (
        "",
        "text/plain",
        "application/octet-stream",
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
