"""Referring through the app: found in the directory, asked, chased and closed; the EHR is asked after each save.

Where the EHR takes orders and the practice wants them, the order goes along; where it holds our records in notes, or
takes a referral and never shows it again, the page says what it knows and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from samples.sandbox import sandbox_of
from tests.app.every_ehr import playing, records
from tests.journeys.enrolling import filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import contacts_of
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

Resource = dict[str, Any]
AGREES = {"agencies": "Riverbend Food Pantry", "facts": ["contact", "needs"]}


def referrals(running: Practice, patient: str) -> list[Resource]:
    """The referrals that the EHR holds for this patient, in its own records or in notes."""
    tasks = [each for each in records(running, patient) if each["resourceType"] == "Task"]
    return [task for task in tasks if task["code"]["coding"][0]["code"] == "referral"]


def asked_of(nurse: Visitor, today: Seen, resource: str, **typed: Any) -> Seen:
    form = nurse.get(f"/l/{today.launch_id}/referral?resource={resource}")
    return nurse.send(form, **typed)


def heard(nurse: Visitor, today: Seen, task: Resource, **typed: Any) -> Seen:
    form = nurse.get(f"/l/{today.launch_id}/referral/news?task={task['id']}")
    return nurse.send(form, **typed)


@pytest.mark.requirement("domain@167")
@pytest.mark.requirement("domain@137")
def test_a_class_is_found_asked_for_and_the_loop_is_closed(nurse: Visitor, gloria: str, running: Practice):
    today = nurse.launch(gloria)
    found = nurse.get(f"/l/{today.launch_id}/resources?topic=diabetes&words=class")
    assert "1 of 17" in found.words
    assert "Joan Mbeki, class coordinator 555-010-0300 ext. 4" in found.words
    filed(asked_of(nurse, today, "diabetes-class", need="Diabetes class", minutes="6"))
    (contact,) = contacts_of(running, gloria)
    assert [each["valueInteger"] for each in contact["output"] if "valueInteger" in each] == [6]
    (task,) = referrals(running, gloria)
    assert (task["status"], task["owner"]["display"]) == (
        "requested",
        "Living with Diabetes, Riverbend Hospital",
    )

    filed(heard(nurse, today, task, outcome="appointment-made", appointment=in_days(9), told_by="Joan Mbeki"))
    refused = heard(nurse, today, task, outcome="need-not-met", why="")
    assert (refused.status, "Say why" in refused.words) == (422, True)
    filed(heard(nurse, today, task, outcome="need-met", note="Counts carbohydrates now"))

    (task,) = referrals(running, gloria)
    assert (task["status"], task["businessStatus"]["text"]) == ("completed", "Need met")
    page = nurse.get(f"/l/{today.launch_id}/resources")
    assert "1 referral: 1 need met." in page.words
    gone = nurse.get(f"/l/{today.launch_id}/referral/news?task={task['id']}")
    assert "This referral is not open any more." in gone.words


@pytest.mark.requirement("domain@145")
@pytest.mark.requirement("domain@165")
def test_an_agency_is_told_only_what_the_patient_permits(nurse: Visitor, gloria: str, running: Practice):
    today = nurse.launch(gloria)
    refused = asked_of(nurse, today, "riverbend-pantry", need="Food boxes", handed="us")
    assert (refused.status, "No permission is on file to tell Riverbend Food Pantry" in refused.words) == (
        422,
        True,
    )
    assert refused.form()["need"] == ["Food boxes"]
    assert referrals(running, gloria) == []

    share = nurse.get(f"/l/{today.launch_id}/sharing?resource=riverbend-pantry")
    assert share.form()["agencies"] == ["Riverbend Food Pantry"]
    filed(nurse.send(share, **AGREES))
    filed(
        asked_of(
            nurse,
            today,
            "riverbend-pantry",
            need="Food boxes",
            handed="us",
            hand_off="yes",
            hand_off_with="Gloria and I with Marge",
        )
    )
    (task,) = referrals(running, gloria)
    assert "Permission: Permitted on" in task["note"][0]["text"]
    assert task["output"][0]["valueString"] == "Gloria and I with Marge"


@pytest.mark.requirement("domain@170")
@pytest.mark.requirement("domain@140")
def test_supplies_are_asked_of_a_supplier_with_the_order_that_is_needed(
    nurse: Visitor, gloria: str, running: Practice
):
    today = nurse.launch(gloria)
    filed(asked_of(nurse, today, "valley-medical-supply", need="Strips and lancets", order="needed"))
    orders = [task for task in running.held("Task", gloria) if "Order needed" in task.get("description", "")]
    assert [task["description"] for task in orders] == [
        "Order needed: Strips and lancets, for Valley Medical Supply"
    ]
    (task,) = referrals(running, gloria)
    filed(heard(nurse, today, task, outcome="received"))
    (task,) = referrals(running, gloria)
    assert [each["type"]["coding"][0]["code"] for each in task["output"]] == ["received-day"]


def test_one_that_waits_is_pointed_out_today_and_chased(nurse: Visitor, gloria: str, running: Practice):
    today = nurse.launch(gloria)
    filed(asked_of(nurse, today, "lakeside-eye", need="Eye exam"))
    (task,) = referrals(running, gloria)
    aged = {
        **task,
        "authoredOn": f"{in_days(-21)}T12:00:00Z",
        "restriction": {"period": {"end": in_days(-1)}},
    }
    sandbox_of(running.ehr.app).store.update(aged)
    waits = "Eye exam, Lakeside Eye Center: sent 21 days ago, no answer."
    assert waits in nurse.get(f"/l/{today.launch_id}/today").words
    filed(heard(nurse, today, task, outcome="chased", due=in_days(9)))
    assert waits not in nurse.get(f"/l/{today.launch_id}/today").words


@pytest.mark.requirement("domain@172")
@pytest.mark.requirement("domain@173")
@pytest.mark.requirement("domain@166")
def test_the_page_tells_what_is_known_of_the_patients_plan_the_partners_and_what_is_out_of_date(
    nurse: Visitor,
):
    today = nurse.launch("gloria-reyes")
    page = nurse.get(f"/l/{today.launch_id}/resources")
    assert "Original Medicare: Covers 10 hours of a diabetes class" in page.words
    assert "New Leaf Recovery, addiction clinic" in page.words
    assert "out of date: last checked 3 Feb 2026" in page.words


def test_words_of_a_stranger_in_the_search_stay_words(nurse: Visitor, gloria: str):
    today = nurse.launch(gloria)
    page = nurse.get(f'/l/{today.launch_id}/resources?words="><script>alert(1)</script>&topic=nope&group=x')
    assert (page.status, "<script>alert" in page.text, "Nothing in the directory" in page.words) == (
        200,
        False,
        True,
    )


@pytest.fixture(scope="module")
def ordering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice that wants its referrals ordered as well, and whose EHR lists services."""
    with practice(tmp_path_factory.mktemp("orders"), ehr={"orders": True, "services": True}) as made:
        listed = {"resourceType": "HealthcareService", "id": "rides", "active": True, "name": "Hill Rides"}
        sandbox_of(made.ehr.app).store.load(
            [listed, {**listed, "id": "old", "active": False, "name": "Old Rides"}]
        )
        yield made


def test_where_orders_are_wanted_task_and_order_are_one_transaction_and_end_together(ordering: Practice):
    patient = newcomer(ordering)
    store = sandbox_of(ordering.ehr.app).store
    with Visitor(ordering) as nurse:
        today = nurse.launch(patient)
        before = len(ordering.line.received)
        filed(asked_of(nurse, today, "diabetes-class", need="Diabetes class"))
        posted = [
            each for each in ordering.line.received[before:] if (each.method, each.path) == ("POST", "/fhir")
        ]
        assert len(posted) == 1
        (task,) = referrals(ordering, patient)
        kind, identity = task["focus"]["reference"].split("/")
        assert store.read(kind, identity)["status"] == "active"
        filed(heard(nurse, today, task, outcome="no-capacity", why="Full until June"))
        assert store.read(kind, identity)["status"] == "revoked"


@pytest.mark.parametrize(
    "ehr",
    [
        pytest.param("epic", marks=pytest.mark.soak),
        "ecw",
        *(
            pytest.param(name, marks=pytest.mark.soak)
            for name in ("oracle", "canvas", "patched", "one after the other")
        ),
    ],
)
def test_the_loop_is_closed_in_every_ehr(ehr: str, tmp_path):
    with playing(ehr, tmp_path) as running, Visitor(running) as nurse:
        patient = newcomer(running)
        today = nurse.launch(patient)
        filed(
            asked_of(
                nurse, today, "diabetes-class", need="Diabetes class", hand_off="yes", hand_off_with="We two"
            )
        )
        page = nurse.get(f"/l/{today.launch_id}/resources")
        assert "warm hand-off: We two" in page.words
        (task,) = referrals(running, patient)
        filed(heard(nurse, today, task, outcome="accepted"))
        filed(heard(nurse, today, task, outcome="need-met"))
        assert "1 referral: 1 need met." in nurse.get(f"/l/{today.launch_id}/resources").words


@pytest.mark.soak
def test_where_nothing_is_shown_again_the_page_says_that_it_does_not_know(tmp_path):
    with practice(tmp_path, persona="athena", ehr={"authorize": "get"}) as running, Visitor(running) as nurse:
        patient = newcomer(running)
        today = nurse.launch(patient)
        page = nurse.get(f"/l/{today.launch_id}/resources")
        assert page.status == 200
        assert "No referral is open." not in page.words
        form = nurse.get(f"/l/{today.launch_id}/referral?resource=diabetes-class")
        assert "which referrals were made before" in form.words


def test_an_order_of_the_ehr_that_nobody_follows_is_found_and_followed(ordering: Practice):
    with Visitor(ordering) as nurse:
        today = nurse.launch("gloria-reyes")
        page = nurse.get(f"/l/{today.launch_id}/resources")
        assert "Referral to the eye clinic, Lakeside Eye Center: ordered 24" in page.words
        form = nurse.get(f"/l/{today.launch_id}/referral?order={_order_of(ordering)}")
        assert form.form()["resource"] == ["lakeside-eye"]
        filed(nurse.send(form))
        (task,) = referrals(ordering, "gloria-reyes")
        assert task["focus"]["reference"] == f"ServiceRequest/{_order_of(ordering)}"
        assert "Ordered in the EHR" not in nurse.get(f"/l/{today.launch_id}/resources").words


def _order_of(running: Practice) -> str:
    """The id of the order that the sandbox's cast has."""
    (order,) = running.found("ServiceRequest", patient="gloria-reyes", code="103696004")
    return str(order["id"])


def test_a_service_that_the_ehr_lists_is_referred_to_by_its_record(ordering: Practice):
    patient = newcomer(ordering)
    with Visitor(ordering) as nurse:
        today = nurse.launch(patient)
        page = nurse.get(f"/l/{today.launch_id}/resources?words=rides")
        assert ("Hill Rides" in page.words, "Old Rides" in page.words) == (True, False)
        assert "listed in the EHR" in page.words
        filed(asked_of(nurse, today, "ehr-rides", need="A ride on Monday", handed="patient"))
        (task,) = referrals(ordering, patient)
        assert task["owner"] == {"reference": "HealthcareService/rides", "display": "Hill Rides"}
