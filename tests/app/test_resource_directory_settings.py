"""The setting `resource_directory`: where the file is looked for, what stops the start, and what is only told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.check.finding import State
from app.check.settings_probe import settings_findings
from app.check.subject import Subject
from app.commands import serve
from app.demo import DemoOptions, prepare
from app.settings import Settings
from tests.app.test_settings import EHR, KEY, load, problems_of

__all__ = ["load"]
NAMED = EHR + '\n[ehr.practice]\nresource_directory = "lists/resources.toml"\n'
ROW = '[[resource]]\nid = "{}"\nname = "Pantry"\ntopics = ["nutrition"]\ngroup = "community"\nchecked = 2026-11-01\n'


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """The folder beside the settings file in which the directory lies."""
    folder = tmp_path / "lists"
    folder.mkdir()
    return folder


def test_the_file_is_found_from_the_folder_of_the_settings_file(load: Any, lists: Path) -> None:
    (lists / "resources.toml").write_text(ROW.format("pantry"), encoding="utf-8-sig")
    directory = load(NAMED).ehrs[0].practice.resource_directory
    assert [row.id for row in directory.resources] == ["pantry"]
    assert directory.problems == ()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_stops_the_start(load: Any, lists: Path, content: bytes | None) -> None:
    if content is not None:
        (lists / "resources.toml").write_bytes(content)
    assert 'resource_directory = "lists/resources.toml" cannot be read' in problems_of(load, NAMED)


@pytest.mark.parametrize("value", ["7", '""', '["a"]'])
def test_a_name_that_is_none_is_told(load: Any, value: str) -> None:
    text = EHR + f"\n[ehr.practice]\nresource_directory = {value}\n"
    assert "resource_directory must be a text in quotes" in problems_of(load, text)


def test_a_broken_row_is_told_by_the_check_with_its_line_and_the_others_stay(load: Any, lists: Path) -> None:
    text = ROW.format("one") + ROW.format("Two!") + ROW.format("three")
    (lists / "resources.toml").write_text(text)
    settings: Settings = load(NAMED)
    ehr = settings.ehrs[0]
    found = {each.name: each for each in settings_findings(Subject(ehr.iss, ehr, settings))}
    assert found["resource-directory"].sentence == "The directory lists/resources.toml holds 2 resources."
    broken = found["resource-row-1"]
    assert broken.state is State.FAILED
    assert broken.sentence.startswith("lists/resources.toml, line 7: id must be of small letters")


def test_a_broken_row_is_told_at_the_start(
    load: Any,
    lists: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (lists / "resources.toml").write_text(ROW.format("Two!"))
    load(NAMED)
    monkeypatch.setenv("CHARTSIDE_KEY", KEY)
    monkeypatch.setenv("CHARTSIDE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr("app.server.serve", lambda *_, **__: None)
    options = serve.argparse.Namespace(
        config=tmp_path / "chartside.toml", host="127.0.0.1", port=8080, workers=1, threads=1
    )
    assert serve.run(options) == 0
    assert "lists/resources.toml, line 1: id must be of small letters" in capsys.readouterr().err


def test_the_demo_names_the_example(tmp_path: Path) -> None:
    environment = prepare(DemoOptions(state_dir=tmp_path))
    settings = Settings.load(tmp_path / "chartside.toml", environment_of(environment))
    directory = settings.ehrs[0].practice.resource_directory
    assert (len(directory.resources), directory.problems) == (17, ())


def environment_of(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("CHARTSIDE_")}
