"""Two charts open in two tabs of one browser stay two patients, and no forged request reaches either of them.

Both tabs share one cookie, so nothing but the launch id in the address and the patient in the form tells them apart:
each is attacked here on its own. What counts is what the EHR holds, down to the versions of its records.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, expect

from tests.journeys.steps import (
    choose,
    contacts_of,
    notes,
    open_chart,
    open_contact,
    record_consent,
    save,
    save_button,
    start_timer,
)
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

GLORIA, WALTER, HAROLD = "gloria-reyes", "walter-boone", "harold-pike"


@contextmanager
def nothing_filed(running: Practice) -> Iterator[None]:
    """Fails when the EHR got a new record or a new version of one, or was as much as asked to write."""
    before, posts = running.versions(), running.line.count("POST", "/fhir")
    yield
    assert running.versions() == before
    assert running.line.count("POST", "/fhir") == posts


def launch_id(frame: Frame) -> str:
    return frame.url.split("/")[4]


def front(frame: Frame) -> Frame:
    """The frame, its tab in front: Chromium lets a tab behind another wait."""
    frame.page.bring_to_front()
    return frame


def two_tabs(context: BrowserContext, running: Practice) -> tuple[Frame, Frame]:
    return (
        open_chart(context.new_page(), running, GLORIA),
        open_chart(context.new_page(), running, WALTER),
    )


def test_every_page_and_every_save_stays_with_its_patient_however_the_tabs_take_turns(
    sandbox: Practice, context: BrowserContext
) -> None:
    gloria, walter = two_tabs(context, sandbox)
    assert launch_id(gloria) != launch_id(walter)
    record_consent(front(walter))
    expect(front(gloria).locator(".banner__name")).to_have_text("Gloria Inés Reyes")
    assert sandbox.held("Consent", GLORIA) == []
    record_consent(gloria)

    open_contact(gloria)
    open_contact(front(walter))
    front(gloria).locator("#minutes").fill("4")
    front(walter).locator("#minutes").fill("7")
    front(gloria).locator("#note").fill("Gloria brings her glucose log.")
    front(walter).locator("#note").fill("Walter weighs himself daily.")
    expect(walter.locator("#kept")).to_contain_text("Kept")
    expect(front(gloria).locator("#kept")).to_contain_text("Kept")
    save(gloria)
    save(front(walter))

    for patient, note, minutes in (
        (GLORIA, "Gloria brings her glucose log.", 4),
        (WALTER, "Walter weighs himself daily.", 7),
    ):
        (contact,) = contacts_of(sandbox, patient)
        assert note in notes(contact)
        assert contact["for"]["reference"] == f"Patient/{patient}"
        assert [o["valueInteger"] for o in contact["output"] if "valueInteger" in o] == [minutes]
    for frame, name, other in ((gloria, "Reyes", "Boone"), (walter, "Boone", "Reyes")):
        expect(frame.locator(".banner__name")).to_contain_text(name)
        expect(frame.locator("body")).not_to_contain_text(other)


def test_the_clocks_and_the_drafts_of_two_tabs_are_apart(sandbox: Practice, context: BrowserContext) -> None:
    gloria, walter = two_tabs(context, sandbox)
    start_timer(front(gloria))
    open_contact(gloria)
    gloria.locator("#note").fill("Only in Gloria's form.")
    expect(gloria.locator("#kept")).to_contain_text("Kept")

    front(walter).goto(walter.url)
    expect(walter.get_by_role("button", name="Start the timer")).to_be_visible()
    expect(walter.locator(".banner")).not_to_contain_text("Kept and not yet filed")
    open_contact(walter)
    expect(walter.locator("#note")).to_have_value("")
    start_timer(walter)
    walter.get_by_role("button", name="Pause").click()
    expect(walter.get_by_role("button", name="Resume")).to_be_visible()

    front(gloria).goto(gloria.url.replace("/contact", "/today"))
    expect(gloria.get_by_role("button", name="Pause")).to_be_visible()
    expect(gloria.locator(".banner")).to_contain_text("Kept and not yet filed: a contact")


def test_two_tabs_of_one_patient_make_one_consent_and_lose_no_word(
    sandbox: Practice, context: BrowserContext
) -> None:
    first = open_chart(context.new_page(), sandbox, HAROLD)
    second = open_chart(context.new_page(), sandbox, HAROLD)
    second.get_by_role("link", name="Record consent").click()
    choose(second, "Declines")
    second.get_by_label("In the patient’s words").fill("Typed in the second tab.")
    record_consent(front(first))
    before = sandbox.versions()
    save_button(front(second)).click()
    expect(second.locator("main")).to_contain_text("Consent is already on file")
    expect(second.locator("main")).to_contain_text("What you typed is kept")
    assert sandbox.versions() == before
    assert [consent["status"] for consent in sandbox.held("Consent", HAROLD)] == ["active"]


def test_a_receipt_is_not_to_be_read_under_another_launch(nurse: Visitor) -> None:
    gloria, harold = nurse.launch(GLORIA), nurse.launch(HAROLD)
    form = nurse.get(f"/l/{harold.launch_id}/contact")
    receipt = nurse.send(form, minutes="3", note="For Harold's receipt.")
    assert receipt.status == 200
    assert "Filed in the chart" in receipt.words
    seen = nurse.get(receipt.url.replace(harold.launch_id, gloria.launch_id))
    assert seen.status == 404
    assert "Task/" not in seen.words


def test_a_patient_forged_in_the_page_is_refused_and_nothing_is_filed(
    sandbox: Practice, context: BrowserContext
) -> None:
    gloria, _ = two_tabs(context, sandbox)
    open_contact(front(gloria))
    gloria.locator("#minutes").fill("5")
    gloria.locator("#note").fill("Meant for Gloria alone.")
    gloria.locator("#form input[name=patient]").evaluate("(field, id) => { field.value = id }", WALTER)
    with nothing_filed(sandbox):
        save_button(gloria).click()
        expect(gloria.get_by_role("heading", name="Wrong patient: nothing was saved")).to_be_visible()
    expect(gloria.locator("body")).not_to_contain_text("Meant for Gloria alone.")
    assert all("Meant for Gloria alone." not in notes(task) for task in contacts_of(sandbox, WALTER))


def forms_of(nurse: Visitor, at: Seen) -> list[tuple[str, dict[str, object]]]:
    """Every address under a launch that takes a form, with fields that would pass if the patient were right."""
    contact = nurse.get(f"/l/{at.launch_id}/contact").form() | {"minutes": "5"}
    consent = nurse.get(f"/l/{at.launch_id}/contact").form() | {
        "decision": "accept",
        "mode": "verbal",
        "agreed_by": "patient",
        "discussed_by": "Dana Whitfield",
        "disclosure": ["services-available", "cost-sharing", "one-practitioner", "right-to-stop"],
    }
    return [
        ("contact", contact),
        ("consent", consent),
        ("care-plan", contact),
        ("care-plan/close", contact),
        ("timer", contact | {"action": "start"}),
        ("draft/contact", contact),
        ("draft/contact/discard", contact),
        ("sign-out", contact),
    ]


@pytest.mark.parametrize(
    "forged",
    [WALTER, "", "no-such-patient", [GLORIA, WALTER], f"Patient/{GLORIA}", None],
    ids=["another tab's", "empty", "unknown", "two", "a reference", "none"],
)
def test_every_form_of_a_launch_takes_its_own_patient_alone(
    sandbox: Practice, nurse: Visitor, forged: object
) -> None:
    gloria = nurse.launch(GLORIA)
    nurse.launch(WALTER)
    for path, fields in forms_of(nurse, gloria):
        sent = {**fields, "patient": forged}
        if forged is None:
            del sent["patient"]
        with nothing_filed(sandbox):
            answer = nurse.post(f"/l/{gloria.launch_id}/{path}", sent)
        assert (path, answer.status) == (path, 409)
        assert "Wrong patient: nothing was saved" in answer.words


def test_a_whole_form_sent_to_the_other_tabs_launch_is_refused(sandbox: Practice, nurse: Visitor) -> None:
    gloria, walter = nurse.launch(GLORIA), nurse.launch(WALTER)
    form = nurse.get(f"/l/{gloria.launch_id}/contact").form() | {"minutes": "5", "note": "Misdirected."}
    with nothing_filed(sandbox):
        answer = nurse.post(f"/l/{walter.launch_id}/contact", form)
    assert answer.status == 409


def test_a_launch_of_another_browser_shows_and_takes_nothing(sandbox: Practice, nurse: Visitor) -> None:
    gloria = nurse.launch(GLORIA)
    form = nurse.get(f"/l/{gloria.launch_id}/contact").form() | {"minutes": "5"}
    pages = ("today", "contact", "consent", "care-plan", "care-plan/close", "panel/problems", "receipt/1")
    with Visitor(sandbox) as stranger, nothing_filed(sandbox):
        for page in pages:
            assert (page, stranger.get(f"/l/{gloria.launch_id}/{page}").status) == (page, 401)
        assert stranger.post(f"/l/{gloria.launch_id}/contact", form).status == 401
        own = stranger.launch(HAROLD)
        token = stranger.get(f"/l/{own.launch_id}/contact").form()["csrf_token"]
        for page in pages:
            seen = stranger.get(f"/l/{gloria.launch_id}/{page}")
            assert (page, seen.status) == (page, 403)
            assert "Reyes" not in seen.text
        assert stranger.post(f"/l/{gloria.launch_id}/contact", form | {"csrf_token": token}).status == 403


def test_a_launch_of_another_browser_is_refused_in_chromium_too(
    sandbox: Practice, context: BrowserContext, chrome: Browser
) -> None:
    gloria = open_chart(context.new_page(), sandbox, GLORIA)
    other = chrome.new_context()
    try:
        page = other.new_page()
        harold = open_chart(page, sandbox, HAROLD)
        harold.goto(gloria.url)
        expect(harold.get_by_role("heading", name="This chart was opened by somebody else")).to_be_visible()
        expect(harold.locator("body")).not_to_contain_text("Reyes")
    finally:
        other.close()


@pytest.mark.parametrize("token", ["", "x" * 43, "ключ", None])
def test_a_forged_form_token_is_refused(sandbox: Practice, nurse: Visitor, token: str | None) -> None:
    gloria = nurse.launch(GLORIA)
    for path, fields in forms_of(nurse, gloria):
        sent = {**fields, "csrf_token": token}
        if token is None:
            del sent["csrf_token"]
        with nothing_filed(sandbox):
            answer = nurse.post(f"/l/{gloria.launch_id}/{path}", sent)
        assert (path, answer.status) == (path, 403)
        assert "Nothing was saved" in answer.words


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1", "the EHR"])
def test_a_form_from_another_origin_is_refused(sandbox: Practice, nurse: Visitor, origin: str | None) -> None:
    gloria = nurse.launch(GLORIA)
    foreign = sandbox.ehr_url if origin == "the EHR" else origin
    for path, fields in forms_of(nurse, gloria):
        with nothing_filed(sandbox):
            answer = nurse.post(f"/l/{gloria.launch_id}/{path}", fields, origin=foreign)
        assert (path, answer.status) == (path, 403)


FORGE = """([address, fields]) => {
  const form = document.createElement('form');
  form.method = 'post'; form.action = address; form.target = 'chartside-frame';
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input');
    input.name = name; input.value = value; form.append(input);
  }
  document.body.append(form); form.submit();
}"""


def test_a_page_of_the_chart_cannot_send_a_form_into_the_frame(
    sandbox: Practice, context: BrowserContext
) -> None:
    """The cookie goes along, since the frame is in the same partition: the origin alone gives the forger away."""
    page = context.new_page()
    gloria = open_chart(page, sandbox, GLORIA)
    open_contact(gloria)
    fields = gloria.locator("#form").evaluate("form => Object.fromEntries(new FormData(form))")
    with nothing_filed(sandbox):
        page.evaluate(FORGE, [gloria.url, {**fields, "minutes": "9", "note": "Forged beside the frame"}])
        expect(gloria.get_by_role("heading", name="Nothing was saved")).to_be_visible()
        expect(gloria.locator("body")).to_contain_text("did not come from a page of Chartside")


def test_choosing_in_one_tab_changes_nothing_in_the_other(sandbox: Practice, context: BrowserContext) -> None:
    gloria, walter = two_tabs(context, sandbox)
    open_contact(front(gloria))
    open_contact(front(walter))
    choose(front(gloria), "Left message")
    expect(front(walter).locator("#result input:checked")).to_have_value("talked")
    walter.get_by_role("button", name="Sign out of this chart").click()
    expect(walter.get_by_role("heading", name="You are signed out of this chart")).to_be_visible()
    front(gloria).locator("#minutes").fill("1")
    save(gloria)
    (newest,) = [task for task in contacts_of(sandbox, GLORIA) if task["status"] == "failed"]
    assert newest["for"]["reference"] == f"Patient/{GLORIA}"
