"""`chartside demo`: a sandbox EHR and the app on this machine, for somebody who has no EHR at hand.

Both run as child processes in sessions of their own, so that one Ctrl-C reaches only this process, which then ends
them in order. The app shares no code with the sandbox: `python -m samples` is all it knows of it.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cryptography.fernet import Fernet

OPEN = "open"
PERSONAS = (OPEN, "epic", "oracle", "athena", "ecw", "canvas")
"""The EHRs that the sandbox can play; "open" is the sandbox itself, for the others a vendor's facts are known."""
V1_SCOPES = frozenset({"oracle"})
"""Those that grant scopes of SMART v1 only, whatever they say of themselves."""
READY = "Sandbox EHR ready:"
STOP_SECONDS = 8.0
START_SECONDS = 60.0
POLL_SECONDS = 0.1

_SETTINGS = """\
# Written by `chartside demo` at every start. For a real EHR, write your own and run `chartside serve --config FILE`.
public_url = "http://127.0.0.1:{app_port}"

[[ehr]]
name = "sandbox"
label = "Sandbox EHR (Riverbend Family Practice)"
iss = "http://localhost:{ehr_port}/fhir"
vendor = "{vendor}"
scope_style = "{scope_style}"
client_id = "chartside"
client_type = "public"
orders = {orders}
frame_origins = ["http://localhost:{ehr_port}"]
time_zone = "America/New_York"

[ehr.cds_hooks]
issuer = "http://localhost:{ehr_port}"
jku = ["http://localhost:{ehr_port}/oauth/jwks"]

[ehr.practice]
name = "Riverbend Family Practice"
care_manager_phone = "(555) 010-0142"
phone_hours = "Monday to Friday, 8 am to 5 pm"
after_hours_phone = "(555) 010-0199"
whereabouts = {{ Mon = "Main Street, 8 to 5", Wed = "Hillside, 9 to 4", Thu = "Main Street, 8 to 5" }}
chart_link = "http://localhost:{ehr_port}/launch/chartside?patient={{patient}}"
{directory}"""


@dataclass(frozen=True)
class DemoOptions:
    """The options of the command.

    `data` are folders with more patients; `persona` is the EHR that the sandbox plays, one of PERSONAS; `fresh` forgets
    an earlier demo.
    """

    ehr_port: int = 8090
    app_port: int = 8080
    data: tuple[Path, ...] = ()
    persona: str = OPEN
    fresh: bool = False
    state_dir: Path = Path(".chartside")


class DemoError(Exception):
    """The demo cannot run or go on; its text is the sentence to print."""


_PRCTL = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _end_with_us() -> None:
    """In a child, before it begins: when we are killed (SIGKILL, out of memory), it is told to end as well.

    https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if _PRCTL:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM)


class _Stop(Exception):
    """Ctrl-C or a signal to end came."""


def run(options: DemoOptions) -> int:
    """Runs until Ctrl-C or SIGTERM (0), or until something fails (1), and leaves no process behind."""
    children = Children()
    previous = {
        number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        _start(options, children)
        print(where_to_click(options), flush=True)
        children.watch()
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    except _Stop:
        print("\nStopping the app and the sandbox EHR ...", flush=True)
        return 0
    finally:
        # A second Ctrl-C must not leave a child behind.
        for number in previous:
            signal.signal(number, signal.SIG_IGN)
        stopped = children.stop()
        for number, handler in previous.items():
            signal.signal(number, handler)
        if stopped:
            print("Both are stopped.", flush=True)
    return 0


def _start(options: DemoOptions, children: Children) -> None:
    check_options(options)
    environment = prepare(options)
    print("Starting the sandbox EHR ...", flush=True)
    ehr = children.start("The sandbox EHR", sandbox_command(options), environment)
    ehr.wait_for_line(READY)
    print("Starting the app ...", flush=True)
    log_file = options.state_dir / "app.log"
    app = children.start("The app", app_command(options), environment, log_file=log_file)
    wait_until_healthy(f"http://127.0.0.1:{options.app_port}/healthz", app)


def check_options(options: DemoOptions) -> None:
    """Raises DemoError when a folder is missing or a port is in use, with the option that changes it."""
    for folder in options.data:
        if not folder.is_dir():
            raise DemoError(f"There is no folder {folder}: give --data a folder with NDJSON or Bundle files.")
    if options.ehr_port == options.app_port:
        raise DemoError(
            "The sandbox EHR and the app need two different ports: change --ehr-port or --app-port."
        )
    for port, option in ((options.ehr_port, "--ehr-port"), (options.app_port, "--app-port")):
        if port_in_use(port):
            raise DemoError(f"Port {port} is in use by another program. Choose another one with {option} N.")


def port_in_use(port: int) -> bool:
    """True when no server can listen on this port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a port that only waits out its last connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def prepare(options: DemoOptions) -> dict[str, str]:
    """Makes the state folder with key and settings, and gives the environment of the children."""
    folder = options.state_dir
    if options.fresh:
        shutil.rmtree(folder / "app", ignore_errors=True)
        shutil.rmtree(folder / "ehr", ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file = folder / "key"
    if not key_file.exists():
        with os.fdopen(os.open(key_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(Fernet.generate_key().decode())
    settings = _SETTINGS.format(
        app_port=options.app_port,
        ehr_port=options.ehr_port,
        vendor="generic" if options.persona == OPEN else options.persona,
        scope_style="v1" if options.persona in V1_SCOPES else "v2",
        orders="true" if options.persona == OPEN else "false",
        directory=_directory_line(),
    )
    (folder / "chartside.toml").write_text(settings, encoding="utf-8")
    # An administrator's own CHARTSIDE_ variables are for the real installation, not for the demo.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHARTSIDE_")}
    return kept | {"CHARTSIDE_KEY_FILE": str(key_file), "CHARTSIDE_STATE_DIR": str(folder / "app")}


def _directory_line() -> str:
    """The setting that names the example directory of resources, where the sandbox comes with one."""
    found = importlib.util.find_spec("samples")
    example = Path(found.origin or "").resolve().with_name("resources.toml") if found else None
    return f"resource_directory = {json.dumps(str(example))}\n" if example and example.is_file() else ""


def sandbox_command(options: DemoOptions) -> list[str]:
    """The command line of the sandbox EHR."""
    command = [sys.executable, "-m", "samples", "--port", str(options.ehr_port)]
    command += [
        "--state-dir",
        str(options.state_dir / "ehr"),
        "--app-url",
        f"http://127.0.0.1:{options.app_port}",
        "--persona",
        options.persona,
        "--cds-services",
        f"http://127.0.0.1:{options.app_port}/cds-services",
    ]
    for folder in options.data:
        command += ["--data", str(folder)]
    return command + (["--fresh"] if options.fresh else [])


def app_command(options: DemoOptions) -> list[str]:
    """The command line of the app."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(options.app_port)]
    return [*command, "--config", str(options.state_dir / "chartside.toml")]


def where_to_click(options: DemoOptions) -> str:
    """What a newcomer does next, in five lines."""
    return (
        f"\n1. Open http://localhost:{options.ehr_port}/ in a browser: a sandbox EHR with made-up patients."
        "\n2. Choose a patient and press Open Chartside: it opens inside the chart."
        "\n3. Document something and save it; the chart's tabs show what was filed."
        f"\n4. The app alone is at http://127.0.0.1:{options.app_port}/; its log is {options.state_dir / 'app.log'}."
        "\n5. Press Ctrl-C here to stop both."
    )


def wait_until_healthy(url: str, child: Child) -> None:
    """Waits until the app answers. Raises DemoError when its process ends first or a minute is over."""
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        child.check()
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own loopback address
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(POLL_SECONDS)
    raise DemoError(f"{child.name} did not answer within {START_SECONDS:.0f} seconds.")


@dataclass
class Child:
    """One process and the name it has in messages."""

    name: str
    process: subprocess.Popen[str]
    log_file: Path | None = None
    lines: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    reader: threading.Thread | None = None

    def check(self) -> None:
        """Raises DemoError when the process has ended."""
        code = self.process.poll()
        if code is not None:
            raise DemoError(f"{self.name} ended by itself (exit code {code}).{self._last_words()}")

    def echo(self) -> None:
        """Prints what the process prints, until it ends. Runs in a thread of its own."""
        if self.process.stdout is None:
            return
        with self.process.stdout as lines:
            for line in lines:
                print(line, end="", flush=True)
                with self.changed:
                    self.lines.append(line)
                    self.changed.notify_all()

    def _last_words(self) -> str:
        if self.log_file is None:
            return " The lines above say why."
        last = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
        return "\n".join([f" Its log {self.log_file} ends with:", *last])

    def wait_for_line(self, beginning: str) -> None:
        """Waits for a line that begins so: loading large folders takes minutes. Raises DemoError when it ends first."""
        while True:
            with self.changed:
                if any(line.startswith(beginning) for line in self.lines):
                    return
                self.changed.wait(timeout=POLL_SECONDS)
            self.check()


class Children:
    """The processes of the demo."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def start(
        self, name: str, command: Sequence[str], environment: dict[str, str], *, log_file: Path | None = None
    ) -> Child:
        """Starts a process in a session of its own. It prints into `log_file`, else through us, line by line."""
        with open(log_file or os.devnull, "w", encoding="utf-8") as log:
            process = subprocess.Popen(  # noqa: S603  # our own command lines
                command,
                preexec_fn=_end_with_us if _PRCTL else None,  # noqa: PLW1509  # one system call, no lock is taken
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log if log_file else subprocess.PIPE,
                stderr=log if log_file else None,
                text=True,
                start_new_session=True,
            )
        child = Child(name, process, log_file)
        self._children.append(child)
        if log_file is None:
            child.reader = threading.Thread(target=child.echo, daemon=True)
            child.reader.start()
        return child

    def watch(self) -> None:
        """Waits until one of them ends, and raises DemoError then."""
        while True:
            for child in self._children:
                child.check()
            time.sleep(POLL_SECONDS)

    def stop(self) -> bool:
        """Ends all of them, the last started first; kills what has not ended after some seconds. False if none ran."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
        give_up_at = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.process.wait(timeout=max(0.1, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
            if child.reader is not None:
                child.reader.join(timeout=1)
        return bool(self._children)


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stop()
