"""A nurse opens a plan from a template by keyboard and prints it for the patient in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.enrolling import enrol
from tests.journeys.good_page import assert_good
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import save
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

SIXTEEN_POINT = "21.3333px"
PAPER = ".banner, .hubs, .copy-desk, .action-bar, .foot, .usa-skipnav"
"""What no sheet of paper shows."""


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(viewport={"width": 700, "height": 900}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.mark.requirement("domain@7", "domain@10")
def test_a_template_is_chosen_previewed_applied_printed_and_logged(sandbox: Practice, page: Page) -> None:
    patient = newcomer(sandbox)
    with Visitor(sandbox) as nurse:
        enrol(nurse, patient)
    page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={patient}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()
    base = page.url.rsplit("/", 1)[0]
    page.goto(f"{base}/templates")
    assert_good(page)
    page.locator("#use-hypertension").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open the plan: High blood pressure")).to_be_visible()
    for summary in page.locator("form details > summary").all()[:3]:
        summary.click()
    assert_good(page)
    page.get_by_label("What matters most").fill("Bailar con mi nieta Zoë")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Filed in the chart")).to_be_visible()
    page.goto(f"{base}/copy?language=es")
    assert_good(page)
    expect(page.get_by_role("button", name="Print", exact=True)).to_be_visible()
    _prints(page, "Su plan de cuidado")
    page.goto(f"{base}/copy?language=en")
    _prints(page, "Your care plan")
    page.get_by_role("link", name="Log as given").click()
    expect(page.get_by_role("heading", name="Log a copy of the plan as given")).to_be_visible()
    assert_good(page)
    save(page)
    (task,) = [each for each in sandbox.held("Task", patient) if "Copy of the plan" in each["description"]]
    assert task["status"] == "completed"


def _prints(page: Page, title: str) -> None:
    """On paper there is the sheet alone, in large print, on pages that fit it."""
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.locator(f":is({PAPER}):visible").count() == 0
    expect(page.locator(".sheet")).to_have_css("font-size", SIXTEEN_POINT)
    expect(page.locator(".sheet__foot")).to_have_css("position", "fixed")
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    page.emulate_media(media="screen")
    assert 2 <= pages <= 6
