"""`chartside requirements`: marks are found without running anything, outcomes are remembered, nothing is claimed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.requirement_tests import (
    RECORDER,
    State,
    proving_tests,
    read_outcomes,
    states,
)
from mappings.data_file import DataTable
from mappings.errors import DataFileError
from mappings.requirement import Level, Requirement, RequirementSource, requirements
from mappings.requirement_outcome import OUTCOMES_FILE, digest
from tests.conftest import ROOT
from tests.requirement_outcomes import Recorder

DAY = date(2026, 11, 21)
SUITE = """
import pytest
pytestmark = [pytest.mark.journey, pytest.mark.requirement("client@1")]

@pytest.mark.requirement("client@2", "client@3")
@pytest.mark.parametrize("n", [1, 2])
def test_two(n): ...

class TestGroup:
    pytestmark = pytest.mark.requirement("client@4")
    @pytest.mark.requirement("client@5")
    def test_inside(self): ...
    def helper(self): ...

@pytest.mark.requirement("client@6")
def not_a_test(): ...

def test_plain(): ...
"""


def item(number: int, reason: str = "") -> Requirement:
    return Requirement(
        f"client@{number}", RequirementSource.CLIENT, "Part", Level.MUST, "Text", (), False, "", reason
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one test file that names requirements, and nothing run yet."""
    (tmp_path / RECORDER).parent.mkdir()
    (tmp_path / RECORDER).write_text("")
    (tmp_path / "tests" / "test_x.py").write_text(SUITE)
    (tmp_path / "tests" / "helper.py").write_text(SUITE)
    return tmp_path


@pytest.fixture
def ended(checkout: Path) -> Callable[..., None]:
    """Writes an outcomes file: test -> outcome, or (outcome, day)."""

    def write(**outcomes: Any) -> None:
        known = digest((checkout / "tests" / "test_x.py").read_bytes())
        rows = {
            f"tests/test_x.py::{test}": {"outcome": outcome, "day": day, "digest": known}
            for test, given in outcomes.items()
            for outcome, day in [given if isinstance(given, tuple) else (given, DAY.isoformat())]
        }
        (checkout / OUTCOMES_FILE).parent.mkdir(exist_ok=True)
        (checkout / OUTCOMES_FILE).write_text(json.dumps({"tests": rows}))

    return write


def test_marks_of_functions_classes_and_modules_are_found_in_test_files_alone(checkout: Path) -> None:
    found = proving_tests(checkout)
    everything = tuple(
        f"tests/test_x.py::{name}" for name in ("test_two", "TestGroup::test_inside", "test_plain")
    )
    assert found == {
        "client@1": everything,
        "client@2": everything[:1],
        "client@3": everything[:1],
        "client@4": everything[1:2],
        "client@5": everything[1:2],
    }


def test_without_tests_nothing_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_of_another_package.py").write_text(SUITE)
    assert {found.state for found in states([item(1), item(9, "later")], tmp_path)} == {State.UNKNOWN}


def test_what_was_never_run_has_no_outcome_and_what_has_no_test_is_open_or_has_a_reason(
    checkout: Path,
) -> None:
    found = states([item(1), item(8), item(9, "belongs to a later release")], checkout)
    assert [each.state for each in found] == [State.NOT_RUN, State.OPEN, State.REASON]


def test_a_requirement_passed_on_the_oldest_day_of_its_tests(
    checkout: Path, ended: Callable[..., None]
) -> None:
    ended(
        **{
            "test_two[1]": ("passed", "2026-11-19"),
            "test_two[2]": "passed",
            "TestGroup::test_inside": "skipped",
        }
    )
    all_of_it, only_two, skipped = states([item(1), item(2), item(5)], checkout)
    assert (all_of_it.state, all_of_it.day, all_of_it.run) == (State.PASSED, date(2026, 11, 19), 2)
    assert (only_two.state, only_two.run) == (State.PASSED, 1)
    assert (skipped.state, skipped.day) == (State.NOT_RUN, None)


def test_one_failed_case_fails_the_requirement(checkout: Path, ended: Callable[..., None]) -> None:
    ended(**{"test_two[1]": "passed", "test_two[2]": "failed"})
    assert states([item(3)], checkout)[0].state is State.FAILED


def test_an_outcome_of_a_test_that_changed_since_does_not_count(
    checkout: Path, ended: Callable[..., None]
) -> None:
    ended(test_two="passed")
    assert states([item(2)], checkout)[0].state is State.PASSED
    path = checkout / "tests" / "test_x.py"
    path.write_text(path.read_text() + "\n")
    assert states([item(2)], checkout)[0].state is State.NOT_RUN


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"tests": []}', '{"tests": {"tests/test_x.py::test_two": {"outcome": "passed"}}}',
     '{"tests": {"tests/test_x.py::test_two": {"outcome": "maybe", "day": "2026-11-21"}}}',
     '{"tests": {"tests/test_x.py::test_two": {"outcome": "passed", "day": "yesterday"}}}', '{"tests": {"x": 1}}'],
)  # fmt: skip
def test_a_damaged_file_of_outcomes_says_nothing(checkout: Path, text: str) -> None:
    (checkout / OUTCOMES_FILE).parent.mkdir()
    (checkout / OUTCOMES_FILE).write_text(text)
    assert read_outcomes(checkout) == {}
    assert states([item(2)], checkout)[0].state is State.NOT_RUN


def report(test: str, when: str, outcome: str, *named: str) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=f"tests/test_x.py::{test}", location=("tests/test_x.py", 1, test), keywords={}, outcome=outcome,
        longrepr=None, when=when, user_properties=[("requirement", each) for each in named],
    )  # fmt: skip


def test_the_worst_part_of_a_test_is_how_it_ended_and_other_tests_are_left_alone(
    checkout: Path, ended: Callable[..., None]
) -> None:
    ended(test_plain="failed", **{"test_two[1]": "failed"})
    recorder = Recorder(checkout, DAY)
    for when, outcome in (("setup", "passed"), ("call", "passed"), ("teardown", "failed")):
        recorder.pytest_runtest_logreport(report("test_broken_at_its_end", when, outcome, "client@2"))
    for when in ("setup", "call", "teardown"):
        recorder.pytest_runtest_logreport(report("test_two[1]", when, "passed", "client@2"))
        recorder.pytest_runtest_logreport(report("test_unnamed", when, "passed"))
    recorder.pytest_sessionfinish()
    rows = {test.partition("::")[2]: row["outcome"] for test, row in read_outcomes(checkout).items()}
    assert rows == {"test_plain": "failed", "test_two[1]": "passed", "test_broken_at_its_end": "failed"}


def test_outcomes_of_a_file_that_is_gone_are_dropped(checkout: Path, ended: Callable[..., None]) -> None:
    ended(test_plain="passed")
    (checkout / "tests" / "test_x.py").unlink()
    (checkout / "tests" / "test_y.py").write_text("")
    recorder = Recorder(checkout, DAY)
    made = report("test_new", "call", "passed", "client@1")
    made.nodeid = "tests/test_y.py::test_new"
    recorder.pytest_runtest_logreport(made)
    recorder.pytest_sessionfinish()
    assert set(read_outcomes(checkout)) == {"tests/test_y.py::test_new"}


def test_outcomes_come_back_from_a_worker_of_xdist(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = requirement(id): x\n")
    (tmp_path / "checks" / "test_z.py").write_text(
        "import pytest\n"
        '@pytest.mark.requirement("client@1")\n@pytest.mark.parametrize("n", [1, 2])\n'
        "def test_z(n): assert n == 1\n"
        "def test_unnamed(): pass\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "xdist",
        "-p",
        "tests.requirement_outcomes",
        "-n",
        "1",
        "-q",
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(
        [*command, "checks"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1, run.stdout + run.stderr
    found = {test: row["outcome"] for test, row in read_outcomes(tmp_path).items()}
    assert found == {"checks/test_z.py::test_z[1]": "passed", "checks/test_z.py::test_z[2]": "failed"}


# ---- the command


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["requirements", *options]) == 0
    return capsys.readouterr().out


def test_the_table_names_level_state_numbers_and_tests(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "--source", "client")
    block = text.split("client@6 ")[1].split("\n\n")[0]
    assert block.split("\n")[0].split()[0] == "M"
    assert "    Inferno SAL 13, 44-45, 70; checked by its client suite" in block
    assert "    - tests/smart_launch/test_authorization.py::test_pkce_s256_is_sent" in block
    assert "client@61   S  no test: Lists over all patients belong to a later release" in text
    assert "domain@" not in text


def test_both_lists_are_printed_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys)
    assert "client@66 " in text
    assert "domain@263 " in text


def test_the_json_holds_what_the_document_says(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "--json", "--source", "client"))
    assert found["tests_installed"] is True
    assert [row["id"] for row in found["requirements"]] == [f"client@{number}" for number in range(1, 67)]
    document = (ROOT / "docs" / "requirements.md").read_text()
    fields = re.findall(r"^\| `(\w+)`", document.split("## The JSON")[1], re.MULTILINE)
    assert all(list(row) == fields for row in found["requirements"])
    shown = set(
        re.findall(r"^\| `([\w-]+)` \|", document.split("| State |")[1].split("## ")[0], re.MULTILINE)
    )
    assert shown == set(State)


def test_an_installation_without_tests_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("app.commands.requirements.states", lambda items: states(items, tmp_path))
    assert "The tests are not installed here" in printed(capsys)
    found = json.loads(printed(capsys, "--json"))
    assert found["tests_installed"] is False
    assert {row["state"] for row in found["requirements"]} == {"unknown"}


def test_a_test_file_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, checkout: Path
) -> None:
    (checkout / "tests" / "test_half.py").write_text(
        'import pytest\n@pytest.mark.requirement("client@1")\ndef test_(:\n'
    )
    monkeypatch.setattr("app.commands.requirements.states", lambda items: states(items, checkout))
    assert main(["requirements"]) == 1
    assert capsys.readouterr().err == "The tests cannot be read: tests/test_half.py, line 3 is no Python.\n"


def test_an_unknown_list_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["requirements", "--source", "vendor"])
    assert stopped.value.code == 2


# ---- what the project itself owes

OWED_NOW = (*range(1, 28), *range(54, 67))
LATER = range(59, 62)
"""Bulk data: this alone may stand on a reason."""


def test_the_lists_are_numbered_without_a_gap() -> None:
    for source, last in ((RequirementSource.CLIENT, 66), (RequirementSource.DOMAIN, 263)):
        assert [each.id for each in requirements(source)] == [f"{source}@{n}" for n in range(1, last + 1)]


def test_every_mark_names_a_requirement_that_exists() -> None:
    known = {each.id for source in RequirementSource for each in requirements(source)}
    assert set(proving_tests()) - known == set()


def test_a_reason_stands_only_where_the_work_belongs_to_later() -> None:
    reasons = {each.id for each in requirements(RequirementSource.CLIENT) if each.reason}
    assert reasons == {f"client@{number}" for number in LATER}


def test_every_item_that_is_owed_has_a_test_of_chartside_itself_or_a_reason() -> None:
    """What proves the sandbox alone proves nothing of the client."""
    tests = {
        requirement
        for requirement, found in proving_tests().items()
        if any(not test.startswith("tests/samples/") for test in found)
    }
    reasons = {each.id for each in requirements(RequirementSource.CLIENT) if each.reason}
    assert {f"client@{number}" for number in OWED_NOW} - tests - reasons == set()


def test_every_client_item_says_where_it_comes_from() -> None:
    assert [each.id for each in requirements(RequirementSource.CLIENT) if not (each.sal or each.origin)] == []


def test_a_list_whose_file_is_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = DataTable("requirements/client.toml", "", {"prefix": "domain"})
    monkeypatch.setattr("mappings.requirement.data_table", lambda _path: other)
    with pytest.raises(DataFileError, match="prefix"):
        requirements.__wrapped__(RequirementSource.CLIENT)
