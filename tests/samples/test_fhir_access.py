"""Scopes and the launch patient: what a token reaches, and every way around it that was thought of."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from samples.fhir.access import EVERYTHING, Access
from samples.fhir.store import Store
from tests.samples.conftest import (
    FHIR_BASE,
    FhirCaller,
    grants,
    issue,
    observation,
    patient,
    patient_access,
    task,
)
from tests.samples.test_fhir_bundles import anonymous, bundle, entry

STAFF = {"reference": "Practitioner/nurse"}


@pytest.fixture
def charts(store: Store) -> None:
    """Two patients' charts, and things that belong to no patient."""
    for who in ("ada", "bob"):
        subject = {"reference": f"Patient/{who}"}
        store.load(
            [
                patient(who, name=[{"family": who}]),
                task(f"{who}-task", who, owner=STAFF),
                observation(f"{who}-obs", who, performer=[{"reference": "Patient/ada"}]),
                {"resourceType": "Appointment", "id": f"{who}-visit", "status": "booked",
                 "participant": [{"actor": subject, "status": "accepted"}]},
                {"resourceType": "Coverage", "id": f"{who}-cover", "beneficiary": subject},
                {"resourceType": "Provenance", "id": f"{who}-prov", "target": [subject]},
            ]
        )  # fmt: skip
    store.load(
        [
            {"resourceType": "Practitioner", "id": "nurse"},
            {"resourceType": "Medication", "id": "drug"},
            {"resourceType": "Group", "id": "panel", "member": [{"entity": {"reference": "Patient/ada"}}]},
            {"resourceType": "Binary", "id": "scan", "contentType": "text/plain"},
            observation("logical", subject={"identifier": {"value": "ada"}, "type": "Patient"}),
            observation("elsewhere", subject={"reference": "http://other.example/fhir/Patient/ada"}),
            observation("of-group", subject={"reference": "Group/ada"}),
        ]
    )


@pytest.fixture
def ada(caller_with: Any, charts: None) -> FhirCaller:
    """A token with every patient scope, launched for ada."""
    return caller_with(patient_access())


def refused(answer: TestResponse) -> None:
    assert answer.status_code == 403, answer.text
    assert issue(answer)["code"] == "forbidden"


def test_a_grant_is_a_type_and_a_letter() -> None:
    access = Access(grants("Task.rs", "Goal.c"), grants("Patient.r"), "ada", "Practitioner/nurse", "app")
    assert access.allows("Task", "r")
    assert not access.allows("Task", "c")
    assert access.allows("Patient", "r")
    assert access.confined("Task", "r")
    assert not access.confined("Patient", "r")
    assert not Access(grants("Task.rs"), frozenset(), None, "", "").allows("Task", "r")
    assert EVERYTHING.allows("Binary", "d")
    assert not EVERYTHING.confined("Binary", "d")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer unknown", "everything"]
)
def test_no_good_token_no_answer(ehr: FhirCaller, header: str | None) -> None:
    ehr.token = None
    answer = ehr.get("/Patient", {"Authorization": header} if header is not None else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert issue(answer)["severity"] == "error"


@pytest.mark.parametrize("path", ["/Patient/ada", "", "/nowhere/at/all", "/Task/_search"])
def test_every_address_but_metadata_needs_a_token(ehr: FhirCaller, path: str) -> None:
    ehr.token = None
    assert ehr.get(path).status_code == 401
    assert ehr.get("/metadata").status_code == 200


LETTERS = {
    "r": ("GET", "/Task/ada-task", None),
    "s": ("GET", "/Task?patient=ada", None),
    "c": ("POST", "/Task", task("x")),
    "u": ("PUT", "/Task/ada-task", task("ada-task")),
    "d": ("DELETE", "/Task/ada-task", None),
}


@pytest.mark.parametrize("granted", LETTERS)
@pytest.mark.parametrize("tried", LETTERS)
@pytest.mark.usefixtures("charts")
def test_each_letter_allows_its_interaction_only(caller_with: Any, granted: str, tried: str) -> None:
    caller = caller_with(patient_access(f"Task.{granted}", "Goal.cruds"))
    answer = caller.call(*LETTERS[tried])
    assert (answer.status_code < 300) == (granted == tried)
    if granted != tried:
        refused(answer)


@pytest.mark.usefixtures("charts")
def test_update_as_create_and_conditional_create_need_both_letters(caller_with: Any) -> None:
    updater, creator = caller_with(patient_access("Task.u")), caller_with(patient_access("Task.c"))
    refused(updater.put("/Task/fresh", task("fresh")))
    refused(creator.put("/Task/fresh", task("fresh")))
    refused(creator.post("/Task", task("x"), {"If-None-Exist": "identifier=urn:record|1"}))
    assert caller_with(patient_access("Task.cu")).put("/Task/fresh", task("fresh")).status_code == 201


MINE = ["/Patient/ada", "/Task/ada-task", "/Observation/ada-obs", "/Appointment/ada-visit", "/Coverage/ada-cover",
        "/Provenance/ada-prov", "/Practitioner/nurse", "/Medication/drug"]  # fmt: skip
NOT_MINE = ["/Patient/bob", "/Task/bob-task", "/Observation/bob-obs", "/Appointment/bob-visit", "/Coverage/bob-cover",
            "/Provenance/bob-prov", "/Group/panel", "/Binary/scan", "/Observation/logical",
            "/Observation/elsewhere", "/Observation/of-group"]  # fmt: skip


@pytest.mark.parametrize("path", MINE)
def test_the_launch_patients_data_and_shared_data_are_readable(ada: FhirCaller, path: str) -> None:
    for suffix in ("", "/_history", "/_history/1"):
        assert ada.get(path + suffix).status_code == 200


@pytest.mark.parametrize("path", NOT_MINE)
def test_nothing_else_is_readable(ada: FhirCaller, path: str) -> None:
    for suffix in ("", "/_history", "/_history/1"):
        refused(ada.get(path + suffix))
    refused(ada.delete(path))
    refused(ada.patch(path, [{"op": "add", "path": "/language", "value": "en"}]))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/Patient", ["ada"]),
        ("/Patient?name=bob", []),
        ("/Patient?_id=ada", ["ada"]),
        ("/Task", ["ada-task"]),
        ("/Task?patient=ada", ["ada-task"]),
        ("/Task?owner=Practitioner/nurse", ["ada-task"]),
        ("/Task?_id=bob-task", []),
        ("/Task?status:not=completed", ["ada-task"]),
        ("/Task?patient:missing=true", []),
        ("/Observation", ["ada-obs"]),
        ("/Observation?performer=Patient/ada", ["ada-obs"]),
        ("/Observation?subject:identifier=ada", []),
        ("/Appointment", ["ada-visit"]),
        ("/Coverage", ["ada-cover"]),
        ("/Practitioner", ["nurse"]),
    ],
)
def test_a_search_sees_the_launch_patients_data_only(ada: FhirCaller, path: str, found: list[str]) -> None:
    assert ada.ids(path) == found
    assert ada.get(f"{path}{'&' if '?' in path else '?'}_summary=count").get_json(force=True)["total"] == len(
        found
    )


@pytest.mark.parametrize(
    "path",
    ["/Task?patient=bob", "/Task?patient=Patient/bob", "/Task?patient=ada,bob", "/Task?subject=bob",
     f"/Task?patient={FHIR_BASE}/Patient/bob", "/Task?subject:Patient=bob", "/Task?patient=ada&patient=bob",
     "/Observation?performer=Patient/bob", "/Patient?_id=bob", "/Patient?_id=ada,bob", "/Group", "/Binary",
     "/Coverage?beneficiary=Patient/bob", "/Appointment?actor=Patient/bob"],
)  # fmt: skip
def test_a_search_that_names_another_patient_is_refused(ada: FhirCaller, path: str) -> None:
    refused(ada.get(path))


@pytest.mark.parametrize(
    ("path", "included"),
    [
        ("/Task?_include=Task:owner&_include=Task:patient", {"Practitioner/nurse", "Patient/ada"}),
        ("/Practitioner?_revinclude=Task:owner", {"Task/ada-task"}),
        ("/Patient?_revinclude=Observation:performer", {"Observation/ada-obs"}),
        ("/Patient?_revinclude=Group:member", set()),
        ("/Patient?_revinclude=Provenance:target", {"Provenance/ada-prov"}),
    ],
)
def test_includes_stay_inside(ada: FhirCaller, path: str, included: set[str]) -> None:
    entries = ada.get(path).get_json(force=True)["entry"]
    brought = [e["resource"] for e in entries if e["search"]["mode"] == "include"]
    assert {f"{r['resourceType']}/{r['id']}" for r in brought} == included


@pytest.mark.usefixtures("charts")
def test_includes_bring_only_types_that_may_be_read(caller_with: Any) -> None:
    caller = caller_with(patient_access("Task.rs", "Practitioner.s"))
    bundle_found = caller.get("/Task?_include=Task:owner&_include=Task:patient").get_json(force=True)
    assert [e["resource"]["id"] for e in bundle_found["entry"]] == ["ada-task"]


OTHERS = {
    "another patient's": task("x", "bob"),
    "nobody's": {"resourceType": "Task", "id": "x", "status": "draft", "intent": "order"},
    "a logical reference": {**task("x"), "for": {"identifier": {"value": "ada"}, "type": "Patient"}},
    "a patient elsewhere": task("x") | {"for": {"reference": "http://other.example/fhir/Patient/ada"}},
    "a group": task("x") | {"for": {"reference": "Group/ada"}},
    "two patients'": {
        "resourceType": "Appointment", "id": "x", "status": "booked",
        "participant": [{"actor": {"reference": f"Patient/{w}"}, "status": "accepted"} for w in ("ada", "bob")],
    },
    "a patient": patient("x"),
    "another's record of herself": {
        **observation("x", "bob"), "performer": [{"reference": "Patient/ada"}],
    },
    "a colleague": {"resourceType": "Practitioner", "id": "x"},
    "a type without a patient": {"resourceType": "Group", "id": "x", "type": "person", "actual": True},
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_only_what_is_about_the_launch_patient_is_written(ada: FhirCaller, store: Store, name: str) -> None:
    resource = OTHERS[name]
    resource_type = resource["resourceType"]
    before = store.count(resource_type)
    refused(ada.post(f"/{resource_type}", resource))
    refused(ada.put(f"/{resource_type}/x", resource))
    refused(ada.post("", bundle(entry("PUT", f"{resource_type}/x", resource))))
    assert store.count(resource_type) == before


def test_a_resource_is_neither_taken_from_nor_given_to_another_patient(ada: FhirCaller, store: Store) -> None:
    refused(ada.put("/Task/bob-task", task("bob-task", "ada")))
    refused(ada.put("/Task/ada-task", task("ada-task", "bob")))
    move = [{"op": "replace", "path": "/for/reference", "value": "Patient/bob"}]
    refused(ada.patch("/Task/ada-task", move))
    refused(ada.delete("/Patient/bob"))
    assert [v.version for v in store.versions("Task", "bob-task")] == [1]
    assert [v.version for v in store.versions("Task", "ada-task")] == [1]


def test_a_deleted_resource_of_another_patient_is_not_taken_over(ada: FhirCaller, ehr: FhirCaller) -> None:
    ehr.delete("/Task/bob-task")
    refused(ada.put("/Task/bob-task", task("bob-task", "ada")))
    refused(ada.get("/Task/bob-task/_history/1"))
    refused(ada.get("/Task/bob-task/_history"))


def test_versions_from_when_it_was_another_patients_are_not_shown(ada: FhirCaller, ehr: FhirCaller) -> None:
    ehr.put("/Task/bob-task", task("bob-task", "ada", description="moved"))
    history = ada.get("/Task/bob-task/_history").get_json(force=True)
    assert [e["resource"]["meta"]["versionId"] for e in history["entry"]] == ["2"]
    assert ada.get("/Task/bob-task/_history/1").status_code == 404
    assert ehr.get("/Task/bob-task/_history/1").status_code == 200


def test_a_condition_does_not_see_another_patients_data(ada: FhirCaller, store: Store) -> None:
    mark = [{"system": "urn:record", "value": "1"}]
    store.load([task("bobs", "bob", identifier=mark)])
    created = ada.post("/Task", task("x", identifier=mark), {"If-None-Exist": "identifier=urn:record|1"})
    assert created.status_code == 201
    refused(ada.post("/Task", task("x"), {"If-None-Exist": "patient=bob"}))
    refused(ada.post("/Task", task("x"), {"If-None-Exist": "identifier=urn:record|1&patient=Patient/bob"}))


@pytest.mark.parametrize(
    "bad",
    [
        entry("POST", "Task", anonymous(task("x", "bob"))),
        entry("PUT", "Task/bob-task", task("bob-task", "bob")),
        entry("DELETE", "Task/bob-task"),
        entry("GET", "Task/bob-task"),
        entry("GET", "Task?patient=bob"),
        entry("POST", "Task", anonymous(task("x")), ifNoneExist="patient=bob"),
        entry("POST", "Task", anonymous(task("x", focus={"reference": "Task?patient=bob"}))),
        entry("POST", "Group", {"resourceType": "Group", "type": "person", "actual": True}),
        entry("POST", "Task", anonymous(task("x")) | {"for": {"reference": "Patient?name=bob"}}),
    ],
)
def test_a_transaction_with_one_forbidden_entry_is_refused_whole(
    ada: FhirCaller, store: Store, bad: dict[str, Any]
) -> None:
    before = store.count("Task")
    answer = ada.post("", bundle(entry("POST", "Task", anonymous(task("fine"))), bad))
    assert answer.status_code in (403, 412)
    assert issue(answer)["expression"][0].startswith("Bundle.entry[1]")
    assert store.count("Task") == before


def test_a_link_to_a_new_patient_does_not_open_a_way_out(ada: FhirCaller, store: Store) -> None:
    new = "urn:uuid:00000000-0000-4000-8000-000000000009"
    answer = ada.post(
        "",
        bundle(
            entry("POST", "Patient", {"resourceType": "Patient"}, new),
            entry("POST", "Task", anonymous(task("x")) | {"for": {"reference": new}}),
        ),
    )
    refused(answer)
    assert store.count("Patient") == 2


def test_a_batch_refuses_only_the_forbidden_entry(ada: FhirCaller) -> None:
    answer = ada.post("", bundle(entry("GET", "Patient/bob"), entry("GET", "Patient/ada"), kind="batch"))
    assert [e["response"]["status"][:3] for e in answer.get_json(force=True)["entry"]] == ["403", "200"]


@pytest.mark.usefixtures("charts")
def test_a_user_scope_is_not_confined(caller_with: Any) -> None:
    user = Access(grants("Task.cruds"), grants("Task.rs", "Patient.r"), "ada", "Practitioner/nurse", "app")
    caller = caller_with(user)
    assert caller.ids("/Task?_sort=_id") == ["ada-task", "bob-task"]
    assert caller.get("/Patient/bob").status_code == 200
    refused(caller.put("/Task/bob-task", task("bob-task", "bob")))
    included = caller.get("/Task?_include=Task:owner").get_json(force=True)["entry"]
    assert {e["resource"]["resourceType"] for e in included} == {"Task"}
