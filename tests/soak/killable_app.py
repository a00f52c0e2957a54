"""`chartside serve` as a process group that can be killed outright and started again on the storage it left.

`python -m tests.soak.killable_app serve OPTIONS` loads the app's modules, waits for a line on its standard input and is
then just that command. Loading takes a second or two, so the next process loads while the one before it still works;
nothing of the app begins before the line: no settings, no store, no port.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests
from cryptography.fernet import Fernet

import app.server
from app import cli

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
END_SECONDS = 20
_LOADED = (cli, app.server)


class KillableApp:
    """The app of one practice. `config` is its chartside.toml, `port` where it listens; `log_file` grows."""

    def __init__(self, config: Path, port: int, log_file: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        options = ["serve", "--config", str(config), "--port", str(port), "--workers", "1"]
        self._command = [sys.executable, "-m", "tests.soak.killable_app", *options]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHARTSIDE_")}
        self._environment = {**kept, "CHARTSIDE_KEY": Fernet.generate_key().decode()}
        self._log_file = log_file
        self._next = self._loading()
        self._running: subprocess.Popen[bytes] | None = None
        self._members: tuple[int, ...] = ()

    def start(self) -> None:
        """Lets the process that has been loading begin, and another one load. Returns when it answers."""
        self._running, self._next = self._next, self._loading()
        assert self._running.stdin
        self._running.stdin.write(b"begin\n")
        self._running.stdin.close()
        give_up_at = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._running.poll() is None, self._log_file.read_text()[-2000:]
            assert time.monotonic() < give_up_at, "the app did not start"
            time.sleep(0.01)
        self._members = (self._running.pid, *_children(self._running.pid))
        assert len(self._members) > 1

    def kill(self) -> None:
        """SIGKILL to gunicorn and all its workers at once. Returns when none of them is left."""
        assert self._running
        os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait(timeout=END_SECONDS)
        give_up_at = time.monotonic() + END_SECONDS
        while any(_is_running(pid) for pid in self._members):
            assert time.monotonic() < give_up_at, "a worker outlived its kill"
            time.sleep(0.002)
        self._running = None

    def end(self) -> None:
        """Ends what is left of both processes."""
        for process in filter(None, (self._running, self._next)):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=END_SECONDS)
            if process.stdin:
                process.stdin.close()

    def _loading(self) -> subprocess.Popen[bytes]:
        with self._log_file.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        try:
            with requests.Session() as session:
                session.trust_env = False
                return session.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_running(pid: int) -> bool:
    """Not so for one that is dead and that nobody has waited for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    assert _LOADED
    sys.stdin.readline()
    sys.exit(cli.main(sys.argv[1:]))
