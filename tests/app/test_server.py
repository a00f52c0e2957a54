"""`chartside serve` and the small commands, as an administrator runs them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app import VERSION, cli, demo
from app.server import QuietLogger, Server
from app.settings import Settings
from tests.app.conftest import KEY, TOML
from tests.app.test_demo import free_port
from tests.conftest import ROOT


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CHARTSIDE_KEY": KEY,
        "CHARTSIDE_STATE_DIR": str(tmp_path / "state"),
        "HOME": str(tmp_path),
    }


def test_it_serves_over_a_socket_and_ends_on_sigterm(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "chartside.toml").write_text(TOML)
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "1"]
    log_file = tmp_path / "log"
    with log_file.open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=log)
    try:
        demo.wait_until_healthy(f"http://127.0.0.1:{port}/healthz", demo.Child("The app", process, log_file))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/?token=hush") as answer:
            assert answer.headers["Server"] == "chartside"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(b"GET /secret-name HTTP/9.9 zz\r\n\r\n")
            assert b"400" in raw.recv(200)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=30)
    assert code == 0
    lines = [json.loads(line) for line in log_file.read_text().splitlines()]
    assert {"server", "request", "server-warning"} <= {line["event"] for line in lines}
    assert "hush" not in log_file.read_text()
    assert "secret-name" not in log_file.read_text()
    assert not (tmp_path / ".gunicorn").exists()


def test_wrong_settings_are_listed_and_nothing_starts(tmp_path: Path, capsys) -> None:
    file = tmp_path / "chartside.toml"
    file.write_text('public_url = "ftp://x"\ndraft_hours = 0\n')
    assert cli.main(["serve", "--config", str(file)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Chartside did not start")
    for part in ("public_url", "draft_hours", "no EHR is configured"):
        assert part in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "0"], "is not a whole number from 1 to 65535"),
        (["serve", "--port", "²"], "is not a whole number"),
        (["serve", "--threads", "many"], "is not a whole number from 1 to 256"),
        (["demo", "--app-port", "70000"], "is not a whole number"),
        (["dance"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_wrong_options_are_said_plainly(capsys, arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_version_is_that_of_the_project(capsys) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert capsys.readouterr().out == f"chartside {project['version']}\n"
    assert project["version"] == VERSION


def test_a_new_key_is_one_that_the_settings_accept(capsys) -> None:
    assert cli.main(["new-key"]) == 0
    Fernet(capsys.readouterr().out.strip())


def test_the_server_runs_threads_without_a_control_socket(settings: Settings) -> None:
    configured = Server(settings, host="127.0.0.1", port=8080, workers=2, threads=16).cfg
    assert (configured.worker_class_str, configured.workers, configured.threads) == ("gthread", 2, 16)
    assert configured.control_socket_disable
    assert configured.logger_class is QuietLogger
    assert configured.accesslog is None


def test_a_failure_outside_the_app_is_logged_without_the_request(settings: Settings, log_lines) -> None:
    logger = QuietLogger(Server(settings, host="127.0.0.1", port=8080, workers=1, threads=1).cfg)
    try:
        raise ValueError("/today?patient=Gibson")
    except ValueError:
        logger.exception("Error handling request %s", "/today?patient=Gibson")
    logger.warning("Invalid request from ip=1.2.3.4: /today?patient=Gibson")
    logger.error("Worker (pid:%s) exited with code %s", 1, 3)
    text = log_lines()
    assert "Gibson" not in text
    assert '"event":"server-failure","error":"ValueError"' in text
    assert '"kind":"Invalid request"' in text
    assert "Worker (pid:1) exited with code 3" in text
