"""The documents are true: what they name (commands, settings, addresses, pictures) exists, and the other way round."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from app.cds_settings import CDS_HOOKS_NAMES
from app.cli import _parser
from app.ehr_settings import _NAMES as EHR_NAMES
from app.practice_settings import PRACTICE_NAMES
from app.settings import ENVIRONMENT_VARIABLES, SETTING_NAMES
from tests.conftest import ROOT
from tests.running import app_settings

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *(ROOT / "docs").glob("*.md"),
]
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
README = (ROOT / "README.md").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def listed(heading: str) -> set[str]:
    """The first-column names of the tables below a heading of docs/settings.md."""
    part = SETTINGS.split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)`", part, re.MULTILINE))


def test_every_setting_of_the_file_is_documented_and_no_other() -> None:
    assert listed("In the file") == SETTING_NAMES | EHR_NAMES
    assert listed("The practice") == PRACTICE_NAMES
    assert listed("Cards in the chart") == CDS_HOOKS_NAMES


def test_every_environment_variable_is_documented_and_no_other() -> None:
    assert listed("In the environment") == set(ENVIRONMENT_VARIABLES)


def test_every_command_is_documented_and_no_other() -> None:
    commands = next(
        action.choices for action in _parser()._actions if action.choices and not action.option_strings
    )
    assert listed("Commands") == {f"chartside {name}" for name in commands} | {"chartside --version"}


def test_every_address_that_is_named_exists(tmp_path: Path) -> None:
    app = create_app(app_settings(tmp_path, iss="http://localhost:1/fhir", app_url="http://127.0.0.1:1"))
    assert listed("Addresses") <= {rule.rule for rule in app.url_map.iter_rules()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_files_and_pictures_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    named = set(re.findall(r"`make ([a-z]+)", text)) | set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE))
    assert named <= TARGETS
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (document.parent / link).exists()] == []
    paths = re.findall(r"`((?:app|docs|fhir_profiles|mappings|samples|smart_launch|tests)/[\w/.-]*)`", text)
    assert [path for path in paths if "<" not in path and not (ROOT / path).exists()] == []


def test_the_readme_opens_with_a_sentence_two_commands_and_a_picture() -> None:
    title, sentence, commands, where, picture = README.split("\n\n")[:5]
    assert title == "# Chartside"
    assert sentence.count(". ") == 0
    assert sentence.endswith(".")
    assert len(commands.strip("`\n").splitlines()) == 2
    assert "http://localhost:8090/" in where
    assert picture.startswith("![")
