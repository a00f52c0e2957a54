"""`chartside demo` starts both, says where to click, and leaves nothing behind, whatever ends it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import demo
from app.demo import DemoError, DemoOptions
from app.settings import Settings
from tests.conftest import ROOT

SANDBOX = """
import argparse, signal, socket, sys
parser = argparse.ArgumentParser()
for option in ("--port", "--state-dir", "--app-url", "--data", "--persona", "--cds-services"):
    parser.add_argument(option, action="append")
parser.add_argument("--fresh", action="store_true")
options = parser.parse_args()
print("arguments", options.app_url[0], options.data, options.persona, options.fresh, flush=True)
{then}
"""
RUNS = """
server = socket.create_server(("127.0.0.1", int(options.port[0])))
print("loading ...", file=sys.stderr, flush=True)
print(f"Sandbox EHR ready: http://localhost:{options.port[0]}/", flush=True)
signal.pause()
"""
FAILS = "print('no such disk', file=sys.stderr); sys.exit(3)"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def start(tmp_path: Path, ports: tuple[int, int]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Runs the command in a folder whose `samples` is a stand-in, so that these tests need no EHR."""
    started: list[subprocess.Popen[str]] = []

    def start(then: str, *more: str) -> subprocess.Popen[str]:
        (tmp_path / "samples").mkdir(exist_ok=True)
        # A regular package: the real one, further along the path, would win over a mere folder.
        (tmp_path / "samples" / "__init__.py").touch()
        (tmp_path / "samples" / "__main__.py").write_text(SANDBOX.replace("{then}", then))
        command = [sys.executable, "-m", "app.cli", "demo"]
        command += ["--ehr-port", str(ports[0]), "--app-port", str(ports[1]), *more]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "CHARTSIDE_DRAFT": "an administrator's own"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def read_until(process: subprocess.Popen[str], ending: str) -> str:
    assert process.stdout
    text = ""
    for line in process.stdout:
        text += line
        if ending in line:
            return text
    raise AssertionError(f"it ended without {ending!r}:\n{text}")


@pytest.mark.parametrize("sent", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)])
def test_it_starts_both_says_where_to_click_and_stops_both(
    start, ports: tuple[int, int], tmp_path: Path, sent: signal.Signals
) -> None:
    data = tmp_path / "patients"
    data.mkdir()
    process = start(RUNS, "--data", str(data), "--data", str(data), "--persona", "ecw", "--fresh")
    text = read_until(process, "Ctrl-C")
    assert f"arguments http://127.0.0.1:{ports[1]} {[str(data), str(data)]} ['ecw'] True" in text
    assert "loading ..." in text
    assert f"1. Open http://localhost:{ports[0]}/" in text
    assert len([line for line in text.splitlines() if line[:2] in ("1.", "2.", "3.", "4.", "5.")]) == 5
    assert all(demo.port_in_use(port) for port in ports)
    process.send_signal(sent)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Both are stopped." in rest
    assert not any(demo.port_in_use(port) for port in ports)


def test_a_sandbox_that_fails_ends_the_demo_with_its_reason(start, ports: tuple[int, int]) -> None:
    process = start(FAILS)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no such disk" in text
    assert "The sandbox EHR ended by itself (exit code 3)." in text


def test_it_stops_while_the_sandbox_is_still_loading(start, ports: tuple[int, int]) -> None:
    process = start("print('loading', flush=True); signal.pause()")
    read_until(process, "loading")
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Both are stopped." in text


def test_a_sandbox_that_dies_later_takes_the_app_with_it(start, ports: tuple[int, int]) -> None:
    process = start(RUNS.replace("signal.pause()", "server.accept()"))
    read_until(process, "Ctrl-C")
    socket.create_connection(("127.0.0.1", ports[0])).close()
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "The sandbox EHR ended by itself (exit code 0)." in text
    assert not demo.port_in_use(ports[1])


def test_a_child_that_will_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    children = demo.Children()
    monkeypatch.setattr(demo, "STOP_SECONDS", 0.2)
    command = [sys.executable, "-c", "import signal,time; signal.signal(15, signal.SIG_IGN); print('on', flush=True);"
               " signal.pause()"]  # fmt: skip
    child = children.start("It", command, dict(os.environ))
    child.wait_for_line("on")
    assert children.stop()
    assert child.process.returncode == -signal.SIGKILL


def options(tmp_path: Path, ports: tuple[int, int], **changes) -> DemoOptions:
    return replace(DemoOptions(ports[0], ports[1], state_dir=tmp_path / "state"), **changes)


def test_a_port_in_use_is_said_with_the_option_that_changes_it(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    for index, option in ((0, "--ehr-port"), (1, "--app-port")):
        with socket.create_server(("127.0.0.1", ports[index])), pytest.raises(DemoError, match=option):
            demo.check_options(options(tmp_path, ports))


def test_one_port_for_both_and_a_missing_folder_are_said_plainly(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    with pytest.raises(DemoError, match="two different ports"):
        demo.check_options(options(tmp_path, (ports[0], ports[0])))
    with pytest.raises(DemoError, match="There is no folder"):
        demo.check_options(options(tmp_path, ports, data=(tmp_path / "nowhere",)))


def test_an_error_before_the_start_is_exit_code_1(tmp_path: Path, ports: tuple[int, int], capsys) -> None:
    assert demo.run(options(tmp_path, ports, data=(tmp_path / "nowhere",))) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_the_state_folder_holds_a_private_key_and_settings_that_the_app_accepts(
    tmp_path: Path, ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTSIDE_KEY", "an administrator's own")
    chosen = options(tmp_path, ports)
    environment = demo.prepare(chosen)
    key = chosen.state_dir / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "CHARTSIDE_KEY" not in environment
    settings = Settings.load(chosen.state_dir / "chartside.toml", environment)
    assert settings.public_url == f"http://127.0.0.1:{ports[1]}"
    assert settings.ehrs[0].iss == f"http://localhost:{ports[0]}/fhir"
    assert settings.ehrs[0].frame_origins == (f"http://localhost:{ports[0]}",)
    assert settings.ehrs[0].time_zone.key == "America/New_York"


@pytest.mark.parametrize(
    ("persona", "vendor", "style"),
    [
        ("open", "generic", "v2"),
        ("epic", "epic", "v2"),
        ("oracle", "oracle", "v1"),
        ("canvas", "canvas", "v2"),
    ],
)
def test_the_app_is_told_which_ehr_the_sandbox_plays(
    tmp_path: Path, ports: tuple[int, int], persona: str, vendor: str, style: str
) -> None:
    chosen = options(tmp_path, ports, persona=persona)
    (ehr,) = Settings.load(chosen.state_dir / "chartside.toml", demo.prepare(chosen)).ehrs
    assert (ehr.vendor, ehr.scope_style) == (vendor, style)
    command = demo.sandbox_command(chosen)
    assert command[command.index("--persona") + 1] == persona


def test_the_key_stays_and_fresh_forgets_the_rest(tmp_path: Path, ports: tuple[int, int]) -> None:
    chosen = options(tmp_path, ports)
    demo.prepare(chosen)
    key = (chosen.state_dir / "key").read_text()
    for folder in ("app", "ehr"):
        (chosen.state_dir / folder).mkdir()
        (chosen.state_dir / folder / "kept").touch()
    demo.prepare(chosen)
    assert (chosen.state_dir / "ehr" / "kept").exists()
    demo.prepare(replace(chosen, fresh=True))
    assert not (chosen.state_dir / "ehr" / "kept").exists()
    assert not (chosen.state_dir / "app" / "kept").exists()
    assert (chosen.state_dir / "key").read_text() == key
