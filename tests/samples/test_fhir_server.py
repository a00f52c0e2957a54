"""The service on a real threaded server, and the sandbox EHR as it is started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from samples.__main__ import main, settings_from
from samples.fhir.records import Records
from samples.fhir.store import Store
from samples.sandbox import Sandbox, nobody, sandbox_of
from samples.server import PortTaken, create_app, serve
from samples.settings import SandboxSettings
from tests.conftest import ROOT
from tests.samples.conftest import FHIR_BASE, Clock, FhirCaller, observation, task
from tests.samples.test_fhir_bundles import anonymous, bundle, entry

AUTHORIZED = {"Authorization": "Bearer everything", "Content-Type": "application/fhir+json"}
AT_ONCE = 12


def at_once(call: Callable[[int], requests.Response]) -> list[requests.Response]:
    """Twelve calls that all start together."""
    barrier = threading.Barrier(AT_ONCE)

    def wait_and_call(number: int) -> requests.Response:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(wait_and_call, range(AT_ONCE)))


def test_one_of_many_conditional_creates_wins(live_fhir: str, store: Store) -> None:
    mine = task("x", identifier=[{"system": "urn:record", "value": "1"}])
    headers = AUTHORIZED | {"If-None-Exist": "identifier=urn:record|1"}
    answers = at_once(lambda _: requests.post(f"{live_fhir}/Task", json=mine, headers=headers, timeout=30))
    assert sorted(a.status_code for a in answers) == [200] * (AT_ONCE - 1) + [201]
    assert len({a.json()["id"] for a in answers}) == 1
    assert store.count("Task") == 1


def test_one_of_many_updates_of_the_same_version_wins(live_fhir: str, store: Store) -> None:
    store.load([task("a")])
    headers = AUTHORIZED | {"If-Match": 'W/"1"'}

    def update(number: int) -> requests.Response:
        body = task("a", description=str(number))
        return requests.put(f"{live_fhir}/Task/a", json=body, headers=headers, timeout=30)

    answers = at_once(update)
    assert sorted(a.status_code for a in answers) == [200] + [412] * (AT_ONCE - 1)
    (winner,) = (a for a in answers if a.status_code == 200)
    assert (store.read("Task", "a") or {})["description"] == winner.json()["description"]


def test_readers_see_a_transaction_whole_or_not_at_all(live_fhir: str) -> None:
    body = bundle(*(entry("POST", "Task", anonymous(task("x"))) for _ in range(7)))
    totals = []

    def write_or_read(number: int) -> requests.Response:
        if number % 2:
            return requests.post(live_fhir, json=body, headers=AUTHORIZED, timeout=30)
        answer = requests.get(f"{live_fhir}/Task?_count=200", headers=AUTHORIZED, timeout=30)
        totals.append((answer.json()["total"], len(answer.json().get("entry", []))))
        return answer

    assert {a.status_code for a in at_once(write_or_read)} == {200}
    assert all(total % 7 == 0 and total == shown for total, shown in totals)


def test_a_crash_in_the_middle_of_a_write_leaves_nothing(
    store: Store, ehr: FhirCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = Records._insert_index
    calls: list[int] = []

    def crash_at_the_second(self: Records, *arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        insert(self, *arguments)

    monkeypatch.setattr(Records, "_insert_index", crash_at_the_second)
    whole = bundle(entry("PUT", "Task/a", task("a")), entry("PUT", "Task/b", task("b")))
    assert ehr.post("", whole).status_code == 500
    monkeypatch.undo()
    assert store.count("Task") == 0
    assert ehr.post("", whole).status_code == 200


def test_the_delay_is_before_reads_only(
    sandbox: Sandbox, ehr: FhirCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("samples.fhir.time.sleep", slept.append)
    sandbox.settings = replace(sandbox.settings, delay_ms=50)
    ehr.put("/Task/a", task("a"))
    assert slept == []
    ehr.get("/Task/a")
    ehr.get("/Task")
    ehr.call("POST", "/Task/_search", b"", {"Content-Type": "application/x-www-form-urlencoded"})
    assert slept == [0.05] * 3


def test_an_index_of_another_search_table_is_built_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.load([observation("o", effectiveDateTime="2019-03-31")])
    moved = Store(tmp_path / "ehr.sqlite", fhir_base=FHIR_BASE, time_zone="Asia/Tokyo", now=Clock())
    found = moved.search("Observation", [("date", "2019-03-30T16:00Z")]).resources
    within = moved.search("Observation", [("date", "ge2019-03-30T15:00Z"), ("date", "le2019-03-31T15:00Z")])
    assert (found, [r["id"] for r in within.resources]) == ([], ["o"])
    moved.close()


@pytest.fixture
def settings(tmp_path: Path) -> SandboxSettings:
    return SandboxSettings(state_dir=tmp_path / "state")


@contextmanager
def started(settings: SandboxSettings) -> Iterator[Sandbox]:
    sandbox = sandbox_of(create_app(settings))
    yield sandbox
    sandbox.store.close()


def test_a_new_sandbox_has_its_cast_and_an_authorization_server(settings: SandboxSettings) -> None:
    with started(settings) as sandbox:
        nurse = sandbox.store.read("Practitioner", "nurse")
        assert nurse is not None
        assert sandbox.store.count("Patient") >= 8
        assert sandbox.access_for_token is not nobody
        assert sandbox.access_for_token("forged") is None


def test_what_was_written_survives_a_restart_unless_fresh_is_asked_for(settings: SandboxSettings) -> None:
    with started(settings) as sandbox:
        sandbox.store.update(task("mine"))
    with started(settings) as sandbox:
        assert sandbox.store.read("Task", "mine") is not None
    with started(replace(settings, fresh=True)) as sandbox:
        assert sandbox.store.read("Task", "mine") is None
        assert sandbox.store.count("Patient") >= 8


def test_stories_of_another_day_say_so(settings: SandboxSettings, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    for now, said in ((clock, ""), (clock, ""), (lambda: clock() + timedelta(days=1), "are told as of")):
        sandbox = sandbox_of(create_app(settings, now=now))
        sandbox.store.close()
        assert (said in capsys.readouterr().err) if said else (capsys.readouterr().err == "")


def test_data_folders_are_loaded_and_accounted_for(
    settings: SandboxSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "more"
    data.mkdir()
    (data / "Task.ndjson").write_text('{"resourceType":"Task","id":"more"}\nbroken\n', encoding="utf-8")
    with started(replace(settings, data_dirs=(data,))) as sandbox:
        assert sandbox.store.read("Task", "more") is not None
    said = capsys.readouterr().err
    assert "more: 1 resources loaded" in said
    assert "more:   1 x not JSON (first: Task.ndjson:2)" in said


def test_the_command_line_becomes_settings(tmp_path: Path) -> None:
    settings, access_log = settings_from(
        ["--port", "9", "--state-dir", str(tmp_path), "--data", "a", "--data", "b",
         "--app-url", "http://127.0.0.1:1/", "--fresh", "--delay-ms", "50", "--access-log"]
    )  # fmt: skip
    assert settings == SandboxSettings(
        port=9, state_dir=tmp_path, data_dirs=(Path("a"), Path("b")), app_launch_url="http://127.0.0.1:1/launch",
        app_redirect_uris=("http://127.0.0.1:1/callback",), fresh=True, delay_ms=50,
    )  # fmt: skip
    assert access_log
    assert settings.fhir_base == "http://localhost:9/fhir"


def test_what_cannot_start_says_why_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken):
            serve(SandboxSettings(state_dir=tmp_path, port=port))
        assert main(["--port", str(port), "--state-dir", str(tmp_path)]) == 1
    assert f"port {port} is in use" in capsys.readouterr().err
    assert (
        main(["--port", str(free_port()), "--state-dir", str(tmp_path), "--data", str(tmp_path / "no")]) == 1
    )
    assert "is not a folder" in capsys.readouterr().err


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_the_command_serves_on_localhost_logs_no_query_and_stops_when_told(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "samples",
        "--port",
        str(port),
        "--state-dir",
        str(tmp_path),
        "--access-log",
    ]
    process = subprocess.Popen(  # this interpreter, with arguments made here
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Sandbox EHR ready: http://localhost:{port}/\n"
        base = f"http://localhost:{port}/fhir"
        assert requests.get(f"{base}/metadata", timeout=10).json()["implementation"]["url"] == base
        assert requests.get(f"{base}/Patient?name=lovelace", timeout=10).status_code == 401
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert time.monotonic() - began < 5
    assert "Sandbox EHR stopped." in output
    assert "GET /fhir/<resource_type> 401" in errors
    assert "lovelace" not in errors
