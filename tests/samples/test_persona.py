"""The personas as files and on the command line: read strictly, told plainly, started each."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests
from flask import Flask

import samples.chart
from app import demo
from mappings.vendor import vendor
from samples.__main__ import settings_from
from samples.fhir.store import Store
from samples.personas import NAMES, OPEN, persona
from samples.personas.fact import Fact
from samples.personas.reader import UnknownPersona, WrongFacts, read
from samples.sandbox import Sandbox
from samples.settings import SandboxSettings
from tests.conftest import ROOT
from tests.samples.persona_world import PLAYED

EPIC = (ROOT / "samples" / "personas" / "epic.toml").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_read_and_each_fact_has_its_source_and_date(name: str) -> None:
    found = persona(name)
    facts = [found.oauth]
    for value in vars(found.behaviour).values() if found.behaviour else ():
        facts += [
            each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, Fact)
        ]
    assert len(facts) >= (1 if name == OPEN else 6)
    assert all(len(each.source) > 10 and date(2024, 1, 1) < each.date < date(2026, 12, 1) for each in facts)


def test_there_is_a_file_for_each_name_and_no_other() -> None:
    assert {path.stem for path in (ROOT / "samples" / "personas").glob("*.toml")} == set(NAMES)
    assert demo.PERSONAS == NAMES
    assert all(vendor(name) for name in PLAYED)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('plays = "Epic"', 'plays = "Epic"\nlouder = true', "unknown louder"),
        ("[behaviour.versions]", "[behaviour.version]", "unknown version"),
        ("lasts_seconds = 600", "last_seconds = 600", "behaviour paging: unknown last_seconds"),
        ("lasts_seconds = 600", 'lasts_seconds = "600"', "behaviour paging lasts_seconds: '600' is not int"),
        ("lasts_seconds = 600", "lasts_seconds = true", "True is not int"),
        ("default_count = 50\n", "", "default_count is missing"),
        ("[behaviour.offers.types.Goal]", "[behaviour.offers.types.Gaol]", "Gaol is no type"),
        ('needs = ["_id", "category"]', 'needs = ["class"]', "no search of CarePlan can have class"),
        ("access_token_seconds = 3600", 'access_token_seconds = 3600\ngranted = ["v3"]', "version v1 or v2"),
        ("date = 2026-08-14", 'date = "August"', "'August' is not date"),
        ('plays = "Epic"', "plays = Epic", "epic.toml: Invalid value"),
    ],
)
def test_what_a_file_should_not_hold_is_refused_with_its_place(was: str, becomes: str, said: str) -> None:
    changed = EPIC.replace(was, becomes, 1)
    assert changed != EPIC
    with pytest.raises(WrongFacts, match=said):
        read("epic", changed)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('does = ["read", "search-type", "update"]', 'does = ["read", "search", "update"]'),
        ('revinclude = ["Provenance:target"]', 'revinclude = ["Provenance:targets"]'),
        ('include = ["*"]', 'include = ["Goal:nothing"]'),
        ('by = ["_id"]', 'by = ["_ids"]'),
    ],
)
def test_an_offer_that_the_sandbox_could_not_keep_is_refused(was: str, becomes: str) -> None:
    assert was in EPIC
    with pytest.raises(WrongFacts, match="the sandbox has no"):
        read("epic", EPIC.replace(was, becomes, 1))


def test_an_unknown_persona_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownPersona, match="open, epic, oracle, athena, ecw, canvas"):
        persona("../epic")
    with pytest.raises(SystemExit):
        settings_from(["--persona", "cerner"])


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_becomes_a_setting(name: str) -> None:
    assert settings_from(["--persona", name])[0].persona == name
    assert settings_from([])[0].persona == OPEN


@pytest.mark.parametrize(
    ("name", "seconds", "granted"),
    [
        ("open", 3600, ("v1", "v2")),
        ("epic", 3600, ("v1", "v2")),
        ("oracle", 570, ("v1",)),
        ("athena", 3600, ("v1", "v2")),
        ("ecw", 300, ("v1", "v2")),
        ("canvas", 36000, ("v1", "v2")),
    ],
)
def test_how_its_sign_in_differs(name: str, seconds: int, granted: tuple[str, ...]) -> None:
    oauth = persona(name).oauth
    assert (oauth.access_token_seconds, oauth.granted) == (seconds, granted)
    assert oauth.advertised == ("v1", "v2")
    assert (oauth.registration, oauth.smart_app_state) == (name == OPEN, name == OPEN)


@pytest.mark.parametrize(
    ("name", "said"), [(OPEN, "Sandbox EHR"), ("oracle", "Sandbox EHR playing Oracle Health")]
)
def test_every_page_says_which_ehr_is_played(store: Store, name: str, said: str, tmp_path: Path) -> None:
    app = Flask("chart-only")
    settings = SandboxSettings(state_dir=tmp_path, persona=name)
    samples.chart.register(app, Sandbox(settings, store))
    assert f'<p class="not-real">{said} - not a real record</p>' in app.test_client().get("/?user=x").text


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def started(tmp_path: Path) -> Iterator[dict[str, int]]:
    """A process for each EHR that is played, all loading at once; their ports."""
    ports = {name: free_port() for name in PLAYED}
    command = [sys.executable, "-m", "samples"]
    processes = [
        subprocess.Popen(
            [*command, "--persona", name, "--port", str(port), "--state-dir", str(tmp_path / name)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        for name, port in ports.items()
    ]
    try:
        for process, port in zip(processes, ports.values(), strict=True):
            assert process.stdout is not None
            assert process.stdout.readline() == f"Sandbox EHR ready: http://localhost:{port}/\n"
        yield ports
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.communicate(timeout=10)


def test_each_starts_from_the_command_line(started: dict[str, int]) -> None:
    for name, port in started.items():
        answer = requests.get(f"http://localhost:{port}/fhir/metadata", timeout=10).json()
        assert answer["software"]["name"] == persona(name).title
        assert requests.get(f"http://localhost:{port}/fhir/Task", timeout=10).status_code == 401
