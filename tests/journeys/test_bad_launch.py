"""Whatever goes wrong on the way in, or behind a page, is a plain page: what happened, what to do next, nothing else.

The faults are real: forged addresses, replayed codes, an EHR that is stopped, silent, or answers what no EHR should.
The metadata of other FHIR versions was captured from real EHRs.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, expect

from app.ehr.chart import open_chart as read_chart
from smart_launch.transport import Http
from tests.ehr_line import Line
from tests.journeys.steps import open_chart, open_contact, open_frame
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

GLORIA, WALTER, HAROLD = "gloria-reyes", "walter-boone", "harold-pike"
WELL_KNOWN, METADATA, TOKEN = "/fhir/.well-known/smart-configuration", "/fhir/metadata", "/oauth/token"
HTML = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Proxy login</h1></body></html>"
CUT_OFF = b'{"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": {"resourceTy'
NEXT_STEPS = (
    "Go back to the chart",
    "Wait a minute",
    "Ask your IT administrator",
    "Try again in a minute",
    "with the link below",
)
TRACES = ("Traceback", 'File "', "werkzeug", "Error:", "Exception", "Proxy login", "<script")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice whose app waits two seconds for an answer where it would wait twenty."""
    http = Http(connect_timeout=2.0, read_timeout=2.0)
    with practice(tmp_path_factory.mktemp("practice"), http=http) as running:
        yield running


def assert_plain(seen: Seen, status: int, sentence: str) -> None:
    """A page of ours with this status: this sentence, a next step and a reference, and nothing of the fault itself."""
    assert seen.status == status, seen.words
    assert sentence in seen.words
    assert any(step in seen.words for step in NEXT_STEPS), seen.words
    assert re.search(r"Reference for your IT administrator: [0-9A-F]{4}-[0-9A-F]{4}", seen.words)
    assert [trace for trace in TRACES if trace in seen.text.replace("<script src", "")] == []
    assert seen.headers["Cache-Control"] == "no-store"
    assert len(seen.words) < 900


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
        ("iss={iss}&launch=not-one-of-this-ehr", 403, "The EHR did not allow this app to open the chart."),
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


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<b>made_up</b>", "login_required"])
def test_a_denied_authorization_shows_none_of_the_servers_words(
    sandbox: Practice, nurse: Visitor, error: str
) -> None:
    state = nurse.begin(GLORIA)["state"]
    exchanges = sandbox.line.count("POST", TOKEN)
    answer = requests.Request(
        "GET",
        f"{sandbox.app_url}/callback",
        params={"state": state, "error": error, "error_description": HOSTILE, "code": "x"},
    ).prepare()
    seen = nurse.get(str(answer.url))
    assert_plain(seen, 403, "The EHR did not allow this app to open the chart.")
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
        expect(frame.get_by_role("heading", name="Chartside could not open")).to_be_visible()
        expect(frame.get_by_role("main")).to_contain_text("The EHR's sign-in service failed just now.")


def answering(line: Line, path: str, body: bytes, status: str = "200 OK") -> AbstractContextManager[None]:
    kind = "text/html" if body is HTML else "application/fhir+json"
    return line.answers(
        path, body, method="POST" if path == TOKEN else "GET", status=status, content_type=kind
    )


@pytest.mark.parametrize("body", [HTML, CUT_OFF, b"", b"[]", b"null", b"\xff\xfe", b'{"resourceType": 7}'])
@pytest.mark.parametrize(
    ("paths", "status"),
    [((WELL_KNOWN, METADATA), 502), ((TOKEN,), 502), ((f"/fhir/Patient/{GLORIA}",), 502)],
    ids=["discovery", "token", "patient"],
)
def test_an_ehr_that_answers_nonsense_on_the_way_in_is_a_plain_page(
    sandbox: Practice, nurse: Visitor, paths: tuple[str, ...], status: int, body: bytes
) -> None:
    with ExitStack() as faults:
        for path in paths:
            faults.enter_context(answering(sandbox.line, path, body))
        assert_plain(nurse.launch(GLORIA), status, "EHR")


@pytest.mark.parametrize(
    "body", [HTML, CUT_OFF, b"", b"[]", b'{"resourceType": "Patient", "id": "walter-boone"}']
)
def test_a_panel_that_gets_nonsense_says_so_and_the_rest_of_the_page_stands(
    sandbox: Practice, nurse: Visitor, body: bytes
) -> None:
    with answering(sandbox.line, "/fhir/Condition", body):
        seen = nurse.launch(GLORIA)
    assert seen.status == 200
    panels = {each.get("id"): each.text_content() for each in seen.document.find_class("panel")}
    assert "Could not be read just now" in panels["panel-problems"]
    assert [name for name, text in panels.items() if name and "Could not be read" in text] == [
        "panel-problems"
    ]
    assert seen.count_of("medications") > 0


@pytest.mark.parametrize("body", [HTML, CUT_OFF, b""])
def test_metadata_that_is_nonsense_leaves_the_banner_and_says_so_in_each_panel(
    sandbox: Practice, nurse: Visitor, body: bytes
) -> None:
    sandbox.restart_the_app()
    with answering(sandbox.line, METADATA, body):
        seen = nurse.launch(GLORIA)
    assert seen.status == 200
    assert seen.all("banner__name") == ["Gloria Inés Reyes"]
    assert seen.words.count("Could not be read just now") >= 8
    assert nurse.get(seen.url).count_of("problems") > 0


CAPTURES = (
    "allscripts_dstu2_open_2019",
    "cerner_dstu2_myrecord_2018",
    "epic_dstu2_ardent_2020",
    "epic_stu3_advantagecare_2021",
)


@pytest.mark.parametrize("capture", CAPTURES)
@pytest.mark.parametrize("has_configuration", [True, False])
def test_an_ehr_of_another_fhir_version_is_named_as_such(
    sandbox: Practice, nurse: Visitor, shared_data: Path, capture: str, has_configuration: bool
) -> None:
    metadata = (shared_data / "ehr_captures" / "capability" / f"{capture}.json").read_bytes()
    sandbox.restart_the_app()
    with ExitStack() as faults:
        faults.enter_context(answering(sandbox.line, METADATA, metadata))
        if not has_configuration:
            faults.enter_context(answering(sandbox.line, WELL_KNOWN, b"", "404 Not Found"))
        assert_plain(nurse.launch(GLORIA), 502, "This EHR address serves another version of FHIR than R4")


def test_an_ehr_that_is_down_is_a_plain_page_everywhere_and_signing_out_still_works(
    sandbox: Practice, nurse: Visitor
) -> None:
    today = nurse.launch(HAROLD)
    sandbox.ehr.stop()
    try:
        iss = f"{sandbox.ehr_url}/fhir"
        assert_plain(nurse.get(f"/launch?iss={iss}&launch=x"), 504, "The EHR could not be reached.")
        for page in ("today", "contact", "consent", "care-plan"):
            assert_plain(nurse.get(f"/l/{today.launch_id}/{page}"), 504, "The EHR could not be reached.")
        panel = nurse.get(f"/l/{today.launch_id}/panel/problems", **{"HX-Request": "true"})
        assert "The EHR could not be reached." in panel.words
        assert len(panel.text) < 600
        out = nurse.post(f"/l/{today.launch_id}/sign-out", {**today.form_frame(), "patient": HAROLD})
        assert "You are signed out of this chart" in out.words
    finally:
        sandbox.ehr.start()
    assert nurse.launch(HAROLD).status == 200


def test_a_silent_ehr_is_a_plain_page_after_its_time(sandbox: Practice, nurse: Visitor) -> None:
    today = nurse.launch(HAROLD)
    with sandbox.line.holds(f"/fhir/Patient/{HAROLD}"):
        assert_plain(nurse.get(today.url), 504, "The EHR could not be reached.")
    with sandbox.line.holds(TOKEN, method="POST"):
        assert_plain(nurse.launch(HAROLD), 504, "The EHR could not be reached.")


def test_a_slow_panel_says_still_loading_and_then_fills_by_itself(
    sandbox: Practice, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_chart.__kwdefaults__ is not None
    monkeypatch.setitem(read_chart.__kwdefaults__, "deadline", 0.5)
    with sandbox.line.holds("/fhir/Condition") as free:
        frame = open_chart(context.new_page(), sandbox, GLORIA)
        problems = frame.locator("#panel-problems")
        expect(problems).to_contain_text("Still loading")
        expect(problems).to_have_attribute("aria-busy", "true")
        expect(frame.locator("#panel-medications .panel__count")).to_be_visible()
        free.set()
        expect(problems.locator(".panel__count")).to_be_visible()
        expect(problems).not_to_contain_text("Still loading")


def test_a_panel_that_could_not_be_read_is_read_again_by_its_link(
    sandbox: Practice, context: BrowserContext
) -> None:
    with answering(sandbox.line, "/fhir/Condition", HTML):
        frame = open_chart(context.new_page(), sandbox, GLORIA)
        problems = frame.locator("#panel-problems")
        expect(problems).to_contain_text("Could not be read just now")
    problems.get_by_role("link", name="Try again").click()
    expect(problems.locator(".panel__count")).to_be_visible()


def test_a_session_that_was_left_alone_ends_and_keeps_what_was_typed(
    sandbox: Practice, context: BrowserContext
) -> None:
    page = context.new_page()
    frame = open_chart(page, sandbox, WALTER)
    open_contact(frame)
    frame.locator("#note").fill("Typed before lunch <b>and</b> sent after.")
    frame.locator("#minutes").fill("6")
    with sandbox.clock.later(minutes=31):
        frame.locator("button.usa-button[form=form]").click()
        expect(frame.get_by_role("heading", name="Your session has ended")).to_be_visible()
        expect(frame.get_by_role("main")).to_contain_text("What you typed is kept")
        expect(frame.locator("body")).not_to_contain_text("Walter")
    frame = open_chart(page, sandbox, WALTER)
    frame.get_by_role("link", name="Continue").click()
    expect(frame.locator("#note")).to_have_value("Typed before lunch <b>and</b> sent after.")
    expect(frame.locator("#minutes")).to_have_value("6")


def test_a_session_that_the_ehr_has_ended_keeps_what_was_typed(sandbox: Practice, nurse: Visitor) -> None:
    today = nurse.launch(HAROLD)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    for token in sandbox.tokens(today.launch_id):
        requests.post(
            f"{sandbox.ehr_url}/oauth/revoke", data={"token": token, "client_id": "chartside"}, timeout=10
        )
    assert_plain(nurse.get(today.url), 401, "The EHR has ended this session")
    before = sandbox.versions()
    ended = nurse.send(form, minutes="5", note="Sent into an ended session.")
    assert_plain(ended, 401, "The EHR has ended this session")
    assert "What you typed is kept" in ended.words
    assert sandbox.versions() == before
    again = nurse.launch(HAROLD, intent="contact")
    assert again.form()["note"] == ["Sent into an ended session."]
    assert again.form()["minutes"] == ["5"]
