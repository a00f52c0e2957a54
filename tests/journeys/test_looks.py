"""How Chartside looks inside an EHR: in its colours where they can be read, under its banner, as its user likes it.

Looked at in Chromium, since only a browser applies a style sheet, and only axe sees whether the words can be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from samples.sandbox import sandbox_of
from tests.journeys.conftest import NARROW, WIDE
from tests.journeys.good_page import sideways, violations
from tests.journeys.steps import choose, open_chart
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

GLORIA, DENISE = "gloria-reyes", "denise-whitaker"
TEAL, OUR_BLUE, WHITE = "rgb(11, 92, 102)", "rgb(26, 68, 128)", "rgb(255, 255, 255)"
MIDDLE = {"width": 768, "height": 900}
GLASS = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "suppressed", "details": {"coding": [{"code": "4130"}]}}],
}


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A wide tab of its own, whose console must stay silent: a refused style would be said there."""
    context = chrome.new_context(viewport=WIDE, reduced_motion="reduce")
    made = context.new_page()
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield made
    context.close()
    assert [text for text in said if "Content Security" in text or "style" in text.lower()] == []


@pytest.fixture(scope="module")
def epic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("epic"), persona="epic") as running:
        yield running


def launched(page: Page, running: Practice, patient: str = GLORIA, **more: str) -> Page:
    extra = "".join(f"&{name}={quote(value, safe='')}" for name, value in {"user": "nurse", **more}.items())
    page.goto(f"{running.ehr_url}/launch/chartside?patient={patient}{extra}")
    expect(page.locator("header.banner")).to_be_visible()
    return page


def looks(page: Page, selector: str, name: str) -> str:
    """A property of an element as the browser computed it."""
    found: str = page.locator(selector).first.evaluate(f"each => getComputedStyle(each)['{name}']")
    return found


def assert_good(page: Page) -> None:
    assert violations(page) == []
    assert sideways(page) == []


@pytest.mark.requirement("client@20")
def test_the_ehrs_colours_and_sizes_are_on_every_page(page: Page, sandbox: Practice) -> None:
    launched(page, sandbox)
    assert looks(page, ".action-bar .usa-button", "backgroundColor") == TEAL
    assert looks(page, ".action-bar .usa-button", "borderTopLeftRadius") == "6px"
    assert looks(page, "body", "color") == "rgb(20, 36, 43)"
    assert_good(page)
    page.get_by_role("link", name="Document contact").click()
    assert looks(page, "button.usa-button[form=form]", "backgroundColor") == TEAL
    assert_good(page)
    frame = open_chart(page, sandbox, GLORIA)
    colour = "each => getComputedStyle(each).backgroundColor"
    assert frame.locator(".action-bar .usa-button").evaluate(colour) == TEAL


@pytest.mark.parametrize(
    ("sheet", "button"),
    [
        ({"color_highlight": "#69b5ce", "color_text": "#999", "color_background": "#303030"}, OUR_BLUE),
        (
            {"color_highlight": "#5b2333", "color_text": "#fff;}body{display:none", "dim_font_size": "900px"},
            "rgb(91, 35, 51)",
        ),
        ({"color_highlight": "url(https://evil.example/x)", "color_background": "expression(1)"}, OUR_BLUE),
        pytest.param(b"<html>Sign in</html>", OUR_BLUE, marks=pytest.mark.soak),
        pytest.param(
            b'{"color_highlight": "#5b2333", "more": "' + b"x" * 5_000_000 + b'"}',
            OUR_BLUE,
            marks=pytest.mark.soak,
        ),
    ],
    ids=["unreadable", "rules inside", "addresses inside", "no sheet", "5 MB"],
)
@pytest.mark.requirement("client@20")
def test_a_sheet_that_is_unreadable_or_hostile_changes_nothing_but_colours(
    page: Page, sandbox: Practice, sheet: Any, button: str
) -> None:
    body = sheet if isinstance(sheet, bytes) else json.dumps(sheet).encode()
    path = f"/look-{abs(hash(body))}.json"
    with sandbox.line.answers(path, body, content_type="application/json"):
        launched(page, sandbox, smart_style_url=f"{sandbox.ehr_url}{path}")
        expect(page.locator("#panel-problems")).to_be_visible()
        assert looks(page, ".action-bar .usa-button", "backgroundColor") == button
        assert looks(page, "body", "backgroundColor") == WHITE
        assert_good(page)
        assert sandbox.line.count("GET", path) == 1
        page.reload()
        expect(page.locator("header.banner")).to_be_visible()
        assert sandbox.line.count("GET", path) == 1


def test_a_sheet_that_never_comes_keeps_no_page_waiting(page: Page, sandbox: Practice) -> None:
    with sandbox.line.holds("/slow-look.json"):
        launched(page, sandbox, smart_style_url=f"{sandbox.ehr_url}/slow-look.json")
        assert looks(page, ".action-bar .usa-button", "backgroundColor") == OUR_BLUE


@pytest.mark.requirement("client@19")
def test_under_the_ehrs_own_banner_ours_is_one_line_with_name_and_birth_date(
    page: Page, sandbox: Practice
) -> None:
    launched(page, sandbox, need_patient_banner="false")
    banner = page.locator("header.banner")
    expect(banner).to_contain_text("Gloria Inés Reyes")
    expect(banner).to_contain_text("born 12 Mar 1955")
    for left_out in ("Female", "71 y", "MRN"):
        expect(banner).not_to_contain_text(left_out)
    compact = banner.bounding_box()
    assert_good(page)
    launched(page, sandbox)
    for fact in ("Gloria Inés Reyes", "Female", "71 y (12 Mar 1955)", "MRN RB-100112"):
        expect(banner).to_contain_text(fact)
    whole = banner.bounding_box()
    assert compact is not None
    assert whole is not None
    assert compact["height"] < whole["height"]
    assert "Reyes" not in page.title()


@pytest.mark.requirement("client@24")
def test_a_user_who_wants_large_text_gets_it_on_every_page(page: Page, sandbox: Practice) -> None:
    launched(page, sandbox, user="assistant")
    small = float(looks(page, "body", "fontSize").removesuffix("px"))
    page.get_by_role("link", name="Preferences").click()
    expect(page.get_by_role("button", name="Save preferences")).to_be_visible()
    assert_good(page)
    choose(page, "Large")
    page.get_by_role("button", name="Save preferences").click()
    expect(page.get_by_role("status")).to_contain_text("Saved. They are kept in the EHR")
    assert float(looks(page, "body", "fontSize").removesuffix("px")) == pytest.approx(1.1875 * small, abs=0.1)
    assert_good(page)
    for size in (NARROW, MIDDLE):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        launched(page, sandbox, user="assistant")
        assert float(looks(page, "body", "fontSize").removesuffix("px")) > small
        assert_good(page)


@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE], ids=["380", "768", "1280"])
@pytest.mark.requirement("client@63")
def test_a_protected_panel_and_a_busy_ehr_are_said_where_they_are(
    page: Page, epic: Practice, size: Any
) -> None:
    page.set_viewport_size(size)
    faults = sandbox_of(epic.ehr.app).faults
    glass = json.dumps(GLASS).encode()
    with (
        epic.line.answers("/fhir/Condition", glass, status="403 Forbidden"),
        faults.on("too_many_requests", seconds=45, resource_type="Goal"),
    ):
        launched(page, epic)
        problems, goals = page.locator("#panel-problems"), page.locator("#panel-goals")
        expect(problems).to_contain_text(
            "Protected in the EHR. Break the glass in the EHR first, then open Chartside again."
        )
        expect(problems.get_by_role("link", name="Try again")).to_have_count(0)
        expect(goals).to_contain_text("the EHR is too busy, try again in 45 seconds")
        assert_good(page)
    goals.get_by_role("link", name="Try again").click()
    expect(goals).to_contain_text("None recorded")


@pytest.mark.requirement("client@63")
def test_a_chart_behind_the_glass_opens_to_one_plain_page(page: Page, epic: Practice) -> None:
    page.goto(f"{epic.ehr_url}/launch/chartside?patient={DENISE}&user=nurse")
    expect(page.get_by_role("heading", name="This chart is protected")).to_be_visible()
    expect(page.locator("main")).to_contain_text(
        "Break the glass in the EHR first, then open Chartside again."
    )
    expect(page.locator("body")).not_to_contain_text("Whitaker")
    assert_good(page)
