"""docs/logs.md and the code name the same events and fields, and a whole journey over HTTP leaks nothing."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.logs import LOGGER, JsonLines
from samples.cast.staff import PEOPLE
from tests.conftest import ROOT
from tests.journeys.enrolling import AGREES, plan
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

DOCUMENT = (ROOT / "docs" / "logs.md").read_text()
OF_A_FAILURE = {"error", "status", "trace"}
EVERYWHERE = {"time", "event"}
PATIENT = "gloria-reyes"
NOTE = "She skipped her evening tablets & is ashamed of it."


def written() -> dict[str, set[str]]:
    """Each event of the code with all fields that it may have."""
    found: dict[str, set[str]] = {"library": {"logger", "level"}}
    for path in sorted((ROOT / "app").rglob("*.py")):
        tree = ast.parse(path.read_text())
        helpers = _helpers(tree)
        for call in _calls(tree):
            name, fields = _name(call), {word.arg for word in call.keywords if word.arg}
            if not call.args or name not in {"log", "log_failure", *helpers}:
                continue
            event = call.args[0]
            if not isinstance(event, ast.Constant):
                assert isinstance(event, ast.Name), (
                    f"{path.name}:{call.lineno} logs an event that has no name"
                )
                continue
            more = OF_A_FAILURE if name == "log_failure" else helpers.get(name, set())
            found.setdefault(str(event.value), set()).update(fields | more)
    return found


def _helpers(tree: ast.Module) -> dict[str, set[str]]:
    """Functions of a module that are given the event's name and pass it on, with the fields that they add."""
    found: dict[str, set[str]] = {}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        first = function.args.args[0].arg if function.args.args else ""
        for call in _calls(function):
            passed = call.args[0] if call.args else None
            if _name(call) == "log" and isinstance(passed, ast.Name) and passed.id == first == "event":
                found[function.name] = {word.arg for word in call.keywords if word.arg}
    return {name: fields for name, fields in found.items() if name != "log_failure"}


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value
        return call.func.attr if isinstance(owner, ast.Name) and owner.id == "logs" else ""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def documented() -> dict[str, set[str]]:
    part = DOCUMENT.split("## Events\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \|[^|]*\| (.*) \|$", part, re.MULTILINE)
    return {event: set(re.findall(r"`([^`]+)`", fields)) for event, fields in rows}


@pytest.mark.requirement("client@62")
def test_every_event_and_field_is_documented_and_no_other() -> None:
    """An event that you added belongs into a row of docs/logs.md, with its fields."""
    assert documented() == written()


def test_every_field_is_explained() -> None:
    part = DOCUMENT.split("## Fields\n")[1].split("\n## ")[0]
    explained = {
        name
        for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    }
    assert explained == set().union(*documented().values())


@pytest.fixture
def everything() -> Iterator[io.StringIO]:
    """All that any library says at any level, as the server would write it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    LOGGER.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def values_of(page: Seen) -> Iterator[str]:
    """What an address on the way carried: launch, state, code, challenge, nonce, scope."""
    for address in page.came_by:
        for name, values in parse_qs(urlsplit(address).query).items():
            if name not in {"patient", "user", "aud", "iss", "response_type", "client_id", "scope"}:
                yield from values


def texts(resource: object) -> Iterator[str]:
    """Every text of a record that says something of a person: long enough not to be a code."""
    if isinstance(resource, dict):
        resource = list(resource.values())
    if isinstance(resource, list):
        for each in resource:
            yield from texts(each)
    elif isinstance(resource, str) and len(resource) > 3 and " " in resource:
        yield resource


def a_visit(running: Practice) -> set[str]:
    """Launch, consent, plan, contact, a save with another patient's id, sign-out; gives what no log may hold."""
    with Visitor(running) as nurse:
        today = nurse.launch(PATIENT)
        secrets = {*values_of(today), *nurse.cookies.values(), *running.tokens(today.launch_id)}
        home = f"/l/{today.launch_id}"
        for name, typed in (
            ("consent", AGREES),
            ("care-plan", plan()),
            ("contact", {"minutes": "5", "note": NOTE}),
        ):
            form = nurse.get(f"{home}/{name}")
            secrets.add(form.form_frame()["csrf_token"])
            receipt = nurse.send(form, **typed)
            assert "Filed in the chart" in receipt.words
        refused = nurse.send(nurse.get(f"{home}/contact"), minutes="5", patient="walter-boone", note=NOTE)
        assert refused.status == 409
        assert nurse.get(f"/callback?state={'s' * 40}&code={'c' * 40}").status == 400
        assert nurse.post(f"{home}/sign-out", nurse.get(f"{home}/today").form_frame()).status == 200
        secrets |= {today.launch_id, *nurse.cookies.values(), "s" * 40, "c" * 40}
    return secrets


@pytest.mark.requirement("client@14")
@pytest.mark.requirement("client@62")
def test_a_whole_journey_leaves_nothing_in_the_log_but_who_what_and_when(
    tmp_path: Path, everything: io.StringIO
) -> None:
    with practice(tmp_path) as running:
        forbidden = a_visit(running)
        held = [text for kind in ("Task", "Goal", "CarePlan", "Consent", "Condition", "Observation")
                for record in running.held(kind, PATIENT) for text in texts(record)]  # fmt: skip
        names = [part for family, given, *_ in PEOPLE.values() for part in (family, given)]
        forbidden |= {*held, *names, NOTE, "Gloria", "Reyes", running.settings.keys[0], "?"}
    log = everything.getvalue()
    assert len(forbidden) > 60
    assert [word for word in sorted(forbidden) if word in log] == []
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert {"launch-begun", "launched", "request", "filed", "signed-out", "error"} <= set(events)
    filed = [json.loads(line) for line in log.splitlines() if '"event":"filed"' in line]
    assert [line["form"] for line in filed] == ["consent", "care-plan", "contact"]
    assert {line["patient"] for line in filed} == {f"Patient/{PATIENT}"}
    assert {line["user"] for line in filed} == {"Practitioner/nurse"}
    assert all(
        re.fullmatch(r"\w+/[^/]+/_history/\d+", record) for line in filed for record in line["records"]
    )
