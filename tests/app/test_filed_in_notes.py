"""Where an EHR takes no record of ours, a save is one note: filed once, and read back into the same pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.journeys.enrolling import enrol_with_plan, filed, on_day
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

GLORIA = "gloria-reyes"
NOTE = "Walks to church now."
WHERE = "as one note among the documents, which Chartside reads back"
OURS = ("CarePlan", "Goal", "Task", "Consent")


@pytest.fixture(scope="module", params=["epic", "oracle"])
def enrolled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """Consent, plan and a contact were filed for Gloria."""
    folder = tmp_path_factory.mktemp(request.param)
    with practice(folder, persona=request.param, ehr={"authorize": "get"}) as running:
        before = {kind: len(running.held(kind, GLORIA)) for kind in OURS}
        notes = len(running.held("DocumentReference", GLORIA))
        with Visitor(running) as nurse:
            today = enrol_with_plan(nurse, GLORIA)
            form = nurse.get(f"/l/{today.launch_id}/contact")
            assert WHERE in form.words
            receipt = filed(nurse.send(form, minutes="7", note=NOTE, **on_day(2)))
            assert "DocumentReference/" in receipt.words
            again = filed(nurse.send(form, minutes="7", note=NOTE, **on_day(2)))
            assert "already filed by your first try" in again.words
        assert {kind: len(running.held(kind, GLORIA)) for kind in OURS} == before
        assert len(running.held("DocumentReference", GLORIA)) == notes + 3
        yield running


def _today(running: Practice) -> Seen:
    with Visitor(running) as nurse:
        return nurse.launch(GLORIA)


@pytest.mark.requirement("client@41", "client@44")
def test_the_same_today_is_there_after_the_app_lost_everything(enrolled: Practice) -> None:
    first = _today(enrolled)
    assert NOTE in first.words
    assert "Talked · 7 min" in first.words
    enrolled.forget_the_app()
    assert _today(enrolled).words == first.words


@pytest.mark.parametrize("arrived", [True, False], ids=["answer-lost", "lost-on-the-way"])
@pytest.mark.requirement("client@45", "client@46")
def test_a_note_is_filed_once_whatever_becomes_of_the_answer(enrolled: Practice, arrived: bool) -> None:
    before = len(enrolled.held("DocumentReference", GLORIA))
    line = enrolled.line
    with Visitor(enrolled) as nurse:
        form = nurse.get(f"/l/{nurse.launch(GLORIA).launch_id}/contact")
        lost = line.loses_answer if arrived else line.drops
        with lost("/fhir/DocumentReference"):
            first = nurse.send(form, minutes="5", note="A second call.", **on_day(3 + arrived))
        assert ("NOT FILED" in first.words) is not arrived
        filed(nurse.send(form, minutes="5", note="A second call.", **on_day(3 + arrived)))
    assert len(enrolled.held("DocumentReference", GLORIA)) == before + 1


@pytest.mark.requirement("client@41")
def test_what_was_filed_wrongly_is_taken_back_by_a_later_note(enrolled: Practice) -> None:
    with Visitor(enrolled) as nurse:
        today = nurse.launch(GLORIA)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        filed(nurse.send(form, minutes="3", note="Meant for somebody else."))
        before = len(enrolled.held("DocumentReference", GLORIA))
        shown = nurse.get(f"/l/{today.launch_id}/today")
        (place, *_) = re.findall(r"/take-back/Task/[0-9a-f-]+", shown.text)
        asked = nurse.get(f"/l/{today.launch_id}{place}")
        nurse.send(asked, reason="other", words="The wrong person.")
        assert len(enrolled.held("DocumentReference", GLORIA)) == before + 1
        assert "Meant for somebody else." not in nurse.get(f"/l/{today.launch_id}/today").words
