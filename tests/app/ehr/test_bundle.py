"""The transaction Bundle, entry by entry, and every form in which servers answer one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from hypothesis import strategies as st

from app.ehr.bundle import filed_as_found, filed_from, transaction_bundle
from app.ehr.receipt import Filed, ReadBack
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.identity import identifier_value
from tests.app.ehr import forms
from tests.app.ehr.test_capabilities import JSON

TASK: dict[str, Any] = {
    "resourceType": "Task",
    "identifier": [{"system": IDENTIFIER_SYSTEM, "value": "u-1"}],
    "code": {
        "coding": [{"system": "https://chartside.example/fhir/CodeSystem/task-code", "code": "contact"}]
    },
}
GOAL: dict[str, Any] = {"resourceType": "Goal", "id": "4", "meta": {"versionId": "2"}}
BASE = "https://ehr.example/fhir"


def response(*entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": list(entries)}


def test_a_new_record_is_posted_under_its_own_urn():
    assert transaction_bundle([TASK]) == {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": "urn:uuid:u-1", "resource": TASK, "request": {"method": "POST", "url": "Task"}}
        ],
    }


def test_a_changed_record_is_put_with_the_version_that_was_read():
    assert transaction_bundle([GOAL], conditional=["Goal"])["entry"] == [
        {"resource": GOAL, "request": {"method": "PUT", "url": "Goal/4", "ifMatch": 'W/"2"'}}
    ]


def test_a_condition_is_set_for_the_types_that_offer_it_and_no_other():
    consent = {**TASK, "resourceType": "Consent"}
    task, other = transaction_bundle([TASK, consent], conditional=["Task", "Goal"])["entry"]
    assert task["request"]["ifNoneExist"] == f"identifier={IDENTIFIER_SYSTEM}|u-1"
    assert "ifNoneExist" not in other["request"]


@pytest.mark.parametrize("form", forms.ALL)
def test_the_bundle_of_every_form_is_valid_and_points_only_at_what_is_in_it(form):
    resources = forms.ALL[form]().resources
    bundle = transaction_bundle(resources, conditional=["Task"])
    get_fhir_model_class("Bundle").model_validate(bundle)
    urls = [entry["fullUrl"] for entry in bundle["entry"] if "fullUrl" in entry]
    assert len(urls) == len(set(urls)) == sum(1 for resource in resources if "id" not in resource)
    assert set(_urns(bundle["entry"])) <= set(urls)
    assert [entry["resource"] for entry in bundle["entry"]] == list(resources)


def _urns(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if str(value.get("reference", "")).startswith("urn:") else []
        return own + [urn for each in value.values() for urn in _urns(each)]
    return [urn for each in value for urn in _urns(each)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("entry", "reference", "version"),
    [
        ({"response": {"location": "Task/812/_history/3", "etag": 'W/"3"'}}, "Task/812", "3"),
        ({"response": {"location": f"{BASE}/Task/812/_history/3"}}, "Task/812", "3"),
        ({"response": {"location": f"{BASE}/Task/812", "etag": 'W/"7"'}}, "Task/812", "7"),
        ({"response": {"location": "Task/812", "etag": '"7"'}}, "Task/812", "7"),
        ({"response": {"location": "/Task/812", "etag": "7"}}, "Task/812", "7"),
        ({"response": {"location": "https://Task.example/Task/fhir/Task/812"}}, "Task/812", ""),
        ({"response": {"location": "Task/812/_history/"}}, "Task/812", ""),
        (
            {"response": {}, "resource": {**TASK, "id": "812", "meta": {"versionId": "5"}}},
            "Task/812",
            "5",
        ),
        ({"resource": {**TASK, "id": "812"}}, "Task/812", ""),
        (
            {
                "response": {"location": "Task/812/_history/1"},
                "resource": {"resourceType": "OperationOutcome", "id": "o1", "meta": {"versionId": "9"}},
            },
            "Task/812",
            "1",
        ),
        ({"response": {"status": "200 OK", "location": "Task/812/_history/1"}}, "Task/812", "1"),
    ],
)
def test_the_receipt_is_read_from_every_form_of_answer(entry, reference, version):
    (filed,) = filed_from([TASK], response(entry))
    assert replace(filed, read_back=ReadBack.NOT_COMPARED) == Filed(reference, version, "contact")


def test_what_the_answer_holds_is_laid_beside_what_was_sent():
    kept = {**TASK, "id": "812", "meta": {"versionId": "1"}}
    lost = {name: value for name, value in kept.items() if name != "code"}
    other = {"resourceType": "OperationOutcome", "id": "o1"}
    for held, read_back in ((kept, ReadBack.KEPT), (lost, ReadBack.LOST), (other, ReadBack.NOT_COMPARED)):
        entry = {"response": {"location": "Task/812/_history/1"}, "resource": held}
        (filed,) = filed_from([TASK], response(entry))
        assert filed.read_back == read_back
        assert [item.path for item in filed.dropped] == (["Task:contact.code"] if held is lost else [])


@pytest.mark.parametrize(
    ("entry", "version"),
    [
        ({"response": {"status": "200", "etag": 'W/"3"'}}, "3"),
        ({"response": {"status": "200", "location": "Goal/4/_history/3"}}, "3"),
        ({"response": {"status": "200"}, "resource": {**GOAL, "meta": {"versionId": "3"}}}, "3"),
        ({"response": {"status": "200"}}, ""),
    ],
)
def test_a_change_is_known_by_its_own_id(entry, version):
    (filed,) = filed_from([GOAL], response(entry))
    assert replace(filed, read_back=ReadBack.NOT_COMPARED) == Filed("Goal/4", version, "goal update", True)


def test_the_entries_stand_in_the_order_in_which_they_were_sent():
    answer = response({"response": {"location": "Task/1"}}, {"response": {"etag": 'W/"3"'}})
    assert [item.reference for item in filed_from([TASK, GOAL], answer)] == ["Task/1", "Goal/4"]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"entry": None},
        {"entry": "two"},
        {"entry": {"response": {"location": "Task/812"}}},
        response(),
        response({"response": {"location": "Task/1"}}, {"response": {"location": "Task/2"}}),
        response(None),
        response("Task/812"),
        response({"response": "Task/812"}),
        response({"response": {"location": "Goal/812"}}),
        response({"response": {"location": "Task/"}}),
        response({"response": {"location": ["Task/812", 7], "status": "400 Bad Request"}}),
        response({"response": {"location": "Task/812", "status": "422 Unprocessable Entity"}}),
        response(
            {"response": {"status": "201"}, "resource": {"resourceType": "OperationOutcome", "id": "o1"}}
        ),
        response({"response": {"status": "201"}, "resource": [TASK]}),
    ],
)
def test_an_answer_that_does_not_say_what_was_filed_is_not_believed(answer):
    with pytest.raises(ValueError, match="transaction-response"):
        filed_from([TASK], answer)


@given(st.lists(JSON | st.fixed_dictionaries({"response": JSON, "resource": JSON}), max_size=2))
def test_no_answer_breaks_the_reading_of_a_receipt(entries):
    try:
        filed = filed_from([TASK], response(*entries))
    except ValueError:
        return
    assert filed[0].reference.startswith("Task/")


def test_a_record_that_was_looked_up_is_called_what_it_was_when_new():
    found = {**TASK, "id": "812", "meta": {"versionId": "2"}}
    assert filed_as_found(found) == Filed("Task/812", "2", "contact")
    plan = {"resourceType": "CarePlan", "id": "9", "identifier": TASK["identifier"]}
    assert filed_as_found(plan) == Filed("CarePlan/9", "", "care plan")
    assert identifier_value(plan) == "u-1"


@pytest.mark.parametrize(
    ("source", "rung", "form"),
    [
        ("DocumentReference/7", "document", "a note (DocumentReference)"),
        (
            "QuestionnaireResponse/7",
            "questionnaire-response",
            "answers to a questionnaire (QuestionnaireResponse)",
        ),
    ],
)
def test_a_record_that_stands_in_a_note_is_filed_where_the_note_is(source, rung, form):
    filed = filed_as_found({**TASK, "id": "n-1", "meta": {"versionId": "3", "source": source}})
    assert (filed.reference, filed.rung, filed.form, filed.place) == (source, rung, form, "Task/n-1")
    assert filed.version_words == "note 3"
