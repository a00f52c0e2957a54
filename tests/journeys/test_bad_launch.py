"""A way in that is wrong, forged, replayed or denied ends at a plain page, and nobody is asked who should not be."""

from __future__ import annotations

import socket

import pytest
import requests
from playwright.sync_api import BrowserContext, expect

from tests.journeys.plain_page import HTML, assert_plain
from tests.journeys.steps import open_frame
from tests.journeys.visitor import Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

GLORIA, WALTER, HAROLD = "gloria-reyes", "walter-boone", "harold-pike"
TOKEN = "/oauth/token"


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("", 400, "did not say which EHR and which chart"),
        ("launch=x", 400, "did not say which EHR and which chart"),
        ("iss=&launch=x", 400, "did not say which EHR and which chart"),
        ("iss={iss}", 400, "did not say which EHR and which chart"),
        ("iss={iss}&launch=", 400, "did not say which EHR and which chart"),
        ("iss={iss}&iss={iss}&launch=x", 400, "did not say which EHR and which chart"),
        ("iss={iss}&launch=x&launch=y", 400, "did not say which EHR and which chart"),
        ("iss={iss}/&launch=x", 403, "not one that Chartside was set up for"),
        ("iss={iss}%00&launch=x", 403, "not one that Chartside was set up for"),
        ("iss={iss}.evil.example/fhir&launch=x", 403, "not one that Chartside was set up for"),
        ("iss=javascript:alert(1)&launch=x", 403, "not one that Chartside was set up for"),
        ("iss=file:///etc/passwd&launch=x", 403, "not one that Chartside was set up for"),
        ("iss={iss}&launch=not-one-of-this-ehr", 403, "The EHR could not use this app's request to sign in."),
    ],
)
def test_a_launch_that_does_not_name_a_known_ehr_and_chart_is_a_plain_page(
    sandbox: Practice, nurse: Visitor, query: str, status: int, sentence: str
) -> None:
    assert_plain(nurse.get(f"/launch?{query.format(iss=f'{sandbox.ehr_url}/fhir')}"), status, sentence)


def test_nothing_at_all_is_sent_to_an_ehr_that_is_not_configured(sandbox: Practice, nurse: Visitor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        for iss in (
            f"http://127.0.0.1:{port}/fhir",
            f"http://localhost:{port}",
            f"http://localhost:{port}/fhir/",
        ):
            seen = nurse.get(f"/launch?iss={iss}&launch=x&aud={iss}")
            assert_plain(seen, 403, "not one that Chartside was set up for")
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.accept()
    assert nurse.cookies == {}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=y",
        "state=&code=y",
        "state=x&code=y",
        "state=x",
        "error=access_denied",
        f"state={'x' * 5000}&code=y",
    ],
)
def test_an_answer_to_no_launch_of_ours_is_a_plain_page_and_asks_nobody(
    sandbox: Practice, nurse: Visitor, query: str
) -> None:
    nurse.launch(GLORIA)
    before = len(sandbox.line.received)
    assert_plain(nurse.get(f"/callback?{query}"), 400, "was not begun by Chartside")
    assert len(sandbox.line.received) == before


def test_a_callback_serves_once(sandbox: Practice, nurse: Visitor) -> None:
    first = nurse.launch(GLORIA)
    (callback,) = [address for address in first.came_by if "/callback?" in address]
    exchanges = sandbox.line.count("POST", TOKEN)
    assert_plain(nurse.get(callback), 400, "This way in was used before")
    assert sandbox.line.count("POST", TOKEN) == exchanges
    assert nurse.get(first.url).status == 200


def test_a_code_that_was_used_is_refused_and_ends_what_it_opened(nurse: Visitor) -> None:
    first = nurse.launch(GLORIA)
    (callback,) = [address for address in first.came_by if "/callback?" in address]
    code = callback.split("code=")[1].split("&")[0]
    state = nurse.begin(GLORIA)["state"]
    seen = nurse.get(f"/callback?state={state}&code={code}")
    assert_plain(seen, 502, "The EHR says that this launch was used already or is too old.")
    # OAuth asks a server to take back what a replayed code gave (RFC 6749, 4.1.2): the first chart ends as well.
    assert_plain(nurse.get(first.url), 401, "The EHR")


def test_a_stolen_code_opens_nothing_in_another_browser(sandbox: Practice, nurse: Visitor) -> None:
    with Visitor(sandbox) as thief:
        stolen = thief.launch(WALTER)
    (callback,) = [address for address in stolen.came_by if "/callback?" in address]
    assert_plain(nurse.get(callback), 400, "was not begun by Chartside")


def test_the_answer_to_a_launch_counts_only_in_the_browser_that_began_it(
    sandbox: Practice, nurse: Visitor
) -> None:
    state = nurse.begin(GLORIA)["state"]
    with Visitor(sandbox) as victim:
        seen = victim.get(f"/callback?state={state}&code=x")
        assert_plain(seen, 400, "your browser did not send it back")
        assert "Open Chartside in a tab of its own" in seen.words
    with Visitor(sandbox) as victim:
        victim.launch(WALTER)
        state = nurse.begin(GLORIA)["state"]
        assert_plain(victim.get(f"/callback?state={state}&code=x"), 403, "begun in another browser")


def test_an_answer_without_a_code_is_a_plain_page(nurse: Visitor) -> None:
    state = nurse.begin(GLORIA)["state"]
    assert_plain(nurse.get(f"/callback?state={state}"), 400, "The EHR's answer to the launch was incomplete.")


@pytest.mark.parametrize("code", ["", "&error=", "no-such-code", "%00", "<script>alert(1)</script>"])
def test_a_wrong_code_is_a_plain_page(nurse: Visitor, code: str) -> None:
    state = nurse.begin(GLORIA)["state"]
    seen = nurse.get(f"/callback?state={state}&code={code}")
    assert seen.status in (400, 403, 502)
    assert_plain(seen, seen.status, "The EHR")


HOSTILE = "<img src=x onerror=alert(1)><script>alert('denied')</script> Call 555-0100 and give your password"


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        ("access_denied", 403, "The EHR did not allow this app to open the chart."),
        ("login_required", 403, "The EHR did not allow this app to open the chart."),
        ("<b>made_up</b>", 403, "The EHR did not allow this app to open the chart."),
        ("server_error", 502, "The EHR's sign-in page failed just now."),
        ("invalid_client", 403, "The EHR does not know this app."),
    ],
)
def test_a_denied_authorization_shows_none_of_the_servers_words(
    sandbox: Practice, nurse: Visitor, error: str, status: int, sentence: str
) -> None:
    state = nurse.begin(GLORIA)["state"]
    exchanges = sandbox.line.count("POST", TOKEN)
    answer = requests.Request(
        "GET",
        f"{sandbox.app_url}/callback",
        params={"state": state, "error": error, "error_description": HOSTILE, "code": "x"},
    ).prepare()
    seen = nurse.get(str(answer.url))
    assert_plain(seen, status, sentence)
    assert "555-0100" not in seen.text
    assert "made_up" not in seen.text
    assert sandbox.line.count("POST", TOKEN) == exchanges


def test_a_person_who_cancels_the_sign_in_reads_what_to_do(
    sandbox: Practice, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(sandbox.app_url)
    page.get_by_role("link", name="Sign in to Sandbox EHR").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="The EHR did not let Chartside in")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Go back to the chart and open Chartside again.")


def test_a_failed_launch_is_readable_inside_the_charts_frame(
    sandbox: Practice, context: BrowserContext
) -> None:
    with sandbox.line.answers(TOKEN, HTML, method="POST", status="502 Bad Gateway", content_type="text/html"):
        frame = open_frame(context.new_page(), sandbox, GLORIA)
        expect(frame.get_by_role("heading", name="The EHR is not answering")).to_be_visible()
        expect(frame.get_by_role("main")).to_contain_text("The EHR's sign-in service failed just now.")
