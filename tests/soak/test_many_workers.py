"""Several worker processes over Redis, short tokens, rotating refresh tokens: nothing fails, nothing happens twice.

The sandbox ends a whole launch when one of its refresh tokens comes twice, so one double refresh would end a user's
work and be counted at the token endpoint as well. Bounded in count and time; loopback only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet

from samples.fhir.store import Store
from tests.redis_server import PASSWORD, redis_server
from tests.running import ZONE, free_port
from tests.soak import counting_ehr, crowd

START_SECONDS = 60


@dataclass(frozen=True)
class Plan:
    """One run. `token_seconds` is how long an access token lives; it is renewed at half of that."""

    users: int
    workers: int
    token_seconds: int
    rhythm: crowd.Rhythm


@dataclass(frozen=True)
class Outcome:
    """What the users met, what the EHR's token endpoint was asked, which notes the EHR holds, what the app logged."""

    tally: crowd.Tally
    tokens: Sequence[dict[str, Any]]
    notes: Counter[str]
    events: Counter[str]
    processor_seconds: float

    @property
    def refreshes(self) -> list[dict[str, Any]]:
        return [line for line in self.tokens if line["grant"] == "refresh_token"]


SHORT = Plan(users=4, workers=2, token_seconds=3, rhythm=crowd.Rhythm(5, (0.2, 0.6)))
FULL = Plan(users=40, workers=4, token_seconds=60, rhythm=crowd.Rhythm(300, (8, 16)))


def run(plan: Plan, folder: Path) -> Outcome:
    """Starts Redis, the EHR and the app, lets the users work, ends all of it, and looks at what is left."""
    ehr_port, app_port = free_port(), free_port()
    addresses = crowd.Addresses(f"http://localhost:{ehr_port}", f"http://127.0.0.1:{app_port}")
    log_file = folder / "app.log"
    with (
        redis_server(folder / "redis") as redis,
        _ehr(plan, folder, ehr_port, addresses.app_url),
        _app(plan, folder, redis.url, addresses, log_file) as app,
    ):
        tally = crowd.work(addresses, plan.users, plan.rhythm)
        spent = _processor_seconds(app.pid)
    tokens = [json.loads(line) for line in (folder / counting_ehr.TOKENS).read_text().splitlines()]
    events = Counter(json.loads(line)["event"] for line in log_file.read_text().splitlines())
    return Outcome(tally, tokens, _notes(folder, addresses.ehr_url, plan.users), events, spent)


@contextmanager
def _ehr(plan: Plan, folder: Path, port: int, app_url: str) -> Iterator[None]:
    arguments = [str(folder), str(port), app_url, str(plan.token_seconds), str(plan.users)]
    with _process(
        [sys.executable, "-m", "tests.soak.counting_ehr", *arguments], os.environ, folder / "ehr.log"
    ) as ehr:
        _until((folder / counting_ehr.READY).exists, ehr)
        yield


@contextmanager
def _app(
    plan: Plan, folder: Path, store: str, addresses: crowd.Addresses, log_file: Path
) -> Iterator[subprocess.Popen[bytes]]:
    config = folder / "chartside.toml"
    config.write_text(
        f'public_url = "{addresses.app_url}"\nstore = "{store}"\nstate_dir = "{folder / "state"}"\n\n[[ehr]]\n'
        f'name = "sandbox"\niss = "{addresses.ehr_url}/fhir"\nclient_id = "chartside"\n'
        f'frame_origins = ["{addresses.ehr_url}"]\ntime_zone = "{ZONE}"\n'
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHARTSIDE_")}
    key = Fernet.generate_key().decode()
    environment = {**kept, "CHARTSIDE_KEY": key, "CHARTSIDE_REDIS_PASSWORD": PASSWORD}
    port = addresses.app_url.rsplit(":", 1)[1]
    options = ["--config", str(config), "--port", port, "--workers", str(plan.workers)]
    command = [sys.executable, "-m", "app.cli", "serve", *options]
    with _process(command, environment, log_file) as app:
        _until(lambda: _is_ready(addresses.app_url), app)
        yield app


@contextmanager
def _process(command: list[str], environment: Any, log_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _until(met: Any, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not met():
        assert process.poll() is None, "a server ended by itself"
        assert time.monotonic() < give_up_at, "a server did not start"
        time.sleep(0.05)


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


def _processor_seconds(master: int) -> float:
    """What the app's workers have used so far, user and system."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in children]
    return sum(int(item[11]) + int(item[12]) for item in fields) / os.sysconf("SC_CLK_TCK")


def _notes(folder: Path, ehr_url: str, users: int) -> Counter[str]:
    """How often each note stands in the EHR."""
    store = Store(folder / "ehr" / "ehr.sqlite", fhir_base=f"{ehr_url}/fhir", time_zone=ZONE)
    found: Counter[str] = Counter()
    for number in range(users):
        asked = [("patient", counting_ehr.patient_id(number)), ("_count", "200")]
        for task in store.search("Task", asked).resources:
            found.update(note["text"] for note in task.get("note", []) if "soak note" in note["text"])
    store.close()
    return found


def check(outcome: Outcome, plan: Plan) -> None:
    """What a run must show; each part alone would catch another defect."""
    assert outcome.tally.failures == []
    assert [line for line in outcome.tokens if line["status"] != 200] == []
    brought = Counter(line["token"] for line in outcome.refreshes)
    assert {token: times for token, times in brought.items() if times != 1} == {}
    assert outcome.notes == Counter(outcome.tally.notes)
    assert outcome.events["error"] == 0
    # The run has teeth: everybody worked, and every token but the last of each launch was renewed.
    assert outcome.tally.launches == plan.users
    assert len(outcome.notes) >= plan.users
    assert len(outcome.refreshes) >= plan.users * plan.rhythm.seconds / plan.token_seconds * 0.6


@pytest.mark.requirement("client@17")
def test_two_workers_share_short_tokens(tmp_path: Path) -> None:
    """A short slice of the soak below."""
    check(run(SHORT, tmp_path), SHORT)


@pytest.mark.soak
@pytest.mark.requirement("client@17")
def test_forty_users_work_for_five_minutes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are printed, and kept in docs/measurements.md."""
    outcome = run(FULL, tmp_path)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures(outcome, FULL)}\n")
    check(outcome, FULL)


def figures(outcome: Outcome, plan: Plan) -> str:
    """One line for each figure of docs/measurements.md."""
    opened, saved = sorted(outcome.tally.opened), sorted(outcome.tally.saved)
    return "\n".join(
        [
            f"{plan.users} users, {plan.workers} workers, {plan.rhythm.seconds:.0f} s, {plan.token_seconds} s a token",
            f"failures: {len(outcome.tally.failures)} {outcome.tally.failures[:5]}",
            f"charts opened: {len(opened)}, median {_at(opened, 0.5):.0f} ms, p95 {_at(opened, 0.95):.0f} ms",
            f"contacts saved: {len(saved)}, median {_at(saved, 0.5):.0f} ms, p95 {_at(saved, 0.95):.0f} ms",
            f"refreshes: {len(outcome.refreshes)}, of {len({line['token'] for line in outcome.refreshes})} tokens, "
            f"refused: {sum(line['status'] != 200 for line in outcome.tokens)}",
            f"the app's processor time: {outcome.processor_seconds:.0f} s",
        ]
    )


def _at(spans: list[float], share: float) -> float:
    return spans[int(len(spans) * share)] * 1e3 if spans else 0.0
