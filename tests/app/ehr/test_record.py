"""A save ends in a receipt or in a reason, is never doubled, and never tells anything about the patient by its errors.

Each test files a real form's records over the real client and looks at what the EHR received.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.ehr import errors
from app.ehr.record import not_accepted, save
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.identity import identifier_value
from tests.app.ehr import forms
from tests.app.ehr.chart_server import (
    ALL_TYPES,
    HTML_PAGE,
    SILENCE,
    Answer,
    ChartServer,
    Received,
    metadata,
    refusal,
)
from tests.app.ehr.conftest import ISS, gateway_to
from tests.app.ehr.forms import Filing
from tests.app.ehr.saves import held, new, not_filed, posted, sent_nothing
from tests.mappings.charts import NOW

CONTACT_FILED = ("contact", "next task", "enrollment step")


# What the EHR receives


@pytest.mark.parametrize("form", forms.ALL)
@pytest.mark.requirement("client@52")
def test_a_save_is_one_transaction_of_all_its_records(ehr, gateway, form):
    filing = held(ehr, forms.ALL[form]())
    save(gateway, filing.resources, now=NOW)
    (got,) = [item for item in ehr.received if item.method != "GET"]
    assert (got.method, got.path, got.parameters) == ("POST", "", ())
    assert got.headers["content-type"] == "application/fhir+json"
    assert got.headers["authorization"] == "Bearer access-1"
    assert got.body == {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": resource,
                "request": {
                    "method": "PUT",
                    "url": f"{resource['resourceType']}/{resource['id']}",
                    "ifMatch": f'W/"{resource["meta"]["versionId"]}"',
                },
            }
            if "id" in resource
            else {
                "fullUrl": f"urn:uuid:{identifier_value(resource)}",
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for resource in filing.resources
        ],
    }


def test_the_condition_stands_where_the_metadata_offers_it_and_nowhere_else(ehr, gateway):
    filing = held(ehr, forms.plan())
    ehr.metadata = metadata(conditional=("Goal", "CarePlan"))
    save(gateway, filing.resources, now=NOW)
    requests = {
        (entry["request"]["method"], entry["resource"]["resourceType"]): entry["request"]
        for entry in posted(ehr)[0]["entry"]
    }
    (goal,) = [resource for resource in filing.resources if resource["resourceType"] == "Goal"]
    assert (
        requests["POST", "Goal"]["ifNoneExist"] == f"identifier={IDENTIFIER_SYSTEM}|{identifier_value(goal)}"
    )
    assert "ifNoneExist" not in requests["POST", "Task"]
    assert "ifNoneExist" not in requests["PUT", "CarePlan"]


def test_a_change_names_the_version_that_was_read(ehr, gateway, contact):
    save(gateway, contact.resources, now=NOW)
    changed = {
        entry["request"]["url"]: entry["request"]["ifMatch"]
        for entry in posted(ehr)[0]["entry"]
        if entry["request"]["method"] == "PUT"
    }
    read = {f"{item['resourceType']}/{item['id']}": item.get("meta", {}) for item in contact.chart}
    assert changed
    assert changed == {url: f'W/"{read[url]["versionId"]}"' for url in changed}


@pytest.mark.parametrize("of", [f"{ISS}/Patient/p1", "Patient/p1/_history/2"])
def test_a_change_of_a_record_that_names_the_patient_by_address_is_filed(ehr, gateway, contact, of):
    goal = next(resource for resource in contact.resources if resource["resourceType"] == "Goal")
    named = tuple(
        {**resource, "subject": {"reference": of}} if resource is goal else resource
        for resource in contact.resources
    )
    assert save(gateway, named, now=NOW).filed
    sent = [entry["resource"] for entry in posted(ehr)[0]["entry"]]
    assert {"reference": of} in [resource.get("subject") for resource in sent]


# The receipt


@pytest.mark.requirement("client@44")
def test_a_receipt_names_what_was_filed_with_its_ids_and_versions(ehr, gateway, contact):
    receipt = save(gateway, contact.resources, now=NOW)
    kept = {identifier_value(item): item for item in ehr.held}
    assert [(filed.reference, filed.version_id) for filed in receipt.filed] == [
        (
            f"{item['resourceType']}/{kept[identifier_value(item)]['id']}",
            kept[identifier_value(item)]["meta"]["versionId"],
        )
        for item in contact.resources
    ]
    expected = ["contact", "goal update", "next task", "enrollment step", "task update", "task update"]
    assert [filed.kind for filed in receipt.filed] == expected
    assert [filed.updated for filed in receipt.filed] == [False, True, False, False, True, True]
    assert (receipt.at, receipt.again, receipt.form) == (NOW, False, "Goal and Task")


def locations(make: Any) -> Any:
    """A transaction answer in another form: `make` turns what was kept into an entry."""

    def reply(ehr: ChartServer) -> Any:
        def answer(got: Received) -> Answer:
            ehr.file(got.body)
            kept = {identifier_value(item): item for item in ehr.held}
            entries = [make(kept[identifier_value(entry["resource"])]) for entry in got.body["entry"]]
            return Answer(body={"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

        return answer

    return reply


@pytest.mark.parametrize(
    "form",
    [
        locations(
            lambda item: {
                "response": {
                    "location": f"{ISS}/{item['resourceType']}/{item['id']}/_history/{item['meta']['versionId']}"
                }
            }
        ),
        locations(
            lambda item: {
                "response": {
                    "location": f"{item['resourceType']}/{item['id']}",
                    "etag": f'W/"{item["meta"]["versionId"]}"',
                }
            }
        ),
        locations(lambda item: {"response": {"status": "200 OK"}, "resource": item}),
    ],
    ids=["absolute", "etag", "resource"],
)
def test_every_form_of_answer_gives_the_same_receipt(ehr, gateway, contact, form):
    ehr.reply("POST", form(ehr))
    receipt = save(gateway, contact.resources, now=NOW)
    kept = {
        f"{item['resourceType']}/{item['id']}": item["meta"]["versionId"]
        for item in ehr.held
        if "meta" in item
    }
    assert {filed.reference: filed.version_id for filed in receipt.filed}.items() <= kept.items()
    assert len(receipt.filed) == len(contact.resources)
    assert len(posted(ehr)) == 1


def test_a_new_record_that_was_already_there_is_told_as_such(ehr, gateway, contact):
    answered = locations(
        lambda item: {
            "response": {
                "status": "200 OK",
                "location": f"{item['resourceType']}/{item['id']}/_history/{item['meta']['versionId']}",
            }
        }
    )
    ehr.reply("POST", answered(ehr))
    assert save(gateway, contact.resources, now=NOW).again


# Nothing is sent


def changed(filing: Filing, number: int, **elements: Any) -> Filing:
    """The same save with one record changed."""
    resources = list(filing.resources)
    resources[number] = {**resources[number], **elements}
    return Filing(tuple(resources), filing.chart)


@pytest.mark.parametrize(
    "patient", ["Patient/p2", "Patient/p10", "https://evil.example/fhir/Patient/p1", "urn:uuid:p1", ""]
)
@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.requirement("client@45")
def test_a_record_of_another_patient_stops_the_whole_save(ehr, gateway, contact, patient, number):
    wrong = changed(contact, number, **{"for": {"reference": patient}})
    assert isinstance(not_filed(gateway, wrong), errors.WrongPatient)
    assert ehr.received == []


@pytest.mark.parametrize(
    ("elements", "rule"),
    [
        ({"status": "made-up"}, "Task.status"),
        ({"intent": None}, "Task.intent"),
        ({"madeUp": "fasting"}, "Task.madeUp"),
        (
            {"text": {"status": "generated", "div": "<div><script>alert('Margery')</script></div>"}},
            "Task.text",
        ),
        ({"identifier": []}, "Task.identifier"),
        ({"identifier": [{"system": "urn:other", "value": "1"}]}, "Task.identifier"),
        ({"identifier": [{"system": "urn:other", "value": "1"}], "meta": {"profile": []}}, "Task.identifier"),
        ({"identifier": [{"system": IDENTIFIER_SYSTEM, "value": ""}]}, "Task.identifier"),
    ],
)
def test_a_record_that_breaks_our_rules_is_caught_before_it_leaves(ehr, gateway, contact, elements, rule):
    error = not_filed(gateway, changed(contact, 0, **elements))
    assert isinstance(error, errors.InvalidResource)
    assert any(problem.path.startswith(rule) for problem in error.problems)
    assert ehr.received == []


@pytest.mark.parametrize("meta", [None, {}, {"versionId": ""}, {"versionId": 3}])
def test_a_change_without_a_version_is_never_sent(ehr, gateway, contact, meta):
    bare = {key: value for key, value in contact.resources[1].items() if key != "meta"}
    resources = (contact.resources[0], {**bare, **({} if meta is None else {"meta": meta})})
    error = not_filed(gateway, Filing(resources, contact.chart))
    assert isinstance(error, errors.NoVersion | errors.InvalidResource)
    assert ehr.received == []


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        (
            metadata(*(kind for kind in ALL_TYPES if kind != "Goal")),
            "EHR does not accept goals",
        ),
        (
            metadata(interactions=("read", "search-type")),
            "EHR does not accept goals and tasks",
        ),
        (
            metadata(interactions=("create", "search-type")),
            "EHR does not accept goals and tasks",
        ),
        ({**metadata(), "rest": "?"}, "EHR does not accept goals and tasks"),
    ],
)
@pytest.mark.requirement("client@41")
def test_what_the_metadata_does_not_offer_is_not_sent(ehr, gateway, contact, offered, reason):
    ehr.metadata = offered
    error = not_filed(gateway, contact)
    assert isinstance(error, errors.NotAccepted)
    assert reason in error.page_reason
    assert sent_nothing(ehr)


@pytest.mark.parametrize(
    ("scopes", "reason"),
    [
        ("patient/*.rs", "EHR account may not write goals and tasks from Chartside"),
        ("patient/*.rs patient/Task.cu", "EHR account may not write goals from Chartside"),
        ("patient/*.cru", None),
        ("patient/*.c", "EHR account may not write goals and tasks from Chartside"),
        ("patient/*.read", "EHR account may not write goals and tasks from Chartside"),
        ("patient/Task.write patient/Goal.write", None),
    ],
)
def test_what_was_not_granted_is_not_sent(ehr, contact, scopes, reason):
    gateway = gateway_to(ehr, scopes=f"launch {scopes}")
    if reason is None:
        assert save(gateway, contact.resources, now=NOW).filed
        return
    assert reason in not_filed(gateway, contact).page_reason
    assert sent_nothing(ehr)


@pytest.mark.parametrize("answer", [refusal(500), refusal(404), HTML_PAGE, SILENCE])
def test_without_metadata_nothing_is_sent(ehr, gateway, contact, answer):
    ehr.reply("GET metadata", answer)
    assert isinstance(not_filed(gateway, contact), errors.NoAnswer)
    assert sent_nothing(ehr)


# The EHR says no


@pytest.mark.parametrize("status", [400, 403, 410, 413, 422, 429])
def test_a_refusal_is_believed_and_shown_in_our_own_words(ehr, gateway, contact, status):
    ehr.reply("POST", refusal(status, "processing", "Margery Gibson has no fasting glucose"))
    error = not_filed(gateway, contact)
    assert isinstance(error, errors.Refused)
    assert error.status == status
    assert len(posted(ehr)) == 1
    assert ehr.got("GET Task") == []


def test_a_transaction_answered_by_not_found_goes_on_one_after_the_other_and_is_asked_for_again(
    ehr, gateway, contact
):
    """Something that is changed may be gone: that says nothing about the next transaction."""
    ehr.reply("POST", refusal(404))
    assert len(save(gateway, contact.resources, now=NOW).filed) == len(contact.resources)
    assert not gateway.refused("", "transaction")


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_whose_records_are_there_was_an_earlier_try(ehr, gateway, contact, status):
    first = save(gateway, contact.resources, now=NOW)
    ehr.reply("POST", refusal(status, "conflict"))
    again = save(gateway, contact.resources, now=NOW)
    assert again.again
    assert [item.kind for item in again.filed] == list(CONTACT_FILED)
    assert {item.reference for item in again.filed} < {item.reference for item in first.filed}
    assert [item.values("identifier") for item in ehr.got("GET Task")] == [
        [f"{IDENTIFIER_SYSTEM}|{identifier_value(resource)}"] for resource in new(contact)
    ]


@pytest.mark.parametrize("status", [409, 412])
@pytest.mark.requirement("client@42")
def test_a_conflict_whose_records_are_not_there_is_somebody_elses_change(ehr, gateway, contact, status):
    ehr.reply("POST", refusal(status, "conflict", "Gibson"))
    assert isinstance(not_filed(gateway, contact), errors.ChangedMeanwhile)
    assert len(posted(ehr)) == 1


def test_a_conflict_with_only_some_of_the_records_there_is_no_receipt(ehr, gateway, contact):
    save(gateway, contact.resources, now=NOW)
    next_task = identifier_value(new(contact)[1])
    ehr.held = [item for item in ehr.held if identifier_value(item) != next_task]
    ehr.reply("POST", refusal(412, "conflict"))
    assert isinstance(not_filed(gateway, contact), errors.ChangedMeanwhile)


@pytest.mark.parametrize(
    ("scopes", "writes", "refused"),
    [
        ("patient/*.cruds", [("Consent", "create"), ("CarePlan", "update")], ()),
        ("patient/*.rs", [("Task", "create")], ("Task",)),
        ("patient/*.rs patient/Task.c", [("Task", "create")], ()),
        ("patient/*.rs patient/Task.c", [("Task", "create"), ("Task", "update")], ("Task",)),
        (
            "patient/*.read patient/Task.write",
            [("Goal", "update"), ("Consent", "create")],
            ("Consent", "Goal"),
        ),
        ("patient/*.cruds", [("Flag", "create")], ("Flag",)),
    ],
)
def test_before_a_form_is_offered_it_is_known_whether_it_could_be_filed(ehr, scopes, writes, refused):
    found = not_accepted(gateway_to(ehr, scopes=scopes), writes)
    assert (found.resource_types if found else ()) == refused
    assert sent_nothing(ehr)
