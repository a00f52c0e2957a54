"""Chartside without a mouse, without eyes, in a narrow frame and on a slow line.

axe looks for what WCAG 2.0 to 2.2 A and AA ask and a program can see; the keyboard story goes where axe cannot. The
weights are those of the design's budget, counted as gzip of what Chromium fetched from the app.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from app.scope_steps import Step
from app.services import EXTENSION
from samples.faults import changes
from samples.sandbox import sandbox_of
from tests.journeys.conftest import NARROW, WIDE
from tests.journeys.enrolling import enrol, enrol_with_plan, filed
from tests.journeys.good_page import assert_good, assert_good_frame, sideways
from tests.journeys.steps import FILED, choose, contacts_of, notes, open_chart, open_contact, press, save
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

RICH, PLANNED, EMPTY, CONSENTED, DECEASED, ODD, NARROWEST = (
    "walter-boone", "harold-pike", "noah-park", "earl-whitcomb", "beatrice-lund", "bobby-oshea", 320
)  # fmt: skip
FIRST_LOAD, SECOND_LOAD = 120_000, 30_000
"""Bytes: the design's budget for a page in the frame."""


@pytest.fixture(scope="module")
def enrolled(sandbox: Practice) -> Practice:
    """One patient with a plan and a contact, one with consent alone, the others as they came."""
    with Visitor(sandbox) as nurse:
        today = enrol_with_plan(nurse, PLANNED)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        filed(nurse.send(form, minutes="7", note="Weighs herself daily; 2 lb up since Monday."))
        enrol(nurse, CONSENTED)
    return sandbox


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A tab of its own, as narrow as a frame, with every animation off."""
    context = chrome.new_context(viewport=NARROW, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def launched(page: Page, running: Practice, patient_id: str, where: str = "today") -> None:
    """Opens a page of the patient's launch in the tab itself, so that axe and the width see it alone."""
    page.goto(f"{running.ehr_url}/launch/chartside?patient={patient_id}&user=nurse")
    expect(page.locator("header.banner")).to_be_visible()
    if where != "today":
        page.goto(page.url.replace("/today", f"/{where}"))
        expect(page.locator("#form")).to_be_visible()


def test_the_check_itself_finds_what_is_wrong(enrolled: Practice, page: Page) -> None:
    page.goto(enrolled.app_url)
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/x><p>W</p>')")
    with pytest.raises(AssertionError, match="image-alt"):
        assert_good(page)
    page.evaluate("document.querySelector('img').style.marginLeft = '3000px'")
    assert sideways(page) != []


@pytest.mark.parametrize(
    "patient",
    [
        RICH,
        DECEASED,
        ODD,
        # Less of the same than the three above.
        *(
            pytest.param(each, marks=pytest.mark.soak)
            for each in (PLANNED, EMPTY, "gloria-reyes", "denise-whitaker")
        ),
    ],
)
def test_today_is_accessible_and_fits(enrolled: Practice, page: Page, patient: str) -> None:
    launched(page, enrolled, patient)
    assert_good(page)
    for summary in page.locator("main details > summary").all():
        summary.click()
    assert_good(page)


def test_a_chart_of_which_much_may_not_be_seen_is_accessible_and_fits(sandbox: Practice, page: Page) -> None:
    """Opened with the least scopes: no care plans, goals or consents, so the banner has its longest sentence."""
    with sandbox_of(sandbox.ehr.app).faults.on("one_scope_too_many"):
        launched(page, sandbox, RICH)
    # Else every launch of the next hour would ask for the least.
    sandbox.app.app.extensions[EXTENSION].scope_steps.refused(
        sandbox.settings.ehrs[0], Step.LEAST, staff=False
    )
    expect(page.get_by_text("This launch may read, but not file")).to_be_visible()
    expect(page.get_by_text("Enrollment unknown")).to_be_visible()
    assert_good(page)


@pytest.mark.parametrize(
    ("patient", "where"),
    [
        (RICH, "consent"),
        (CONSENTED, "care-plan"),
        (PLANNED, "contact"),
        pytest.param(PLANNED, "care-plan/close", marks=pytest.mark.soak),
        pytest.param(PLANNED, "step/in-control", marks=pytest.mark.soak),
    ],
)
def test_a_form_is_accessible_and_fits_empty_open_and_with_errors(
    enrolled: Practice, page: Page, patient: str, where: str
) -> None:
    launched(page, enrolled, patient, where)
    assert_good(page)
    for summary in page.locator("form details > summary").all():
        summary.click()
    if where == "consent":
        choose(page, "Declines")
        assert_good(page)
        choose(page, "Agrees")
    for field in page.locator("#form input:visible").all():
        if field.get_attribute("type") in ("text", "date"):
            field.fill("")
    page.locator("button.usa-button[form=form]").click()
    expect(page.locator("#errors")).to_be_visible()
    assert_good(page)


def test_the_follow_up_page_is_accessible_and_fits(enrolled: Practice, page: Page) -> None:
    launched(page, enrolled, PLANNED)
    page.get_by_role("link", name="Follow-up", exact=True).click()
    expect(page.get_by_role("heading", name="Ready to go on alone?")).to_be_visible()
    for summary in page.locator("main details > summary").all():
        summary.click()
    assert_good(page)


def test_a_receipt_is_accessible_and_fits(enrolled: Practice, page: Page) -> None:
    launched(page, enrolled, "linda-cho", "contact")
    page.locator("#minutes").fill("1")
    save(page)
    assert_good(page)


def test_a_receipt_that_names_what_was_lost_is_accessible_and_fits(
    enrolled: Practice, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "NOT_KEPT", changes.NOT_KEPT | {"output", "note"})
    launched(page, enrolled, "gloria-reyes", "contact")
    page.locator("#minutes").fill("1")
    page.locator("#note").fill("Walks to church now.")
    with sandbox_of(enrolled.ehr.app).faults.on("extensions_dropped"):
        save(page)
    expect(
        page.get_by_text("Only the record's own text in the EHR says this now: the written note;")
    ).to_be_visible()
    assert_good(page)
    page.get_by_role("link", name="Everything filed").click()
    expect(page.get_by_role("link", name="Not all of it kept")).to_be_visible()
    assert_good(page)


def test_the_page_of_a_save_that_was_not_filed_is_accessible_and_fits(enrolled: Practice, page: Page) -> None:
    launched(page, enrolled, "raymond-tull", "contact")
    page.locator("#minutes").fill("2")
    page.locator("#note").fill("Word " * 60 + "W" * 200)
    enrolled.ehr.stop()
    try:
        page.locator("button.usa-button[form=form]").click()
        expect(page.locator("#not-filed")).to_be_visible()
        assert_good(page)
    finally:
        enrolled.ehr.start()


@pytest.mark.parametrize(
    "path", ["/", "/help", "/signed-out", "/no-such-page", "/launch?iss=https://evil.example"]
)
def test_a_page_outside_any_chart_is_accessible_and_fits(enrolled: Practice, page: Page, path: str) -> None:
    page.goto(enrolled.app_url + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_good(page)


def test_the_frame_inside_the_chart_is_accessible_and_fits_at_both_widths(
    enrolled: Practice, chrome: Browser
) -> None:
    for size in (NARROW, WIDE):
        context = chrome.new_context(viewport=size, reduced_motion="reduce")
        frame = open_chart(context.new_page(), enrolled, RICH)
        assert_good_frame(frame)
        context.close()


@pytest.mark.parametrize("where", ["today", "contact", "care-plan/close"])
def test_nothing_scrolls_sideways_at_320_pixels_either(
    enrolled: Practice, context: BrowserContext, where: str
) -> None:
    """320 CSS pixels is what WCAG 1.4.10 asks: a wide page at 400 % zoom."""
    page = context.new_page()
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    launched(page, enrolled, PLANNED, where)
    assert sideways(page) == []


FOCUSED = """selector => {
  const at = document.activeElement;
  const style = getComputedStyle(at), label = at.labels && at.labels[0];
  const seen = [style, label && getComputedStyle(label), label && getComputedStyle(label, '::before')]
    .some(each => each && (each.outlineStyle !== 'none' || each.boxShadow !== 'none'));
  return { there: at.matches(selector), seen, what: at.tagName + '#' + at.id };
}"""


def tab_to(frame: Frame, selector: str, *, most: int = 40) -> None:
    """Presses Tab until the focus is there; each stop on the way must be visible as such."""
    stops: list[str] = []
    for _ in range(most):
        frame.page.keyboard.press("Tab")
        at = frame.evaluate(FOCUSED, selector)
        stops.append(at["what"])
        assert at["seen"] or at["what"] == "BODY#", f"the focus cannot be seen at {at['what']}"
        if at["there"]:
            return
    raise AssertionError(f"Tab does not reach {selector}: {stops}")


def test_a_contact_is_documented_by_keyboard_alone(enrolled: Practice, context: BrowserContext) -> None:
    page = context.new_page()
    frame = open_chart(page, enrolled, RICH)
    frame.locator("a.usa-skipnav").focus()
    tab_to(frame, "a[href$='/contact']", most=80)
    page.keyboard.press("Enter")
    expect(frame.locator("#result input:checked")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(frame.locator("#result input:checked")).to_have_value("left-message")
    tab_to(frame, "#mode input")
    page.keyboard.press("ArrowRight")
    expect(frame.locator("#mode input:checked")).to_have_value("video")
    tab_to(frame, "#with input")
    page.keyboard.press("ArrowDown")
    expect(frame.locator("#with input:checked")).to_have_value("caregiver")
    tab_to(frame, "#service_type input")
    page.keyboard.press("ArrowDown")
    tab_to(frame, "#minutes")
    page.keyboard.type("11")
    tab_to(frame, "#note")
    page.keyboard.type("By keyboard alone.")
    tab_to(frame, "#not_chronic_care")
    page.keyboard.press("Space")
    expect(frame.locator("#not_chronic_care")).to_be_checked()
    tab_to(frame, "button[form=form]")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", name=FILED)).to_be_visible()
    (contact,) = contacts_of(enrolled, RICH)
    assert notes(contact)[-1] == "By keyboard alone."
    assert contact["status"] == "failed"
    assert [output["valueInteger"] for output in contact["output"] if "valueInteger" in output] == [11]
    assert [output["valueBoolean"] for output in contact["output"] if "valueBoolean" in output] == [True]


def test_enter_in_a_line_of_text_saves_and_escape_or_tab_never_does(
    enrolled: Practice, context: BrowserContext
) -> None:
    page = context.new_page()
    frame = open_chart(page, enrolled, "maria-jose-nunez")
    open_contact(frame)
    frame.locator("#minutes").focus()
    page.keyboard.type("3")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert contacts_of(enrolled, "maria-jose-nunez") == []
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("heading", name=FILED)).to_be_visible()
    assert len(contacts_of(enrolled, "maria-jose-nunez")) == 1


def test_a_form_works_without_javascript(enrolled: Practice, chrome: Browser) -> None:
    context = chrome.new_context(viewport=WIDE, java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{enrolled.ehr_url}/launch/chartside?patient=kevin-marsh&user=nurse")
        page.get_by_role("button", name="Continue to the sign-in").click()
        page.get_by_role("button", name="Start the timer").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.get_by_role("link", name="Record consent").click()
        press(page, "Agrees")
        for label in page.locator("#disclosure label").all():
            label.click()
        save(page)
        page.get_by_role("link", name="Back to Today").click()
        expect(page.locator(".banner")).to_contain_text("Consented")
    finally:
        context.close()


def test_a_page_weighs_no_more_than_the_budget(enrolled: Practice, context: BrowserContext) -> None:
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    cached: set[str] = set()
    addresses: dict[str, str] = {}
    network.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))

    def note(event: dict) -> None:
        if event["response"].get("fromDiskCache"):
            cached.add(event["requestId"])
        addresses[event["requestId"]] = event["response"]["url"]

    network.on("Network.responseReceived", note)

    def weight() -> int:
        """Bytes as gzip of what came from the app over the line since the last time."""
        # The page that goes on to the sign-in by itself (1 kB) is gone before anybody could look at it, and with it
        # Chromium forgets the bodies of what it brought along: so each is asked for again, by the page itself.
        fresh = [
            url
            for each, url in addresses.items()
            if url.startswith(enrolled.app_url) and each not in cached and "/launch?" not in url
        ]
        bodies = [page.evaluate("url => fetch(url).then((answer) => answer.text())", url) for url in fresh]
        addresses.clear()
        return sum(len(gzip.compress(body.encode())) for body in bodies)

    launched(page, enrolled, RICH)
    page.wait_for_load_state("networkidle")
    first = weight()
    page.get_by_role("link", name="Document contact").click()
    expect(page.locator("#form")).to_be_visible()
    page.wait_for_load_state("networkidle")
    second = weight()
    assert 20_000 < first <= FIRST_LOAD, f"{first} bytes"
    assert 1_000 < second <= SECOND_LOAD, f"{second} bytes"
