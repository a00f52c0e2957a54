"""What a failing EHR, its proxy or its token check says in place of its answer."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import orjson

from samples.faults.fault import Fault

SIGN_IN_PATH = "/sandbox/signed-out"
_FHIR = "application/fhir+json"
_HTML = "text/html; charset=utf-8"

SIGNED_OUT_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in (simulated)</title></head>
<body><main><h1>Your session has ended</h1>
<p>Sandbox EHR - not a real record. This page stands in for the sign-in page that some networks put in place of an
answer; it was switched on under "Simulate a failure".</p></main></body></html>"""

GATEWAY_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{status} {title}</h1><p>Simulated by the sandbox EHR.</p></body></html>"""

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]
"""A status, headers without a length, and the body."""

_CODES = {
    400: "invalid",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    409: "conflict",
    410: "deleted",
    412: "conflict",
    422: "processing",
    501: "not-supported",
}
"""FHIR's issue type for each status that an OperationOutcome may come with (https://hl7.org/fhir/R4/valueset-issue-type.html)."""


def phrase(status: int) -> str:
    """The words of a status line."""
    return HTTPStatus(status).phrase


def outcome(code: str, words: str, severity: str = "error") -> dict[str, object]:
    """An OperationOutcome with one issue."""
    issue = {"severity": severity, "code": code, "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _fhir(status: int, code: str, words: str, headers: Headers | None = None) -> Answer:
    return status, _plain(_FHIR, headers), orjson.dumps(outcome(code, words))


def _plain(content_type: str, headers: Headers | None = None) -> Headers:
    return [("Content-Type", content_type), ("Cache-Control", "no-store"), *(headers or [])]


def _retry_after(fault: Fault) -> Headers:
    return [("Retry-After", str(max(1, round(fault.seconds))))] if fault.seconds else []


def _too_many(fault: Fault) -> Answer:
    return _fhir(429, "throttled", "simulated: too many requests", _retry_after(fault))


def _server_error(fault: Fault) -> Answer:
    """500 as the FHIR server's own; 502 and 503 as the proxy before it."""
    if fault.status == 500:
        return _fhir(500, "exception", "simulated: the server failed", _retry_after(fault))
    page = GATEWAY_PAGE.format(status=fault.status, title=phrase(fault.status))
    return fault.status, _plain(_HTML, _retry_after(fault)), page.encode()


def _refused(fault: Fault) -> Answer:
    return _fhir(fault.status, fault.code or _CODES[fault.status], "simulated: the request was refused")


def _login_page(fault: Fault) -> Answer:
    if fault.status == 302:
        return 302, _plain(_HTML, [("Location", SIGN_IN_PATH)]), b""
    return 200, _plain(_HTML), SIGNED_OUT_PAGE.encode()


def _refused_token(words: str) -> Callable[[Fault], Answer]:
    """401 in plain text, as the SMART launcher sends it: no OperationOutcome, no WWW-Authenticate."""
    return lambda _fault: (401, _plain("text/plain; charset=utf-8"), words.encode())


ANSWERS: dict[str, Callable[[Fault], Answer]] = {
    "too_many_requests": _too_many,
    "server_error": _server_error,
    "refused": _refused,
    "transaction_refused": _refused,
    "html_login_page": _login_page,
    "request_invalid_token": _refused_token("Invalid token (simulated error)"),
    "request_expired_token": _refused_token("Token expired (simulated error)"),
}
"""By the name of the failure."""
