"""An EHR that costs nothing but time: recorded answers, each held back for the same delay, from a process of its own.

The bench measures Chartside. A sandbox that computes its answers would share the two cores and be measured as well.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

import orjson


def _handler(answers: Mapping[str, bytes], delay: float) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            time.sleep(delay)  # The upstream's 50 ms are what is being simulated.
            path = self.path.split("?")[0].removeprefix("/fhir/")
            body = answers.get(path.split("/")[0])
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the bench prints ratios."""

    return Answers


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _serve(answers: Mapping[str, bytes], delay: float, told: Connection) -> None:
    server = _Server(("127.0.0.1", 0), _handler(answers, delay))
    told.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def upstream(answers: Mapping[str, Any], *, delay_ms: float) -> Iterator[str]:
    """The FHIR base of a running upstream. `answers` by resource type: a searchset, or the resource itself."""
    here, there = multiprocessing.Pipe()
    bodies = {name: orjson.dumps(answer) for name, answer in answers.items()}
    process = multiprocessing.Process(target=_serve, args=(bodies, delay_ms / 1000, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/fhir"
    finally:
        process.terminate()
        process.join()
