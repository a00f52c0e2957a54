"""A text to paste is filed after all once the EHR takes it: once, with its receipt, or it is a draft again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from samples.sandbox import sandbox_of
from tests.app.pasting import drafts, made, nothing_taken, press, text_of, to_text
from tests.journeys.enrolling import filed
from tests.journeys.steps import contacts_of, notes
from tests.journeys.visitor import Visitor
from tests.running import Practice, practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("practice")) as made:
        yield made


@pytest.fixture
def nurse(running: Practice) -> Iterator[Visitor]:
    with Visitor(running) as visitor:
        yield visitor


def test_once_the_ehr_takes_it_the_text_is_filed_once_and_is_no_more(
    running: Practice, nurse: Visitor
) -> None:
    with nothing_taken(running):
        page = made(nurse, "gloria-reyes", note="Filed in the end.")
    back = nurse.launch("gloria-reyes")
    page = nurse.get(f"/l/{back.launch_id}/paste/{page.url.rsplit('/', 1)[1]}")
    filed(press(nurse, page, "again"))
    assert [notes(each)[-1] for each in contacts_of(running, GLORIA)] == ["Filed in the end."]
    assert nurse.get(page.url).status == 404
    today = nurse.get(f"/l/{back.launch_id}/today")
    assert ("Filed in the end." in today.words, drafts(today)) == (True, False)


def test_a_try_that_gets_no_answer_is_a_draft_again(running: Practice, nurse: Visitor) -> None:
    with nothing_taken(running):
        page = made(nurse, WALTER, note="Tried again.")
    back = nurse.launch(WALTER)
    page = nurse.get(f"/l/{back.launch_id}/paste/{page.url.rsplit('/', 1)[1]}")
    with running.line.loses_answer("/fhir"), running.line.answers("/fhir/Task", b"{}", status="503 Busy"):
        seen = press(nurse, page, "again")
    assert (seen.status, "Tried again." in seen.text) == (502, True)
    assert nurse.get(page.url).status == 404
    filed(nurse.post(f"/l/{back.launch_id}/contact", seen.form()))
    assert [notes(each)[-1] for each in contacts_of(running, WALTER)] == ["Tried again."]


def test_no_name_and_no_note_reaches_the_page_as_markup(running: Practice, nurse: Visitor) -> None:
    store = sandbox_of(running.ehr.app).store
    (patient,) = running.found("Patient", _id="earl-whitcomb")
    hostile = "</textarea><script>alert(1)</script>"
    store.update({**patient, "name": [{"text": hostile}]})
    with nothing_taken(running):
        page = made(nurse, "earl-whitcomb", note=f"{hostile}\u202edlo")
    assert "<script>alert" not in page.text
    assert text_of(page).count(hostile) >= 2
    assert "\u202e" not in page.text


def test_who_may_write_nothing_is_told_before_typing_and_gets_text(running: Practice, nurse: Visitor) -> None:
    today = nurse.launch("lily-tran", user="manager")
    form = nurse.get(f"/l/{today.launch_id}/contact")
    assert "Your EHR account may not write tasks from Chartside." in form.words
    page = to_text(nurse.send(form, minutes="3", note="Asked about the bill."))
    assert "Asked about the bill." in text_of(page)
    assert contacts_of(running, "lily-tran") == []
