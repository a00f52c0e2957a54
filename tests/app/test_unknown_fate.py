"""Where an EHR never shows an entry again, no press of Save files it twice, and only a person tells its fate.

athenaOne takes answers to a questionnaire and lets nobody read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.app.pasting import drafts
from tests.journeys.enrolling import filed
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

ANSWERS = "/fhir/QuestionnaireResponse"
NOTE = "She is out of test strips."
ASKED = "This entry may be in the chart, or not."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("practice"), persona="athena") as made:
        yield made


def held(running: Practice, patient: str) -> int:
    """How many answers of ours the EHR holds."""
    return len([each for each in running.held("QuestionnaireResponse", patient) if "chartside" in str(each)])


def form_of(nurse: Visitor, patient: str) -> Seen:
    return nurse.get(f"/l/{nurse.launch(patient).launch_id}/contact")


def unanswered(running: Practice, nurse: Visitor, patient: str, *, arrived: bool, **more: Any) -> Seen:
    """A contact whose answer was lost; the page that asks for its fate."""
    form = form_of(nurse, patient)
    lost = running.line.loses_answer if arrived else running.line.drops
    with lost(ANSWERS):
        seen = nurse.send(form, **({"minutes": "5", "note": NOTE} | more))
    assert (seen.status, ASKED in seen.words) == (502, True), seen.words
    return seen


def test_pressed_twice_it_is_filed_once(running: Practice, nurse: Visitor) -> None:
    form = form_of(nurse, "gloria-reyes")
    fields = form.form() | {"minutes": "5", "note": NOTE}
    with ThreadPoolExecutor(3) as presses:
        for seen in presses.map(lambda _: nurse.post(form.url, fields), range(3)):
            filed(seen)
    assert held(running, "gloria-reyes") == 1
    running.restart_the_app()
    assert "already filed by your first try" in filed(nurse.post(form.url, fields)).words
    assert held(running, "gloria-reyes") == 1


def test_other_words_in_a_filed_form_are_kept_beside_it(running: Practice, nurse: Visitor) -> None:
    form = form_of(nurse, "lily-tran")
    filed(nurse.send(form, minutes="5", note=NOTE))
    seen = nurse.send(form, minutes="5", note="Other words.")
    assert (seen.status, "was filed with other words" in seen.words) == (409, True)
    assert held(running, "lily-tran") == 1
    filed(nurse.send(seen))
    assert held(running, "lily-tran") == 2


@pytest.mark.parametrize("again", ["save", "try again", "reopen", "type on"])
def test_without_an_answer_nothing_is_sent_again_before_somebody_has_looked(
    running: Practice, nurse: Visitor, again: str
) -> None:
    patient = {
        "save": "noah-park",
        "try again": "kevin-marsh",
        "reopen": "linda-cho",
        "type on": "raymond-tull",
    }[again]
    seen = unanswered(running, nurse, patient, arrived=True)
    fields = seen.form()
    match again:
        case "save":
            seen = nurse.post(f"/l/{seen.launch_id}/contact", fields)
        case "try again":
            ledger = nurse.get(f"/l/{seen.launch_id}/filed")
            seen = nurse.post(f"/l/{seen.launch_id}/contact", ledger.form("again-contact"))
        case "reopen":
            running.restart_the_app()
            seen = nurse.send(form_of(nurse, patient))
        case _:
            nurse.post(f"/l/{seen.launch_id}/draft/contact", fields | {"note": "More words."})
            seen = nurse.send(form_of(nurse, patient))
    assert ASKED in seen.words
    assert "Save to chart" not in seen.words
    assert held(running, patient) == 1


def test_who_finds_it_in_the_chart_discards_the_entry(running: Practice, nurse: Visitor) -> None:
    seen = unanswered(running, nurse, "robin-ashby", arrived=True)
    (there, _) = seen.document.xpath("//button[@form='form']")
    assert there.text_content() == "It is in the chart"
    today = nurse.post(there.get("formaction"), seen.form())
    assert not drafts(today)
    assert held(running, "robin-ashby") == 1
    assert ASKED in nurse.post(f"/l/{seen.launch_id}/contact", seen.form()).words
    assert held(running, "robin-ashby") == 1


def test_who_does_not_find_it_saves_it_again_once(running: Practice, nurse: Visitor) -> None:
    seen = unanswered(running, nurse, "bobby-oshea", arrived=False)
    assert held(running, "bobby-oshea") == 0
    (_, button) = seen.document.xpath("//button[@form='form']")
    assert button.text_content() == "It is not there: file it"
    fields = seen.form() | {button.get("name"): button.get("value"), "note": "In better words."}
    for _ in range(2):
        filed(nurse.post(f"/l/{seen.launch_id}/contact", fields))
    assert held(running, "bobby-oshea") == 1
    assert not drafts(nurse.get(f"/l/{seen.launch_id}/today"))


def test_what_the_ehr_plainly_refuses_is_no_question(running: Practice, nurse: Visitor) -> None:
    form = form_of(nurse, "denise-whitaker")
    with running.line.answers(ANSWERS, b"{}", method="POST", status="400 Bad Request"):
        seen = nurse.send(form, minutes="5", note=NOTE)
    assert (seen.status, ASKED in seen.words) == (502, False)
    filed(nurse.post(f"/l/{seen.launch_id}/contact", seen.form()))
    assert held(running, "denise-whitaker") == 1


def test_a_save_that_was_killed_is_a_question_too(running: Practice, nurse: Visitor) -> None:
    """Begun and never heard of again: as after `kill -9` between the form and the EHR's answer."""
    form = form_of(nurse, "harold-pike")
    with running.line.loses_answer(ANSWERS):
        nurse.send(form, minutes="5", note=NOTE)
    services = running.app.app.extensions["chartside"]
    launch = services.launches.find(form.launch_id)
    draft = services.drafts.load(launch.draft_key("contact"))
    services.drafts.save(launch.draft_key("contact"), draft.values, draft.form_id, now=draft.saved_at)
    running.restart_the_app()
    assert ASKED in nurse.send(form_of(nurse, "harold-pike")).words
    assert held(running, "harold-pike") == 1


def test_where_the_rung_is_not_granted_the_entry_is_text(running: Practice, nurse: Visitor) -> None:
    today = nurse.launch("earl-whitcomb", user="manager")
    seen = nurse.send(nurse.get(f"/l/{today.launch_id}/contact"), minutes="5", note=NOTE)
    assert "NOT FILED. This EHR does not accept tasks from Chartside." in seen.words
    assert held(running, "earl-whitcomb") == 0
