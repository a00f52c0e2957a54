"""Which tests prove which requirement, and how they last ended: read from the checkout, never from memory.

    tests/**/test_*.py            -> @pytest.mark.requirement("client@6"), found without running anything
    .chartside/requirements.json  -> the outcomes that the last test runs left behind

`mappings/requirement_outcome.py` says what the file of outcomes holds. An installation has no tests, and then
nothing is claimed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from mappings.requirement import Requirement
from mappings.requirement_outcome import MARKER, OUTCOMES_FILE, Row, digest, parse_outcomes

CHECKOUT = Path(__file__).resolve().parent.parent
RECORDER = Path("tests") / "requirement_outcomes.py"
"""The part of the tests that writes the outcomes; a folder `tests` without it is not ours."""


class State(StrEnum):
    """How one requirement stands. The value is what JSON says."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not-run"
    """It has tests, and none of them was run on this machine since their files changed."""
    REASON = "reason"
    """It has no test, and a reason why none is owed yet."""
    OPEN = "open"
    UNKNOWN = "unknown"
    """The tests are not installed here."""


@dataclass(frozen=True)
class Outcome:
    """How one test, with its parameters, last ended."""

    test: str
    result: str
    day: date


@dataclass(frozen=True)
class RequirementState:
    """A requirement, the tests that name it, and what they say. `day` is the oldest day among the passed ones.

    `run` is how many of `tests` were run on this machine since they changed.
    """

    requirement: Requirement
    state: State
    tests: tuple[str, ...] = ()
    run: int = 0
    day: date | None = None


def states(requirements: Iterable[Requirement], root: Path = CHECKOUT) -> tuple[RequirementState, ...]:
    """How each requirement stands in the checkout at `root`; UNKNOWN for all where it has no tests of ours."""
    if not (root / RECORDER).is_file():
        return tuple(RequirementState(item, State.UNKNOWN) for item in requirements)
    tests = proving_tests(root)
    outcomes = _outcomes_by_function(root)
    return tuple(_state(item, tests.get(item.id, ()), outcomes) for item in requirements)


def _state(
    item: Requirement, tests: tuple[str, ...], outcomes: Mapping[str, tuple[Outcome, ...]]
) -> RequirementState:
    if not tests:
        return RequirementState(item, State.REASON if item.reason else State.OPEN)
    run = [test for test in tests if test in outcomes]
    ended = [outcome for test in run for outcome in outcomes[test]]
    passed = [outcome.day for outcome in ended if outcome.result == "passed"]
    if any(outcome.result == "failed" for outcome in ended):
        return RequirementState(item, State.FAILED, tests, len(run))
    if not passed:
        return RequirementState(item, State.NOT_RUN, tests, len(run))
    return RequirementState(item, State.PASSED, tests, len(run), min(passed))


def proving_tests(root: Path = CHECKOUT) -> Mapping[str, tuple[str, ...]]:
    """The test functions that name each requirement, as `tests/app/test_x.py::test_y`, in the order of the files.

    Raises SyntaxError for a test file that names one and is none of Python.
    """
    found: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        place, text = path.relative_to(root).as_posix(), path.read_text("utf-8")
        if f".{MARKER}(" not in text:
            continue  # Most files name none, and to parse them all takes a second.
        for name, ids in _marked(ast.parse(text, filename=place), ()):
            for requirement in ids:
                found.setdefault(requirement, []).append(f"{place}::{name}")
    return {requirement: tuple(dict.fromkeys(tests)) for requirement, tests in found.items()}


def _marked(
    body: ast.Module | ast.ClassDef, inherited: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every test function below a module or class, with the ids that it or what holds it names."""
    ids = (*inherited, *_ids(_pytestmark(body)))
    for node in body.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            own = (*ids, *_ids(node.decorator_list))
            if own:
                yield node.name, own
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for name, found in _marked(node, (*ids, *_ids(node.decorator_list))):
                yield f"{node.name}::{name}", found


def _pytestmark(body: ast.Module | ast.ClassDef) -> list[ast.expr]:
    return [
        node.value
        for node in body.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)
    ]


def _ids(expressions: Iterable[ast.expr]) -> tuple[str, ...]:
    calls = (
        node for expression in expressions for node in ast.walk(expression) if isinstance(node, ast.Call)
    )
    return tuple(
        argument.value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == MARKER
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )


def _outcomes_by_function(root: Path) -> dict[str, tuple[Outcome, ...]]:
    """The outcomes that still count, by test function. A file that is damaged or missing holds none."""
    found: dict[str, list[Outcome]] = {}
    digests: dict[str, str] = {}
    for test, row in read_outcomes(root).items():
        place = test.partition("::")[0]
        if place not in digests:
            digests[place] = digest(_content(root / place))
        if row.get("digest") == digests[place]:
            ended = Outcome(test, row["outcome"], date.fromisoformat(row["day"]))
            found.setdefault(test.partition("[")[0], []).append(ended)
    return {function: tuple(ended) for function, ended in found.items()}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def read_outcomes(root: Path) -> dict[str, Row]:
    """The rows of the outcomes file of the checkout at `root`; none where it is missing or damaged."""
    return parse_outcomes(_content(root / OUTCOMES_FILE).decode("utf-8", "replace"))
