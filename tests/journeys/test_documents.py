"""A nurse opens what the hospital sent from Today, by keyboard alone, narrow and wide; axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import NARROW, WIDE
from tests.journeys.good_page import assert_good
from tests.running import Practice

pytestmark = pytest.mark.journey


@pytest.fixture(params=[NARROW, WIDE], ids=["380", "1280"])
def page(request: pytest.FixtureRequest, chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(viewport=request.param, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_the_discharge_summary_is_reached_by_keyboard(sandbox: Practice, page: Page) -> None:
    page.goto(f"{sandbox.ehr_url}/launch/chartside?patient=walter-boone&user=nurse")
    link = page.get_by_role("link", name="What the discharge summary says")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What the discharge summary says")
    assert_good(page)
    page.get_by_role("link", name="All documents from elsewhere").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Documents from elsewhere")
    assert_good(page)
