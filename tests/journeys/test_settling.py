"""When things went wrong: a conflict, what was filed and what waits, a record taken back; also without mouse or script.

Looked at in Chromium at three widths: axe finds nothing, nothing scrolls sideways, and every way on is reached by Tab.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mappings.chart import Chart
from mappings.filed_block import Damage
from mappings.fold import DamagedNote, Doubt, FoldConflict
from samples.sandbox import sandbox_of
from tests.journeys.conftest import NARROW
from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.good_page import assert_good
from tests.journeys.steps import (
    FILED,
    choose,
    contacts_of,
    notes,
    open_chart,
    open_contact,
    ours,
    press,
    save_button,
)
from tests.journeys.test_keyboard_and_axe import launched, tab_to
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

NOTE = "Walked to the corner & back <twice>."
THEIRS = {
    "achievementStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/goal-achievement", "code": "worsening"}],
        "text": "worse",
    },
    "statusDate": "2026-11-20",
    "note": [{"authorString": "Omar Reed", "text": "She fell on Thursday. " + "W" * 120}],
}


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(viewport=NARROW, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def goal_of(running: Practice, patient: str) -> dict[str, Any]:
    (goal,) = [goal for goal in running.held("Goal", patient) if ours(goal)]
    return goal


def somebody_else_changes(running: Practice, patient: str, **more: Any) -> None:
    goal = goal_of(running, patient)
    sandbox_of(running.ehr.app).store.update(
        {**goal, **THEIRS, "note": [*goal["note"], *THEIRS["note"]], **more}
    )


def to_the_screen(page: Page, running: Practice, patient: str) -> None:
    """A contact with progress of a goal that is changed in the EHR before it is saved."""
    with Visitor(running) as nurse:
        enrol_with_plan(nurse, patient)
    launched(page, running, patient, "contact")
    page.locator("#minutes").fill("5")
    page.locator("#note").fill(NOTE)
    choose(page, "Better")
    somebody_else_changes(running, patient)
    save_button(page).click()
    expect(page.get_by_role("heading", name="Somebody changed this meanwhile")).to_be_visible()


@pytest.mark.requirement("client@42")
def test_a_conflict_is_read_and_settled_field_by_field(sandbox: Practice, page: Page) -> None:
    patient = "walter-boone"
    to_the_screen(page, sandbox, patient)
    assert_good(page)
    expect(page.locator("main")).to_contain_text("worse (20 Nov 2026)")
    expect(page.locator("main")).to_contain_text("by Omar Reed.")
    page.get_by_role("button", name="Save what I chose").click()
    expect(page.get_by_role("heading", name="Somebody changed this meanwhile")).to_be_visible()
    page.locator(".conflict__side label", has_text="better").click()
    page.get_by_role("button", name="Save what I chose").click()
    expect(page.get_by_role("heading", name=FILED)).to_be_visible()
    assert goal_of(sandbox, patient)["achievementStatus"]["text"] == "better"
    assert any(note.startswith("She fell on Thursday.") for note in notes(goal_of(sandbox, patient)))
    # The receipt, the ledger, and the way back from a mistake.
    assert_good(page)
    page.get_by_role("link", name="Everything filed in this visit to the chart").click()
    expect(page.get_by_role("heading", name="Filed and not filed")).to_be_visible()
    assert_good(page)
    page.get_by_role("link", name="Filed wrongly? contact").first.click()
    expect(page.get_by_role("heading", name="Filed wrongly?")).to_be_visible()
    assert_good(page)
    page.get_by_role("button", name="Mark as filed wrongly").click()
    expect(page.locator("#errors")).to_be_visible()
    assert_good(page)
    choose(page, "Wrong patient")
    page.get_by_role("button", name="Mark as filed wrongly").click()
    expect(page.get_by_role("heading", name="Marked as filed wrongly")).to_be_visible()
    assert_good(page)
    assert [each["status"] for each in contacts_of(sandbox, patient)] == ["entered-in-error"]
    page.get_by_role("link", name="Back to Today").click()
    expect(page.locator("#panel-contacts")).to_contain_text("None recorded")


@pytest.mark.requirement("client@42", "client@44")
def test_what_is_to_be_looked_at_in_the_ehr_is_read_on_today(
    sandbox: Practice, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.views import today

    patient = "walter-boone"
    read = today.chart

    def in_doubt(*given: Any, **more: Any) -> Chart:
        doubt = FoldConflict("Goal/1", Doubt.UNSEEN_CHANGE, ("DocumentReference/7",), ("2026-11-02",))
        damaged = (
            DamagedNote("DocumentReference/8", "2026-11-04", Damage.ALTERED),
            DamagedNote("DocumentReference/9", "", Damage.WRONG_PATIENT),
        )
        return replace(read(*given, **more), doubts=(doubt,), damaged=damaged)

    monkeypatch.setattr(today, "chart", in_doubt)
    launched(page, sandbox, patient, "today")
    notice = page.get_by_role("region", name="Please look at this in the EHR")
    expect(notice.get_by_role("listitem")).to_have_count(3)
    expect(notice).to_contain_text("Look at the note of 2 Nov 2026 in the EHR.")
    assert_good(page)


def test_what_waits_is_copied_thrown_away_put_back_and_filed(sandbox: Practice, page: Page) -> None:
    patient = "lily-tran"
    launched(page, sandbox, patient, "contact")
    page.locator("#minutes").fill("5")
    page.locator("#note").fill(NOTE + " " + "W" * 200)
    with sandbox.line.answers("/fhir", b"{}", method="POST", status="503 Busy"):
        save_button(page).click()
        expect(page.locator("#not-filed")).to_be_visible()
    page.goto(page.url.split("?")[0].replace("/contact", "/today"))
    page.get_by_role("link", name="All that is not filed").click()
    expect(page.locator("#waiting-contact")).to_contain_text("NOT FILED: a contact")
    page.get_by_text("Copy as text").click()
    assert_good(page)
    page.get_by_role("button", name="Throw away a contact").click()
    expect(page.get_by_role("status")).to_contain_text("Thrown away")
    assert_good(page)
    page.get_by_role("button", name="Put back a contact").click()
    page.get_by_role("button", name="Try again: a contact").click()
    expect(page.get_by_role("heading", name=FILED)).to_be_visible()
    (contact,) = contacts_of(sandbox, patient)
    assert notes(contact)[-1].startswith(NOTE)


def test_a_conflict_is_settled_by_keyboard_alone(sandbox: Practice, context: BrowserContext) -> None:
    patient = "robin-ashby"
    with Visitor(sandbox) as nurse:
        enrol_with_plan(nurse, patient)
    page = context.new_page()
    frame = open_chart(page, sandbox, patient)
    open_contact(frame)
    frame.locator("#minutes").fill("5")
    choose(frame, "Better")
    somebody_else_changes(sandbox, patient)
    save_button(frame).click()
    expect(frame.locator("#conflict")).to_be_visible()
    frame.locator("a.usa-skipnav").focus()
    tab_to(frame, "input[value=mine], input[value=theirs]")
    page.keyboard.press("ArrowRight")
    tab_to(frame, "button[value=merge]")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", name=FILED)).to_be_visible()
    assert goal_of(sandbox, patient)["achievementStatus"]["text"] in ("better", "worse")


def test_a_conflict_and_a_mistake_are_settled_without_javascript(sandbox: Practice, chrome: Browser) -> None:
    patient = "earl-whitcomb"
    with Visitor(sandbox) as nurse:
        today = enrol_with_plan(nurse, patient)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        filed(nurse.send(form, minutes="7", note="To be taken back."))
    context = chrome.new_context(viewport=NARROW, java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={patient}&user=nurse")
        page.get_by_role("button", name="Continue to the sign-in").click()
        page.get_by_role("link", name="Filed wrongly? Contact of").click()
        press(page, "Filed twice")
        page.get_by_role("button", name="Mark as filed wrongly").click()
        page.get_by_role("link", name="Back to Today").click()
        page.get_by_role("link", name="Document contact").click()
        page.locator("#minutes").fill("5")
        press(page, "Better")
        somebody_else_changes(sandbox, patient)
        save_button(page).click()
        page.get_by_role("button", name="Keep theirs").click()
        expect(page.get_by_role("heading", name=FILED)).to_be_visible()
    finally:
        context.close()
    assert [each["status"] for each in contacts_of(sandbox, patient)] == ["entered-in-error", "completed"]
    assert goal_of(sandbox, patient)["achievementStatus"]["text"] == "worse"
