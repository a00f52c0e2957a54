"""A provider opens the chart, is asked first and answers by keyboard; the staff see it in the list of all patients."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.good_page import assert_good
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import FILED, save_button
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey


@pytest.mark.requirement("domain@156")
def test_a_provider_answers_by_keyboard_and_the_staff_see_it(
    sandbox: Practice, context: BrowserContext
) -> None:
    patient = newcomer(sandbox)
    with Visitor(sandbox) as nurse:
        here = f"/l/{nurse.launch(patient).launch_id}"
        asked = {"situation": "Dizzy since Monday", "recommendation": "Halve the dose?"}
        nurse.send(nurse.get(f"{here}/ask?about=medicines"), **asked)
    page = context.new_page()
    page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={patient}&user=physician")
    first = page.get_by_role("alert").first
    expect(first).to_contain_text("Dizzy since Monday")
    first.get_by_role("link", name="Answer").press("Enter")
    expect(page.get_by_label("Agreed, as proposed")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("From today")
    save_button(page).press("Enter")
    expect(page.get_by_role("heading", name=FILED)).to_be_visible()
    staff_list(sandbox, page)
    expect(page.get_by_role("link", name="Gloria").first).to_have_attribute(
        "href", re.compile(f"patient={patient}")
    )
    expect(page.locator("main")).to_contain_text("Agreed, as proposed. From today")
    assert_good(page, read_at=(380,))


def staff_list(sandbox: Practice, page: Page) -> None:
    """Signs the nurse in without a patient, and goes to the tasks of all."""
    page.goto(f"{sandbox.app_url}/staff/sign-in?ehr=sandbox")
    page.locator("[name=user]").first.wait_for(state="attached")
    if page.locator("select[name=user]").count():
        page.select_option("select[name=user]", "nurse")
    page.locator("form button").first.click()
    page.get_by_role("link", name="Tasks of all patients").click()
