"""Where a launch lands in the sandbox's charts: at the clocks after a discharge, at a task, at no chart at all."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.journeys.enrolling import enrol_with_plan
from tests.journeys.steps import open_chart
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

GLORIA, WALTER = "gloria-reyes", "walter-boone"


def context_of(*references: str) -> str:
    return json.dumps([{"reference": each} for each in references])


def stay_of(sandbox: Practice) -> str:
    """Walter's hospital stay, which ended yesterday."""
    (stay,) = [
        visit for visit in sandbox.held("Encounter", WALTER)
        if visit["class"]["code"] == "IMP" and visit.get("hospitalization")
    ][-1:]  # fmt: skip
    return str(stay["id"])


@pytest.mark.requirement("client@22")
def test_a_discharge_opens_its_clocks(sandbox: Practice, context: BrowserContext) -> None:
    frame = open_chart(
        context.new_page(), sandbox, WALTER, fhirContext=context_of(f"Encounter/{stay_of(sandbox)}")
    )
    said = frame.get_by_text(re.compile(r"^Opened for the discharge of \d+ \w+ \d{4}: talk with the patient"))
    expect(said).to_be_visible()
    expect(said).to_be_focused()
    expect(frame.get_by_role("heading", level=2, name="Discharged yesterday")).to_be_visible()


@pytest.mark.requirement("client@22")
@pytest.mark.requirement("client@15")
def test_another_patients_stay_opens_nothing_of_it(sandbox: Practice, nurse: Visitor) -> None:
    seen = nurse.launch(GLORIA, fhirContext=context_of(f"Encounter/{stay_of(sandbox)}"))
    assert seen.status == 200
    assert seen.url.endswith("/today")
    assert "Opened for" not in seen.words
    by_hand = nurse.get(f"{seen.url}?at=medicines&visit={stay_of(sandbox)}")
    assert "Opened for the discharge: compare" in by_hand.words
    assert "Boone" not in by_hand.words


@pytest.mark.parametrize("more", ["?at=tasks&task=<script>alert(1)</script>", "?at=%00&visit=x", "?at=tasks"])
def test_what_an_address_says_is_never_shown(nurse: Visitor, more: str) -> None:
    seen = nurse.get(f"{nurse.launch(GLORIA).url}{more}")
    assert seen.status == 200
    assert "alert(1)" not in seen.text


@pytest.mark.requirement("client@23")
def test_a_task_opens_the_contact_that_will_answer_it_and_no_other_is_chosen(
    sandbox: Practice, nurse: Visitor
) -> None:
    enrol_with_plan(nurse, GLORIA)
    (task,) = [
        each for each in sandbox.held("Task", GLORIA)
        if each["status"] == "requested" and each.get("description")
    ][-1:]  # fmt: skip
    seen = nurse.launch(GLORIA, fhirContext=context_of(f"Task/{task['id']}"))
    assert "/contact" in seen.url
    assert seen.form()["answers"] == [task["id"]]
    foreign = nurse.launch(WALTER, fhirContext=context_of(f"Task/{task['id']}"))
    assert foreign.url.endswith("/today")
    assert task["description"] not in foreign.words


@pytest.mark.requirement("client@12")
def test_who_was_granted_less_reads_what_cannot_be_filed(nurse: Visitor) -> None:
    granted = "This launch may read, but not file:"
    assert granted not in nurse.launch(GLORIA).words
    assert granted in nurse.launch(GLORIA, user="assistant").words


@pytest.mark.requirement("client@21")
def test_a_launch_without_a_patient_leads_to_a_chart(sandbox: Practice, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{sandbox.ehr_url}/launch/chartside?user=nurse")
    expect(page.get_by_role("heading", name="No chart is open")).to_be_visible()
    page.get_by_role("link", name="Choose a patient in the EHR").click()
    page.get_by_role("button", name="Dana Whitfield").click()
    page.get_by_role("button", name="Gloria").click()
    expect(page.locator("header.banner")).to_contain_text("Reyes")
