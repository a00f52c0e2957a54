"""A FHIR R4 server that nobody here wrote, started for a test on a free loopback port and ended with it.

What a sandbox of ours accepts proves only that its author and the app's agree; this server had neither in mind. It
advertises port 8090 wherever it listens, so its settings name the real address, and its simulator, which answers open
Tasks by itself, is switched off. Nothing is kept: its database lies in a folder that goes with it.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

_START_SECONDS = 60


class NotStarted(AssertionError):
    """The server ended by itself or did not answer in time; the message holds the end of its log."""


@contextmanager
def sekmet_server(*, absolute_references: bool = False) -> Iterator[str]:
    """The FHIR base address of a fresh, open server; the process is ended by its id when the block is left.

    `absolute_references` lets it answer with full addresses in references, as some servers do.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        port = _free_port()
        base = f"http://127.0.0.1:{port}/fhir"
        settings, log = Path(folder) / "settings.yaml", Path(folder) / "server.log"
        settings.write_text(json.dumps(_settings(folder, port, base, absolute_references)), encoding="utf-8")
        with log.open("wb") as output:
            command = [sys.executable, "-m", "sekmet.cli", "serve", "--config", str(settings)]
            process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        try:
            _await_answer(process, base, log)
            yield base
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _settings(folder: str, port: int, base: str, absolute_references: bool) -> dict[str, object]:
    """JSON is YAML, too, so no YAML writer is needed."""
    return {
        "base_url": base,
        "host": "127.0.0.1",
        "port": port,
        "data_dir": folder,
        "simulator": {"enabled": False},
        "validation": {"inbound": "strict"},
        "log_inbound": False,
        "server_behaviour": {"absolute_references": absolute_references},
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(process: subprocess.Popen[bytes], base: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotStarted(f"ended with {process.returncode}: {_end_of(log)}")
        try:
            if requests.get(f"{base}/metadata", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise NotStarted(f"no answer in {_START_SECONDS} s: {_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
