"""Where an EHR holds a record and lets nobody change it, a note corrects it; what then contradicts it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mappings.filed_block import marker
from samples.sandbox import sandbox_of
from tests.journeys.enrolling import enrol, enrol_with_plan, filed
from tests.journeys.steps import ours
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

ANSWERS = "QuestionnaireResponse"
NOTICE = "Please look at this in the EHR"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """Canvas: it creates consents and changes none; plans and goals stand in answers to our questionnaire."""
    folder = tmp_path_factory.mktemp("canvas")
    with practice(folder, persona="canvas", ehr={"authorize": "get"}) as made:
        yield made


def consent_of(running: Practice, patient: str) -> dict[str, Any]:
    (found,) = [each for each in running.held("Consent", patient) if ours(each)]
    return found


def page_of(nurse: Visitor, today: Seen, consent: dict[str, Any]) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/take-back/Consent/{consent['id']}")


@pytest.mark.requirement("client@41", "client@42", "client@44")
def test_a_consent_that_cannot_be_changed_is_corrected_beside_and_counts_nowhere(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol(nurse, gloria)
    consent = consent_of(running, gloria)
    notes = len(running.held(ANSWERS, gloria))
    page = page_of(nurse, today, consent)
    assert "In the EHR’s own list it stays as it was: have it marked there as well." in page.words
    receipt = nurse.send(page, reason="wrong-patient")
    assert "Marked as filed wrongly" in receipt.words, receipt.words
    assert f"{ANSWERS}/" in receipt.words
    assert "Have it marked as filed wrongly there as well." in receipt.words
    assert consent_of(running, gloria) == consent
    assert len(running.held(ANSWERS, gloria)) == notes + 1
    after = nurse.get(today.url)
    assert ("Not enrolled" in after.words, "No consent on file" in after.words) == (True, True)
    assert NOTICE not in after.words
    assert nurse.get(f"/l/{today.launch_id}/panel/to_look_at").words == ""
    again = nurse.send(page, reason="wrong-patient")
    assert "counts nowhere any more" in again.words
    assert len(running.held(ANSWERS, gloria)) == notes + 1
    running.forget_the_app()
    with Visitor(running) as another:
        assert another.launch(gloria).words == after.words


@pytest.mark.requirement("client@42")
def test_what_was_corrected_stays_so_whatever_happens_to_the_ehrs_own_record_and_that_is_told(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol(nurse, gloria)
    consent = consent_of(running, gloria)
    nurse.send(page_of(nurse, today, consent), reason="wrong-patient")
    store = sandbox_of(running.ehr.app).store
    store.update({**consent, "organization": [{"display": "Riverbend"}]})
    seen = nurse.get(today.url)
    (told,) = seen.all("look-at")
    assert told.startswith(NOTICE)
    assert (
        "is marked as filed wrongly and counts nowhere, and the EHR's own record was changed since." in told
    )
    assert "Not enrolled" in seen.words
    # As the page asked for: somebody marks it in the EHR as well, and nothing is left to look at.
    store.update({**consent_of(running, gloria), "status": "entered-in-error"})
    after = nurse.get(today.url)
    assert (NOTICE in after.words, "Not enrolled" in after.words) == (False, True)


def test_a_note_that_somebody_edited_is_named_with_its_day_and_everything_else_stays(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    (better,) = form.document.xpath("//input[starts-with(@name, 'progress.') and @value='better']/@name")
    filed(nurse.post(form.url, form.form() | {better: "better", "minutes": "6"}))
    assert "better" in nurse.get(today.url).words
    *_, last = running.held(ANSWERS, gloria)
    sandbox_of(running.ehr.app).store.update(_edited(last))
    seen = nurse.get(today.url)
    (told,) = seen.all("look-at")
    assert told.startswith(NOTICE)
    assert (
        "filed with Chartside, could not be read back: the lines that Chartside reads back were changed."
        in told
    )
    assert "Look at the note of" in told
    # Where the notes come late, the notice comes by itself.
    assert nurse.get(f"/l/{today.launch_id}/panel/to_look_at").all("look-at") == [told]
    # The goal as it was before that note, and its panel says that something is missing.
    assert "Walks 20 minutes on five days a week" in seen.words
    assert "better" not in " ".join(seen.all("goal"))
    assert "so this list may be incomplete" in seen.words
    # As the notice asks for: once that note is marked in the EHR, nothing is left to look at.
    sandbox_of(running.ehr.app).store.update({**_edited(last), "status": "entered-in-error"})
    assert NOTICE not in nurse.get(today.url).words


def _edited(answers: dict[str, Any]) -> dict[str, Any]:
    """The note after a hand changed one letter of what is read back."""
    begins = marker("BEGINS") + "\\n"
    text = json.dumps(answers)
    place = text.index(begins) + len(begins) + 30
    return dict(json.loads(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]))
