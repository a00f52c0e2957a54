"""How the report is written: for a terminal, a pipe, a screen reader of signs, and an EHR that writes nonsense."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.check.finding import Area, Finding, Result, Section, State, result_of
from app.check.subject import Subject
from app.check.table import Style, closing, heading, section_text
from tests.app.check.site import ISS, NOW


def part(*findings: Finding, area: Area = Area.KEYS) -> Section:
    return Section(area, findings)


def finding(
    state: State, sentence: str = "It is so.", *, unanswered: bool = False, area: Area = Area.KEYS
) -> Finding:
    return Finding(area, "thing", state, sentence, unanswered=unanswered)


@pytest.mark.parametrize(
    ("states", "result"),
    [
        ((), Result.WORKS),
        ((State.OK, State.NOTE, State.MISSING), Result.WORKS),
        ((State.OK, State.FAILED), Result.WILL_NOT_WORK),
    ],
)
def test_only_what_failed_is_a_failure(states: tuple, result: Result) -> None:
    assert result_of([part(*(finding(state) for state in states))]) is result


def test_what_could_not_be_looked_at_outweighs_what_failed() -> None:
    both = part(finding(State.FAILED), finding(State.FAILED, unanswered=True))
    assert result_of([both]) is Result.NOT_CHECKED


def test_what_a_server_wrote_steers_no_terminal() -> None:
    nasty = finding(State.OK, "Software \x1b[2J\x07 and \r\n more \u202e words")
    text = section_text(part(nasty), style=Style())
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert text.count("\n") == 1
    assert "\x1b" not in heading(
        Subject(f"{ISS}/\x1b[31m"), now=NOW.timestamp(), app_version="1", style=Style()
    )


def test_bold_is_for_terminals_alone_and_signs_for_those_that_can_show_them() -> None:
    section = part(finding(State.OK), finding(State.FAILED), finding(State.MISSING), finding(State.NOTE))
    assert section_text(section, style=Style()).splitlines()[1:] == [
        "  ✓ It is so.", "  ✗ It is so.", "  ! It is so.", "  ! It is so.",
    ]  # fmt: skip
    assert section_text(section, style=Style(plain=True)).splitlines()[1:3] == [
        "  ok It is so.",
        "  x  It is so.",
    ]
    assert section_text(section, style=Style(bold=True)).startswith("\x1b[1mKeys\x1b[0m")
    assert section_text(part(), style=Style()) == ""


def test_long_sentences_are_folded_under_themselves_and_addresses_stay_whole() -> None:
    address = f"https://{'a' * 120}.example"
    text = section_text(part(finding(State.OK, f"{'word ' * 40}{address}")), style=Style(width=60))
    lines = text.splitlines()[1:]
    assert all(line.startswith("    ") for line in lines[1:])
    assert any(address in line for line in lines)


def test_the_end_names_what_to_act_on_once() -> None:
    ladder = [
        Finding(Area.LADDER, name, State.FAILED, f"{name}: this EHR does not accept it; so it is not filed.")
        for name in ("Goal", "Task")
    ]
    text = closing(
        [part(finding(State.FAILED, "The keys are gone.")), Section(Area.LADDER, tuple(ladder))],
        style=Style(),
    )
    assert text == "Something will not work:\n  ✗ The keys are gone.\n  ✗ Not filed: Goal, Task."


def test_a_pipe_without_utf_8_gets_ascii() -> None:
    command = [sys.executable, "-m", "app.cli", "check", "http://127.0.0.1:9/fhir"]
    done = subprocess.run(
        command, capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    )
    assert done.returncode == 2
    text = done.stdout.decode("ascii")
    assert "  x  Not configured: Chartside refuses every launch from this address." in text
    assert "?" not in text.split("[[ehr]]")[0]
    assert "Traceback" not in done.stderr.decode()
