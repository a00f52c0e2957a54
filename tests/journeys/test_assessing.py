"""A nurse assesses in Chromium: by keyboard, with the crisis steps the moment an answer asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import NARROW
from tests.journeys.enrolling import enrol, filed
from tests.journeys.good_page import assert_good
from tests.journeys.steps import FILED, choose, hub, kind, open_chart
from tests.journeys.visitor import Visitor
from tests.mappings.assessing import NEEDS
from tests.running import Practice

pytestmark = pytest.mark.journey
PATIENT, OTHER = "denise-whitaker", "walter-boone"


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A tab of its own with every animation off."""
    context = chrome.new_context(viewport=NARROW, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def assessments(running: Practice, patient: str) -> list[str]:
    return [task["status"] for task in running.held("Task", patient) if kind(task) == "assessment"]


def test_the_crisis_steps_open_with_the_answer_and_save_asks_who_was_told(
    sandbox: Practice, page: Page
) -> None:
    frame = open_chart(page, sandbox, PATIENT)
    hub(frame, "Assessments")
    frame.get_by_role("link", name="Repeat: PHQ-9").first.click()
    steps, progress = frame.locator("#crisis"), frame.locator("[data-progress-words]")
    expect(progress).to_have_text("0 of 9 answered")
    # By keyboard alone: the first question has the focus, and an arrow chooses its second answer.
    expect(frame.locator("#form input[type=radio]").first).to_be_focused()
    for _ in range(8):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
    expect(progress).to_contain_text("8 of ")
    expect(steps).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(steps).to_be_visible()
    expect(steps).to_be_focused()
    expect(steps).to_be_in_viewport()
    expect(steps).to_contain_text("988")
    frame.locator("button.usa-button[form=form]").click()
    expect(frame.locator("#errors")).to_contain_text("say who was told")
    assert assessments(sandbox, PATIENT) == []
    choose(frame, "A provider of the practice")
    frame.get_by_label("What was done, and by whom").fill("Dr Alvarez calls her at noon")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", name=FILED)).to_be_visible()
    assert assessments(sandbox, PATIENT) == ["completed"]
    frame.get_by_role("link", name="Back to Today").click()
    expect(frame.get_by_text("Task for safety, due today")).to_be_visible()


def test_every_page_of_an_assessment_is_accessible_and_fits(sandbox: Practice, page: Page) -> None:
    with Visitor(sandbox) as nurse:
        today = enrol(nurse, OTHER)
        form = nurse.get(f"/l/{today.launch_id}/assess/needs-assessment")
        filed(nurse.post(form.url, form.form() | NEEDS | {"half": "yes"}))
    page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={OTHER}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()
    today_at = page.url
    for where in ("assess/needs-assessment", "assess/safety"):
        page.goto(today_at.replace("/today", f"/{where}"))
        page.wait_for_load_state("networkidle")
        assert_good(page)
    page.locator("[name='q-safe-home'][value='safe-no']").evaluate("field => field.click()")
    expect(page.locator("#crisis")).to_be_visible()
    assert_good(page)
    page.locator("button.usa-button[form=form]").click()
    expect(page.locator("#errors")).to_be_visible()
    assert_good(page)
