"""Nothing typed is lost and nothing is filed twice, whatever happens to the line, the button, the browser or the app.

Each story breaks one thing at the moment of saving, mends it, and then counts what the EHR holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, expect

from tests.journeys.enrolling import enrol, enrol_with_plan, filed, on_day, plan
from tests.journeys.steps import FILED, contacts_of, notes, open_chart, open_contact, ours, save, save_button
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

pytestmark = pytest.mark.journey

NOTE = "She is out of test strips & will call the pharmacy <today>."
HTML = b"<html><body>502 Bad Gateway</body></html>"
BASE = "/fhir"
NOT_FILED = "NOT FILED. The EHR is not answering."
ALREADY = "This was already filed by your first try; it stands in the chart once."


def typed(frame: Frame, *, minutes: str = "6", note: str = NOTE) -> None:
    """Opens the contact form and types."""
    open_contact(frame)
    frame.locator("#minutes").fill(minutes)
    frame.locator("#note").fill(note)


def filed_notes(running: Practice, patient_id: str) -> list[str]:
    """The last note of each contact that the EHR holds."""
    return [notes(contact)[-1] for contact in contacts_of(running, patient_id)]


def contact_form(nurse: Visitor, today: Seen) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/contact")


@contextmanager
def ehr_down(running: Practice) -> Iterator[None]:
    running.ehr.stop()
    try:
        yield
    finally:
        running.ehr.start()


def test_a_save_while_the_ehr_is_down_is_kept_and_filed_once_when_it_is_back(
    sandbox: Practice, context: BrowserContext
) -> None:
    patient = "gloria-reyes"
    frame = open_chart(context.new_page(), sandbox, patient)
    typed(frame)
    with ehr_down(sandbox):
        save_button(frame).click()
        expect(frame.locator("#not-filed")).to_contain_text(NOT_FILED)
        expect(frame.get_by_label("What you typed, as text to copy")).to_have_value(
            re.compile(rf"^Note: {re.escape(NOTE)}\n(.*\n)*Minutes: 6\n")
        )
        with frame.expect_navigation():
            frame.get_by_role("button", name="Try now").click()
        expect(frame.locator("#not-filed")).to_contain_text(NOT_FILED)
    assert contacts_of(sandbox, patient) == []
    frame.get_by_role("button", name="Try now").click()
    expect(frame.get_by_role("heading", name=FILED)).to_be_visible()
    assert filed_notes(sandbox, patient) == [NOTE]
    frame.get_by_role("link", name="Back to Today").click()
    expect(frame.locator(".banner")).not_to_contain_text("not yet filed")


def test_a_transaction_that_does_not_arrive_shows_the_form_again_and_the_next_press_files_it_once(
    sandbox: Practice, context: BrowserContext
) -> None:
    patient = "walter-boone"
    frame = open_chart(context.new_page(), sandbox, patient)
    typed(frame)
    with sandbox.line.drops(BASE):
        save_button(frame).click()
        expect(frame.locator("#not-filed")).to_contain_text("NOT FILED.")
        expect(frame.locator("#note")).to_have_value(NOTE)
        expect(frame.locator("#minutes")).to_have_value("6")
    assert contacts_of(sandbox, patient) == []
    save(frame)
    assert filed_notes(sandbox, patient) == [NOTE]


@pytest.mark.parametrize("instead", [None, HTML], ids=["reset", "html"])
@pytest.mark.parametrize("path", ["contact", "consent", "care-plan", "care-plan/close"])
def test_a_save_whose_answer_is_lost_ends_in_a_receipt_and_one_copy(
    sandbox: Practice, path: str, instead: bytes | None
) -> None:
    patient = LOST[path][instead is not None]
    with Visitor(sandbox) as nurse:
        today, extra = READY[path](nurse, patient)
        form = nurse.get(f"/l/{today.launch_id}/{path}")
        before = sandbox.versions()
        with sandbox.line.loses_answer(BASE, instead=instead):
            receipt = filed(nurse.send(form, **extra))
        made = sandbox.versions() - before
        assert ALREADY in receipt.words
        assert made
        again = filed(nurse.send(form, **extra))
        assert ALREADY in again.words
        assert sandbox.versions() - before == made


def _for_contact(nurse: Visitor, patient: str) -> tuple[Seen, dict[str, Any]]:
    return nurse.launch(patient), {"minutes": "3", "note": NOTE, **on_day(2)}


def _for_consent(nurse: Visitor, patient: str) -> tuple[Seen, dict[str, Any]]:
    from tests.journeys.enrolling import AGREES

    return nurse.launch(patient), AGREES


def _for_plan(nurse: Visitor, patient: str) -> tuple[Seen, dict[str, Any]]:
    return enrol(nurse, patient), plan()


def _for_close(nurse: Visitor, patient: str) -> tuple[Seen, dict[str, Any]]:
    today = enrol_with_plan(nurse, patient)
    (goal,) = [goal for goal in nurse.running.held("Goal", patient) if ours(goal)]
    return today, {"outcome": "graduated", "reason": "goals-met", f"final__{goal['id']}": "met"}


READY = {
    "contact": _for_contact,
    "consent": _for_consent,
    "care-plan": _for_plan,
    "care-plan/close": _for_close,
}
LOST = {
    "contact": ("gloria-reyes", "walter-boone"),
    "consent": ("kevin-marsh", "lily-tran"),
    "care-plan": ("noah-park", "robin-ashby"),
    "care-plan/close": ("harold-pike", "earl-whitcomb"),
}
"""Patients of the cast, so that each story begins where it must."""


def test_progress_typed_for_a_goal_is_not_dropped_when_goals_cannot_be_read_at_the_moment_of_saving(
    sandbox: Practice,
) -> None:
    patient = "linda-cho"
    with Visitor(sandbox) as nurse:
        today = enrol_with_plan(nurse, patient)
        (goal,) = [goal for goal in sandbox.held("Goal", patient) if ours(goal)]
        progress = {"minutes": "3", "note": NOTE, f"progress__{goal['id']}": "improving"}
        form = contact_form(nurse, today)
        assert any(name.startswith("progress.") for name in FIELD.findall(form.text))
        progress[f"progress__{goal['id']}"] = "better"
        for kind in ("Goal", "Task", "CarePlan", "Consent"):
            with sandbox.line.answers(f"{BASE}/{kind}", HTML, content_type="text/html"):
                refused = nurse.send(form, **progress)
            assert (kind, refused.status) == (kind, 502)
            assert NOT_FILED in refused.words
            assert contacts_of(sandbox, patient) == []
        filed(nurse.post(form.url, refused.form()))
        (goal,) = [goal for goal in sandbox.held("Goal", patient) if ours(goal)]
        assert goal["achievementStatus"]["coding"][0]["code"] == "improving"
        assert filed_notes(sandbox, patient) == [NOTE]


FIELD = re.compile(r'name="([^"]+)"')


def test_pressing_save_twice_files_once(sandbox: Practice, context: BrowserContext) -> None:
    patient = "denise-whitaker"
    frame = open_chart(context.new_page(), sandbox, patient)
    typed(frame)
    posts = sandbox.line.count("POST", BASE)
    save_button(frame).dblclick()
    expect(frame.get_by_role("heading", name=FILED)).to_be_visible()
    assert sandbox.line.count("POST", BASE) == posts + 1
    assert filed_notes(sandbox, patient) == [NOTE]


def test_the_same_form_sent_four_times_at_once_is_filed_once(sandbox: Practice) -> None:
    patient = "maria-jose-nunez"
    with Visitor(sandbox) as nurse:
        form = contact_form(nurse, nurse.launch(patient))
        with ThreadPoolExecutor(4) as presses:
            answers = list(presses.map(lambda _: nurse.send(form, minutes="2", note=NOTE), range(4)))
    for answer in answers:
        filed(answer)
    assert filed_notes(sandbox, patient) == [NOTE]


def test_reloading_the_receipt_files_nothing(sandbox: Practice, context: BrowserContext) -> None:
    patient = "raymond-tull"
    frame = open_chart(context.new_page(), sandbox, patient)
    typed(frame)
    save(frame)
    before, posts = sandbox.versions(), sandbox.line.count("POST", BASE)
    receipt = frame.locator("table.receipt").inner_text()
    for _ in range(2):
        frame.goto(frame.url)
        expect(frame.locator("table.receipt")).to_have_text(re.compile(re.escape(receipt.split()[-2])))
    assert sandbox.versions() == before
    assert sandbox.line.count("POST", BASE) == posts


def test_going_back_after_a_save_leads_to_the_receipt_and_files_nothing_again(
    sandbox: Practice, context: BrowserContext
) -> None:
    """Chromium puts what was typed back into the form; under a new id it would be filed a second time."""
    patient = "bobby-oshea"
    page = context.new_page()
    frame = open_chart(page, sandbox, patient)
    typed(frame)
    save(frame)
    before = sandbox.versions()
    page.evaluate("history.back()")
    expect(frame.locator("[role=status]", has_text=ALREADY)).to_be_visible()
    assert sandbox.versions() == before
    assert filed_notes(sandbox, patient) == [NOTE]
    frame.get_by_role("link", name="Back to Today").click()
    open_contact(frame)
    expect(frame.locator("#note")).to_have_value("")
    frame.locator("#minutes").fill("2")
    frame.locator("#note").fill("The next one is a contact of its own.")
    # Nobody makes two calls at once: this one was two days before.
    frame.locator("summary", has_text="When it was").click()
    for name, value in on_day(2).items():
        frame.locator(f"#{name}").fill(value)
    save(frame)
    assert filed_notes(sandbox, patient) == [NOTE, "The next one is a contact of its own."]


def test_a_form_left_and_found_again_by_back_is_the_same_form(
    sandbox: Practice, context: BrowserContext
) -> None:
    page = context.new_page()
    frame = open_chart(page, sandbox, "lily-tran")
    frame.goto(frame.url.replace("/today", "/contact"))
    form_id = frame.locator("#form input[name=form_id]").input_value()
    frame.get_by_role("link", name="Back to Today").click()
    expect(frame.locator(".next")).to_be_visible()
    page.evaluate("history.back()")
    expect(frame.locator("#form input[name=form_id]")).to_have_value(form_id)


def test_a_form_sent_again_after_its_receipt_is_told_that_it_stands_once(sandbox: Practice) -> None:
    patient = "robin-ashby"
    with Visitor(sandbox) as nurse:
        form = contact_form(nurse, nurse.launch(patient))
        first = filed(nurse.send(form, minutes="2", note=NOTE))
        again = filed(nurse.send(form, minutes="2", note=NOTE))
    assert ALREADY not in first.words
    assert ALREADY in again.words
    assert filed_notes(sandbox, patient) == [NOTE]


def test_an_autosaved_draft_survives_a_restart_and_is_offered_to_its_user_alone(
    sandbox: Practice, context: BrowserContext, chrome: Browser
) -> None:
    patient = "kevin-marsh"
    frame = open_chart(context.new_page(), sandbox, patient)
    typed(frame, minutes="9")
    expect(frame.locator("#kept")).to_contain_text("Kept")
    form_id = frame.locator("#form input[name=form_id]").input_value()
    sandbox.restart_the_app()

    with Visitor(sandbox) as physician:
        other = physician.launch(patient, user="physician")
        assert "not yet filed" not in other.words
        assert contact_form(physician, other).form()["note"] == [""]
    elsewhere = chrome.new_context()
    try:
        frame = open_chart(elsewhere.new_page(), sandbox, patient)
        expect(frame.locator(".banner")).to_contain_text("Kept and not yet filed: a contact")
        frame.get_by_role("link", name="Continue").click()
        expect(frame.locator("#note")).to_have_value(NOTE)
        expect(frame.locator("#minutes")).to_have_value("9")
        expect(frame.locator("#form input[name=form_id]")).to_have_value(form_id)
        save(frame)
        assert filed_notes(sandbox, patient) == [NOTE]
    finally:
        elsewhere.close()


def test_a_draft_that_is_thrown_away_is_gone(sandbox: Practice, context: BrowserContext) -> None:
    patient = "noah-park"
    frame = open_chart(context.new_page(), sandbox, patient)
    typed(frame)
    expect(frame.locator("#kept")).to_contain_text("Kept")
    frame.goto(frame.url)
    frame.get_by_role("button", name="Throw it away").click()
    expect(frame.locator(".next")).to_be_visible()
    expect(frame.locator(".banner")).not_to_contain_text("not yet filed")
    open_contact(frame)
    expect(frame.locator("#note")).to_have_value("")
    assert contacts_of(sandbox, patient) == []
