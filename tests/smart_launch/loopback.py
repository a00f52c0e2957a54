"""A real server on this machine that misbehaves on request, for what no mock of an adapter can show.

A script is a function that gets the connection and the request's bytes and writes what it likes.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[socket.socket, bytes], None]

OK = b'{"resourceType": "Patient", "id": "p1"}'


class Loopback:
    """Runs one script per connection's request, in the order given; the last one serves all further requests."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/fhir"

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        self.stopping.set()
        # A listener that another thread waits on wakes up by shutdown, not by close.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            while request := self._read(connection):
                self.requests.append(request)
                script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                script(connection, request)

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return b""
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


@contextmanager
def loopback(*scripts: Script) -> Iterator[Loopback]:
    """A server with these scripts, for as long as the block lasts."""
    server = Loopback(*scripts)
    thread = threading.Thread(target=server.accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(timeout=10)


def answer(status: int = 200, body: bytes = OK, *, length: int | None = None, **headers: str) -> Script:
    """Answers like a server does; `length` may lie about the body's length."""
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/fhir+json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body) if length is None else length}", "", ""]
    data = "\r\n".join(lines).encode() + body

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        if length is not None:
            connection.shutdown(socket.SHUT_RDWR)

    return script


def chunked(*chunks: bytes, end: bool = True) -> Script:
    """Answers in chunks; without `end` the connection closes in the middle."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 200 X\r\nContent-Type: application/fhir+json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for chunk in chunks:
            connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        if end:
            connection.sendall(b"0\r\n\r\n")
        else:
            connection.shutdown(socket.SHUT_RDWR)

    return script


def hang_up(connection: socket.socket, request: bytes) -> None:
    """Reads the request and closes without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket, request: bytes) -> None:
    """Reads the request and resets the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(until: threading.Event) -> Script:
    """Reads the request and says nothing until `until` is set."""

    def script(connection: socket.socket, request: bytes) -> None:
        until.wait(timeout=10)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def drip(until: threading.Event, pause: float) -> Script:
    """Sends one byte after the other for ever, each too early for a time-out on silence."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 200 X\r\nContent-Type: application/fhir+json\r\nContent-Length: 100000\r\n\r\n"
        )
        while not until.wait(pause):
            connection.sendall(b" ")

    return script
