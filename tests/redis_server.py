"""Debian's Redis server for tests: on a free port of the loopback, keeping nothing on disk, ended by its own pid."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from tests.running import free_port

MISSING = "redis-server is not on this machine (Debian: apt-get install redis-server)"
PASSWORD = "of-this-test-run"
START_SECONDS = 20


@dataclass
class RedisServer:
    """`url` as the `store` setting wants it. It may be stopped and started again on the same port."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    scheme: str = "redis"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        plain = () if self.options else ("--port", str(self.port))
        command = [
            "redis-server", *plain, *self.options, "--bind", "127.0.0.1", "--requirepass", PASSWORD,
            "--save", "", "--appendonly", "no", "--dir", str(self.folder), "--logfile", str(self.folder / "redis.log"),
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        log = self.folder / "redis.log"
        while time.monotonic() < give_up_at and self.process and self.process.poll() is None:
            if log.exists() and log.read_text(errors="replace").rstrip().endswith(
                "Ready to accept connections"
            ):
                return
            time.sleep(0.01)
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None
            (self.folder / "redis.log").unlink()

    def client(self) -> redis.Redis:
        """A client beside the app's, to look at what is kept."""
        return redis.Redis(port=self.port, password=PASSWORD)


@contextmanager
def redis_server(folder: Path, *options: str, scheme: str = "redis") -> Iterator[RedisServer]:
    """A running server; the test is skipped, with the reason, where Debian's package is not installed."""
    if shutil.which("redis-server") is None:
        pytest.skip(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    running = RedisServer(folder, port, tuple(word.format(port=port) for word in options), scheme)
    running.start()
    try:
        yield running
    finally:
        running.stop()
