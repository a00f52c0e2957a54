"""The failures of network, proxy and rate limit, and of tokens at the door: a WSGI layer around the sandbox.

Flask can only answer, and some of these are the lack of an answer.

`reset_connection` needs the socket, and `truncated_body` an answer that is shorter than it says. Both are done on the
server's own connection, so that what reaches the app is a true reset and a true short read. What the EHR does otherwise
with records (samples.faults.changes) is done to the true request and in the true store.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from samples.faults import changes
from samples.faults.answers import ANSWERS, Answer, phrase
from samples.faults.catalogue import NETWORK, REQUEST
from samples.faults.fault import Fault, Occasion

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from samples.sandbox import Sandbox

CONTROL = "/sandbox/"
_BESIDE = ("slow", "extensions_dropped", "ids_changed")
"""These leave the request to go its way, so that another failure may strike it as well."""


class FailingNetwork:
    """Wraps a WSGI application; while nothing is switched on it only passes requests through."""

    def __init__(self, inner: WSGIApplication, sandbox: Sandbox) -> None:
        self._inner = inner
        self._store = sandbox.store
        self._faults = sandbox.faults

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request, or fails to."""
        occasion = occasion_of(environ)
        if occasion.path.startswith(CONTROL) or not self._faults.now():
            return self._inner(environ, start_response)
        late = self._faults.strike(("slow",), occasion)
        if late:
            self._faults.pause(late.seconds)
        names = [name for name in NETWORK if name not in _BESIDE]
        # The SMART launcher refuses a token only where one is brought.
        names += REQUEST if environ.get("HTTP_AUTHORIZATION") else ()
        fault = self._faults.strike(names, occasion)
        if fault is None or fault.name in _DONE:
            return self._done(environ, start_response, occasion, fault)
        if fault.name == "reset_connection":
            reset(environ)
        # Read first: closing a connection with unread bytes resets it, and the answer may never be seen.
        changes.body_of(environ)
        if fault.name == "no_answer":
            self._faults.pause(fault.seconds)
            reset(environ)
        return _say(start_response, ANSWERS[fault.name](fault))

    def _done(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        occasion: Occasion,
        fault: Fault | None,
    ) -> Iterable[bytes]:
        """The request is done, in the way of the failures that are on, and then the answer fails."""
        if self._faults.strike(("extensions_dropped",), occasion):
            changes.drop_extensions(environ)
        renumbers = self._faults.strike(("ids_changed",), occasion)
        if fault is None and not renumbers:
            return self._inner(environ, start_response)
        answer = _whole(self._inner, environ)
        if renumbers:
            changes.change_ids(self._store, answer)
        if fault is None:
            return _say(start_response, answer)
        if fault.name == "answer_lost":
            if fault.seconds:
                self._faults.pause(fault.seconds)
            reset(environ)
        return _say(start_response, *_DONE[fault.name](answer))


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


def _whole(inner: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """The inner answer, all of it."""
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
    return int(status.split()[0]), kept, body


def _half(answer: Answer) -> tuple[Answer, int]:
    """The first half of the body, and the length of the whole."""
    status, headers, body = answer
    return (status, headers, body[: len(body) // 2]), len(body)


def _half_as_whole(answer: Answer) -> tuple[Answer]:
    return (_half(answer)[0],)


def _withheld(answer: Answer) -> tuple[Answer]:
    return (changes.withhold(answer),)


_DONE: dict[str, Callable[[Answer], tuple[Any, ...]]] = {
    "answer_lost": lambda answer: (answer,),
    "truncated_body": _half,
    "truncated_json": _half_as_whole,
    "search_withholds": _withheld,
}
"""The failures of a request that is done all the same: what is said of its answer, and how long that claims to be."""


def _say(start_response: StartResponse, answer: Answer, length: int | None = None) -> Iterable[bytes]:
    status, headers, body = answer
    said = len(body) if length is None else length
    start_response(f"{status} {phrase(status)}", [*headers, ("Content-Length", str(said))])
    return [body]
