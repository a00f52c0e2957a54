"""`chartside requirements`: what Chartside is held to, which tests prove it, and how they last ended.

The JSON is `{"tests_installed": bool, "requirements": [{"id", "source", "part", "level", "text", "sal", "inferno",
"origin", "state", "tests", "tests_run", "day", "reason"}]}`; docs/requirements.md says what each holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.requirement_tests import RequirementState, State, states
from mappings.requirement import Requirement, RequirementSource, requirements

if TYPE_CHECKING:
    from app.commands import Commands

NOT_INSTALLED = (
    "The tests are not installed here, so nothing is said about them. A checkout of the project has them."
)


def add(commands: Commands) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "requirements", help="list what Chartside is held to and which tests prove it"
    )
    parser.add_argument("--source", choices=list(RequirementSource), help="one list alone (both)")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the table; it is a report, so the exit code is 0 whatever the tests say, and 1 where none can be read."""
    wanted = [RequirementSource(options.source)] if options.source else list(RequirementSource)
    try:
        found = [item for source in wanted for item in states(requirements(source))]
    except SyntaxError as error:
        print(
            f"The tests cannot be read: {error.filename}, line {error.lineno} is no Python.", file=sys.stderr
        )
        return 1
    print(_document(found) if options.json else "\n".join(_lines(found)))
    return 0


def _document(found: Sequence[RequirementState]) -> str:
    rows = [_row(item) for item in found]
    return json.dumps({"tests_installed": _installed(found), "requirements": rows}, indent=2)


def _row(item: RequirementState) -> dict[str, Any]:
    requirement = item.requirement
    return {
        "id": requirement.id,
        "source": requirement.source,
        "part": requirement.part,
        "level": requirement.level,
        "text": requirement.text,
        "sal": list(requirement.sal),
        "inferno": requirement.inferno,
        "origin": requirement.origin,
        "state": item.state,
        "tests": list(item.tests),
        "tests_run": item.run,
        "day": item.day.isoformat() if item.day else None,
        "reason": requirement.reason or None,
    }


def _lines(found: Sequence[RequirementState]) -> Iterator[str]:
    part = ""
    for item in found:
        if item.requirement.part != part:
            part = item.requirement.part
            yield f"{part}\n"
        yield from _item(item)
        yield ""
    counted = Counter(item.state for item in found)
    yield ", ".join(f"{counted[state]} {_COUNTED[state]}" for state in State if counted[state]) + "."
    if not _installed(found):
        yield NOT_INSTALLED


def _item(item: RequirementState) -> Iterator[str]:
    requirement = item.requirement
    yield f"{requirement.id:<11} {requirement.level}  {_state_words(item)}"
    yield f"    {requirement.text}"
    known = _known_as(requirement)
    if known:
        yield f"    {known}"
    for test in item.tests:
        yield f"    - {test}"


def _state_words(item: RequirementState) -> str:
    tests = f"{len(item.tests)} test{'' if len(item.tests) == 1 else 's'}"
    if item.state is State.PASSED:
        some = "" if item.run == len(item.tests) else f" ({item.run} of {tests} run)"
        return f"passed on {item.day}{some}"
    return {
        State.FAILED: "FAILED",
        State.NOT_RUN: f"has {tests}, not run here",
        State.REASON: f"no test: {item.requirement.reason}",
        State.OPEN: "open",
        State.UNKNOWN: "unknown",
    }[item.state]


def _known_as(requirement: Requirement) -> str:
    if not requirement.sal:
        return f"Source: {requirement.origin}" if requirement.origin else ""
    checked = "; checked by its client suite" if requirement.inferno else ""
    return f"Inferno SAL {', '.join(requirement.sal)}{checked}"


def _installed(found: Sequence[RequirementState]) -> bool:
    return all(item.state is not State.UNKNOWN for item in found)


_COUNTED = {
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.NOT_RUN: "not run here",
    State.REASON: "without a test, for a reason",
    State.OPEN: "open",
    State.UNKNOWN: "unknown",
}
