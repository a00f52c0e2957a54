"""Reading and writing single resources over HTTP: versions, conditions, preferences and refusals."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from samples.fhir.store import Store
from tests.samples.conftest import FHIR_BASE, FhirCaller, issue, observation, patient, task


def test_a_created_resource_has_a_new_id_a_version_and_a_location(ehr: FhirCaller) -> None:
    answer = ehr.post("/Task", task("mine", meta={"versionId": "77", "tag": [{"code": "t"}]}))
    kept = answer.get_json(force=True)
    assert answer.status_code == 201
    assert kept["id"] != "mine"
    assert answer.headers["Location"] == f"{FHIR_BASE}/Task/{kept['id']}/_history/1"
    assert answer.headers["ETag"] == 'W/"1"'
    assert re.fullmatch(r"Sat, 21 Nov 2026 12:0\d:\d\d GMT", answer.headers["Last-Modified"])
    assert kept["meta"]["versionId"] == "1"
    assert kept["meta"]["lastUpdated"].startswith("2026-11-21T12:0")
    assert kept["meta"]["tag"] == [{"code": "t"}]
    assert ehr.get(f"/Task/{kept['id']}").get_json(force=True) == kept


def test_what_was_sent_is_what_is_kept(ehr: FhirCaller) -> None:
    sent = task(
        "a", note=[{"text": "Señora Núñez 😀 <b>&amp;</b>"}], _description={"extension": [{"url": "urn:x"}]},
        extension=[{"url": "urn:e", "valueDecimal": 1.25}], authoredOn="2026-11",
    )  # fmt: skip
    assert ehr.put("/Task/a", sent).status_code == 201
    kept = ehr.get("/Task/a").get_json(force=True)
    assert {k: v for k, v in kept.items() if k != "meta"} == sent


def test_update_needs_the_version_that_if_match_names(ehr: FhirCaller) -> None:
    assert ehr.put("/Task/a", task("a")).status_code == 201
    assert ehr.put("/Task/a", task("a", status="ready"), {"If-Match": 'W/"1"'}).status_code == 200
    stale = ehr.put("/Task/a", task("a", status="failed"), {"If-Match": 'W/"1"'})
    assert (stale.status_code, issue(stale)["code"]) == (412, "conflict")
    assert ehr.get("/Task/a").get_json(force=True)["status"] == "ready"


@pytest.mark.parametrize(
    ("if_match", "status"),
    [('W/"1"', 200), ('"1"', 200), ("*", 200), ('W/"2"', 412), ("1", 400), ("W/1", 400), ('W/""', 412)],
)
def test_every_spelling_of_if_match(ehr: FhirCaller, if_match: str, status: int) -> None:
    ehr.put("/Task/a", task("a"))
    for answer in (
        ehr.put("/Task/a", task("a"), {"If-Match": if_match}),
        ehr.patch("/Task/b", [], {"If-Match": if_match}) if status == 412 else None,
    ):
        assert answer is None or answer.status_code == status


def test_if_match_on_what_is_not_there_fails(ehr: FhirCaller) -> None:
    assert ehr.put("/Task/a", task("a"), {"If-Match": "*"}).status_code == 412
    assert ehr.put("/Task/a", task("a"), {"If-Match": 'W/"1"'}).status_code == 412
    assert ehr.get("/Task/a").status_code == 404


def test_every_version_stays_readable(ehr: FhirCaller) -> None:
    for status in ("draft", "requested"):
        ehr.put("/Task/a", task("a", status=status))
    ehr.delete("/Task/a")
    ehr.put("/Task/a", task("a", status="completed"))
    history = ehr.get("/Task/a/_history").get_json(force=True)
    assert (history["type"], history["total"]) == ("history", 4)
    assert [e["request"]["method"] for e in history["entry"]] == ["PUT", "DELETE", "PUT", "PUT"]
    assert [e["response"]["etag"] for e in history["entry"]] == ['W/"4"', 'W/"3"', 'W/"2"', 'W/"1"']
    assert "resource" not in history["entry"][1]
    first = ehr.get("/Task/a/_history/1")
    assert (first.headers["ETag"], first.get_json(force=True)["status"]) == ('W/"1"', "draft")
    assert ehr.get("/Task/a/_history/3").status_code == 410
    assert ehr.get("/Task/a/_history/9").status_code == 404
    assert ehr.get("/Task/b/_history").status_code == 404


def test_a_deleted_resource_is_gone_and_may_come_back(ehr: FhirCaller) -> None:
    ehr.put("/Task/a", task("a"))
    assert ehr.delete("/Task/a", {"If-Match": 'W/"9"'}).status_code == 412
    deleted = ehr.delete("/Task/a")
    assert (deleted.status_code, deleted.data) == (204, b"")
    gone = ehr.get("/Task/a")
    assert (gone.status_code, issue(gone)["code"]) == (410, "deleted")
    assert ehr.patch("/Task/a", []).status_code == 410
    assert ehr.delete("/Task/a").status_code == 204
    assert ehr.delete("/Task/never").status_code == 204
    back = ehr.put("/Task/a", task("a"))
    assert (back.status_code, back.headers["ETag"]) == (201, 'W/"3"')


def test_a_reader_who_has_the_version_gets_304(ehr: FhirCaller) -> None:
    ehr.put("/Task/a", task("a"))
    same = ehr.get("/Task/a", {"If-None-Match": 'W/"1"'})
    assert (same.status_code, same.data) == (304, b"")
    assert ehr.get("/Task/a", {"If-None-Match": 'W/"2"'}).status_code == 200


def test_conditional_create_never_makes_a_second(ehr: FhirCaller) -> None:
    mine = task("x", identifier=[{"system": "urn:record", "value": "1"}])
    condition = {"If-None-Exist": "identifier=urn:record|1"}
    made = ehr.post("/Task", mine, condition)
    again = ehr.post("/Task", mine, condition)
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.get_json(force=True)["id"] == made.get_json(force=True)["id"]
    assert again.headers["ETag"] == 'W/"1"'
    ehr.post("/Task", mine)
    many = ehr.post("/Task", mine, condition)
    assert (many.status_code, issue(many)["code"]) == (412, "multiple-matches")


@pytest.mark.parametrize("condition", ["colour=red", "identifier=", "_sort=status", "date=x", "x"])
def test_a_condition_that_cannot_be_read_creates_nothing(ehr: FhirCaller, condition: str) -> None:
    assert ehr.post("/Task", task("x"), {"If-None-Exist": condition}).status_code == 400
    assert ehr.ids("/Task") == []


def test_json_patch_changes_what_it_names(ehr: FhirCaller) -> None:
    ehr.put("/Task/a", task("a", note=[{"text": "one"}]))
    changed = ehr.patch(
        "/Task/a",
        [
            {"op": "test", "path": "/status", "value": "requested"},
            {"op": "replace", "path": "/status", "value": "completed"},
            {"op": "add", "path": "/note/-", "value": {"text": "two"}},
        ],
        {"If-Match": 'W/"1"'},
    )
    assert (changed.status_code, changed.headers["ETag"]) == (200, 'W/"2"')
    kept = ehr.get("/Task/a").get_json(force=True)
    assert (kept["status"], [n["text"] for n in kept["note"]]) == ("completed", ["one", "two"])
    assert ehr.patch("/Task/a", [], {"If-Match": 'W/"1"'}).status_code == 412
    assert ehr.patch("/Task/b", []).status_code == 404


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([{"op": "test", "path": "/status", "value": "draft"}], 422),
        ([{"op": "replace", "path": "/status", "value": "banana"}], 422),
        ([{"op": "remove", "path": "/status"}], 422),
        ([{"op": "remove", "path": "/nothing"}], 400),
        ([{"op": "replace", "path": "/id", "value": "b"}], 400),
        ([{"op": "replace", "path": "/resourceType", "value": "Goal"}], 400),
        ([{"op": "replace", "path": "", "value": 7}], 400),
        ([{"op": "explode", "path": "/status"}], 400),
        ([{"path": "/status"}], 400),
        ({"op": "remove"}, 400),
        ("text", 400),
        ([1], 400),
        (None, 400),
    ],
)
def test_a_patch_that_does_not_apply_changes_nothing(ehr: FhirCaller, operations: Any, status: int) -> None:
    ehr.put("/Task/a", task("a"))
    refused = ehr.patch("/Task/a", operations)
    assert refused.status_code == status, refused.text
    assert issue(refused)["severity"] == "error"
    assert ehr.get("/Task/a").headers["ETag"] == 'W/"1"'


def test_the_answer_to_a_write_is_what_was_preferred(ehr: FhirCaller) -> None:
    minimal = ehr.put("/Task/a", task("a"), {"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.data) == (201, b"")
    assert minimal.headers["Location"].endswith("/Task/a/_history/1")
    outcome = ehr.put("/Task/a", task("a"), {"Prefer": "handling=strict; return=OperationOutcome"})
    assert issue(outcome)["severity"] == "information"
    full = ehr.put("/Task/a", task("a"), {"Prefer": "return=representation"})
    assert full.get_json(force=True)["meta"]["versionId"] == "3"
    assert full.headers["Content-Location"].endswith("/Task/a/_history/3")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("GET", "/Task/none", None, {}, 404, "not-found"),
        ("GET", "/Banana/1", None, {}, 404, "not-found"),
        ("GET", "/Task/not_legal", None, {}, 404, "not-found"),
        ("GET", "/Task/a/b/c/d", None, {}, 404, "not-found"),
        ("GET", "/Task/a/_history/1/x", None, {}, 404, "not-found"),
        ("GET", "", None, {}, 405, "not-supported"),
        ("GET", "/", None, {}, 405, "not-supported"),
        ("PUT", "/Task", task("a"), {}, 405, "not-supported"),
        ("DELETE", "/Task", None, {}, 405, "not-supported"),
        ("POST", "/Task/a", task("a"), {}, 405, "not-supported"),
        ("GET", "/Task/_search", None, {}, 405, "not-supported"),
        ("GET", "/Task/_history", None, {}, 400, "not-supported"),
        ("GET", "/Patient/$everything", None, {}, 400, "not-supported"),
        ("DELETE", "/metadata", None, {}, 405, "not-supported"),
        ("POST", "/Task", b"{", {"Content-Type": "application/fhir+json"}, 400, "structure"),
        ("POST", "/Task", b"\xff", {"Content-Type": "application/json"}, 400, "structure"),
        ("POST", "/Task", [], {}, 400, "invalid"),
        ("POST", "/Task", patient("a"), {}, 400, "invalid"),
        ("PUT", "/Task/a", task("b"), {}, 400, "invalid"),
        ("PUT", "/Task/a", {"resourceType": "Task"}, {}, 400, "invalid"),
        ("POST", "/Task", b"<Task/>", {"Content-Type": "application/fhir+xml"}, 415, "not-supported"),
        ("POST", "/Task", b"a=b", {}, 415, "not-supported"),
        ("PATCH", "/Task/a", [], {"Content-Type": "application/fhir+json"}, 415, "not-supported"),
        ("GET", "/Task", None, {"Accept": "application/fhir+xml"}, 406, "not-supported"),
        ("GET", "/Task?_format=xml", None, {}, 406, "not-supported"),
        ("POST", "/Task/_search", b"{}", {"Content-Type": "application/json"}, 415, "not-supported"),
    ],
)
def test_every_refusal_is_an_operation_outcome(
    ehr: FhirCaller, method: str, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    refused = ehr.call(method, path, body, headers)
    assert (refused.status_code, issue(refused)["code"]) == (status, code)
    assert refused.status_code != 405 or refused.headers["Allow"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Accept": "*/*"},
        {"Accept": "application/fhir+json"},
        {"Accept": "application/json;q=0.5, text/html"},
    ],
)
@pytest.mark.parametrize("query", ["", "?_format=json", "?_format=application/fhir+json"])
def test_json_is_given_in_every_spelling(ehr: FhirCaller, asked: dict[str, str], query: str) -> None:
    assert ehr.get(f"/Task{query}", asked).content_type == "application/fhir+json"


def test_head_is_get_without_a_body(ehr: FhirCaller) -> None:
    ehr.put("/Task/a", task("a"))
    head = ehr.call("HEAD", "/Task/a")
    assert (head.status_code, head.headers["ETag"], head.data) == (200, 'W/"1"', b"")


def test_a_defect_answers_500_without_telling_values(
    store: Store, ehr: FhirCaller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    message = " ".join(
        ["Ada", "Lovelace,", "born", "1815"]
    )  # not as one word in this source, which a traceback shows

    def broken(*_: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr("samples.fhir.interactions.require_visible", broken)
    store.load([observation("o")])
    answer = ehr.get("/Observation/o")
    assert (answer.status_code, issue(answer)["code"]) == (500, "exception")
    assert "RuntimeError" in caplog.text
    assert "Ada Lovelace" not in caplog.text + answer.text


def test_a_body_that_is_too_long_is_refused(ehr: FhirCaller) -> None:
    ehr.client.application.config["MAX_CONTENT_LENGTH"] = 1000
    answer = ehr.post("/Task", task("a", description="x" * 2000))
    assert answer.status_code == 413
    assert issue(answer)["severity"] == "error"


def test_every_answer_is_kept_out_of_caches(ehr: FhirCaller) -> None:
    assert ehr.get("/Task").headers["Cache-Control"] == "no-store"
    assert orjson.loads(ehr.get("/Task").data)["total"] == 0
