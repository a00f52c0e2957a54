"""A text to paste is filed after all once the EHR takes it: once, with its receipt, or it is a draft again."""

from __future__ import annotations

import pytest

from samples.sandbox import sandbox_of
from tests.app.pasting import drafts, made, nothing_taken, press, text_of, to_text, waits
from tests.journeys.enrolling import AGREES, filed
from tests.journeys.steps import contacts_of, notes
from tests.journeys.visitor import Visitor
from tests.running import Practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"


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


@pytest.mark.parametrize("broken_off", [False, True], ids=["at once", "after a break"])
def test_what_is_missing_of_a_save_is_the_text_and_the_rest_is_filed_by_the_next_try(
    running: Practice, nurse: Visitor, broken_off: bool
) -> None:
    patient = "noah-park" if broken_off else "kevin-marsh"
    agrees = AGREES | {"visit": "not-now"}
    with nothing_taken(running, but=("Consent", "CarePlan", "Task")):
        form = nurse.get(f"/l/{nurse.launch(patient).launch_id}/consent")
        refused = running.line.answers("/fhir/CarePlan", b"{}", method="POST", status="405 Not Allowed")
        if broken_off:
            with running.line.drops("/fhir/CarePlan"):
                seen = nurse.send(form, **agrees)
            assert (seen.status, "Only a part is in the chart" in seen.words) == (502, True)
        with refused:
            page = to_text(nurse.send(form, **agrees))
            assert to_text(nurse.send(form, **agrees)).url == page.url
        text = text_of(page)
        assert ("\nCONSENT\n" in text, "\nCARE PLAN\n" in text) == (False, True)
        assert "Only a part is in the chart so far: consent." in page.words
        assert "Change the entry" not in page.words
        assert nurse.post(f"{page.url}/change", page.form_frame()).url == page.url
        assert "Consent/" in nurse.get(page.document.xpath("//main//p/a/@href")[0]).words
    back = nurse.launch(patient)
    page = nurse.get(f"/l/{back.launch_id}/paste/{page.url.rsplit('/', 1)[1]}")
    filed(press(nurse, page, "again"))
    held = {kind: len(running.held(kind, patient)) for kind in ("Consent", "CarePlan", "Task")}
    assert held == {"Consent": 1, "CarePlan": 1, "Task": 1}
    assert (waits(nurse.launch(patient)), nurse.get(page.url).status) == (0, 404)


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
