"""The way in, in a real Chromium and in the chart's cross-site frame: by a form, without scripts, without cookies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from tests.browser import BROWSERS, FLAGS, find
from tests.journeys.conftest import WIDE
from tests.journeys.steps import open_chart, open_frame
from tests.running import Practice

pytestmark = pytest.mark.journey

GLORIA = "gloria-reyes"
AUTHORIZE = "/oauth/authorize"


@pytest.mark.requirement("client@7")
def test_the_request_to_sign_in_travels_in_a_form_and_its_answer_lands_in_the_charts_frame(
    sandbox: Practice, context: BrowserContext
) -> None:
    page, seen = context.new_page(), list[Request]()
    complaints = list[str]()
    page.on("request", lambda request: seen.append(request))  # noqa: PLW0108  # Playwright takes no built-in method
    page.on("console", lambda message: complaints.append(message.text))
    before = sandbox.line.count("GET", AUTHORIZE)
    open_chart(page, sandbox, GLORIA)
    (asked,) = [each for each in seen if urlsplit(each.url).path == AUTHORIZE]
    assert (asked.method, urlsplit(asked.url).query) == ("POST", "")
    sent = parse_qs(asked.post_data or "")
    assert sent["code_challenge_method"] == ["S256"]
    assert sent["aud"] == [f"{sandbox.ehr_url}/fhir"]
    assert sandbox.line.count("GET", AUTHORIZE) == before
    assert [line for line in complaints if "Content Security Policy" in line] == []


@pytest.mark.requirement("client@7")
def test_without_scripts_a_button_leads_to_the_sign_in(sandbox: Practice, chrome: Browser) -> None:
    plain = chrome.new_context(viewport=WIDE, java_script_enabled=False)
    try:
        page = plain.new_page()
        page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={GLORIA}&user=nurse")
        page.get_by_role("button", name="Continue to the sign-in of Sandbox EHR").click()
        expect(page.locator("header.banner")).to_contain_text("Reyes")
    finally:
        plain.close()


def test_back_leads_out_of_the_sign_in_and_not_into_a_second_one(
    sandbox: Practice, context: BrowserContext
) -> None:
    """The page that sends the form by itself leaves no step of its own in the browser's history."""
    page = context.new_page()
    page.goto(f"{sandbox.ehr_url}/")
    page.goto(f"{sandbox.ehr_url}/launch/chartside?patient={GLORIA}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{sandbox.ehr_url}/")


@pytest.fixture
def blocking(chrome: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser whose settings block the app's cookies in every page of the EHR, as a hospital's policy may."""
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    blocked = {"http://127.0.0.1:*,http://localhost:*": {"setting": 2}}
    preferences = {"profile": {"content_settings": {"exceptions": {"cookies": blocked}}}}
    (profile / "Preferences").write_text(json.dumps(preferences))
    context = chrome.browser_type.launch_persistent_context(
        profile.parent, executable_path=find(BROWSERS), args=list(FLAGS), viewport=WIDE
    )
    yield context
    context.close()


def test_where_the_browser_blocks_the_cookie_a_tab_of_its_own_is_the_way_on(
    sandbox: Practice, blocking: BrowserContext
) -> None:
    frame = open_frame(blocking.new_page(), sandbox, GLORIA)
    expect(frame.get_by_role("heading", name="Your browser blocks Chartside's cookie")).to_be_visible()
    with blocking.expect_page() as opened:
        frame.get_by_role("link", name="Open Chartside in a tab of its own").click()
    tab = opened.value
    tab.get_by_role("button", name="Dana Whitfield").click()
    tab.get_by_role("button", name="Gloria").click()
    expect(tab.locator("header.banner")).to_contain_text("Reyes")
    assert urlsplit(tab.url).netloc == urlsplit(sandbox.app_url).netloc
