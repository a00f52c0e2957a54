"""Goals in Chromium: set by keyboard alone with the questions coming as one types, and pages that everybody can use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from mappings.identity import is_ours
from tests.journeys.conftest import WIDE
from tests.journeys.enrolling import enrol_with_plan
from tests.journeys.good_page import assert_good
from tests.journeys.steps import FILED
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey
GLORIA = "gloria-reyes"


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(viewport=WIDE, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def planned(sandbox: Practice) -> Practice:
    """A patient with results, a plan and its first goal."""
    with Visitor(sandbox) as nurse:
        enrol_with_plan(nurse, GLORIA)
    return sandbox


def launched(page: Page, running: Practice) -> str:
    """Where the pages of a launch of this patient begin."""
    page.goto(f"{running.ehr_url}/launch/chartside?patient={GLORIA}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()
    return page.url.rpartition("/")[0]


@pytest.mark.requirement("domain@12", "domain@18")
def test_a_goal_is_set_by_keyboard_from_a_target_with_the_questions_beside_it(
    planned: Practice, page: Page
) -> None:
    page.goto(f"{launched(page, planned)}/goal/add")
    expect(page.locator("#goal_words")).to_be_focused()
    page.keyboard.type("I want to see my grandson grow up")
    page.locator("#goal_text").focus()
    page.keyboard.type("Sugar down")
    page.keyboard.press("Tab")
    expect(page.locator("#question-goal_text")).to_contain_text("Say a little more")
    page.locator("details", has_text="Targets to start from").locator("summary").press("Enter")
    guideline = page.get_by_role("link", name="American Diabetes Association")
    assert guideline.get_attribute("href") == "https://diabetesjournals.org/care"
    page.locator("a", has_text="Start from this: A1c").press("Enter")
    expect(page.locator("#target_value")).to_have_value("7.0")
    expect(page.locator("#goal_words")).to_have_value("I want to see my grandson grow up")
    expect(page.locator("#goal_text")).to_have_value("Sugar down")
    page.locator("#target_value").fill("11")
    page.locator("#confidence").fill("5")
    page.locator("#importance").fill("9")
    page.keyboard.press("Tab")
    expect(page.locator("#question-target_value")).to_contain_text("reached already: the last A1c was 10.1 %")
    expect(page.locator("#question-more_confident")).to_contain_text("what would make it higher?")
    page.locator("#target_value").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_contain_text("tick “This target is meant”")
    assert_good(page)
    page.locator("#target_value").fill("8.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=FILED)).to_be_visible()
    goal = [each for each in planned.held("Goal", GLORIA) if is_ours(each)][-1]
    assert goal["target"][0]["detailQuantity"]["value"] == 8.5
    assert goal["addresses"][0]["display"].startswith("Type 2 diabetes")


def test_the_pages_of_a_goal_are_accessible_and_fit(planned: Practice, page: Page) -> None:
    begin = launched(page, planned)
    goal = next(each["id"] for each in planned.held("Goal", GLORIA) if is_ours(each))
    asked = f"?goal={goal}"
    for where in (
        "goals",
        "goal" + asked,
        "goal/change" + asked,
        "goal/progress" + asked,
        "goal/end" + asked,
    ):
        page.goto(f"{begin}/{where}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for summary in page.locator("main details > summary").all():
            summary.click()
        assert_good(page)
