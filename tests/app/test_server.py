"""`chartside serve` and the small commands, as an administrator runs them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from cryptography.fernet import Fernet

from app import VERSION, cli, demo
from app.server import QuietLogger, Server
from app.settings import Settings
from tests.app.conftest import KEY, TOML
from tests.app.fake_ehr import ISS
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
    port = free_port()
    (tmp_path / "chartside.toml").write_text(f'public_url = "http://127.0.0.1:{port}"\n{TOML}')
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
    assert (configured.forwarded_allow_ips, configured.forwarder_headers) == ([], [])
    assert Server(settings, host="::1", port=1, workers=1, threads=1).cfg.address == [("::1", 1)]


@pytest.mark.requirement("client@18")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "chartside.practice.example"])  # noqa: S104  # what must be refused
def test_other_machines_are_not_served_without_tls(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    started: list[str] = []
    monkeypatch.setattr("app.server.serve", lambda settings, **options: started.append(options["host"]))
    monkeypatch.setenv("CHARTSIDE_KEY", KEY)
    monkeypatch.setenv("CHARTSIDE_STATE_DIR", str(tmp_path / "state"))
    file = tmp_path / "chartside.toml"
    file.write_text(TOML)
    assert cli.main(["serve", "--config", str(file), "--host", host]) == 2
    assert "is not https://" in capsys.readouterr().err
    assert started == []
    assert cli.main(["serve", "--config", str(file), "--host", "127.0.0.1"]) == 0
    file.write_text(f'public_url = "https://chartside.practice.example"\n{TOML}')
    assert cli.main(["serve", "--config", str(file), "--host", host]) == 0
    assert started == ["127.0.0.1", host]


@pytest.mark.parametrize("spoilt", ["a file where the folder should be", "a file that is no database"])
def test_a_store_that_cannot_be_opened_is_said_before_anything_starts(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    started: list[object] = []
    monkeypatch.setattr("app.server.serve", lambda settings, **options: started.append(options))
    monkeypatch.setenv("CHARTSIDE_KEY", KEY)
    state = tmp_path / "state"
    if spoilt == "a file that is no database":
        state.mkdir()
        (state / "chartside.sqlite").write_bytes(b"not a database at all" * 400)
    else:
        state.write_text("in the way")
    file = tmp_path / "chartside.toml"
    file.write_text(f'state_dir = "{state}"\n{TOML}')
    assert cli.main(["serve", "--config", str(file)]) == 2
    assert f"cannot keep anything in {state}" in capsys.readouterr().err
    assert started == []


class SlowDiscovery(BaseHTTPRequestHandler):
    """An EHR that answers its discovery a second after the test lets it."""

    asked, go_on = threading.Event(), threading.Event()

    def do_GET(self) -> None:
        self.asked.set()
        self.go_on.wait(20)
        time.sleep(1)
        base = f"http://127.0.0.1:{self.server.server_address[1]}/fhir"
        body = json.dumps(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/auth",
                "token_endpoint": f"{base}/token",
                "capabilities": ["launch-ehr"],
                "code_challenge_methods_supported": ["S256"],
                "grant_types_supported": ["authorization_code"],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_what_is_under_way_is_finished_after_sigterm(tmp_path: Path, environment: dict[str, str]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), SlowDiscovery) as ehr, ThreadPoolExecutor(1) as pool:
        threading.Thread(target=ehr.serve_forever, daemon=True).start()
        iss, port = f"http://127.0.0.1:{ehr.server_address[1]}/fhir", free_port()
        text = f'public_url = "http://127.0.0.1:{port}"\n{TOML.replace(ISS, iss)}'
        (tmp_path / "chartside.toml").write_text(text)
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "1"]
        log_file = tmp_path / "log"
        with log_file.open("w") as log:
            process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=log)
        try:
            demo.wait_until_healthy(
                f"http://127.0.0.1:{port}/healthz", demo.Child("The app", process, log_file)
            )
            launch = f"http://127.0.0.1:{port}/launch?{urlencode({'iss': iss, 'launch': 'xyz'})}"
            asked = pool.submit(requests.get, launch, allow_redirects=False, timeout=30)
            assert SlowDiscovery.asked.wait(20)
            process.send_signal(signal.SIGTERM)
            _wait_until_logged(log_file, "Handling signal: term")
            SlowDiscovery.go_on.set()
            assert asked.result().status_code == 302
            assert asked.result().headers["Location"].startswith(f"{iss}/auth?")
            assert process.wait(timeout=30) == 0
        finally:
            SlowDiscovery.go_on.set()
            process.kill()
            process.wait(timeout=30)
            ehr.shutdown()


def _wait_until_logged(log_file: Path, words: str) -> None:
    give_up_at = time.monotonic() + 20
    while words not in log_file.read_text():
        assert time.monotonic() < give_up_at, f"the log never said {words}"
        time.sleep(0.02)


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
