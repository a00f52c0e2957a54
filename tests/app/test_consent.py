"""Introduced, declined, asked again, agreed, changed, stopped, shared: each pressed in a page, and held by the EHR."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mappings.identity import is_ours
from samples.sandbox import sandbox_of
from tests.journeys.enrolling import AGREES, filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice


def ours(running: Practice, kind: str, patient: str) -> list[dict[str, Any]]:
    """What the EHR holds of ours, oldest first."""
    return [each for each in running.held(kind, patient) if is_ours(each)]


def facts(seen: Seen) -> str:
    """What the page says is on file."""
    [place] = seen.document.find_class("consent-place")
    return " ".join(place.text_content().split())


def insured(running: Practice, patient: str, payer: str) -> None:
    sandbox_of(running.ehr.app).store.create(
        {
            "resourceType": "Coverage",
            "status": "active",
            "beneficiary": {"reference": f"Patient/{patient}"},
            "payor": [{"display": payer}],
        }
    )


@pytest.mark.requirement("domain@44", "domain@45", "domain@46")
def test_an_introduction_is_spoken_by_name_and_filed(nurse: Visitor, running: Practice, gloria: str) -> None:
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/introduce")
    assert "I would like you to meet Dana Whitfield" in form.words
    assert "Gloria, you do a lot" in form.words or "Gloria Inés, you do a lot" in form.words
    letter = nurse.get(f"/l/{today.launch_id}/introduce/letter?language=es")
    assert "le recomienda participar" in letter.words
    assert "Estimado/a Gloria Inés Reyes:" in letter.words
    filed(nurse.send(form, how="letter", answer="unknown", follow=in_days(7)))
    step, call = ours(running, "Task", gloria)
    assert step["businessStatus"]["coding"][0]["code"] == "introduced"
    assert "How: By letter or portal message" in step["note"][0]["text"]
    assert call["description"] == "Call about the invitation to care management"
    assert "Introduced" in nurse.get(f"/l/{today.launch_id}/today").words


@pytest.mark.requirement("domain@48", "domain@49", "domain@52", "domain@83")
def test_an_agreement_says_what_was_told_and_by_whom_and_is_asked_once(
    nurse: Visitor, running: Practice, gloria: str
) -> None:
    insured(running, gloria, "Medicare")
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/consent")
    assert "About the cost (Medicare): The Part B deductible and 20 % coinsurance apply" in form.words
    assert "Nobody has said yet that this patient is eligible" in form.words
    # A chart without visits: the task to schedule one is filed with the answer.
    filed(nurse.send(form, decision="accept", told_all="yes", mode="written"))
    [consent] = ours(running, "Consent", gloria)
    told = [part["valueCode"] for part in consent["extension"][0]["extension"] if part["url"] == "disclosure"]
    assert told == ["services-available", "cost-sharing", "one-practitioner", "right-to-stop"]
    assert "on file: Medicare" in consent["policyRule"]["text"]
    kinds = [task["code"]["coding"][-1]["code"] for task in ours(running, "Task", gloria)]
    assert sorted(kinds) == ["enrolment-state", "schedule-initiating-visit"]
    again = nurse.get(f"/l/{today.launch_id}/consent")
    assert "Consent is already on file" in again.words
    assert not again.document.xpath("//form[@id='form']")
    for words in ("written", "Dr Luis Alvarez; Dana Whitfield, RN", "That it can be stopped at any time"):
        assert words in facts(again)
    assert len(ours(running, "Consent", gloria)) == 1


@pytest.mark.requirement("domain@54")
def test_a_no_is_not_asked_again_before_its_day_but_may_be_answered_early_for_a_reason(
    nurse: Visitor, running: Practice, gloria: str
) -> None:
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/consent")
    filed(nurse.send(form, decision="decline", decline_reason="cost", would_help="A call after five"))
    home = nurse.get(f"/l/{today.launch_id}/today")
    assert "Not to be asked again before" in home.all("next")[0]
    form = nurse.get(f"/l/{today.launch_id}/consent")
    assert "What would help: A call after five" in form.words
    refused = nurse.send(form, **AGREES)
    assert (refused.status, "Say why an answer is recorded today" in refused.words) == (422, True)
    assert [each["status"] for each in ours(running, "Consent", gloria)] == ["rejected"]
    filed(nurse.send(refused, brought_up="patient", **AGREES))
    assert [each["status"] for each in ours(running, "Consent", gloria)] == ["rejected", "active"]
    asks = [task for task in ours(running, "Task", gloria) if "Ask again" in task["description"]]
    assert [task["status"] for task in asks] == ["completed"]
    assert "1 earlier answer" in facts(nurse.get(f"/l/{today.launch_id}/consent"))


@pytest.mark.requirement("domain@83")
def test_another_practitioner_and_then_a_stop_each_keep_what_was_before(
    nurse: Visitor, running: Practice, gloria: str
) -> None:
    today = nurse.launch(gloria)
    at = f"/l/{today.launch_id}"
    filed(nurse.send(nurse.get(f"{at}/consent"), **AGREES))
    with running.clock.later(minutes=2):
        form = nurse.get(f"{at}/consent?about=practitioner")
        filed(nurse.send(form, practitioner="Dr Ann Ferris", **AGREES))
    old, new = sorted(ours(running, "Consent", gloria), key=lambda each: each["dateTime"])
    assert (old["status"], "end" in old["provision"]["period"]) == ("inactive", True)
    assert (new["status"], "Billed by: Dr Ann Ferris" in new["policyRule"]["text"]) == ("active", True)
    with running.clock.later(minutes=4):
        filed(nurse.send(nurse.get(f"{at}/stop"), reason="cost", words="Too dear"))
        page = nurse.get(f"{at}/consent")
    stopped = next(each for each in ours(running, "Consent", gloria) if each["status"] == "active")
    last = stopped["provision"]["period"]["end"]
    assert last[:7] == new["dateTime"][:7]
    assert "Stopped because The cost. Too dear" in facts(page).replace("because", "because ").replace(
        "  ", " "
    )
    steps = [
        task["businessStatus"]["coding"][0]["code"]
        for task in ours(running, "Task", gloria)
        if "businessStatus" in task
    ]
    assert steps == ["consented", "closing"]


def test_agencies_are_told_only_while_the_patient_permits_it(
    nurse: Visitor, running: Practice, gloria: str
) -> None:
    today = nurse.launch(gloria)
    at = f"/l/{today.launch_id}/sharing"
    form = nurse.get(at)
    filed(nurse.send(form, agencies="Riverbend Meals\nCity Housing", facts=["contact", "needs"]))
    [held] = ours(running, "Consent", gloria)
    assert held["scope"]["coding"][0]["code"] == "patient-privacy"
    assert "IDSCL" in json.dumps(held["category"])
    assert held["policyRule"]["coding"][0]["code"] == "hipaa-auth"
    assert [each["reference"]["display"] for each in held["provision"]["actor"]] == [
        "Riverbend Meals",
        "City Housing",
    ]
    # It is no consent to care.
    assert "No consent on file" in nurse.get(f"/l/{today.launch_id}/today").words
    taken = nurse.get(f"{at}?about=revoke&permission={held['id']}")
    filed(nurse.send(taken, reason="Moved away"))
    [ended] = ours(running, "Consent", gloria)
    assert (ended["status"], ended["provision"]["period"]["end"]) == ("inactive", in_days(0))
    assert "Taken back" in nurse.get(at).words
    gone = nurse.get(f"{at}?about=revoke&permission={held['id']}")
    assert "nothing to take back" in gone.words


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """An EHR that takes our records and never shows them again."""
    with practice(tmp_path_factory.mktemp("athena"), persona="athena") as made:
        yield made


@pytest.mark.requirement("domain@47")
def test_where_nothing_is_shown_again_each_page_says_what_it_cannot_know(unseen: Practice) -> None:
    with Visitor(unseen) as nurse:
        patient = newcomer(unseen)
        today = nurse.launch(patient)
        at = f"/l/{today.launch_id}"
        for page in ("introduce", "consent", "sharing"):
            form = nurse.get(f"{at}/{page}")
            assert "Look in the chart before you go on" in form.words
            assert form.document.xpath("//form[@id='form']")
        filed(nurse.send(nurse.get(f"{at}/introduce")))
        filed(nurse.send(nurse.get(f"{at}/consent"), **AGREES))
        filed(nurse.send(nurse.get(f"{at}/sharing"), agencies="Riverbend Meals", facts=["needs"]))
        assert "End it in the chart" in nurse.get(f"{at}/stop").words
        assert "as for the first time" in nurse.get(f"{at}/consent?about=practitioner").words
