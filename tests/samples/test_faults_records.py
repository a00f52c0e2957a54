"""What the failing EHR does otherwise with records: seen by a client over a real connection, and in its own store."""

from __future__ import annotations

import base64
import threading
import time

import pytest
import requests
from werkzeug.serving import make_server

from samples.fhir.access import EVERYTHING
from samples.sandbox import sandbox_of
from samples.server import _SilentHandler as SilentHandler
from samples.server import create_app
from samples.settings import SandboxSettings

GLORIA = {"reference": "Patient/gloria-reyes"}
EXTENSION = [{"url": "https://ehr.example/ruler", "valueInteger": 7}]
TIMEOUT = 10


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    app = create_app(SandboxSettings(state_dir=tmp_path_factory.mktemp("ehr")))
    sandbox_of(app).access_for_token = lambda token: EVERYTHING
    with make_server("localhost", 0, app, threaded=True, request_handler=SilentHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield sandbox_of(app), f"http://localhost:{server.server_port}/fhir"
        server.shutdown()
        thread.join()
    sandbox_of(app).store.close()


@pytest.fixture
def faults(running):
    yield running[0].faults
    running[0].faults.clear()


@pytest.fixture
def store(running):
    return running[0].store


@pytest.fixture
def send(running):
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = "Bearer any"

        def sent(method, path, body=None, **headers):
            address = f"{running[1]}/{path}" if path else running[1]
            return session.request(method, address, json=body, headers=headers, timeout=TIMEOUT)

        yield sent


def goal(words="Walks to church", **more):
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": words},
        "subject": GLORIA,
        **more,
    }


def plan(*goals):
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": GLORIA,
        "goal": [{"reference": each} for each in goals],
    }


def count(store, resource_type):
    return store.count(resource_type)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 412, 422, 501])
def test_a_refusal_comes_with_each_status_and_an_operation_outcome(send, faults, store, status):
    before = count(store, "Goal")
    with faults.on("refused", status=status, method="WRITE"):
        answer = send("POST", "Goal", goal())
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert count(store, "Goal") == before


def test_a_refusal_says_the_code_that_it_was_given(send, faults):
    with faults.on("refused", code="not-supported"):
        assert send("POST", "Goal", goal()).json()["issue"][0]["code"] == "not-supported"


def test_what_is_asked_for_is_done_and_its_answer_is_lost(send, faults, store):
    before = count(store, "Goal")
    with faults.on("answer_lost"), pytest.raises(requests.ConnectionError):
        send("POST", "Goal", goal())
    assert count(store, "Goal") == before + 1


def test_an_answer_is_lost_after_a_silence_that_ends_with_the_failure(running, faults, store):
    before = count(store, "Goal")
    faults.set("answer_lost", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{running[1]}/Goal", json=goal(), headers={"Authorization": "Bearer any"}, timeout=0.3)
    assert count(store, "Goal") == before + 1


def test_no_answer_comes_and_nothing_is_done(running, send, faults, store):
    before = count(store, "Goal")
    started = time.monotonic()
    with faults.on("no_answer", seconds=0.3), pytest.raises(requests.ConnectionError):
        send("POST", "Goal", goal())
    assert time.monotonic() - started >= 0.3
    assert count(store, "Goal") == before


def test_half_of_the_json_looks_like_a_whole_answer(send, faults):
    with faults.on("truncated_json"):
        answer = send("GET", "Patient/gloria-reyes")
    assert (answer.status_code, int(answer.headers["Content-Length"])) == (200, len(answer.content))
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_refused_save_names_when_to_come_again(send, faults):
    with faults.on("server_error", status=503, seconds=4):
        assert send("GET", "Patient/gloria-reyes").headers["Retry-After"] == "4"


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_only_several_writes_at_once_are_refused(send, faults, store, kind):
    entry = {"resource": goal(), "request": {"method": "POST", "url": "Goal"}}
    bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
    before = count(store, "Goal")
    with faults.on("transaction_refused"):
        assert send("POST", "", bundle).status_code == 501
        assert count(store, "Goal") == before
        assert send("POST", "Goal", goal()).status_code == 201


def test_a_search_shows_half_and_says_so(send, faults):
    address = "Condition?patient=gloria-reyes"
    whole = send("GET", address).json()["entry"]
    with faults.on("search_withholds"):
        shown = send("GET", address).json()["entry"]
        read = send("GET", "Patient/gloria-reyes").json()
    matches = [each for each in shown if each["search"]["mode"] == "match"]
    assert len(matches) == len(whole) // 2
    assert shown[-1]["resource"]["issue"][0]["severity"] == "warning"
    assert read["id"] == "gloria-reyes"


def test_extensions_are_dropped_without_a_word(send, faults):
    with faults.on("extensions_dropped"):
        made = send("POST", "Goal", goal(extension=EXTENSION, note=[{"text": "x", "extension": EXTENSION}]))
    kept = send("GET", f"Goal/{made.json()['id']}").json()
    assert made.status_code == 201
    assert "extension" not in kept
    assert kept["note"] == [{"text": "x"}]


def test_extensions_are_dropped_from_a_bundle_and_a_patch_too(send, faults):
    entry = {"resource": goal(extension=EXTENSION), "request": {"method": "POST", "url": "Goal"}}
    operations = [
        {"op": "add", "path": "/extension", "value": EXTENSION},
        {"op": "replace", "path": "/description/text", "value": "Walks"},
    ]
    with faults.on("extensions_dropped"):
        answer = send("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).json()
        place = "/".join(answer["entry"][0]["response"]["location"].split("/")[-4:-2])
        patched = send("PATCH", place, operations, **{"Content-Type": "application/json-patch+json"})
    assert patched.status_code == 200, patched.text
    kept = send("GET", place).json()
    assert "extension" not in kept
    assert kept["description"] == {"text": "Walks"}


def test_a_body_that_is_no_json_reaches_the_server_as_it_is(send, faults):
    with faults.on("extensions_dropped"):
        assert send("PUT", "Goal/1", **{"Content-Type": "application/fhir+json"}).status_code == 400


def test_what_a_write_names_stands_under_another_id_afterwards(send, faults, store):
    made = send("POST", "Goal", goal("Sings in the choir")).json()
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": GLORIA,
        "focus": {"reference": f"Goal/{made['id']}"},
        "output": [{"type": {"text": "goal"}, "valueReference": {"reference": f"Goal/{made['id']}"}}],
    }
    naming = send("POST", "Task", task).json()
    with faults.on("ids_changed"):
        written = send("POST", "CarePlan", plan(f"Goal/{made['id']}")).json()
    (named,) = send("GET", f"CarePlan/{written['id']}").json()["goal"]
    assert named["reference"] != f"Goal/{made['id']}"
    assert send("GET", named["reference"]).json()["description"]["text"] == "Sings in the choir"
    assert send("GET", f"Goal/{made['id']}").status_code == 404
    kept = store.read("Task", naming["id"])
    assert (kept["focus"], kept["output"][0]["valueReference"]) == (named, named)
    found = [item["id"] for item in store.search("Goal", [("patient", "gloria-reyes")]).resources]
    assert named["reference"].removeprefix("Goal/") in found
    assert made["id"] not in found


def test_what_was_changed_stands_under_another_id_with_its_history(send, faults, store):
    made = send("POST", "Goal", goal("Bakes bread")).json()
    with faults.on("ids_changed"):
        assert (
            send("PUT", f"Goal/{made['id']}", {**made, "description": {"text": "Bakes"}}).status_code == 200
        )
    assert send("GET", f"Goal/{made['id']}").status_code == 404
    (found,) = [
        item
        for item in store.search("Goal", [("patient", "gloria-reyes")]).resources
        if item["description"]["text"] == "Bakes"
    ]
    assert len(store.versions("Goal", found["id"])) == 2


def test_a_new_record_and_the_patient_keep_their_ids(send, faults, store):
    data = base64.b64encode(b"A note.").decode()
    note = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": GLORIA,
        "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
    }
    with faults.on("ids_changed") as changed:
        made = send("POST", "DocumentReference", note).json()
    assert changed.struck == 1
    assert store.read("DocumentReference", made["id"])
    assert store.read("Patient", "gloria-reyes")


def test_two_failures_meet_one_request(send, faults, store):
    with (
        faults.on("extensions_dropped"),
        faults.on("answer_lost"),
        pytest.raises(requests.ConnectionError),
    ):
        send("POST", "Goal", goal("Met by two", extension=EXTENSION))
    (kept,) = [
        item
        for item in store.search("Goal", [("patient", "gloria-reyes")]).resources
        if item["description"]["text"] == "Met by two"
    ]
    assert "extension" not in kept
