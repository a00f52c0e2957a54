"""The contact form in Chromium: the list of keys, a part drawn by keyboard, all folded out, one press for a try."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.journeys.conftest import WIDE
from tests.journeys.good_page import assert_good
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import FILED, contacts_of
from tests.running import Practice


def test_keys_lead_to_the_form_and_file_a_try_and_nothing_typed_is_lost_on_the_way(
    sandbox: Practice, chrome: Browser
) -> None:
    patient = newcomer(sandbox)
    context = chrome.new_context(viewport=WIDE, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={patient}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()

    # ? lists the keys, and one of them leads to the form.
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()
    page.keyboard.press("?")
    page.keyboard.press("c")
    expect(page.locator("#result-talked")).to_be_focused()

    # In a text it is a question mark.
    page.get_by_label("Note").fill("Can she come")
    page.get_by_label("Note").press("End")
    page.keyboard.press("?")
    expect(page.get_by_label("Note")).to_have_value("Can she come?")
    expect(page.locator("#shortcuts")).to_be_hidden()

    # A part is drawn by keyboard, with what was typed.
    page.get_by_role("button", name="+ Diabetes", exact=True).press("Enter")
    expect(page.locator("#part-template")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("Can she come?")
    page.get_by_role("button", name="Take “Diabetes” out again").press("Enter")
    expect(page.locator("#part-template")).to_have_count(0)

    # Everything folded out is accessible and fits; a topic that was ticked asks how it was taught back.
    page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true; })")
    taught = page.get_by_label("Teach-back: Medicines")
    expect(taught).to_be_hidden()
    page.locator("label", has_text="Medicines").first.click()
    expect(taught).to_be_visible()
    assert_good(page, read_at=(380,))

    # One press files the try.
    page.get_by_role("button", name="Left message").press("Enter")
    expect(page.get_by_role("heading", name=FILED)).to_be_visible()
    (task,) = contacts_of(sandbox, patient)
    assert task["businessStatus"]["coding"][0]["code"] == "left-message"
    assert task["note"][-1]["text"] == "Can she come?"
    context.close()
