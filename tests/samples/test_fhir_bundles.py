"""Batch and transaction: all or nothing, or each on its own, with references between entries."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from samples.fhir.store import Store
from tests.samples.conftest import FHIR_BASE, FhirCaller, issue, observation, patient, task

PLAN, GOAL, TASK = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


def entry(method: str, url: str, resource: Any = None, full_url: str = "", **request: str) -> dict[str, Any]:
    """One Bundle entry."""
    made: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    return {**made, "fullUrl": full_url} if full_url else made


def bundle(*entries: Any, kind: str = "transaction") -> dict[str, Any]:
    """A batch or transaction."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def anonymous(resource: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in resource.items() if k != "id"}


def statuses(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [e["response"]["status"] for e in answer.get_json(force=True)["entry"]]


def care_plan() -> dict[str, Any]:
    return {
        "resourceType": "CarePlan", "status": "active", "intent": "plan",
        "subject": {"reference": "Patient/ada"},
        "goal": [{"reference": GOAL}],
        "activity": [{"reference": {"reference": TASK}}],
        "contained": [
            {"resourceType": "Provenance", "id": "p", "recorded": "2026-11-21T12:00:00Z",
             "target": [{"reference": "#"}], "agent": [{"who": {"reference": "Practitioner?identifier=urn:npi|7"}}]},
        ],
    }  # fmt: skip


def goal() -> dict[str, Any]:
    return {
        "resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "Walk"},
        "subject": {"reference": "Patient/ada"},
    }  # fmt: skip


def test_entries_refer_to_each_other_before_they_have_ids(store: Store, ehr: FhirCaller) -> None:
    store.load(
        [{"resourceType": "Practitioner", "id": "n", "identifier": [{"system": "urn:npi", "value": "7"}]}]
    )
    answer = ehr.post(
        "",
        bundle(
            entry("POST", "CarePlan", care_plan(), PLAN),
            entry("POST", "Goal", goal(), GOAL),
            entry("POST", "Task", anonymous(task("x", basedOn=[{"reference": PLAN}])), TASK),
        ),
    )
    assert statuses(answer) == ["201 Created"] * 3
    ids = [e["response"]["location"].split("/")[-3] for e in answer.get_json(force=True)["entry"]]
    plan = store.read("CarePlan", ids[0]) or {}
    assert plan["goal"] == [{"reference": f"Goal/{ids[1]}"}]
    assert plan["activity"][0]["reference"] == {"reference": f"Task/{ids[2]}"}
    assert plan["contained"][0]["agent"][0]["who"] == {"reference": "Practitioner/n"}
    assert plan["contained"][0]["target"] == [{"reference": "#"}]
    assert (store.read("Task", ids[2]) or {})["basedOn"] == [{"reference": f"CarePlan/{ids[0]}"}]
    assert ehr.ids(f"/CarePlan?goal=Goal/{ids[1]}") == [ids[0]]


def test_the_answer_has_one_entry_for_each_in_their_order(store: Store, ehr: FhirCaller) -> None:
    store.load([task("old"), task("kept"), observation("o"), observation("other", "bob")])
    answer = ehr.post(
        "/",
        bundle(
            entry("GET", "Observation?patient=ada"),
            entry("PUT", "Task/kept", task("kept", status="ready"), ifMatch='W/"1"'),
            entry("POST", "Task", anonymous(task("x"))),
            entry("DELETE", "Task/old"),
            entry("GET", "Task/kept"),
            entry("PUT", "Task/fresh", task("fresh")),
        ),
        {"Prefer": "return=representation"},
    )
    assert statuses(answer) == ["200 OK", "200 OK", "201 Created", "204 No Content", "200 OK", "201 Created"]
    found, updated, created, _, read, _ = answer.get_json(force=True)["entry"]
    assert [e["resource"]["id"] for e in found["resource"]["entry"]] == ["o"]
    assert updated["response"]["etag"] == 'W/"2"'
    assert created["resource"]["status"] == "requested"
    assert created["response"]["location"].startswith(f"{FHIR_BASE}/Task/")
    assert read["resource"]["status"] == "ready"
    assert store.read("Task", "old") is None


def test_without_the_wish_a_write_answers_without_the_resource(ehr: FhirCaller) -> None:
    answer = ehr.post("", bundle(entry("POST", "Task", anonymous(task("x")))))
    assert "resource" not in answer.get_json(force=True)["entry"][0]


BROKEN = {
    "an invalid resource": (entry("POST", "Task", task("x", status="banana")), 422),
    "a stale version": (entry("PUT", "Task/old", task("old"), ifMatch='W/"9"'), 412),
    "a missing resource": (entry("GET", "Task/none"), 404),
    "a link to no entry": (entry("POST", "Task", anonymous(task("x", focus={"reference": PLAN}))), 400),
    "a conditional link to nothing": (
        entry("POST", "Task", anonymous(task("x", owner={"reference": "Practitioner?identifier=urn:npi|0"}))), 412,
    ),
    "a conditional link to several": (
        entry("POST", "Task", anonymous(task("x", focus={"reference": "Task?patient=ada"}))), 412,
    ),
    "an unreadable conditional link": (
        entry("POST", "Task", anonymous(task("x", owner={"reference": "Practitioner?colour=red"}))), 400,
    ),
    "several matches": (entry("POST", "Task", anonymous(task("x")), ifNoneExist="patient=ada"), 412),
    "another type": (entry("POST", "Goal", anonymous(task("x"))), 400),
    "another id": (entry("PUT", "Task/old", task("new")), 400),
    "an id in a POST": (entry("POST", "Task/x", task("x")), 400),
    "a conditional update": (entry("PUT", "Task?patient=ada", task("x")), 400),
    "no request": ({"resource": task("x")}, 400),
    "no entry at all": ("text", 400),
    "an unknown method": (entry("MOVE", "Task/old"), 400),
    "an unknown type": (entry("GET", "Banana/1"), 404),
    "the same resource twice": (entry("DELETE", "Task/first"), 400),
    "a broken patch": (entry("PATCH", "Task/old", {"resourceType": "Binary", "contentType": "x", "data": ""}), 400),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_transaction_with_one_bad_entry_leaves_nothing_behind(
    store: Store, ehr: FhirCaller, name: str
) -> None:
    bad, status = BROKEN[name]
    store.load([task("old"), task("other"), task("more")])
    refused = ehr.post(
        "",
        bundle(
            entry("DELETE", "Task/other"),
            entry("PUT", "Task/first", task("first")),
            entry("POST", "Goal", goal(), GOAL),
            bad,
        ),
    )
    assert refused.status_code == status, refused.text
    assert issue(refused)["expression"][0].startswith("Bundle.entry[3]")
    assert ehr.ids("/Task?_sort=_id") == ["more", "old", "other"]
    assert ehr.ids("/Goal") == []
    assert ehr.get("/Task/first/_history").status_code == 404


def test_the_element_at_fault_is_named_inside_its_entry(ehr: FhirCaller) -> None:
    refused = ehr.post("", bundle(entry("POST", "Task", {**task("x"), "status": "banana"})))
    assert issue(refused)["expression"] == ["Bundle.entry[0].resource.status"]


def test_a_retried_transaction_makes_nothing_twice(store: Store, ehr: FhirCaller) -> None:
    mine = anonymous(
        task("x", identifier=[{"system": "urn:record", "value": "1"}], partOf=[{"reference": PLAN}])
    )
    parent = anonymous(task("y", identifier=[{"system": "urn:record", "value": "2"}]))
    whole = bundle(
        entry("POST", "Task", mine, TASK, ifNoneExist="identifier=urn:record|1"),
        entry("POST", "Task", parent, PLAN, ifNoneExist="identifier=urn:record|2"),
    )
    first, again = ehr.post("", whole), ehr.post("", whole)
    assert (statuses(first), statuses(again)) == (["201 Created"] * 2, ["200 OK"] * 2)
    locations = [[e["response"]["location"] for e in a.get_json(force=True)["entry"]] for a in (first, again)]
    assert locations[0] == locations[1]
    assert store.count("Task") == 2


def test_a_new_entry_may_refer_to_one_that_was_there_already(store: Store, ehr: FhirCaller) -> None:
    store.load([task("there", identifier=[{"system": "urn:record", "value": "1"}])])
    answer = ehr.post(
        "",
        bundle(
            entry("POST", "Task", anonymous(task("x", partOf=[{"reference": PLAN}]))),
            entry("POST", "Task", anonymous(task("y")), PLAN, ifNoneExist="identifier=urn:record|1"),
        ),
    )
    assert statuses(answer) == ["201 Created", "200 OK"]
    assert len(ehr.ids("/Task?part-of=Task/there")) == 1


def test_an_identifier_that_looks_like_a_link_is_left_alone(store: Store, ehr: FhirCaller) -> None:
    identifier = [{"system": "urn:ietf:rfc:3986", "value": TASK}]
    ehr.post("", bundle(entry("POST", "Task", anonymous(task("x", identifier=identifier)), TASK)))
    assert len(ehr.ids(f"/Task?identifier=urn:ietf:rfc:3986|{TASK}")) == 1


def test_a_patch_rides_in_a_binary(store: Store, ehr: FhirCaller) -> None:
    store.load([task("a")])
    patch = orjson.dumps([{"op": "replace", "path": "/status", "value": "completed"}])
    binary = {
        "resourceType": "Binary", "contentType": "application/json-patch+json",
        "data": base64.b64encode(patch).decode(),
    }  # fmt: skip
    assert statuses(ehr.post("", bundle(entry("PATCH", "Task/a", binary, ifMatch='W/"1"')))) == ["200 OK"]
    assert (store.read("Task", "a") or {})["status"] == "completed"


def test_a_batch_does_what_it_can(store: Store, ehr: FhirCaller) -> None:
    store.load([patient("ada"), task("old")])
    answer = ehr.post(
        "",
        bundle(
            entry("PUT", "Task/a", task("a")),
            entry("PUT", "Task/b", {**task("b"), "status": "banana"}),
            "text",
            entry("GET", "Patient/ada"),
            entry("GET", "Task/none"),
            entry("PUT", "Task/old", task("old"), ifMatch='W/"9"'),
            entry("POST", "Task", anonymous(task("c"))),
            kind="batch",
        ),
    )
    assert [s[:3] for s in statuses(answer)] == ["201", "422", "400", "200", "404", "412", "201"]
    outcome = answer.get_json(force=True)["entry"][1]["response"]["outcome"]
    assert outcome["issue"][0]["code"] == "code-invalid"
    assert store.read("Task", "b") is None
    assert store.count("Task") == 3


@pytest.mark.parametrize(
    "body", [bundle(kind="searchset"), {"resourceType": "Bundle"}, bundle() | {"entry": {}}, task("a"), []]
)
def test_what_is_neither_batch_nor_transaction_is_refused(ehr: FhirCaller, body: Any) -> None:
    refused = ehr.post("", body)
    assert refused.status_code == 400
    assert issue(refused)["code"] == "invalid"


def test_an_empty_transaction_is_answered(ehr: FhirCaller) -> None:
    assert ehr.post("", bundle()).get_json(force=True)["type"] == "transaction-response"
