"""Writes as each EHR takes them: what is dropped, what is demanded, duplicates, and guards against lost updates."""

from __future__ import annotations

from typing import Any

import pytest

from samples.fhir.store import Store
from tests.samples.conftest import issue, patient, patient_access
from tests.samples.persona_world import PLAYED, document, number, playing

ADA = {"reference": "Patient/ada"}
NURSE = {"reference": "Practitioner/nurse"}
OURS = [{"system": "https://chartside.example/form", "value": "1"}]


def attached(content_type: str) -> list[dict[str, Any]]:
    return [{"attachment": {"contentType": content_type, "data": "UGxhbg=="}}]


def communication(**elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [{"coding": [{"code": "notification"}]}],
        "subject": ADA,
        "recipient": [NURSE],
        "sender": NURSE,
        "payload": [{"contentAttachment": {"contentType": "text/plain", "data": "SGk="}}],
        **elements,
    }


def vital(code: str, **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": ADA,
        "effectiveDateTime": "2026-11-21T12:00:00Z",
        "valueQuantity": {"value": 72, "unit": "/min"},
        **elements,
    }


def task(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Task", "status": "requested", "intent": "order", "for": ADA, **elements}


@pytest.fixture(autouse=True)
def _ada(store: Store) -> None:
    store.load([patient("ada")])


def test_oracle_keeps_of_a_document_only_what_it_knows_and_says_nothing(store: Store) -> None:
    sent = document(
        identifier=OURS,
        category=[{"coding": [{"code": "clinical-note"}]}],
        description="Plan",
        relatesTo=[{"code": "replaces", "target": {"reference": "DocumentReference/x"}}],
        context={"period": {"end": "2026-11-21T12:00:00Z"}, "practiceSetting": {"text": "Clinic"}},
        meta={"tag": [{"code": "ours"}]},
    )
    answer = playing("oracle", store).post("/DocumentReference", sent)
    assert answer.status_code == 201
    kept = answer.get_json(force=True)
    assert not {"identifier", "category", "description", "relatesTo"} & kept.keys()
    assert kept["context"] == {"period": {"end": "2026-11-21T12:00:00Z"}}
    assert kept["meta"].keys() == {"versionId", "lastUpdated"}
    assert kept["content"] == sent["content"]
    assert store.read("DocumentReference", kept["id"]) == kept
    whole = playing("epic", store).post("/DocumentReference", sent).get_json(force=True)
    assert whole["identifier"] == OURS


def test_oracle_drops_the_same_on_update(store: Store) -> None:
    store.load([document() | {"id": "d"}])
    answer = playing("oracle", store).put("/DocumentReference/d", document(identifier=OURS) | {"id": "d"})
    assert answer.status_code == 200
    assert "identifier" not in (store.read("DocumentReference", "d") or {})


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("application/pdf", True),
        ("text/plain;charset=utf-8", True),
        ("text/rtf;charset=utf-8", True),
        ("text/html; charset=utf-8", True),
        ("application/xml", True),
        ("application/xhtml+xml", True),
        ("application/json", False),
        ("application/fhir+json", False),
        ("image/png", False),
        ("text/markdown", False),
    ],
)
def test_oracle_takes_documents_of_six_kinds(store: Store, content_type: str, taken: bool) -> None:
    answer = playing("oracle", store).post("/DocumentReference", document(content=attached(content_type)))
    assert answer.status_code == (201 if taken else 422)
    assert store.count("DocumentReference") == int(taken)
    if not taken:
        assert issue(answer)["expression"] == ["DocumentReference.content.attachment.contentType"]
    assert (
        playing("epic", store)
        .post("/DocumentReference", document(content=attached(content_type)))
        .status_code
        == 201
    )


@pytest.mark.parametrize(
    "elements",
    [
        {"context": {"period": {"end": "2026-11-21"}}},
        {"context": {"period": {"start": "2026-11-21", "end": "2026-11-21T12:00:00Z"}}},
        {"context": {}},
        {"content": [{"attachment": {"contentType": "text/plain", "data": "SGk=", "creation": "2026-11-21"}}]},
        {"content": [{"attachment": {"contentType": "text/plain"}}]},
        {"docStatus": "preliminary"},
        {"status": "superseded"},
        {"author": []},
        {"type": {"text": "Plan"}},
    ],
    ids=str,
)  # fmt: skip
def test_oracle_refuses_a_document_without_times_or_what_it_needs(
    store: Store, elements: dict[str, Any]
) -> None:
    answer = playing("oracle", store).post("/DocumentReference", document(**elements))
    assert (answer.status_code, issue(answer)["code"]) == (422, "business-rule")
    assert store.count("DocumentReference") == 0


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({}, 201),
        ({"note": [{"text": "dropped"}], "identifier": OURS, "about": [ADA]}, 201),
        ({"status": "in-progress"}, 422),
        ({"category": [{"coding": [{"code": "instruction"}]}]}, 422),
        ({"payload": [{"contentString": "Hi"}]}, 422),
        ({"recipient": []}, 422),
        ({"modifierExtension": [{"url": "https://chartside.example/x", "valueBoolean": True}]}, 422),
        ({"implicitRules": "https://chartside.example/rules"}, 422),
    ],
    ids=str,
)
def test_oracle_takes_messages_of_its_kind(store: Store, elements: dict[str, Any], status: int) -> None:
    answer = playing("oracle", store).post("/Communication", communication(**elements))
    assert answer.status_code == status
    if status == 201:
        assert not {"note", "identifier", "about"} & answer.get_json(force=True).keys()


def test_oracle_takes_problems_and_readings_of_its_kinds(store: Store) -> None:
    ehr = playing("oracle", store)

    def condition(category: str) -> dict[str, Any]:
        status = {"coding": [{"code": "active"}]}
        kind = [{"coding": [{"code": category}]}]
        return {"resourceType": "Condition", "clinicalStatus": status, "category": kind, "subject": ADA}

    assert ehr.post("/Condition", condition("problem-list-item")).status_code == 201
    assert ehr.post("/Condition", condition("health-concern")).status_code == 422
    assert ehr.post("/Observation", vital("8867-4")).status_code == 201
    survey = vital("44261-6", category=[{"coding": [{"code": "survey"}]}])
    assert ehr.post("/Observation", survey).status_code == 422
    assert ehr.post("/Observation", vital("8867-4", effectiveDateTime=None)).status_code == 422


@pytest.mark.parametrize(
    ("sent", "refused_as"),
    [
        (vital("8867-4"), ""),
        (vital("72514-3"), "59188"),
        (vital("8867-4", valueQuantity=None), "59189"),
    ],
    ids=["heart rate", "no flowsheet row", "no value"],
)
def test_epic_files_a_reading_only_where_a_flowsheet_row_is_known(
    store: Store, sent: dict[str, Any], refused_as: str
) -> None:
    body = {name: value for name, value in sent.items() if value is not None}
    answer = playing("epic", store).post("/Observation", body)
    assert answer.status_code == (400 if refused_as else 201)
    assert store.count("Observation") == (0 if refused_as else 1)
    if refused_as:
        assert number(answer) == refused_as


@pytest.mark.parametrize("persona", ["oracle", "canvas"])
def test_a_conditional_create_is_passed_over_and_makes_a_second_record(store: Store, persona: str) -> None:
    ehr = playing(persona, store)
    sent = document(identifier=OURS)
    condition = {"If-None-Exist": f"identifier={OURS[0]['system']}|1"}
    answers = [ehr.post("/DocumentReference", sent, condition) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert store.count("DocumentReference") == 2


def test_epic_passes_it_over_too_but_notices_a_duplicate(store: Store) -> None:
    ehr = playing("epic", store)
    plain = {"If-None-Exist": "identifier=x|1"}
    assert [ehr.post("/DocumentReference", document(), plain).status_code for _ in range(2)] == [201, 201]
    assert ehr.post("/DocumentReference", document(identifier=OURS)).status_code == 201
    again = ehr.post("/DocumentReference", document(identifier=OURS))
    assert (again.status_code, issue(again)["code"], number(again)) == (400, "duplicate", "59141")
    assert ehr.post("/DocumentReference", document("ben", identifier=OURS)).status_code == 201
    bees = {"coding": [{"system": "http://snomed.info/sct", "code": "288328004"}]}
    allergy = {"resourceType": "AllergyIntolerance", "code": bees, "patient": ADA}
    assert [ehr.post("/AllergyIntolerance", allergy).status_code for _ in range(2)] == [201, 400]
    assert store.count("DocumentReference") == 4


def test_a_confined_app_learns_of_no_other_patients_duplicates(store: Store) -> None:
    store.load([document("ben", identifier=OURS) | {"id": "bens"}])
    ehr = playing("epic", store, patient_access())
    assert ehr.post("/DocumentReference", document(identifier=OURS)).status_code == 201
    write_only = playing("epic", store, patient_access("DocumentReference.c"))
    assert write_only.post("/DocumentReference", document(identifier=OURS)).status_code == 400


@pytest.mark.parametrize(("persona", "conflict"), [("epic", 412), ("oracle", 409)])
def test_if_match_is_honoured(store: Store, persona: str, conflict: int) -> None:
    store.load([document() | {"id": "d"}])
    ehr = playing(persona, store)
    body = document() | {"id": "d"}
    tag = ehr.get("/DocumentReference/d").headers["ETag"]
    assert ehr.put("/DocumentReference/d", body, {"If-Match": tag}).status_code == 200
    answer = ehr.put("/DocumentReference/d", body, {"If-Match": tag})
    assert (answer.status_code, issue(answer)["code"]) == (conflict, "conflict")
    assert len(store.versions("DocumentReference", "d")) == 2


def test_canvas_has_no_tags_and_guards_by_time(store: Store) -> None:
    store.load([task(id="t")])
    ehr = playing("canvas", store)
    read = ehr.get("/Task/t")
    assert "ETag" not in read.headers
    seen = {"If-Unmodified-Since": read.headers["Last-Modified"]}
    body = task(id="t", status="in-progress")
    assert ehr.put("/Task/t", body, {"If-Match": 'W/"7"'}).status_code == 200
    answer = ehr.put("/Task/t", body, seen)
    assert (answer.status_code, issue(answer)["code"]) == (412, "conflict")
    now = {"If-Unmodified-Since": ehr.get("/Task/t").headers["Last-Modified"]}
    assert ehr.put("/Task/t", body, now).status_code == 200
    assert ehr.put("/Task/t", body, {"If-Unmodified-Since": "yesterday"}).status_code == 200


@pytest.mark.parametrize(
    ("persona", "path", "status"),
    [("epic", "/Task/new", 404), ("canvas", "/Task/new", 404), ("oracle", "/DocumentReference/new", 404)],
)
def test_no_update_makes_a_record(store: Store, persona: str, path: str, status: int) -> None:
    kind = path.split("/")[1]
    body = (task() if kind == "Task" else document()) | {"id": "new"}
    assert playing(persona, store).put(path, body).status_code == status
    assert store.count(kind) == 0


def test_epic_updates_the_tasks_it_has(store: Store) -> None:
    store.load([task(id="t")])
    ehr = playing("epic", store)
    assert ehr.put("/Task/t", task(id="t", status="completed")).status_code == 200
    assert ehr.post("/Task", task()).status_code == 405
    assert (store.read("Task", "t") or {})["status"] == "completed"


@pytest.mark.parametrize("kind", ["Patient", "Encounter", "MedicationRequest", "Coverage", "RelatedPerson"])
def test_oracle_changes_these_by_patch_alone(store: Store, kind: str) -> None:
    store.load([{"resourceType": kind, "id": "ada", **PATCHED[kind]}])
    ehr = playing("oracle", store)
    assert ehr.put(f"/{kind}/ada", {"resourceType": kind, "id": "ada"}).status_code == 405
    tag = ehr.get(f"/{kind}/ada").headers["ETag"]
    change = [{"op": "add", "path": "/language", "value": "es"}]
    assert ehr.patch(f"/{kind}/ada", change, {"If-Match": tag}).status_code == 200
    assert ehr.patch(f"/{kind}/ada", change, {"If-Match": tag}).status_code == 409
    assert (store.read(kind, "ada") or {})["language"] == "es"
    assert ehr.patch(f"/{kind}/nobody", change).status_code == 404


PATCHED: dict[str, dict[str, Any]] = {
    "Patient": {},
    "Encounter": {"status": "finished", "class": {"code": "AMB"}, "subject": ADA},
    "MedicationRequest": {
        "status": "active", "intent": "order", "subject": ADA, "medicationCodeableConcept": {"text": "x"},
    },
    "Coverage": {"status": "active", "beneficiary": ADA, "payor": [{"display": "x"}]},
    "RelatedPerson": {"patient": ADA},
}  # fmt: skip


def test_oracle_deletes_a_coverage(store: Store) -> None:
    store.load([{"resourceType": "Coverage", "id": "c", **PATCHED["Coverage"]}])
    ehr = playing("oracle", store)
    assert ehr.delete("/Coverage/c", {"If-Match": 'W/"9"'}).status_code == 409
    assert ehr.delete("/Coverage/c").status_code == 204
    assert ehr.delete("/Encounter/x").status_code == 405
    assert store.count("Coverage") == 0


def test_athena_takes_answers_that_nobody_can_read_back(store: Store) -> None:
    ehr = playing("athena", store)
    answers = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": ADA}
    filed = ehr.post("/QuestionnaireResponse", answers)
    assert filed.status_code == 201
    identity = filed.headers["Location"].split("/")[-3]
    assert store.read("QuestionnaireResponse", identity)
    assert ehr.get(f"/QuestionnaireResponse/{identity}").status_code == 403
    assert ehr.get("/QuestionnaireResponse?patient=ada").status_code == 403


@pytest.mark.parametrize("persona", ["epic", "ecw"])
def test_elsewhere_answers_can_be_read_back(store: Store, persona: str) -> None:
    ehr = playing(persona, store)
    answers = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": ADA}
    identity = ehr.post("/QuestionnaireResponse", answers).headers["Location"].split("/")[-3]
    assert ehr.get(f"/QuestionnaireResponse/{identity}").status_code == 200
    assert ehr.ids("/QuestionnaireResponse?patient=ada") == [identity]
    assert ehr.put(f"/QuestionnaireResponse/{identity}", answers | {"id": identity}).status_code in (405, 501)


def test_canvas_takes_tasks_consents_and_statements(store: Store) -> None:
    ehr = playing("canvas", store)
    consent = {
        "resourceType": "Consent", "status": "active", "scope": {"text": "care management"},
        "category": [{"text": "care management"}], "patient": ADA, "policyRule": {"text": "verbal"},
    }  # fmt: skip
    stated = {
        "resourceType": "MedicationStatement", "status": "active", "subject": ADA,
        "medicationCodeableConcept": {"text": "ibuprofen"},
    }  # fmt: skip
    for body, updates in ((task(), 200), (consent, 405), (stated, 200)):
        kind = body["resourceType"]
        filed = ehr.post(f"/{kind}", body)
        assert filed.status_code == 201
        identity = filed.get_json(force=True)["id"]
        assert ehr.put(f"/{kind}/{identity}", body | {"id": identity}).status_code == updates
        assert ehr.ids(f"/{kind}?patient=ada") == [identity]


@pytest.mark.parametrize("persona", PLAYED)
def test_no_ehr_that_is_played_takes_a_plan_or_a_goal(store: Store, persona: str) -> None:
    ehr = playing(persona, store)
    for kind in ("CarePlan", "Goal"):
        answer = ehr.post(f"/{kind}", {"resourceType": kind, "subject": ADA})
        assert issue(answer)["code"] == "not-supported"
        assert store.count(kind) == 0


@pytest.mark.parametrize("persona", PLAYED)
def test_scopes_and_the_launch_patient_still_bind(store: Store, persona: str) -> None:
    store.load(
        [patient("ben"), {"resourceType": "Condition", "id": "bens", "subject": {"reference": "Patient/ben"}}]
    )
    ehr = playing(persona, store, patient_access("Condition.rs"))
    assert ehr.get("/Condition/bens").status_code == 403
    assert ehr.get("/Condition?patient=ben").status_code == 403
    assert ehr.get("/Goal?patient=ada").status_code == 403
    assert ehr.get("/Condition?patient=ada").status_code == 200


def test_a_confined_app_does_not_learn_that_another_chart_is_restricted(store: Store) -> None:
    ehr = playing("epic", store, patient_access())
    for answer in (
        ehr.get("/Condition?patient=denise-whitaker"),
        ehr.post("/Communication", communication(subject={"reference": "Patient/denise-whitaker"})),
    ):
        assert (answer.status_code, issue(answer)["code"]) == (403, "forbidden")
