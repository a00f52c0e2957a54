"""A configured EHR in this process, and a run of the check against it; running sandbox EHRs, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app import cli
from app.check.finding import Area, Finding
from app.check.report import Run
from app.check.subject import Subject
from tests.app.check.site import ISS, Cable, Site, ehr_settings, found, inquiry, settings
from tests.conftest import ROOT
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

SCHEMA = json.loads((ROOT / "docs" / "check-report.schema.json").read_text())

TOML = """
public_url = "{app}"

[[ehr]]
name = "sandbox"
label = "Sandbox EHR"
iss = "{ehr}/fhir"
client_id = "chartside"
frame_origins = ["{ehr}"]
time_zone = "America/New_York"
vendor = "{vendor}"
admins = ["Practitioner/manager"]
"""

Check = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def run_of(site: Site, tmp_path: Path) -> Callable[..., Run]:
    """A run without a token; keyword arguments change the EHR's settings."""

    def make(*, cable: Cable | None = None, public_url: str = "", iss: str = ISS, **changes: Any) -> Run:
        ehr = ehr_settings(iss=iss, **changes)
        ours = settings(tmp_path, ehr, public_url=public_url or "https://chartside.practice.example")
        return Run(inquiry(site, Subject(iss, ehr, ours), cable))

    return make


@pytest.fixture
def findings(run_of: Callable[..., Run]) -> Callable[..., dict[str, Finding]]:
    """The findings of one section of a run without a token, by name."""

    def look(area: Area, **changes: Any) -> dict[str, Finding]:
        return found(run_of(**changes), area)

    return look


@pytest.fixture
def token_of(tmp_path: Path) -> Callable[..., Path]:
    """The access token of a real launch, in a file for its owner alone."""

    def launch(running: Practice, patient: str) -> Path:
        with Visitor(running) as nurse:
            seen = nurse.launch(patient)
            file = tmp_path / f"token-{patient}"
            file.write_text(running.tokens(seen.launch_id)[0])
            file.chmod(0o600)
            return file

    return launch


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Runs the command against a practice: exit status, standard output (parsed where it is JSON), standard error."""
    monkeypatch.setenv("CHARTSIDE_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(running: Practice, *arguments: str, vendor: str = "") -> tuple[int, Any, str]:
        file = tmp_path / "chartside.toml"
        file.write_text(
            TOML.format(app=running.app_url, ehr=running.ehr_url, vendor=vendor or vendor_of(running))
        )
        status = cli.main(["check", "sandbox", "--config", str(file), *arguments])
        out, err = capsys.readouterr()
        if "--json" not in arguments or not out:
            return status, out, err
        report = json.loads(out)
        jsonschema.Draft202012Validator(SCHEMA).validate(report)
        assert report["exit_status"] == status
        return status, report, err

    return run


@pytest.fixture(scope="module")
def practice_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Practice]]:
    """The running practice of a persona, one for all tests of a module."""
    kept: dict[str, Practice] = {}
    with ExitStack() as stack:

        def start(persona: str) -> Practice:
            if persona not in kept:
                kept[persona] = stack.enter_context(
                    practice(tmp_path_factory.mktemp(persona), persona=persona)
                )
            return kept[persona]

        yield start


@pytest.fixture(scope="module")
def open_practice(practice_of: Callable[[str], Practice]) -> Practice:
    """The sandbox as itself."""
    return practice_of("open")


def vendor_of(running: Practice) -> str:
    """The vendor that the practice's own settings name."""
    return running.settings.ehrs[0].vendor
