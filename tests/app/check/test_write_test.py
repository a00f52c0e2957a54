"""The only part of the check that writes: for a confirmed test patient, labelled, read back, and taken away again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.check.access import token_access
from app.check.finding import Area, State
from app.check.report import Run
from app.check.subject import Subject
from app.check.write_test_record import LABEL, is_ours, not_kept, records
from mappings.identity import is_ours as is_of_chartside
from smart_launch.errors import Unreachable
from tests.app.check.conftest import Check
from tests.app.check.site import ISS, NOW, Site, findings_of, found, inquiry, metadata
from tests.running import WRITTEN_TYPES, Practice

TEST_PATIENT = "noah-park"
PLACES = {"Task", "CarePlan", "Goal", "Consent"}
EVERYTHING = ("create", "read", "update", "delete", "search-type")
DELETING = " ".join(["patient/Patient.rs", *(f"patient/{name}.cruds" for name in sorted(PLACES))])


class Chart(Site):
    """A store that keeps what is posted; `refuse` maps "POST Task" to an answer, `drops` names elements it forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, dict[str, Any]] = {"Patient/t1": {"resourceType": "Patient", "id": "t1"}}
        self.refuse: dict[str, Any] = {}
        self.drops: tuple[str, ...] = ()
        self.answers[f"{ISS}/metadata"] = (200, metadata(interactions=EVERYTHING))

    def send(self, request: Any, **more: Any) -> Any:
        path = str(request.url).removeprefix(f"{ISS}/").split("?")[0]
        if path.split("/")[0] in {*PLACES, "Patient"}:
            kind = path.split("/")[0]
            refused = self.refuse.get(f"{request.method} {kind}")
            if callable(refused):
                answer = refused(self, path, request.body)
            else:
                answer = refused or self._act(str(request.method), path, request.body)
            self.answers[f"{ISS}/{path}"] = answer
        return super().send(request, **more)

    def _act(self, method: str, path: str, body: bytes | None) -> Any:
        kind = path.split("/", maxsplit=1)[0]
        if method == "POST":
            made = {**json.loads(body or b"{}"), "id": f"n{len(self.held)}", "meta": {"versionId": "1"}}
            self.held[f"{kind}/{made['id']}"] = {k: v for k, v in made.items() if k not in self.drops}
            return 201, self.held[f"{kind}/{made['id']}"]
        if method == "PUT":
            self.held[path] = {**json.loads(body or b"{}"), "meta": {"versionId": "2"}}
            return 200, self.held[path]
        if method == "DELETE":
            del self.held[path]
            return 200, {"resourceType": "OperationOutcome"}
        if "/" not in path:
            entries = [
                {"resource": each} for place, each in self.held.items() if place.startswith(f"{kind}/")
            ]
            return 200, {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        return (200, self.held[path]) if path in self.held else (404, {})

    @property
    def left(self) -> list[str]:
        return sorted(place for place in self.held if place != "Patient/t1")


@pytest.fixture
def chart() -> Chart:
    return Chart()


@pytest.fixture
def write(chart: Chart) -> Callable[..., dict]:
    """The findings of a write test for the patient t1."""

    def go(scope: str = DELETING, patient: str = "t1") -> dict:
        asked = inquiry(chart, Subject(ISS))
        access = token_access(asked, "a-token-of-a-user", scope=scope)
        return found(Run(asked, access, write_test=patient), Area.WRITE_TEST)

    return go


def test_everything_is_written_read_back_and_deleted(chart: Chart, write: Callable[..., dict]) -> None:
    told = write()
    assert set(told) == PLACES
    assert {finding.state for finding in told.values()} == {State.NOTE}  # the store forgets meta.tag
    assert told["Goal"].detail["not_kept"] == ["Goal.meta.tag"]
    assert told["Goal"].sentence.endswith("It is deleted again; nothing is left.")
    assert chart.left == []


def test_what_cannot_be_deleted_is_marked_and_named(chart: Chart, write: Callable[..., dict]) -> None:
    told = write(DELETING.replace("cruds", "crus"))
    assert told["Task"].detail["how"] == "entered-in-error"
    assert told["Task"].detail["left"] in chart.left
    kept = [chart.held[place] for place in chart.left]
    assert {each.get("status", each.get("lifecycleStatus")) for each in kept} == {"entered-in-error"}


def test_what_can_be_neither_is_named_for_somebody_to_remove(
    chart: Chart, write: Callable[..., dict]
) -> None:
    chart.refuse = {"DELETE Task": (403, {}), "PUT Task": (409, {})}
    task = write()["Task"]
    assert task.state is State.FAILED
    assert f"{chart.left[0]} is still there. Remove it by hand." in task.sentence


def test_a_refused_write_and_a_lost_answer_differ(chart: Chart, write: Callable[..., dict]) -> None:
    def lost(store: Chart, path: str, body: bytes) -> Exception:
        store._act("POST", path, body)
        return Unreachable("timeout", sent=True)

    def vanished(store: Chart, path: str, body: bytes) -> Exception:
        return Unreachable("reset", sent=True)

    chart.refuse = {"POST Task": (422, {}), "POST Goal": lost, "POST Consent": vanished}
    told = write()
    assert "was not written (it answered 422)" in told["Task"].sentence
    assert told["Goal"].sentence.endswith("It is deleted again; nothing is left.")
    assert "was not found" in told["Consent"].sentence
    assert told["Consent"].detail["marker"] in told["Consent"].sentence
    assert chart.left == []
    assert sum(method == "POST" and url.endswith("/Goal") for method, url, _ in chart.received) == 1


def test_what_the_ehr_drops_is_named_by_its_path(chart: Chart, write: Callable[..., dict]) -> None:
    chart.drops = ("note", "extension")
    goal = write()["Goal"]
    assert goal.detail["not_kept"] == ["Goal.meta.tag", "Goal.extension", "Goal.note"]
    assert LABEL not in goal.sentence


def test_a_record_of_somebody_else_under_that_id_is_left_alone(
    chart: Chart, write: Callable[..., dict]
) -> None:
    """An EHR that answers a create with the id of another record must not lose that one to our cleaning up."""
    other = {"resourceType": "Task", "id": "x1", "identifier": [{"value": "theirs"}], "status": "requested"}
    chart.held["Task/x1"] = {**other, "meta": {"versionId": "1"}, "for": {"reference": "Patient/t1"}}
    chart.refuse = {"POST Task": (201, {"resourceType": "Task", "id": "x1"})}
    told = write()["Task"]
    assert told.state is State.FAILED
    assert chart.held["Task/x1"]["status"] == "requested"


@pytest.mark.parametrize("shown_as", ["x1", "n9"])
def test_an_ehr_that_keeps_no_identifier_leads_to_no_other_record(
    chart: Chart, write: Callable[..., dict], shown_as: str
) -> None:
    """Neither where the answer to the create names another record, nor where the record that is read does."""
    theirs = {"resourceType": "Task", "id": shown_as, "status": "requested", "meta": {"versionId": "1"}}
    chart.held["Task/x1"] = {
        **theirs,
        "for": {"reference": "Patient/t1"},
        "description": LABEL[: 5 if shown_as == "x1" else None],
    }
    chart.held["Task/n9"] = {**theirs, "id": "n9", "for": {"reference": "Patient/t1"}}
    chart.refuse = {"POST Task": (201, {"resourceType": "Task", "id": "x1"})}
    told = write()["Task"]
    assert told.state is State.FAILED
    assert "Remove it by hand" in told.sentence
    assert {chart.held[place]["status"] for place in ("Task/x1", "Task/n9")} == {"requested"}


@pytest.mark.parametrize("meta", ["1", [{"versionId": "1"}], None])
def test_a_record_whose_version_cannot_be_read_is_named(
    chart: Chart, write: Callable[..., dict], meta: Any
) -> None:
    def unversioned(store: Chart, path: str, _: bytes) -> Any:
        return 200, {**store.held[path], "meta": meta}

    chart.refuse = {"GET Task": unversioned}
    told = write()["Task"]
    assert told.detail["left"] == chart.left[0]
    assert "Remove it by hand" in told.sentence


def test_a_patient_who_cannot_be_read_is_not_written_for(chart: Chart, write: Callable[..., dict]) -> None:
    told = write(patient="t2")
    assert set(told) == {"Patient"}
    assert told["Patient"].sentence.startswith("Nothing was written")
    assert [method for method, _, _ in chart.received if method != "GET"] == []


def test_what_is_not_offered_or_not_granted_is_not_tried(chart: Chart, write: Callable[..., dict]) -> None:
    told = write("openid patient/*.rs patient/Task.crus")
    assert {name for name, finding in told.items() if finding.state is State.MISSING} == PLACES - {"Task"}
    chart.answers[f"{ISS}/metadata"] = (200, metadata(interactions=("create",)))
    assert "would not show it again" in write()["Task"].sentence
    chart.answers[f"{ISS}/metadata"] = (200, metadata(interactions=("create", "read")))
    assert "no way to take it away again" in write()["Task"].sentence
    assert sum(method == "POST" for method, _, _ in chart.received) == 1


@pytest.mark.parametrize("refuse", [{}, {"DELETE Task": (403, {}), "PUT Task": (409, {})}], ids=["", "stays"])
def test_an_interrupted_test_still_takes_its_record_away_or_names_it(
    chart: Chart, write: Callable[..., dict], monkeypatch: pytest.MonkeyPatch, refuse: dict
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    chart.refuse = refuse
    monkeypatch.setattr("app.check.write_test.not_kept", interrupted)
    with pytest.raises(KeyboardInterrupt) as told:
        write()
    (said,) = told.value.__notes__
    assert ("nothing is left" in said) is (chart.left == [])
    assert all(f"{place} is still there" in said for place in chart.left)
    assert bool(chart.left) is bool(refuse)


def test_an_interrupted_write_names_the_record_that_may_be_there(
    chart: Chart, write: Callable[..., dict]
) -> None:
    def cut_off(store: Chart, path: str, body: bytes) -> Any:
        store._act("POST", path, body)
        raise KeyboardInterrupt

    chart.refuse = {"POST Task": cut_off}
    with pytest.raises(KeyboardInterrupt) as told:
        write()
    marker = chart.held[chart.left[0]]["identifier"][0]["value"]
    assert told.value.__notes__ == [
        f"Interrupted while a Task was written. If it is there, its identifier is {marker}."
    ]


def test_the_records_are_labelled_and_never_taken_for_the_apps_own() -> None:
    made = records("t1", "marker", NOW)
    assert set(made) == set(WRITTEN_TYPES)
    for record in made.values():
        assert not is_of_chartside(record)
        assert is_ours(record, "marker")
        assert not is_ours(record, "other")
        assert LABEL in record["text"]["div"]
        assert not_kept(record, record) == []
        assert "Patient/t1" in json.dumps(record)


def test_a_time_written_otherwise_is_still_the_same() -> None:
    task = {"resourceType": "Task", "authoredOn": "2026-11-21T15:00:00+00:00"}
    assert not_kept(task, {**task, "authoredOn": "2026-11-21T10:00:00-05:00"}) == []
    assert not_kept(task, {**task, "authoredOn": "2026-11-22T10:00:00-05:00"}) == ["Task.authoredOn"]


@pytest.mark.parametrize("name", ["open", "canvas", "athena"])
def test_each_ehr_is_left_as_it_was_but_for_what_is_named(
    practice_of: Callable[[str], Practice], check: Check, token_of: Callable, name: str
) -> None:
    running = practice_of(name)
    file = str(token_of(running, TEST_PATIENT))
    before = running.versions()
    arguments = ("--token-file", file, "--write-test", TEST_PATIENT, "--json")
    assert check(running, *arguments, "--yes", "another")[0] == 2
    assert running.versions() == before
    _, report, _ = check(running, *arguments, "--yes", TEST_PATIENT)
    told = findings_of(report, "write-test")
    written = {"open": PLACES, "canvas": {"Task"}}.get(name, set())
    assert {kind for kind, each in told.items() if "id" in each["detail"]} == written
    places = {version.split("/_history")[0] for version in running.versions() - before}
    assert places == {each["detail"]["id"] for each in told.values() if "id" in each["detail"]}
    for kind in written:
        assert told[kind]["state"] in ("ok", "note")
        (kept,) = [each for each in running.held(kind, TEST_PATIENT) if f"{kind}/{each['id']}" in places]
        assert "entered-in-error" in (kept.get("status"), kept.get("lifecycleStatus"))


def test_a_write_test_is_confirmed_by_typing_the_id_again(
    open_practice: Practice, check: Check, token_of: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = open_practice
    arguments = ("--token-file", str(token_of(running, TEST_PATIENT)), "--write-test", TEST_PATIENT)
    before = running.versions()

    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    status, _, err = check(running, *arguments)
    assert (status, running.versions()) == (2, before)
    assert "Only ever name a test patient" in err
    monkeypatch.setattr("sys.stdin", io.StringIO(TEST_PATIENT))
    assert check(running, *arguments)[0] == 2
    assert running.versions() == before
    monkeypatch.setattr("sys.stdin", Keyboard(f"{TEST_PATIENT}\n"))
    _, out, _ = check(running, *arguments)
    assert "marked entered in error" in " ".join(out.split())
    assert running.versions() != before


@pytest.fixture(autouse=True)
def _nothing_is_sent_twice(chart: Chart) -> Iterator[None]:
    yield
    posts = [url for method, url, _ in chart.received if method == "POST"]
    assert len(posts) == len(set(posts))
