"""An EHR that drops what it does not know: the receipt names it, and Today still shows every fact that matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.ehr.receipt import Filed, ReadBack, Receipt, SignOff
from app.ledger import RECEIPT
from samples.faults import changes
from samples.sandbox import sandbox_of
from tests.journeys.enrolling import AGREES, filed, plan
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

GLORIA, WALTER, LINDA = "gloria-reyes", "walter-boone", "linda-cho"
BASE = "/fhir"
IN_THE_NOTE = "Kept in the words of the note, from which Chartside reads it: "
RULER = "the patient's importance and confidence (1 to 10)"
AGREEMENT = (
    "whether the consent was verbal or written; who took the consent; "
    "who discussed the service with the patient; the four things the patient was told."
)
MINUTES = "the minutes; how the contact was made (phone, visit, message); with whom the contact was"
ALL_OF_IT = "The EHR kept all of it."


@pytest.fixture
def dropping(running: Practice) -> Iterator[Practice]:
    """The same EHR, which keeps no extension of what is written."""
    with sandbox_of(running.ehr.app).faults.on("extensions_dropped"):
        yield running


def receipts(nurse: Visitor, patient: str) -> dict[str, Seen]:
    """The receipts of a consent, a plan with its goal, and a contact that says how the goal goes."""
    here = nurse.launch(patient).launch_id
    consent = filed(nurse.send(nurse.get(f"/l/{here}/consent"), **AGREES))
    care_plan = filed(nurse.send(nurse.get(f"/l/{here}/care-plan"), **plan()))
    form = nurse.get(f"/l/{here}/contact")
    goal = next(name.partition(".")[2] for name in form.form() if name.startswith("importance."))
    said = {f"progress.{goal}": "better", f"importance.{goal}": "8", f"confidence.{goal}": "7"}
    contact = filed(nurse.send(form, minutes="7", note="Walks to church now.", **said))
    return {"consent": consent, "plan": care_plan, "contact": contact}


def facts(today: Seen) -> Mapping[str, bool]:
    """Which of the facts that matter stand on Today."""
    told = ("Talked · 7 min", "Phone", "Walks to church now.", "importance 8 · confidence 7 · better")
    return {fact: fact in today.words for fact in told}


@pytest.mark.requirement("client@44")
def test_an_ehr_that_keeps_all_is_said_to_have(running: Practice, nurse: Visitor) -> None:
    for receipt in receipts(nurse, LINDA).values():
        assert ALL_OF_IT in receipt.words
        assert "did not keep" not in receipt.words
    assert all(facts(nurse.launch(LINDA)).values())


@pytest.mark.requirement("client@44")
def test_dropped_extensions_are_named_and_today_shows_what_they_held(
    dropping: Practice, nurse: Visitor
) -> None:
    told = receipts(nurse, GLORIA)
    assert IN_THE_NOTE + AGREEMENT in told["consent"].words
    assert IN_THE_NOTE + RULER in told["plan"].words
    assert IN_THE_NOTE + RULER in told["contact"].words
    assert not any(
        "extension" in each for each in dropping.held("Goal", GLORIA) + dropping.held("Consent", GLORIA)
    )
    today = nurse.launch(GLORIA)
    assert facts(today) == dict.fromkeys(facts(today), True)
    assert "(verbal)" in today.words


@pytest.mark.requirement("client@44")
def test_dropped_minutes_are_named_and_read_from_the_note(
    dropping: Practice, nurse: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "NOT_KEPT", changes.NOT_KEPT | {"output"})
    contact = receipts(nurse, WALTER)["contact"]
    assert IN_THE_NOTE + MINUTES in contact.words
    today = nurse.launch(WALTER)
    assert facts(today) == dict.fromkeys(facts(today), True)


@pytest.mark.requirement("client@44")
def test_what_is_lost_for_good_asks_for_a_look_on_the_receipt_and_in_the_ledger(
    dropping: Practice, nurse: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "NOT_KEPT", changes.NOT_KEPT | {"output", "note"})
    here = nurse.launch("kevin-marsh").launch_id
    seen = filed(nurse.send(nurse.get(f"/l/{here}/contact"), minutes="7", note="Zebra crossing."))
    assert "The EHR did not keep all of it as it was sent." in seen.words
    assert f"Only the record's own text in the EHR says this now: the written note; {MINUTES};" in seen.words
    assert "Zebra" not in seen.text
    ledger = nurse.get(f"/l/{here}/filed")
    (row,) = [row for row in ledger.document.xpath("//tbody/tr") if "Contact" in row.text_content()]
    assert "Not all of it kept" in row.text_content()
    store = dropping.app.app.extensions["chartside"].store
    assert not any(b"Zebra" in value or b"Marsh" in value for _, value in store.items(RECEIPT))


def test_a_contact_costs_one_round_trip_where_the_answer_holds_the_records(
    running: Practice, nurse: Visitor
) -> None:
    form = nurse.get(f"/l/{nurse.launch('noah-park').launch_id}/contact")
    posts = running.line.count("POST", BASE)
    before = len(running.line.received)
    receipt = filed(nurse.send(form, minutes="3"))
    assert ALL_OF_IT in receipt.words
    assert running.line.count("POST", BASE) == posts + 1
    later = running.line.received[before:]
    wrote = next(place for place, got in enumerate(later) if got.method == "POST" and got.path == BASE)
    by_place = [got.path for got in later[wrote:] if got.path.count("/") > 2 and "Patient/" not in got.path]
    assert by_place == []


def test_a_receipt_says_when_in_the_zone_of_the_ehr_and_in_which_form(
    running: Practice, nurse: Visitor
) -> None:
    here = nurse.launch("earl-whitcomb").launch_id
    seen = filed(nurse.send(nurse.get(f"/l/{here}/contact"), minutes="3"))
    assert any(f"({zone}), as Task." in seen.words for zone in ("EST", "EDT"))
    (contact, *_) = [each for each in running.held("Task", "earl-whitcomb") if each.get("output")]
    cells = [cell.text_content() for cell in seen.document.xpath("//tbody/tr[1]/td")]
    assert cells[1:] == [f"A record of its ownTask/{contact['id']}", "1"]


CONTACT = Filed("Task/812", "2", "contact", read_back=ReadBack.KEPT)
NOTE = replace(CONTACT, reference="DocumentReference/7", version_id="3", rung="document")
HELD = "this EHR holds it until a clinician signs it there"


@pytest.mark.parametrize(
    ("line", "title", "told", "untold"),
    [
        (CONTACT, "Filed in the chart", [ALL_OF_IT, "as Task."], ["sign-off", "signs it"]),
        (
            NOTE,
            "Filed in the chart",
            ["as a note (DocumentReference).", "A noteDocumentReference/7", "note 3"],
            ["signs it"],
        ),
        (replace(NOTE, sign_off=SignOff.AWAITED), "Filed, awaiting sign-off", [HELD], ["If your EHR is"]),
        (
            replace(CONTACT, sign_off=SignOff.POSSIBLE),
            "Filed in the chart",
            ["If your EHR is", "it holds this until a clinician signs it there"],
            [f"Awaiting sign-off: {HELD}"],
        ),
        (
            replace(CONTACT, shown_again=False, read_back=ReadBack.NOT_COMPARED),
            "Filed in the chart",
            ["Filed, but this EHR will not show it to us again.", "Look it up in the EHR itself."],
            [ALL_OF_IT, "Refresh the chart"],
        ),
        (
            replace(CONTACT, read_back=ReadBack.UNSEEN),
            "Filed in the chart",
            ["Filed; what the EHR kept could not be looked at just now."],
            [ALL_OF_IT],
        ),
    ],
)
def test_a_receipt_tells_the_truth_about_its_record(
    running: Practice, nurse: Visitor, line: Filed, title: str, told: list[str], untold: list[str]
) -> None:
    here = nurse.launch("earl-whitcomb").launch_id
    ledger = running.app.app.extensions["chartside"].ledger
    ledger.add(here, "r-1", Receipt((line,), datetime(2026, 7, 1, 13, 14, tzinfo=UTC)))
    seen = nurse.get(f"/l/{here}/receipt/r-1")
    assert [each.text_content() for each in seen.document.xpath("//h1")] == [title]
    assert "Filed 09:14 (EDT), as" in seen.words
    assert [words for words in told if words not in seen.words] == []
    assert [words for words in untold if words in seen.words] == []
    row = nurse.get(f"/l/{here}/filed").document.xpath("//tbody/tr")[0].text_content()
    assert line.remark in row
    assert line.version_words in row
