"""An entry that the EHR takes in no form, in Chromium: copied in the cross-site frame, pasted, said to be done.

At three widths, by keyboard, and without script.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from tests.app.pasting import NOTE, nothing_taken
from tests.journeys.conftest import NARROW
from tests.journeys.good_page import assert_good
from tests.journeys.steps import back_to_today, open_chart, open_contact, save_button
from tests.journeys.test_keyboard_and_axe import launched, tab_to
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

TITLE = "Paste this into the chart"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("practice")) as made, nothing_taken(made):
        yield made


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(viewport=NARROW, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def make_text(frame: Frame | Page) -> str:
    """Fills in and saves the contact form that is open; the text."""
    frame.get_by_label("Minutes", exact=True).fill("7")
    frame.get_by_label("Note").fill(NOTE)
    expect(save_button(frame)).to_have_text("Make text to paste")
    save_button(frame).click()
    expect(frame.get_by_role("heading", name=TITLE)).to_be_visible()
    return frame.locator("#text").input_value()


def test_a_nurse_copies_the_text_in_the_frame_of_the_chart_and_says_that_it_is_pasted(
    running: Practice, context: BrowserContext
) -> None:
    page = context.new_page()
    frame = open_chart(page, running, "gloria-reyes")
    open_contact(frame)
    text = make_text(frame)
    assert NOTE in text
    frame.get_by_role("button", name="Copy the text").click()
    expect(frame.locator("#copied")).not_to_be_empty()
    expect(frame.locator("#copied")).to_have_text("Copied. Paste it into a note of this patient’s chart.")
    assert pasted_into_the_ehr(page) == text
    back_to_today(frame)
    waiting = frame.locator(".banner .line--unfiled")
    expect(waiting).to_contain_text("NOT FILED: a contact")
    waiting.get_by_role("link", name="Open the text").click()
    frame.get_by_role("button", name="I have pasted it into the chart").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Pasted by hand")
    back_to_today(frame)
    expect(waiting).to_have_count(0)


def pasted_into_the_ehr(page: Page) -> str:
    """What comes out where the EHR's own page pastes into a note."""
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'own-note'}))")
    page.locator("#own-note").focus()
    page.keyboard.press("Control+V")
    return page.locator("#own-note").input_value()


def test_where_the_browser_refuses_to_copy_the_text_is_selected(
    running: Practice, context: BrowserContext
) -> None:
    frame = open_chart(context.new_page(), running, "linda-cho")
    open_contact(frame)
    text = make_text(frame)
    # As a hospital's policy may have it: neither the clipboard nor the older way.
    frame.evaluate("document.execCommand = () => false")
    frame.get_by_role("button", name="Copy the text").click()
    expect(frame.locator("#copied")).to_contain_text("The text is selected: press Ctrl+C")
    assert frame.evaluate("getSelection().toString()").replace("\r", "") == text


def test_without_script_the_text_is_there_and_every_way_on_works(running: Practice, chrome: Browser) -> None:
    context = chrome.new_context(viewport=NARROW, java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{running.ehr_url}/launch/chartside?patient=noah-park&user=nurse")
        page.get_by_role("button", name="Continue to the sign-in").click()
        page.get_by_role("link", name="Document contact").click()
        assert NOTE in make_text(page)
        expect(page.get_by_role("button", name="Copy the text")).to_be_hidden()
        page.get_by_role("button", name="Change the entry").click()
        expect(page.get_by_role("heading", name="Document a contact")).to_be_visible()
        save_button(page).click()
        page.get_by_text("Discard it", exact=True).click()
        page.get_by_role("button", name="Discard, it is not needed").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Discarded")
        page.get_by_role("button", name="Put it back").click()
        expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    finally:
        context.close()


def test_the_pages_of_a_text_are_accessible_and_fit(running: Practice, page: Page) -> None:
    launched(page, running, "walter-boone", "contact")
    make_text(page)
    page.get_by_text("Discard it", exact=True).click()
    assert_good(page)
    address = page.url
    for where in ("today", "filed"):
        page.goto(f"{address.split('/paste/')[0]}/{where}")
        expect(page.locator(".banner .line--unfiled")).to_contain_text("NOT FILED")
        assert_good(page)
    page.goto(address)
    page.get_by_role("button", name="I have pasted it into the chart").click()
    expect(page.get_by_role("button", name="Put it back")).to_be_visible()
    assert_good(page)


def test_a_text_is_copied_and_ended_by_keyboard(running: Practice, context: BrowserContext) -> None:
    page = context.new_page()
    launched(page, running, "robin-ashby", "contact")
    make_text(page)
    for button in ("[data-copy]", "#again button", "#change button", "#pasted button"):
        tab_to(page.main_frame, button)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pasted by hand")
