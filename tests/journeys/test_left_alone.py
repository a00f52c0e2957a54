"""A chart that nobody uses goes from the screen in a Chromium, what was typed is offered again, and a call goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Frame, expect

from tests.journeys.steps import open_chart, open_contact, start_timer
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

GLORIA, WALTER = "gloria-reyes", "walter-boone"
CLOSED = "Chartside closed this chart"


def opened(sandbox: Practice, context: BrowserContext, patient: str) -> Frame:
    """The chart, in a page whose time passes only when the test says so."""
    page = context.new_page()
    page.clock.install()
    return open_chart(page, sandbox, patient)


@pytest.mark.requirement("client@64")
def test_after_half_an_hour_the_chart_is_hidden_and_the_half_typed_note_is_kept(
    sandbox: Practice, context: BrowserContext
) -> None:
    frame = opened(sandbox, context, WALTER)
    open_contact(frame)
    # Sent at the very end, before the form's own delay of saving it has passed.
    with sandbox.clock.later(minutes=31):
        frame.get_by_label("Note").fill("He is short of breath at night")
        with frame.page.expect_response(lambda answer: "/draft/contact" in answer.url):
            frame.page.clock.fast_forward("31:00")
        expect(frame.get_by_role("heading", name=CLOSED)).to_be_visible()
        expect(frame.get_by_text("Boone")).to_have_count(0)
        again = open_chart(context.new_page(), sandbox, WALTER)
        expect(again.get_by_text("Kept and not yet filed: a contact")).to_be_visible()
        again.get_by_role("link", name="Continue").click()
        expect(again.get_by_label("Note")).to_have_value("He is short of breath at night")


@pytest.mark.requirement("client@64")
def test_while_a_call_is_timed_its_chart_stays_open_and_so_do_the_other_tabs_of_that_nurse(
    sandbox: Practice, context: BrowserContext
) -> None:
    calling, waiting = opened(sandbox, context, WALTER), opened(sandbox, context, GLORIA)
    start_timer(calling)
    began = sandbox.clock.ahead
    try:
        for _ in range(4):
            sandbox.clock.ahead += 10 * 60
            with calling.page.expect_response(lambda answer: answer.url.endswith("/in-use")) as told:
                calling.page.clock.fast_forward("10:00")
            assert told.value.json()["seconds_left"] > 29.9 * 60
        with waiting.page.expect_response(lambda answer: answer.url.endswith("/in-use")) as asked:
            waiting.page.clock.fast_forward("40:00")
        assert asked.value.json()["seconds_left"] > 25 * 60
        for frame in (calling, waiting):
            expect(frame.locator("header.banner")).to_be_visible()
    finally:
        sandbox.clock.ahead = began


@pytest.mark.requirement("client@64")
def test_a_server_in_trouble_for_a_moment_closes_no_chart_in_use(
    sandbox: Practice, context: BrowserContext
) -> None:
    frame = opened(sandbox, context, WALTER)
    open_contact(frame)
    frame.get_by_label("Note").fill("He is short of breath")
    frame.page.route("**/in-use", lambda route: route.fulfill(status=503, body="busy"))
    for _ in range(2):
        with frame.page.expect_response("**/in-use"):
            frame.get_by_label("Note").press_sequentially(" at night")
            frame.page.clock.fast_forward("01:10")
    expect(frame.locator("header.banner")).to_be_visible()
    expect(frame.get_by_label("Note")).to_have_value("He is short of breath at night at night")


@pytest.mark.requirement("client@64")
def test_what_was_typed_waits_unseen_for_a_server_that_does_not_answer(
    sandbox: Practice, context: BrowserContext
) -> None:
    frame = opened(sandbox, context, GLORIA)
    open_contact(frame)
    with sandbox.clock.later(minutes=31):
        for path in ("**/in-use", "**/draft/**"):
            frame.page.route(path, lambda route: route.abort())
        frame.get_by_label("Note").fill("She sleeps sitting up")
        frame.page.clock.fast_forward("31:00")
        expect(frame.get_by_text("kept as soon as its server answers")).to_be_visible()
        expect(frame.get_by_text("Reyes").first).to_be_hidden()
        frame.page.unroute_all()
        frame.page.clock.fast_forward("00:10")
        expect(frame.get_by_role("heading", name=CLOSED)).to_be_visible()
        again = open_chart(context.new_page(), sandbox, GLORIA)
        again.get_by_role("link", name="Continue").click()
        expect(again.get_by_label("Note")).to_have_value("She sleeps sitting up")


@pytest.mark.requirement("client@64")
def test_without_script_a_page_that_nobody_types_in_goes_as_well(sandbox: Practice) -> None:
    with Visitor(sandbox) as nurse:
        today = nurse.launch(WALTER)
        (refresh,) = today.document.xpath("//head/noscript/meta[@http-equiv='refresh']/@content")
        assert 30 * 60 < int(refresh) <= 30 * 60 + 5
        form = nurse.get(f"/l/{today.launch_id}/contact")
        assert form.document.xpath("//meta[@http-equiv='refresh']") == []
        with sandbox.clock.later(minutes=int(refresh) / 60):
            assert nurse.get(f"/l/{today.launch_id}/today").status == 401


@pytest.mark.requirement("client@64")
def test_a_note_that_could_not_be_filed_goes_from_the_screen_too_and_is_offered_again(
    sandbox: Practice, context: BrowserContext
) -> None:
    frame = opened(sandbox, context, WALTER)
    open_contact(frame)
    frame.locator("#minutes").fill("4")
    frame.get_by_label("Note").fill("He walks the stairs again")
    sandbox.ehr.stop()
    try:
        frame.locator("button.usa-button[form=form]").click()
        expect(frame.locator("#not-filed")).to_be_visible()
    finally:
        sandbox.ehr.start()
    with sandbox.clock.later(minutes=31):
        frame.page.clock.fast_forward("31:00")
        expect(frame.get_by_role("heading", name=CLOSED)).to_be_visible()
        again = open_chart(context.new_page(), sandbox, WALTER)
        again.get_by_role("link", name="Continue").click()
        expect(again.get_by_label("Note")).to_have_value("He walks the stairs again")
