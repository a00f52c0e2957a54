"""Referring and deciding eligibility in Chromium: by keyboard alone, and nothing for axe to find at either width."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from mappings.identity import task_kind
from tests.journeys.conftest import NARROW, WIDE
from tests.journeys.newcomer import newcomer
from tests.journeys.test_keyboard_and_axe import assert_good, launched
from tests.running import Practice

pytestmark = pytest.mark.journey


@pytest.mark.requirement("domain@25", "domain@42")
def test_refer_and_decide_by_keyboard_and_every_page_is_accessible(
    sandbox: Practice, context: BrowserContext
) -> None:
    patient = newcomer(sandbox)
    page = context.new_page()
    launched(page, sandbox, patient)
    here = page.url.removesuffix("/today")
    page.goto(f"{here}/refer")
    # The reason is chosen and has the focus: Enter refers.
    expect(page.locator("#reason input:checked")).to_be_focused()
    assert_good(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Filed in the chart")).to_be_visible()
    page.goto(f"{here}/eligibility")
    risk = page.locator("input[name=risk]").first
    risk.focus()
    page.keyboard.press("Space")
    expect(risk).to_be_checked()
    assert_good(page)
    page.set_viewport_size(NARROW)
    assert_good(page)
    risk.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Filed in the chart")).to_be_visible()
    kinds = [task_kind(each) for each in sandbox.held("Task", patient)]
    assert sorted(kinds) == ["eligibility", "enrolment-state", "to-do", "to-do"]
    page.goto(f"{here}/enrollment")
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        expect(page.locator("li[aria-current=step]")).to_contain_text("Referred")
        assert_good(page)
