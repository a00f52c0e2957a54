"""A server on loopback that gives out a JWKS, counts who asks, and may be told to change or to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import orjson
from joserfc.jwk import ECKey, RSAKey


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass
class JwksHost:
    """`keys` are given out; `cache_control` goes with them; `asked` counts the requests."""

    keys: list[RSAKey | ECKey] = field(default_factory=list)
    cache_control: str = ""
    status: str = "200 OK"
    asked: int = 0
    uri: str = ""

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.asked += 1
        headers = [("Content-Type", "application/json")]
        if self.cache_control:
            headers.append(("Cache-Control", self.cache_control))
        start_response(self.status, headers)
        return [orjson.dumps({"keys": [key.as_dict(private=False) for key in self.keys]})]


@contextmanager
def jwks_host() -> Iterator[JwksHost]:
    """A running host."""
    host = JwksHost()
    server = make_server("127.0.0.1", 0, host, handler_class=_Quiet)
    host.uri = f"http://127.0.0.1:{server.server_port}/jwks.json"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
