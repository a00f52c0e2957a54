"""An EHR that is down, silent, slow, of another version or talks nonsense: each a plain page or one plain panel.

The faults are on the wire of a running EHR; the metadata of other FHIR versions was captured from real ones. What was
typed is kept through all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, expect

from app.ehr.chart import open_chart as read_chart
from smart_launch.transport import Http
from tests.ehr_line import Line
from tests.journeys.plain_page import HTML, assert_plain
from tests.journeys.steps import open_chart, open_contact, save_button
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

pytestmark = pytest.mark.journey

GLORIA, WALTER, HAROLD = "gloria-reyes", "walter-boone", "harold-pike"
WELL_KNOWN, METADATA, TOKEN = "/fhir/.well-known/smart-configuration", "/fhir/metadata", "/oauth/token"
CUT_OFF = b'{"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": {"resourceTy'


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice whose app waits two seconds for an answer where it would wait twenty."""
    http = Http(connect_timeout=2.0, read_timeout=2.0)
    with practice(tmp_path_factory.mktemp("practice"), http=http) as running:
        yield running


def answering(line: Line, path: str, body: bytes, status: str = "200 OK") -> AbstractContextManager[None]:
    kind = "text/html" if body is HTML else "application/fhir+json"
    return line.answers(
        path, body, method="POST" if path == TOKEN else "GET", status=status, content_type=kind
    )


@pytest.mark.parametrize("body", [HTML, CUT_OFF, b"", b"[]", b"null", b"\xff\xfe", b'{"resourceType": 7}'])
@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        ((WELL_KNOWN, METADATA), "This EHR did not say how to sign in"),
        ((TOKEN,), "sign-in"),
        ((f"/fhir/Patient/{GLORIA}",), "The EHR answered with something that is not a record."),
    ],
    ids=["discovery", "token", "patient"],
)
def test_an_ehr_that_answers_nonsense_on_the_way_in_is_a_plain_page(
    sandbox: Practice, nurse: Visitor, paths: tuple[str, ...], sentence: str, body: bytes
) -> None:
    with ExitStack() as faults:
        for path in paths:
            faults.enter_context(answering(sandbox.line, path, body))
        assert_plain(nurse.launch(GLORIA), 502, sentence)


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
    tmp_path: Path, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a practice of its own, whose app waits its usual twenty seconds: the panel must not give up meanwhile."""
    assert read_chart.__kwdefaults__ is not None
    monkeypatch.setitem(read_chart.__kwdefaults__, "deadline", 0.5)
    with practice(tmp_path) as slow, slow.line.holds("/fhir/Condition") as free:
        frame = open_chart(context.new_page(), slow, GLORIA)
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
        save_button(frame).click()
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
