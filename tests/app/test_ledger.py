"""The page of a visit's receipts and of what still waits: each once, nothing clinical kept, nothing lost by a slip."""

from __future__ import annotations

from typing import Any

import pytest

from app.ledger import LEDGER, RECEIPT
from tests.journeys.enrolling import AGREES, filed
from tests.journeys.steps import contacts_of, notes
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"
NOTE = "She is out of test strips."


def ledger(nurse: Visitor, at: Seen) -> Seen:
    seen = nurse.get(f"/l/{at.launch_id}/filed")
    assert seen.status == 200, seen.words
    return seen


def kept(running: Practice, nurse: Visitor, patient: str, note: str = NOTE) -> Seen:
    """A contact that could not be filed; its page."""
    form = nurse.get(f"/l/{nurse.launch(patient).launch_id}/contact")
    with running.line.answers("/fhir", b"{}", method="POST", status="503 Busy"):
        seen = nurse.send(form, minutes="4", note=note)
    assert seen.status == 502
    return seen


def fields_of(page: Seen, action: str) -> dict[str, Any]:
    """What the form with this address would send."""
    (form,) = [each for each in page.document.forms if each.get("action", "").endswith(action)]
    values: dict[str, Any] = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value.removeprefix("\n"))
    return values


@pytest.mark.requirement("client@44")
def test_the_receipts_of_this_visit_stand_there_once_newest_first(running: Practice, nurse: Visitor) -> None:
    today = nurse.launch("kevin-marsh")
    assert "Nothing was filed in this visit yet." in ledger(nurse, today).words
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/consent"), **AGREES))
    form = nurse.get(f"/l/{today.launch_id}/contact")
    filed(nurse.send(form, minutes="3", note=NOTE))
    filed(nurse.send(form, minutes="3", note=NOTE))
    seen = ledger(nurse, today)
    rows = [[cell.text_content() for cell in row] for row in seen.document.xpath("//table//tbody/tr")]
    (contact,) = contacts_of(running, "kevin-marsh")
    assert sum(f"Task/{contact['id']}" in row for row in rows) == 1
    assert rows[0][1].startswith("Contact")
    assert any(row[1].startswith("Consent") for row in rows)
    assert NOTE not in seen.text
    # A change of a record is not the record: taking that back would void what an earlier save filed.
    assert all(("Filed wrongly?" in row[1]) == ("update" not in row[1]) for row in rows)
    assert "Nothing was filed in this visit yet." in ledger(nurse, nurse.launch("kevin-marsh")).words


def test_what_is_kept_of_a_receipt_is_ids_and_versions_alone(running: Practice, nurse: Visitor) -> None:
    today = nurse.launch("lily-tran")
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/contact"), minutes="3", note=NOTE))
    store = running.app.app.extensions["chartside"].store
    rows = [value for kind in (RECEIPT, LEDGER) for _, value in store.items(kind)]
    assert rows
    assert not any(NOTE.encode() in row or b"Tran" in row for row in rows)


@pytest.mark.requirement("client@43")
def test_what_waits_says_why_and_is_filed_with_one_press(running: Practice, nurse: Visitor) -> None:
    at = kept(running, nurse, GLORIA)
    today = nurse.get(f"/l/{at.launch_id}/today")
    assert "All that is not filed" in today.words
    seen = ledger(nurse, at)
    assert "NOT FILED: a contact, kept since" in seen.words
    assert NOTE in seen.document.get_element_by_id("text-contact").text
    filed(nurse.post(f"/l/{at.launch_id}/contact", fields_of(seen, "/contact")))
    assert [notes(each)[-1] for each in contacts_of(running, GLORIA)] == [NOTE]
    assert "Nothing waits" in ledger(nurse, at).words


def test_what_is_thrown_away_can_be_put_back_by_the_same_user_alone(
    running: Practice, nurse: Visitor
) -> None:
    at = kept(running, nurse, WALTER)
    seen = nurse.post(f"/l/{at.launch_id}/draft/contact/discard", fields_of(ledger(nurse, at), "/discard"))
    assert ("Nothing waits" in seen.words, "Thrown away" in seen.words) == (True, True)
    assert "Thrown away" not in ledger(nurse, nurse.launch(WALTER, user="assistant")).words
    assert "Thrown away" not in ledger(nurse, nurse.launch("noah-park")).words
    back = nurse.launch(WALTER)
    seen = ledger(nurse, back)
    seen = nurse.post(f"/l/{back.launch_id}/draft/contact/restore", fields_of(seen, "/restore"))
    assert ("NOT FILED: a contact" in seen.words, "Thrown away" in seen.words) == (True, False)
    assert nurse.get(f"/l/{back.launch_id}/contact").form()["note"] == [NOTE]


def test_what_is_put_back_never_covers_what_is_newer(running: Practice, nurse: Visitor) -> None:
    at = kept(running, nurse, "robin-ashby", note="The older.")
    ledger_page = ledger(nurse, at)
    thrown = nurse.post(f"/l/{at.launch_id}/draft/contact/discard", fields_of(ledger_page, "/discard"))
    restore = fields_of(thrown, "/restore")
    kept_again = kept(running, nurse, "robin-ashby", note="The newer.")
    seen = nurse.post(f"/l/{kept_again.launch_id}/draft/contact/restore", restore)
    assert "The newer." in seen.document.get_element_by_id("text-contact").text


def test_the_ledger_of_one_launch_is_not_that_of_another(running: Practice, nurse: Visitor) -> None:
    today = nurse.launch("earl-whitcomb")
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/contact"), minutes="3"))
    other = nurse.launch("noah-park")
    assert "Nothing was filed in this visit yet." in ledger(nurse, other).words
    with Visitor(running) as stranger:
        assert stranger.get(f"/l/{today.launch_id}/filed").status in (401, 403)
