"""Referring and deciding eligibility: what the EHR received, at an EHR with records and at one with notes alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mappings.identity import code_in, task_kind
from mappings.to_do import to_do_kind
from samples.sandbox import sandbox_of
from tests.app.every_ehr import records
from tests.journeys.enrolling import filed
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

HER_OWN_DOCTOR = "Practitioner/physician"


@pytest.fixture(scope="module", params=["open", "epic"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """An EHR that takes every record, and one that takes a note instead."""
    ehr = {} if request.param == "open" else {"authorize": "get"}
    with practice(tmp_path_factory.mktemp(request.param), persona=request.param, ehr=ehr) as made:
        yield made


@pytest.fixture
def nurse(running: Practice) -> Iterator[Visitor]:
    with Visitor(running) as visitor:
        yield visitor


def page(nurse: Visitor, today: Seen, where: str) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/{where}")


def tasks(running: Practice, patient: str) -> dict[str, list[dict[str, Any]]]:
    """Our Tasks as the EHR holds them, by what they are."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in records(running, patient):
        if each["resourceType"] == "Task":
            found.setdefault(to_do_kind(each) or task_kind(each), []).append(each)
    return found


def picked(form: Seen) -> list[str]:
    return form.form()["condition"]


@pytest.mark.requirement("domain@25", "domain@38", "domain@42", "domain@43", "domain@23")
def test_referred_decided_and_attested_as_the_ehr_holds_it(running: Practice, nurse: Visitor) -> None:
    patient = newcomer(running)
    today = nurse.launch(patient)
    (refer,) = today.document.xpath("//a[normalize-space()='Refer']/@href")
    # That was one press; the second files it, since nothing has to be filled in.
    filed(nurse.send(nurse.get(refer)))
    assert page(nurse, today, "today").document.xpath("//a[normalize-space()='Refer']") == []
    held = tasks(running, patient)
    (referral,) = held["look-at-referral"]
    assert (referral["status"], referral["owner"]["display"]) == ("requested", "Care manager")
    assert referral["requester"]["reference"] == "Practitioner/nurse"
    assert code_in(referral["reasonCode"], "cm-referral-reason")
    assert [code_in(each["businessStatus"], "enrolment-state") for each in held["enrolment-state"]] == [
        "referred"
    ]

    form = page(nurse, today, "eligibility")
    conditions = picked(form)
    assert len(conditions) >= 2
    assert all(each.startswith("Condition/") for each in conditions)
    answer = nurse.send(form, attest="ask")
    assert "No condition is marked as a serious risk" in answer.words
    filed(nurse.send(form, risk=conditions[:1], attest="ask"))
    held = tasks(running, patient)
    assert [each["status"] for each in held["look-at-referral"]] == ["completed"]
    (decision,) = held["eligibility"]
    named = [each["valueReference"]["reference"] for each in decision["output"] if "valueReference" in each]
    assert named == [*conditions, *conditions, conditions[0]]
    (ask,) = held["attest-eligibility"]
    assert ask["owner"]["reference"] == HER_OWN_DOCTOR

    with running.clock.later(minutes=5):
        form = page(nurse, today, "eligibility")
        assert form.form()["risk"] == conditions[:1]
        filed(nurse.send(form, attest="provider"))
        running.forget_the_app()
        with Visitor(running) as another:
            shown = page(another, another.launch(patient), "enrollment")
    held = tasks(running, patient)
    assert [each["status"] for each in held["attest-eligibility"]] == ["completed"]
    assert [code_in(each["businessStatus"], "eligibility-decision") for each in held["eligibility"]] == [
        "waiting",
        "eligible",
    ]
    assert "Eligible, attested by Dr Luis Alvarez" in shown.words
    assert shown.all("way__stage--here") != []
    assert "Referred: now" in shown.all("way__stage--here")[0]


def test_the_page_links_every_reason_to_its_row(running: Practice, nurse: Visitor) -> None:
    form = page(nurse, nurse.launch("walter-boone"), "eligibility")
    links = form.document.xpath("//section[contains(@class, 'level')]//a/@href")
    assert len(links) > 3
    there = set(form.document.xpath("//@id"))
    assert [link for link in links if link.removeprefix("#") not in there] == []


def stranger(running: Practice, **facts: Any) -> str:
    """A new patient without any problem."""
    store = sandbox_of(running.ehr.app).store
    patient = store.read("Patient", "gloria-reyes")
    assert patient is not None
    made: str = store.create({**{key: value for key, value in patient.items() if key != "id"}, **facts})["id"]
    return made


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"birthDate": "2015-05-01"}, "The patient is under 18."),
        ({"active": False, "link": [{"other": {"reference": "Patient/gloria-reyes"}, "type": "replaced-by"}]},
         "This record was merged into another one"),
    ],
)  # fmt: skip
def test_what_stands_on_the_record_is_said_and_closes_no_page(
    running: Practice, nurse: Visitor, facts: dict[str, Any], said: str
) -> None:
    patient = stranger(running, **facts)
    today = nurse.launch(patient)
    for where in ("enrollment", "refer", "eligibility"):
        assert said in page(nurse, today, where).words
    form = page(nurse, today, "eligibility")
    filed(
        nurse.send(
            form,
            other_condition="Lupus",
            lasting="other",
            risk="other",
            tier="low",
            why="One condition",
            attest="me",
        )
    )
    (decision,) = tasks(running, patient)["eligibility"]
    assert decision["output"][0]["valueReference"]["display"] == "Lupus"


@pytest.mark.parametrize("where", ["refer", "eligibility"])
def test_the_dead_are_neither_referred_nor_decided_about(
    running: Practice, nurse: Visitor, where: str
) -> None:
    today = nurse.launch("beatrice-lund")
    shown = page(nurse, today, where)
    assert "The chart says that this patient has died." in shown.words
    assert shown.document.xpath("//form[@id='form']") == []
    assert page(nurse, today, "enrollment").status == 200
