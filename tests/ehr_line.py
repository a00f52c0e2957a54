"""The line between the app and the sandbox EHR: everything that went over it, and what can go wrong with it.

It wraps the EHR's WSGI app, so that a fault looks to the app as it would over a real network: an answer that never
comes, one that comes after the write was done, an HTML page from a proxy.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, NoReturn

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
HOLD_SECONDS = 60.0
FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True)
class Received:
    """One request as the EHR saw it; `path` without the query, `agent` what sent it, `body` of a write alone."""

    method: str
    path: str
    query: str
    agent: str = ""
    conditional: bool = False
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class _Fault:
    method: str
    path: str
    act: Wsgi

    def meets(self, request: Received) -> bool:
        return request.method == self.method and request.path == self.path


class Line:
    """Wraps `wsgi`. Each fault is a context manager and holds for one method and one exact path while it is open."""

    def __init__(self, wsgi: Wsgi) -> None:
        self._wsgi = wsgi
        self._faults: list[_Fault] = []
        self.received: list[Received] = []

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = _received(environ)
        self.received.append(request)
        for fault in tuple(self._faults):
            if fault.meets(request):
                return fault.act(environ, start_response)
        return self._wsgi(environ, start_response)

    def count(self, method: str, path: str) -> int:
        """How many requests of this method and path have come so far."""
        return sum(1 for request in self.received if (request.method, request.path) == (method, path))

    @contextmanager
    def answers(
        self,
        path: str,
        body: bytes,
        *,
        method: str = "GET",
        status: str = "200 OK",
        content_type: str = FHIR_JSON,
    ) -> Iterator[None]:
        """These bytes instead of the EHR's own answer; the EHR itself sees nothing of the request."""

        def act(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            # The request's body is read first: closing a socket with unread bytes would reset the connection.
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _say(start_response, body, status=status, content_type=content_type)

        with self._broken(method, path, act):
            yield

    @contextmanager
    def loses_answer(
        self, path: str, *, method: str = "POST", instead: bytes | None = None
    ) -> Iterator[None]:
        """The EHR does what is asked; the connection then breaks, or an HTML page with status 502 comes instead."""

        def act(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            for _ in self._wsgi(environ, lambda *_, **__: lambda _: None):
                pass
            if instead is None:
                _break(environ)
            return _say(start_response, instead, status="502 Bad Gateway", content_type="text/html")

        with self._broken(method, path, act):
            yield

    @contextmanager
    def drops(self, path: str, *, method: str = "POST") -> Iterator[None]:
        """The connection breaks before the EHR has seen the request."""

        def act(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            _break(environ)

        with self._broken(method, path, act):
            yield

    @contextmanager
    def drops_after(self, path: str, answered: int, *, method: str = "POST") -> Iterator[None]:
        """The EHR answers so many requests; at each later one the connection breaks before the EHR has seen it."""
        left = iter(range(answered))

        def act(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            if next(left, None) is None:
                _break(environ)
            return self._wsgi(environ, start_response)

        with self._broken(method, path, act):
            yield

    @contextmanager
    def holds(self, path: str, *, method: str = "GET") -> Iterator[threading.Event]:
        """The EHR answers only once the event is set; leaving sets it."""
        free = threading.Event()

        def act(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            free.wait(HOLD_SECONDS)
            return self._wsgi(environ, start_response)

        try:
            with self._broken(method, path, act):
                yield free
        finally:
            free.set()

    @contextmanager
    def _broken(self, method: str, path: str, act: Wsgi) -> Iterator[None]:
        fault = _Fault(method, path, act)
        self._faults.append(fault)
        try:
            yield
        finally:
            self._faults.remove(fault)


def _received(environ: Environ) -> Received:
    return Received(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        agent=environ.get("HTTP_USER_AGENT", ""),
        conditional="HTTP_IF_NONE_EXIST" in environ,
        body=_body(environ),
    )


def _body(environ: Environ) -> bytes:
    """The body of a write to the EHR's records, which the EHR itself then reads from memory."""
    if environ["REQUEST_METHOD"] == "GET" or not environ["PATH_INFO"].startswith("/fhir"):
        return b""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _break(environ: Environ) -> NoReturn:
    """Cuts the connection without a word, as a proxy or a crash does."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError  # which werkzeug takes for a browser that went away


def _say(start_response: StartResponse, body: bytes, *, status: str, content_type: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]
