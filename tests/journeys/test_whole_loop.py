"""The spine: from the patient's chart to a filed contact, and back again after the app has forgotten everything.

The patient is a real public (Synthea) chart. What counts is what the EHR holds, so it is asked over its own store and
over FHIR, never over the app.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Frame, expect

from tests.journeys.conftest import open_chart
from tests.running import ZONE, Practice

pytestmark = pytest.mark.journey

WALKS = "Walk to church and back"
NOTE = "Fasting glucose 140 to 160. She will bring the log <b>&</b> her meter. ✓"


@pytest.fixture(scope="module")
def patient_id(synthea: Practice) -> str:
    """Margery Gibson: 13 active conditions."""
    return "9bf59715-246f-4ce2-85a6-58c1757f8d21"


def choose(frame: Frame, answer: str) -> None:
    """Presses an answer's label: USWDS draws the button itself with it."""
    frame.locator("label", has_text=re.compile(rf"^{answer}")).first.click()


def record_consent(frame: Frame) -> None:
    frame.get_by_role("link", name="Record consent").click()
    choose(frame, "Agrees")
    for label in frame.locator("#disclosure label").all():
        label.click()
    frame.get_by_role("button", name="Save to chart").click()
    expect(frame.get_by_role("heading", name="Filed in the chart")).to_be_visible()
    frame.get_by_role("link", name="Back to Today").click()


def open_plan(frame: Frame) -> None:
    frame.get_by_role("link", name="Open the care plan").click()
    frame.get_by_label("What matters most").fill("Dancing at my granddaughter's wedding")
    frame.get_by_label("In the patient’s words").fill(WALKS)
    frame.get_by_label("The goal in one sentence").fill("Walks 20 minutes on five days a week")
    frame.get_by_label("Measured by", exact=True).select_option("own")
    frame.get_by_text("Measured by something else").click()
    frame.get_by_label("What is measured").fill("Minutes walked in a row")
    frame.get_by_label("Target in words").fill("20 minutes")
    frame.get_by_label("Importance").fill("9")
    frame.get_by_label("Confidence").fill("6")
    frame.get_by_label("What", exact=True).fill("Call about the first walk")
    frame.locator("label", has_text="Discussed with the patient, who agrees").click()
    frame.get_by_role("button", name="Save to chart").click()
    expect(frame.get_by_role("heading", name="Filed in the chart")).to_be_visible()
    frame.get_by_role("link", name="Back to Today").click()


def document_contact(frame: Frame) -> None:
    frame.get_by_role("button", name="Start the timer").click()
    expect(frame.get_by_role("button", name="Pause")).to_be_visible()
    frame.get_by_role("link", name="Document contact").click()
    frame.locator("#minutes").fill("1")
    frame.locator("#note").fill(NOTE)
    choose(frame, "Better")
    frame.get_by_role("button", name="Save to chart").click()
    expect(frame.get_by_role("heading", name="Filed in the chart")).to_be_visible()


def close_plan(frame: Frame) -> None:
    frame.get_by_role("link", name="Close the plan").click()
    choose(frame, "Graduated")
    frame.get_by_label("Reason").select_option("goals-met")
    choose(frame, "Met")
    frame.get_by_role("button", name="Close the plan").click()
    expect(frame.get_by_role("heading", name="Filed in the chart")).to_be_visible()
    frame.get_by_role("link", name="Back to Today").click()


def test_from_launch_to_a_filed_contact_and_back(
    synthea: Practice, context: BrowserContext, patient_id: str
) -> None:
    page = context.new_page()
    frame = open_chart(page, synthea, patient_id)
    expect(frame.locator(".banner__name")).to_contain_text("Gibson")
    expect(frame.get_by_text("No consent on file. Ask")).to_be_visible()

    record_consent(frame)
    consents = synthea.held("Consent", patient_id)
    assert [consent["status"] for consent in consents] == ["active"]
    assert consents[0]["patient"]["reference"] == f"Patient/{patient_id}"

    open_plan(frame)
    plans = [plan for plan in synthea.held("CarePlan", patient_id) if ours(plan)]
    goals = [goal for goal in synthea.held("Goal", patient_id) if ours(goal)]
    assert [plan["status"] for plan in plans] == ["active"]
    assert plans[0]["goal"] == [{"reference": f"Goal/{goals[0]['id']}", **display(plans[0]["goal"][0])}]

    document_contact(frame)
    contacts = [task for task in synthea.held("Task", patient_id) if kind(task) == "contact"]
    assert [task["status"] for task in contacts] == ["completed"]
    assert NOTE in [note["text"] for note in contacts[0]["note"]]
    assert next(o["valueInteger"] for o in contacts[0]["output"] if "valueInteger" in o) == 1
    goal = next(goal for goal in synthea.held("Goal", patient_id) if ours(goal))
    assert goal["achievementStatus"]["coding"][0]["code"] == "improving"
    open_tasks = [task for task in synthea.held("Task", patient_id) if task["status"] == "requested"]
    assert len(open_tasks) >= 1

    synthea.forget_the_app()
    context.clear_cookies()
    frame = open_chart(page, synthea, patient_id)
    expect(frame.locator(".banner")).to_contain_text("Enrolled")
    expect(frame.locator(".banner")).to_contain_text("1 of 20 min")
    expect(frame.locator("#panel-goals")).to_contain_text(WALKS)
    expect(frame.locator("#panel-contacts")).to_contain_text(NOTE)
    expect(frame.locator("main")).to_contain_text("Dancing at my granddaughter's wedding")

    close_plan(frame)
    plans = [plan for plan in synthea.held("CarePlan", patient_id) if ours(plan)]
    assert [plan["status"] for plan in plans] == ["completed"]
    assert plans[0]["period"]["end"].startswith(str(datetime.now(ZoneInfo(ZONE)).date()))
    assert [t for t in synthea.held("Task", patient_id) if ours(t) and t["status"] == "requested"] == []


def ours(resource: dict) -> bool:
    return any(tag.get("code") == "chartside" for tag in resource["meta"].get("tag", []))


def kind(task: dict) -> str:
    codings = task.get("code", {}).get("coding", [])
    return next((coding["code"] for coding in codings if "chartside" in coding["system"]), "")


def display(reference: dict) -> dict:
    return {"display": reference["display"]} if "display" in reference else {}
