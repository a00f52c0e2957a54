"""The rooms of the house: who may import whom, and how large a file or a function may grow (design section 3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS = ("app", "fhir_profiles", "mappings", "samples", "smart_launch", "tests")
ALLOWED = {
    "smart_launch": set(),
    "fhir_profiles": set(),
    "mappings": {"fhir_profiles"},
    "samples": {"fhir_profiles"},
    "app": {"smart_launch", "mappings", "fhir_profiles"},
    "tests": set(ROOMS),
}
NETWORK = {"requests", "urllib3", "socket", "http.client", "urllib.request", "httpx", "smtplib"}
WEB = {"flask", "werkzeug"}
FORBIDDEN = {
    "smart_launch": WEB,
    "fhir_profiles": WEB | NETWORK | {"random", "secrets", "time"},
    "mappings": WEB | NETWORK | {"random", "secrets", "time", "sqlite3"},
    "app/ehr": WEB | NETWORK,
}
ROOT_NAMES = {
    *ROOMS, "docs", "pyproject.toml", "README.md", "Makefile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
    "requirements.lock", "package.json", "package-lock.json", ".npmrc", ".gitignore", ".ci", ".pre-commit-config.yaml",
    "Dockerfile", "compose.yaml", ".dockerignore",
}  # fmt: skip
FILE_LINES = 400
FUNCTION_LINES = 60


def sources(room: str) -> list[Path]:
    return sorted(path for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(room)
        for name in imported(path)
        if (top := name.split(".")[0]) in ROOMS and top != room and top not in ALLOWED[room]
    ]
    assert wrong == []


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_pure_room_stays_pure(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(room)
        for name in imported(path)
        if name in FORBIDDEN[room] or name.split(".")[0] in FORBIDDEN[room]
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["mappings", "fhir_profiles"])
def test_a_pure_room_never_asks_the_clock(room: str) -> None:
    asked = {"now", "today", "utcnow", "uuid4", "uuid1"}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {node.func.attr}()"
        for path in sources(room)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in asked and isinstance(node.func.value, ast.Name)
        if node.func.value.id in {"datetime", "date", "uuid"}
    ]
    assert wrong == []


def test_fhirclient_is_imported_by_smart_launch_alone() -> None:
    importers = {
        path.relative_to(ROOT).parts[0]
        for room in ROOMS
        for path in sources(room)
        if any(name.split(".")[0] == "fhirclient" for name in imported(path))
    }
    assert importers <= {"smart_launch", "tests"}


def test_one_file_of_smart_launch_sends() -> None:
    senders = {
        path.name
        for path in sources("smart_launch")
        if any(name.split(".")[0] in {"requests", "urllib3"} for name in imported(path))
    }
    assert senders == {"transport.py"}


def test_nothing_stands_beside_the_seven_names() -> None:
    tracked = {
        path.name
        for path in ROOT.iterdir()
        if path.name not in {".git", ".venv", "node_modules", ".chartside", "build"}
        and not path.name.endswith(("_cache", ".egg-info"))
        and path.name not in {".hypothesis"}
    }
    assert tracked - ROOT_NAMES == set()


@pytest.mark.parametrize(
    "path", [path for room in ROOMS for path in sources(room)], ids=lambda path: path.stem
)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES, f"{path.name} wants two rooms"
    long = [
        f"{node.name} ({(node.end_lineno or node.lineno) - node.lineno + 1} lines)"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_no_file_is_called_utils() -> None:
    assert [path for room in ROOMS for path in sources(room) if "util" in path.stem] == []
