"""The one way to the EHR: what it asks, where it never goes, and what it keeps out of a chart."""

from __future__ import annotations

from typing import Any

import pytest

from app.ehr.gateway import ForeignResource, PartlyShown
from app.ehr.pages import SearchAnswer, next_link, warns
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.vendor import vendor
from smart_launch.errors import (
    FhirError,
    Forbidden,
    NotFhir,
    NotFound,
    NotSupported,
    Rejected,
    ServerFailed,
    SessionEnded,
    Unauthorized,
)
from tests.app.ehr.chart_server import (
    HTML_PAGE,
    TRUNCATED,
    Answer,
    metadata,
    outcome,
    refusal,
    searchset,
)
from tests.app.ehr.conftest import ISS, TOKEN_URL, gateway_to

MINE = [("patient", "p1")]


def task(identity: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Task", "id": identity, "for": {"reference": f"Patient/{patient}"}, **more}


def ids(answer: SearchAnswer) -> list[str]:
    return [resource["id"] for resource in answer.matches]


# What stands among the matches


@pytest.mark.parametrize(
    ("entry", "incomplete"),
    [
        (outcome("suppressed", "warning"), True),
        (outcome("processing", "error"), True),
        (outcome("exception", "fatal"), True),
        (outcome("informational", "information"), False),
        (outcome("not-found", "warning", detail="4101"), False),
        (outcome("processing", "warning", detail="4119"), True),
        ({"resourceType": "OperationOutcome"}, True),
        ({"resourceType": "OperationOutcome", "issue": []}, True),
        ({"resourceType": "OperationOutcome", "issue": 7}, True),
        ({"resourceType": "OperationOutcome", "issue": [{}]}, True),
        (
            {
                "resourceType": "OperationOutcome",
                "issue": [
                    {"severity": "information", "code": "informational"},
                    {"severity": "warning", "code": "not-found", "details": {"coding": [{"code": "4101"}]}},
                ],
            },
            False,
        ),
    ],
)
@pytest.mark.requirement("client@30")
def test_an_outcome_among_the_matches_says_whether_something_is_missing(ehr, gateway, entry, incomplete):
    ehr.reply("GET Task", Answer(body=searchset(task("1"), entry)))
    answer = gateway.search("Task", MINE)
    assert (ids(answer), answer.included, answer.incomplete) == (["1"], (), incomplete)
    assert warns(entry, vendor("generic")) is incomplete


def test_included_resources_are_kept_apart_from_the_matches(ehr, gateway):
    order = {"resourceType": "MedicationRequest", "id": "m1", "subject": {"reference": "Patient/p1"}}
    medication = {"resourceType": "Medication", "id": "med1"}
    ehr.reply("GET MedicationRequest", Answer(body=searchset(order, medication, medication)))
    answer = gateway.search("MedicationRequest", MINE)
    assert (answer.matches, answer.included, answer.incomplete) == ((order,), (medication,), False)


@pytest.mark.parametrize(
    "stranger",
    [
        task("2", patient="p2"),
        task("2", patient="p10"),
        {"resourceType": "Task", "id": "2", "for": {"reference": f"{ISS}/Patient/p2"}},
        {"resourceType": "Patient", "id": "p2"},
        {"resourceType": "Task", "id": "2", "for": [{"reference": "Patient/p2"}]},
    ],
)
def test_another_patients_resource_never_reaches_the_chart(ehr, gateway, stranger):
    ehr.reply("GET Task", Answer(body=searchset(task("1"), stranger)))
    answer = gateway.search("Task", MINE)
    assert (ids(answer), answer.included, answer.incomplete) == (["1"], (), True)


def test_a_lone_entry_where_a_list_belongs_counts(ehr, gateway):
    ehr.reply("GET Task", Answer(body={"resourceType": "Bundle", "entry": {"resource": task("1")}}))
    answer = gateway.search("Task", MINE)
    assert (ids(answer), answer.incomplete) == (["1"], False)


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        (None, []),
        ([], []),
        ([None, "x", 7, {}, {"resource": None}, {"resource": []}, {"resource": {"id": "9"}}], []),
        ([{"resource": {"resourceType": ["Task"], "id": "9"}}], []),
        ("x", []),
        (7, []),
        ([{"resource": task("1")}, {"fullUrl": f"{ISS}/Task/2"}], ["1"]),
    ],
)
def test_entries_of_wrong_types_never_raise_and_never_vanish(ehr, gateway, entry, kept):
    ehr.reply("GET Task", Answer(body={"resourceType": "Bundle", "type": "searchset", "entry": entry}))
    answer = gateway.search("Task", MINE)
    assert ids(answer) == kept
    assert answer.incomplete is bool(entry)


@pytest.mark.parametrize("link", [None, [], {}, "x", 7, [None, 7, {"relation": "self", "url": "x"}]])
def test_a_bundle_without_a_next_link_is_the_last(link):
    assert next_link({"resourceType": "Bundle", "link": link}) is None


@pytest.mark.parametrize(
    "answer",
    [HTML_PAGE, TRUNCATED, Answer(body=task("1")), Answer(body=outcome("processing")), Answer(body=[])],
)
def test_an_answer_that_is_no_bundle_is_no_empty_chart(ehr, gateway, answer):
    ehr.reply("GET Task", answer)
    with pytest.raises(NotFhir):
        gateway.search("Task", MINE)


# Required parameters


@pytest.mark.requirement("client@31")
def test_a_required_parameter_is_added_once_when_the_ehr_says_so(ehr, gateway):
    plan = {"resourceType": "CarePlan", "id": "c1", "subject": {"reference": "Patient/p1"}}
    ehr.reply(
        "GET CarePlan",
        refusal(400, "required", "Zeig die Kategorie an"),
        Answer(body=searchset(plan)),
    )
    answer = gateway.search("CarePlan", MINE, when_required=[("category", "assess-plan")])
    assert ids(answer) == ["c1"]
    assert [item.parameters for item in ehr.got("GET CarePlan")] == [
        (("patient", "p1"),),
        (("patient", "p1"), ("category", "assess-plan")),
    ]


def test_a_parameter_that_is_still_not_enough_is_not_tried_a_third_time(ehr, gateway):
    ehr.reply("GET CarePlan", refusal(400, "required"))
    with pytest.raises(Rejected):
        gateway.search("CarePlan", MINE, when_required=[("category", "assess-plan")])
    assert len(ehr.received) == 2


@pytest.mark.parametrize(
    ("answer", "added", "error"),
    [
        (refusal(400, "invalid", "category is required"), [("category", "assess-plan")], Rejected),
        (refusal(400, "required"), [], NotSupported),
        (refusal(400, "required"), [("patient", "p1")], NotSupported),
        (refusal(403, "forbidden"), [("category", "assess-plan")], Forbidden),
        (refusal(500, "exception"), [("category", "assess-plan")], ServerFailed),
        (Answer(400, b"category is required"), [("category", "assess-plan")], Rejected),
    ],
)
def test_any_other_refusal_is_not_tried_again(ehr, gateway, answer, added, error):
    ehr.reply("GET CarePlan", answer)
    with pytest.raises(error):
        gateway.search("CarePlan", MINE, when_required=added)
    assert len(ehr.received) == 1


# One resource


def test_a_resource_is_read_as_the_ehr_holds_it(ehr, gateway):
    ehr.held.append(task("1", status="requested"))
    assert gateway.read("Task", "1") == task("1", status="requested")
    assert ehr.received[0].headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("kind", "answer", "error"),
    [
        ("Task", Answer(body=task("1", patient="p2")), ForeignResource),
        ("Patient", Answer(body={"resourceType": "Patient", "id": "p2"}), ForeignResource),
        ("Patient", Answer(body={"resourceType": "Practitioner", "id": "1"}), NotFhir),
        ("Patient", Answer(body=searchset()), NotFhir),
        ("Task", refusal(404, "not-found"), NotFound),
        ("Task", HTML_PAGE, NotFhir),
    ],
)
def test_a_read_gives_this_patients_resource_or_an_error(ehr, gateway, kind, answer, error):
    ehr.reply(f"GET {kind}/1", answer)
    with pytest.raises(error) as raised:
        gateway.read(kind, "1")
    assert "p2" not in str(raised.value)
    assert isinstance(raised.value, FhirError)
    assert raised.value.page_reason


def test_a_401_is_renewed_once_and_then_passes_through(ehr, wire):
    answered = {"access_token": "access-2", "token_type": "Bearer", "expires_in": 3600, "patient": "p1"}
    wire.add("POST", TOKEN_URL, json=answered)
    ehr.reply("GET Task/1", refusal(401))
    with pytest.raises(Unauthorized):
        gateway_to(ehr, refresh_token="refresh-1").read("Task", "1")
    tokens = [item.headers["authorization"] for item in ehr.received]
    assert tokens == ["Bearer access-1", "Bearer access-2"]


def test_a_401_without_a_way_to_renew_ends_the_session(ehr, gateway):
    ehr.reply("GET Task", refusal(401))
    with pytest.raises(SessionEnded):
        gateway.search("Task", MINE, when_required=[("status", "requested")])
    assert len(ehr.received) == 1


# Our own records


def ours(identity: str, value: str, **more: Any) -> dict[str, Any]:
    return task(identity, identifier=[{"system": IDENTIFIER_SYSTEM, "value": value}], **more)


def test_our_record_is_asked_for_by_identifier_where_that_is_offered(ehr, gateway):
    ehr.held += [ours("1", "u-1"), ours("2", "u-2")]
    found = gateway.find_ours("Task", "u-2")
    assert found is not None
    assert found["id"] == "2"
    assert ehr.got("GET Task")[0].parameters == (
        ("patient", "p1"),
        ("identifier", f"{IDENTIFIER_SYSTEM}|u-2"),
    )


def test_our_record_is_found_among_the_patients_own_elsewhere(ehr, gateway):
    ehr.metadata = metadata("Task", search=("patient",))
    first = searchset(ours("1", "u-1"), following="Task?page=2")
    ehr.reply("GET Task", Answer(body=first), Answer(body=searchset(ours("2", "u-2"))))
    found = gateway.find_ours("Task", "u-2")
    assert found is not None
    assert found["id"] == "2"
    assert ehr.got("GET Task")[0].parameters == (("patient", "p1"),)


@pytest.mark.parametrize(
    "held",
    [
        [],
        [task("1")],
        [ours("1", "u-20")],
        [task("1", identifier=[{"system": "urn:other", "value": "u-2"}])],
    ],
)
def test_a_server_that_ignores_the_identifier_does_not_mislead(ehr, gateway, held):
    ehr.reply("GET Task", Answer(body=searchset(*held)))
    assert gateway.find_ours("Task", "u-2") is None


@pytest.mark.parametrize(
    "held",
    [
        [outcome("incomplete", "warning")],
        [ours("1", "u-1"), outcome("processing", "warning", detail="4119")],
        [{**ours("1", "u-2"), "for": {"reference": "Patient/p2"}}],
    ],
)
def test_what_a_search_withholds_is_not_taken_for_not_there(ehr, gateway, held):
    ehr.reply("GET Task", Answer(body=searchset(*held)))
    with pytest.raises(PartlyShown):
        gateway.find_ours("Task", "u-2")


def test_our_record_is_found_although_the_ehr_withholds_others(ehr, gateway):
    ehr.reply("GET Task", Answer(body=searchset(ours("2", "u-2"), outcome("incomplete", "warning"))))
    assert gateway.find_ours("Task", "u-2") is not None


def test_looking_for_our_record_adds_what_the_ehr_requires(ehr, gateway):
    ehr.reply("GET Task", refusal(400, "required"), Answer(body=searchset(ours("2", "u-2"))))
    assert gateway.find_ours("Task", "u-2", when_required=[("status", "requested")]) is not None
    assert ehr.received[-1].values("status") == ["requested"]
