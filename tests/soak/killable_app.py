"""`chartside serve` as a process group that can be killed outright and started again on the storage it left.

Loading the app's modules takes longer than all that follows, so a process of its own loads them once
(`python -m tests.soak.killable_app serve OPTIONS`) and splits off a new process for each start, which is then just that
command, in a session of its own. Nothing of the app begins before: no settings, no store, no port, no thread.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import requests
from cryptography.fernet import Fernet

import app.server
from app import cli
from fhir_profiles.validator import validate

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
END_SECONDS = 20
_LOADED = (cli, app.server)


class KillableApp:
    """The app of one practice. `config` is its chartside.toml, `port` where it listens; `log_file` grows."""

    def __init__(self, config: Path, port: int, log_file: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log_file = log_file
        self._members: tuple[int, ...] = ()
        options = ["serve", "--config", str(config), "--port", str(port), "--workers", "1"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHARTSIDE_")}
        with log_file.open("ab") as log:
            self._loaded = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.killable_app", *options],
                cwd=ROOT,
                env={**kept, "CHARTSIDE_KEY": Fernet.generate_key().decode()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self) -> None:
        """Splits off a new process. Returns when it answers."""
        assert self._loaded.stdin
        assert self._loaded.stdout
        self._loaded.stdin.write("start\n")
        self._loaded.stdin.flush()
        pid = int(self._loaded.stdout.readline())
        self._members = (pid,)
        give_up_at = time.monotonic() + START_SECONDS
        while not self._answers():
            assert _is_running(pid), self._log_file.read_text()[-2000:]
            assert time.monotonic() < give_up_at, "the app did not start"
            time.sleep(0.01)
        self._members = (pid, *_children(pid))
        assert len(self._members) > 1

    def kill(self) -> None:
        """SIGKILL to gunicorn and its worker at once. Returns when none of them is left."""
        os.killpg(self._members[0], signal.SIGKILL)
        give_up_at = time.monotonic() + END_SECONDS
        while any(_is_running(pid) for pid in self._members):
            assert time.monotonic() < give_up_at, "a worker outlived its kill"
            time.sleep(0.002)

    def end(self) -> None:
        """Ends what is left of it."""
        if self._members and _is_running(self._members[0]):
            self.kill()
        self._loaded.communicate(timeout=END_SECONDS)

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


def main(arguments: list[str]) -> int:
    """Splits off one process for each line that it reads, and says its number; the split-off one serves."""
    for example in (ROOT / "fhir_profiles" / "examples").glob("*.json"):
        validate(json.loads(example.read_bytes()))
    for _ in sys.stdin:
        _reap()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            _take_off_the_lines()
            return cli.main(arguments)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    return 0


def _take_off_the_lines() -> None:
    """What is said here is nobody's number, and what is asked is for the one that splits off."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)
    os.close(nothing)


def _reap() -> None:
    """Waits for those that were killed, so that they leave the table of processes."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    assert _LOADED
    sys.exit(main(sys.argv[1:]))
