"""A nurse finds the call that is due on Today, documents it by keyboard, and sees its clock done."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.app.test_transition import days_ago, put
from tests.journeys.good_page import assert_good
from tests.journeys.newcomer import newcomer
from tests.mappings.discharges import encounter
from tests.running import Practice

pytestmark = pytest.mark.journey


def test_the_call_after_a_discharge_by_keyboard(sandbox: Practice, chrome: Browser) -> None:
    patient = newcomer(sandbox)
    put(sandbox, patient, encounter(f"{days_ago(4)} 09:00", f"{days_ago(1)} 14:30"))
    context = chrome.new_context(viewport={"width": 380, "height": 800}, reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(f"{sandbox.ehr_url}/launch/chartside?patient={patient}&user=nurse")
    call = tab.get_by_role("alert").get_by_role("link", name="Document the call")
    expect(call).to_be_visible()
    launch = tab.url.rsplit("/", 1)[0]
    for page in ("transition", "transition/checklist"):
        tab.goto(f"{launch}/{page}")
        expect(tab.get_by_role("heading", level=1)).to_have_count(1)
        assert_good(tab, read_at=(380,))

    tab.goto(f"{launch}/today")
    call.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("group", name="Result").get_by_label("Talked")).to_be_focused()
    expect(tab.get_by_label("Transition of care")).to_be_checked()
    tab.get_by_label("Minutes", exact=True).focus()
    tab.keyboard.type("12")
    tab.get_by_label("Symptoms asked about").focus()
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Save to chart").last.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("Filed in the chart").first).to_be_visible()

    tab.goto(f"{launch}/transition")
    expect(tab.get_by_text("Done. Talked on")).to_be_visible()
    expect(tab.get_by_role("heading", name="Gone through: 1 of 7")).to_be_visible()
    context.close()
