"""After a discharge, as a nurse meets it: the clocks on Today, the call in one contact, the checklist, the tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from samples.sandbox import sandbox_of
from tests.app.every_ehr import records
from tests.journeys.enrolling import filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.mappings.charts import NEW_YORK
from tests.mappings.discharges import encounter
from tests.running import Practice, practice

WALTER, HAROLD = "walter-boone", "harold-pike"


def at(nurse: Visitor, today: Seen, page: str) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/{page}")


def tasks(running: Practice, patient: str, code: str) -> list[dict[str, Any]]:
    """The Tasks of one kind that the EHR holds, oldest first."""
    held = [each for each in records(running, patient) if each["resourceType"] == "Task"]
    found = [each for each in held if each["code"]["coding"][0]["code"] == code]
    return sorted(found, key=lambda each: each["authoredOn"])


def kinds_of(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["code"]["coding"][1]["code"], each["status"]) for each in found]


def put(running: Practice, patient: str, *visits: dict[str, Any]) -> None:
    """Lets the EHR hold these visits of the patient."""
    store = sandbox_of(running.ehr.app).store
    for each in visits:
        plain = {name: value for name, value in each.items() if name != "id"}
        store.create({**plain, "subject": {"reference": f"Patient/{patient}"}})


def days_ago(number: int) -> str:
    return (datetime.now(NEW_YORK) - timedelta(days=number)).date().isoformat()


def called_in(nurse: Visitor, today: Seen) -> Seen:
    """The contact form with the part of the discharge, as the prompt of Today opens it."""
    (address,) = today.document.xpath("//p[contains(@class, 'urgent')]//a[text()='Document the call']/@href")
    return nurse.get(address)


def talked(nurse: Visitor, form: Seen) -> Seen:
    return filed(
        nurse.send(
            form,
            result="talked",
            service_type="transition",
            minutes="12",
            next_date=in_days(7),
            discharge_done=["symptoms", "warning-signs"],
            discharge_signs="weight up 3 pounds, more swelling",
            discharge_teach_back="yes",
            note="Sleeps in a chair.",
        )
    )


def test_from_the_discharge_to_the_call(running: Practice, nurse: Visitor) -> None:
    """One story in one chart: what is due, the tasks, a try, the talk; and then no call is due."""
    today = nurse.launch(WALTER)
    assert "Discharged " in today.words
    assert "; call by " in today.words
    page = at(nurse, today, "transition")
    for said in ("Nobody was reached and no try is documented", "Booked:", "Gone through: 0 of 7", "30 days"):
        assert said in page.words, said

    form = at(nurse, today, "transition/checklist")
    refused = nurse.send(
        form, done=["warning-signs"], note="Wife June has the pill box", plan=["discharge-call"]
    )
    assert "Say whether the warning signs were understood." in refused.words
    assert refused.form()["note"] == ["Wife June has the pill box"]
    receipt = filed(
        nurse.send(refused, done=["instructions"], plan=["discharge-call", "discharge-medicines"])
    )
    assert "checklist after the discharge" in receipt.words.lower()
    open_now = [("discharge-call", "requested"), ("discharge-medicines", "requested")]
    assert kinds_of(tasks(running, WALTER, "to-do")) == open_now

    late = {"date": days_ago(1), "start": "18:00", "late_reason": "Called from home"}
    no_answer = {"result": "no-answer", "minutes": "1", "next_date": in_days(1), **late}
    filed(nurse.send(called_in(nurse, nurse.launch(WALTER)), **no_answer))
    assert kinds_of(tasks(running, WALTER, "to-do"))[:2] == open_now
    assert "1 try in time" in at(nurse, today, "transition").words

    talked(nurse, called_in(nurse, nurse.launch(WALTER)))
    task = tasks(running, WALTER, "transition")[-1]
    done = [each["valueCodeableConcept"]["coding"][0]["code"] for each in task["output"]]
    assert done == [
        "symptoms",
        "warning-signs",
    ]
    assert task["focus"]["reference"] == f"Encounter/{WALTER}-admission"
    assert ("discharge-call", "completed") in kinds_of(tasks(running, WALTER, "to-do"))

    with Visitor(running) as another:
        today = another.launch(WALTER)
        assert "call by" not in today.words
        page = at(another, today, "transition")
        for said in (
            "Done. Talked on",
            "Gone through: 3 of 7",
            "weight up 3 pounds, more swelling (understood)",
        ):
            assert said in page.words, said
        assert "Symptoms asked about: done" in page.words


def test_a_task_with_somebody_outside_and_one_after_an_emergency_visit(
    running: Practice, nurse: Visitor
) -> None:
    today = nurse.launch(HAROLD)
    assert "nobody has followed up" in today.words
    page = at(nurse, today, "transition")
    (address,) = page.document.xpath("//a[text()='Put on the task list']/@href")
    filed(nurse.send(nurse.get(address)))
    outside = at(nurse, today, "coordination")
    refused = nurse.send(outside, name="", text="A ride to the clinic")
    assert "Write with whom" in refused.words
    filed(nurse.send(refused, name="HealthRide", phone="513-555-0140"))
    assert kinds_of(tasks(running, HAROLD, "to-do")) == [
        ("ed-follow-up", "requested"),
        ("coordination", "requested"),
    ]
    after = at(nurse, today, "transition")
    assert "HealthRide: A ride to the clinic" in after.words
    assert "513-555-0140" in after.words
    assert not after.document.xpath("//a[text()='Put on the task list']")


def test_admitted_again_the_clock_stands_still_and_what_was_typed_is_kept(running: Practice) -> None:
    patient = newcomer(running)
    put(running, patient, encounter(days_ago(9), days_ago(6)))
    with Visitor(running) as nurse:
        today = nurse.launch(patient)
        form = at(nurse, today, "transition/checklist")
        put(running, patient, encounter(days_ago(0) + " 00:00"))
        refused = nurse.send(form, done=["symptoms"], note="Typed before she went back")
        assert "Back in hospital since" in refused.words
        assert "What you typed is kept" in refused.words
        assert tasks(running, patient, "transition") == []
        page = at(nurse, today, "transition")
        assert "the clocks start again with the next discharge" in page.words
        assert "Document the call" not in page.words


def test_a_launch_for_the_discharge_opens_its_page(running: Practice, nurse: Visitor) -> None:
    for more in (
        {"intent": "discharge"},
        {"fhirContext": f'[{{"reference": "Encounter/{WALTER}-admission"}}]'},
    ):
        seen = nurse.launch(WALTER, **more)
        assert seen.status == 200
        assert "/transition" in seen.url
        assert "Transitions of care" in seen.words


@pytest.mark.requirement("domain@95")
@pytest.mark.parametrize(
    "persona",
    ["epic", *(pytest.param(name, marks=pytest.mark.soak) for name in ("oracle", "ecw", "canvas"))],
)
def test_the_call_and_the_list_are_read_back_from_whatever_form_they_were_filed_in(
    tmp_path: Path, persona: str
) -> None:
    with practice(tmp_path, persona=persona) as made:
        with Visitor(made) as nurse:
            checklist = at(nurse, nurse.launch(WALTER), "transition/checklist")
            filed(nurse.send(checklist, done=["instructions"], plan=["discharge-call"]))
            talked(nurse, called_in(nurse, nurse.launch(WALTER)))
        with Visitor(made) as again:
            page = at(again, again.launch(WALTER), "transition")
    for said in ("Done. Talked on", "Gone through: 3 of 7", "weight up 3 pounds"):
        assert said in page.words, (persona, said)
    assert "Call after the discharge" not in page.words


def test_where_nothing_is_shown_again_the_clock_says_unknown(tmp_path: Path) -> None:
    with practice(tmp_path, persona="athena", ehr={"authorize": "get"}) as made, Visitor(made) as nurse:
        today = nurse.launch(WALTER)
        assert "does not show whether somebody called already" in today.words
        talked(nurse, called_in(nurse, today))
        page = at(nurse, today, "transition")
        assert "Unknown. Whether somebody called is unknown" in page.words
        assert "what was gone through is unknown here" in page.words
        assert "Nothing after a discharge" not in page.words
