"""Consent in a real browser: by keyboard in few presses, and every page about it good to see and to hear."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mappings.identity import is_ours
from tests.journeys.good_page import assert_good
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import FILED, save, save_button
from tests.running import Practice

pytestmark = pytest.mark.journey

FEWEST = 5
"""Presses that record an agreement: the answer, on to the tick for all four, the tick, on to nothing more, Save."""


def launched(page: Page, running: Practice, patient: str) -> str:
    """Opens the patient's launch in the tab itself; the address of its pages."""
    page.goto(f"{running.ehr_url}/launch/chartside?patient={patient}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()
    return page.url.rpartition("/")[0]


@pytest.mark.requirement("domain@48")
def test_an_agreement_is_recorded_in_few_presses_and_each_point_by_itself(
    sandbox: Practice, context: BrowserContext
) -> None:
    page, patient = context.new_page(), newcomer(sandbox)
    launched(page, sandbox, patient)
    page.get_by_role("link", name="Record consent").press("Enter")
    expect(page.locator("#decision-accept")).to_be_focused()
    presses = ["Space", "Tab", "Space", "Enter"]
    for press in presses[:3]:
        page.keyboard.press(press)
    expect(page.locator("#told-all")).to_be_checked()
    boxes = page.locator("[name=disclosure]")
    assert [box.is_checked() for box in boxes.all()] == [True] * 4
    # Each stays in view, and one that was not told takes the tick for all away.
    page.locator("label[for=disclosure-cost-sharing]").click()
    expect(page.locator("#told-all")).not_to_be_checked()
    page.locator("label[for=disclosure-cost-sharing]").click()
    expect(page.locator("#told-all")).to_be_checked()
    page.locator("#told-all").focus()
    page.keyboard.press(presses[3])
    expect(page.get_by_role("heading", name=FILED)).to_be_visible()
    assert len(presses) < FEWEST
    [consent] = [each for each in sandbox.held("Consent", patient) if is_ours(each)]
    told = [part["valueCode"] for part in consent["extension"][0]["extension"] if part["url"] == "disclosure"]
    assert len(set(told)) == 4


def test_the_pages_of_agreement_are_accessible_and_fit(sandbox: Practice, context: BrowserContext) -> None:
    page, patient = context.new_page(), newcomer(sandbox)
    at = launched(page, sandbox, patient)
    page.goto(f"{at}/introduce/letter?language=es")
    assert_good(page)
    page.goto(f"{at}/consent")
    page.locator("label[for=decision-accept]").click()
    page.locator("#visit").select_option("schedule")
    expect(page.locator("#visit_due")).to_be_visible()
    page.locator("#agreed_by").select_option("caregiver")
    expect(page.locator("#caregiver_name")).to_be_visible()
    save_button(page).click()
    expect(page.locator("#errors")).to_be_focused()
    assert_good(page)
    page.locator("#caregiver_name").fill("June Reyes (sister)")
    page.locator("label[for=decision-accept]").click()
    page.locator("label[for=told-all]").click()
    save(page)
    page.goto(f"{at}/consent?about=practitioner")
    assert_good(page)
    page.goto(f"{at}/sharing")
    page.locator("#agencies").fill("Riverbend Meals")
    page.locator("label", has_text="Needs such as food").click()
    save(page)
    page.goto(f"{at}/sharing")
    page.get_by_role("link", name="The patient takes back: Riverbend Meals").click()
    expect(page.locator("#reason")).to_be_visible()
    assert_good(page)
