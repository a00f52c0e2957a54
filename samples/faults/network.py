"""The failures of network, proxy and rate limit, and of tokens at the door: a WSGI layer around the sandbox.

Flask can only answer, and some of these are the lack of an answer.

`reset_connection` needs the socket, and `truncated_body` an answer that is shorter than it says. Both are done on the
server's own connection, so that what reaches the app is a true reset and a true short read.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from samples.faults.catalogue import NETWORK, REQUEST
from samples.faults.fault import Fault, Occasion
from samples.faults.switchboard import Switchboard

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL = "/sandbox/"
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


class FailingNetwork:
    """Wraps a WSGI application; while nothing is switched on it only passes requests through."""

    def __init__(self, inner: WSGIApplication, faults: Switchboard) -> None:
        self._inner = inner
        self._faults = faults

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request, or fails to."""
        occasion = occasion_of(environ)
        if occasion.path.startswith(CONTROL) or not self._faults.now():
            return self._inner(environ, start_response)
        late = self._faults.strike(("slow",), occasion)
        if late:
            self._faults.pause(late.seconds)
        names = [name for name in NETWORK if name != "slow"]
        # The SMART launcher refuses a token only where one is brought.
        names += REQUEST if environ.get("HTTP_AUTHORIZATION") else ()
        fault = self._faults.strike(names, occasion)
        if fault is None:
            return self._inner(environ, start_response)
        if fault.name == "reset_connection":
            reset(environ)
        if fault.name == "truncated_body":
            return _half(self._inner, environ, start_response)
        status, headers, body = _ANSWERS[fault.name](fault)
        return _answer(start_response, status, headers, body)


def occasion_of(environ: WSGIEnvironment) -> Occasion:
    """The request as failures are aimed: HEAD counts as GET, and the type is the first word below /fhir/."""
    method = str(environ.get("REQUEST_METHOD", "GET"))
    path = str(environ.get("PATH_INFO", ""))
    below = path.removeprefix("/fhir/") if path.startswith("/fhir/") else ""
    return Occasion("GET" if method == "HEAD" else method, path, below.partition("/")[0])


def reset(environ: WSGIEnvironment) -> None:
    """Resets the client's connection (RST, not FIN) and ends the request. Always raises ConnectionResetError."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with suppress(OSError):
            # Zero linger makes the close a reset; the descriptor is closed here, before the server can say goodbye.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())
    raise ConnectionResetError("simulated: the connection was reset")


def _half(inner: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The inner answer with its true Content-Length and the first half of its bytes."""
    told: list[Any] = []

    def remember(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
        told[:] = [status, headers]
        return lambda data: None

    answer = inner(environ, remember)
    try:
        body = b"".join(answer)
    finally:
        close = getattr(answer, "close", None)
        if close:
            close()
    status, headers = told
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    start_response(status, [*kept, ("Content-Length", str(len(body)))])
    return [body[: len(body) // 2]]


def _answer(
    start_response: StartResponse, status: int, headers: list[tuple[str, str]], body: bytes
) -> Iterable[bytes]:
    phrase = HTTPStatus(status).phrase
    start_response(
        f"{status} {phrase}",
        [*headers, ("Content-Length", str(len(body))), ("Cache-Control", "no-store")],
    )
    return [body]


def _outcome(code: str, words: str) -> bytes:
    issue = {"severity": "error", "code": code, "diagnostics": words}
    return orjson.dumps({"resourceType": "OperationOutcome", "issue": [issue]})


Answer = tuple[int, list[tuple[str, str]], bytes]


def _too_many(fault: Fault) -> Answer:
    wait = str(max(1, round(fault.seconds)))
    body = _outcome("throttled", "simulated: too many requests")
    return 429, [("Content-Type", _FHIR), ("Retry-After", wait)], body


def _server_error(fault: Fault) -> Answer:
    """500 as the FHIR server's own; 502 and 503 as the proxy before it."""
    if fault.status == 500:
        return 500, [("Content-Type", _FHIR)], _outcome("exception", "simulated: the server failed")
    page = GATEWAY_PAGE.format(status=fault.status, title=HTTPStatus(fault.status).phrase)
    return fault.status, [("Content-Type", _HTML)], page.encode()


def _login_page(fault: Fault) -> Answer:
    if fault.status == 302:
        return 302, [("Content-Type", _HTML), ("Location", SIGN_IN_PATH)], b""
    return 200, [("Content-Type", _HTML)], SIGNED_OUT_PAGE.encode()


def _refused_token(words: str) -> Callable[[Fault], Answer]:
    """401 in plain text, as the SMART launcher sends it: no OperationOutcome, no WWW-Authenticate."""
    return lambda _fault: (401, [("Content-Type", "text/plain; charset=utf-8")], words.encode())


_ANSWERS: dict[str, Callable[[Fault], Answer]] = {
    "too_many_requests": _too_many,
    "server_error": _server_error,
    "html_login_page": _login_page,
    "request_invalid_token": _refused_token("Invalid token (simulated error)"),
    "request_expired_token": _refused_token("Token expired (simulated error)"),
}
