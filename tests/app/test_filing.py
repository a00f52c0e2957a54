"""A form and its words are one: none is taken for another's, none is lost to another, none is offered in vain."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer
from typing import Any
from uuid import UUID

import pytest

from app.views import earlier_try
from app.views.page import chart
from mappings.identity import identifier_value, record_identifier
from samples.sandbox import sandbox_of
from tests.journeys.enrolling import AGREES, enrol, enrol_with_plan, filed, plan
from tests.journeys.steps import contacts_of, notes, ours
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"


def contact_form(visitor: Visitor, at: Seen) -> Seen:
    return visitor.get(f"/l/{at.launch_id}/contact")


def typed(running: Practice, patient: str) -> list[str]:
    return [notes(contact)[-1] for contact in contacts_of(running, patient)]


def yesterday(form: Seen) -> dict[str, str]:
    """The time of a contact on the day before, so that another of today does not overlap it."""
    day = (datetime.fromisoformat(form.form()["date"][0]) - timedelta(days=1)).date()
    return {"date": day.isoformat(), "start": "09:00", "late_reason": "The line was down."}


def timing(page: Seen) -> bool:
    return "Timing" in page.words


# Other words in a form that was filed.


def test_other_words_in_a_form_that_was_filed_are_kept_and_filed_only_when_somebody_says_so(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    filed(nurse.send(form, **yesterday(form), minutes="5", note="The morning's call."))
    seen = nurse.send(form, minutes="9", note="The afternoon's call.")
    assert seen.status == 409
    assert "was filed with other words" in seen.words
    assert seen.form()["note"] == ["The afternoon's call."]
    assert typed(running, gloria) == ["The morning's call."]
    assert "Kept and not yet filed: a contact" in nurse.get(f"/l/{seen.launch_id}/today").words
    receipt = filed(nurse.send(seen))
    assert "already filed" not in receipt.words
    assert typed(running, gloria) == ["The morning's call.", "The afternoon's call."]
    assert "not yet filed" not in nurse.get(f"/l/{seen.launch_id}/today").words


def test_other_words_are_kept_too_when_the_first_try_arrives_only_after_the_chart_was_read(
    running: Practice, nurse: Visitor, gloria: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    filed(nurse.send(form, minutes="5", note="The morning's call."))
    # The chart is read just before the first try arrives: the EHR's own look, at the save, is what finds it.
    monkeypatch.setattr(earlier_try, "filed_before", lambda *_, **__: None)
    seen = nurse.send(form, minutes="9", note="The afternoon's call.")
    assert seen.status == 409
    assert "was filed with other words" in seen.words
    assert typed(running, gloria) == ["The morning's call."]


def test_words_typed_into_a_second_tab_of_a_filed_form_are_offered_again(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    filed(nurse.send(form, **yesterday(form), minutes="5", note="In the first tab."))
    nurse.post(f"/l/{form.launch_id}/draft/contact", form.form() | {"note": "In the second tab."})
    assert "Kept and not yet filed: a contact" in nurse.get(f"/l/{form.launch_id}/today").words
    again = contact_form(nurse, form)
    assert "was filed with other words" in again.words
    assert again.form()["note"] == ["In the second tab."]
    filed(nurse.send(again, minutes="3"))
    assert typed(running, gloria) == ["In the first tab.", "In the second tab."]


def test_a_consent_changed_after_it_was_filed_is_kept_beside_the_reason_why_it_cannot_be_sent(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    form = nurse.get(f"/l/{nurse.launch(gloria).launch_id}/consent")
    filed(nurse.send(form, **AGREES))
    seen = nurse.send(form, **{**AGREES, "discussed_by": "Dr Other"})
    assert seen.status == 409
    assert "Consent is already on file" in seen.words
    assert "What you typed is kept" in seen.words
    assert len(running.held("Consent", gloria)) == 1


# Drafts that came late.


def test_typing_that_is_kept_while_its_own_save_ends_is_no_draft(nurse: Visitor, gloria: str) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    fields = form.form() | {"minutes": "5", "note": "Said once."}
    filed(nurse.post(form.url, fields))
    late = nurse.post(f"/l/{form.launch_id}/draft/contact", fields)
    assert (late.status, late.words) == (200, "Filed")
    assert "not yet filed" not in nurse.get(f"/l/{form.launch_id}/today").words


def test_a_draft_whose_records_are_in_the_chart_leads_to_its_receipt(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    fields = form.form() | {"minutes": "5", "note": "Said once."}
    filed(nurse.post(form.url, fields))
    # As after a crash between the EHR's answer and the receipt: the draft is there, and so are the records.
    services = running.app.app.extensions["chartside"]
    launch = services.launches.find(form.launch_id)
    values = {name: tuple(items) if isinstance(items, list) else (items,) for name, items in fields.items()}
    form_id = UUID(form.form()["form_id"][0])
    services.drafts.save(launch.draft_key("contact"), values, form_id, now=datetime.now(UTC))
    services.store.delete("try", str(form_id))
    assert "not yet filed" not in nurse.get(f"/l/{form.launch_id}/today").words
    assert "Filed in the chart" in contact_form(nurse, form).words
    assert services.drafts.load(launch.draft_key("contact")) is None


def test_what_could_not_be_filed_for_want_of_reading_still_says_whose_chart_this_is(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    enrol_with_plan(nurse, gloria)
    form = contact_form(nurse, nurse.launch(gloria))
    with running.line.answers("/fhir/Goal", b"{}", status="503 Busy"):
        seen = nurse.send(form, minutes="4", note="For Gloria.")
    assert (seen.status, seen.all("banner__name")) == (502, ["Gloria Inés Reyes"])
    assert "For Gloria." in seen.text
    with running.line.answers(f"/fhir/Patient/{gloria}", b"{}", status="503 Busy"):
        seen = nurse.send(form, minutes="4", note="For Gloria.")
    assert (seen.status, seen.all("banner__name")) == (502, [])


# A form's id.


def test_a_forms_id_makes_other_identifiers_for_every_patient(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    hers, his = nurse.launch(gloria), nurse.launch(WALTER)
    form_id = contact_form(nurse, hers).form()["form_id"]
    for at in (hers, his):
        filed(nurse.send(contact_form(nurse, at), form_id=form_id, minutes="4", note="One id, two patients."))
    made = [
        identifier_value(contact) for patient in (gloria, WALTER) for contact in contacts_of(running, patient)
    ]
    assert len(set(made)) == 2
    assert record_identifier(UUID(form_id[0]), "contact") not in made


@pytest.mark.requirement("client@43")
def test_a_form_sent_at_once_is_filed_once_where_the_ehr_knows_no_conditional_create(tmp_path: Path) -> None:
    with practice(tmp_path) as running, Visitor(running) as nurse:
        _without_conditional_create(running)
        form = contact_form(nurse, nurse.launch(GLORIA))
        fields = form.form() | {"minutes": "5", "note": "Pressed in a hurry."}
        with ThreadPoolExecutor(4) as presses:
            seen = list(presses.map(lambda _: nurse.post(form.url, fields).status, range(4)))
        assert seen == [200] * 4
        assert typed(running, GLORIA) == ["Pressed in a hurry."]


def _without_conditional_create(running: Practice) -> None:
    """The app learns from the metadata that creates are plain here, and so it sends plain ones."""
    statement = json.loads(sandbox_metadata(running))
    for resource in statement["rest"][0]["resource"]:
        resource["conditionalCreate"] = False
    services = running.app.app.extensions["chartside"]
    services.capabilities.get(running.settings.ehrs[0].iss, lambda: statement)


def sandbox_metadata(running: Practice) -> bytes:
    return running.ehr.app.test_client().get("/fhir/metadata").data


@pytest.mark.requirement("client@45")
def test_a_save_whose_token_is_renewed_for_another_patient_files_nothing_and_keeps_what_was_typed(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    launches = running.app.app.extensions["chartside"].launches
    launch = launches.find(form.launch_id)
    launches.change(replace(launch, grant=replace(launch.grant, expires_at=0.0)))
    walters = {"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "patient": WALTER}
    before, posted = running.versions(), running.line.count("POST", "/fhir")
    with running.line.answers("/oauth/token", json.dumps(walters).encode(), method="POST"):
        seen = nurse.send(form, minutes="5", note="Gloria's.")
    assert (seen.status, "Wrong patient: nothing was done" in seen.words) == (409, True)
    assert "What you typed is kept" in seen.words
    assert running.versions() == before
    assert running.line.count("POST", "/fhir") == posted


@pytest.mark.requirement("client@42")
def test_a_plan_changed_by_somebody_else_meanwhile_keeps_the_entry_and_the_next_press_files_it(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol(nurse, gloria)
    form = nurse.get(f"/l/{today.launch_id}/care-plan")
    conflict = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "conflict"}]}
    said = json.dumps(conflict).encode()
    with running.line.answers("/fhir", said, method="POST", status="412 Precondition Failed"):
        seen = nurse.send(form, **plan())
    assert (seen.status, seen.form()["goal_words"]) == (502, ["Walk to church and back"])
    assert "Somebody changed this record in the EHR after you opened it" in seen.words
    (drafted,) = running.held("CarePlan", gloria)
    sandbox_of(running.ehr.app).store.update({**drafted, "note": [{"text": "Written by somebody else."}]})
    conflict = nurse.send(seen)
    assert (conflict.status, "Written by somebody else." in conflict.words) == (409, True)
    assert running.held("CarePlan", gloria)[0]["status"] == "draft"
    filed(nurse.send(conflict, settle__way="mine"))
    (opened,) = running.held("CarePlan", gloria)
    assert (opened["status"], opened["note"][0]["text"]) == ("active", "Written by somebody else.")
    assert len(running.held("Goal", gloria)) == 1


def test_a_save_waits_for_an_ehr_that_is_slow(
    running: Practice, nurse: Visitor, gloria: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(chart.__kwdefaults__, "deadline", 0.1)
    enrol_with_plan(nurse, gloria)
    form = contact_form(nurse, nurse.launch(gloria))
    with running.line.holds("/fhir/Goal") as free:
        waking = Timer(0.8, free.set)
        waking.start()
        filed(nurse.send(form, minutes="5", note="In no hurry."))
        waking.join()
    assert typed(running, gloria) == ["In no hurry."]


def test_goals_that_could_not_be_read_are_not_silently_missing_from_the_form(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    enrol_with_plan(nurse, gloria)
    today = nurse.launch(gloria)
    assert "could not be seen" not in contact_form(nurse, today).words
    with running.line.answers("/fhir/Goal", b"{}", status="503 Busy"):
        form = contact_form(nurse, today)
    assert "The goals of this patient could not be seen, so nothing is changed in the dark." in form.words


# The clock.


def test_a_second_press_of_an_old_form_leaves_the_next_calls_clock_running(
    nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    filed(nurse.send(form, minutes="5", note="Said once."))
    nurse.post(f"/l/{form.launch_id}/timer", form.form() | {"action": "start"})
    assert timing(filed(nurse.send(form, minutes="5", note="Said once.")))


def test_yesterdays_contact_documented_during_a_call_leaves_the_clock_running(
    nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    nurse.post(f"/l/{form.launch_id}/timer", form.form() | {"action": "start"})
    receipt = filed(nurse.send(form, **yesterday(form), minutes="5", note="From yesterday."))
    assert timing(receipt)
    assert not timing(filed(nurse.send(contact_form(nurse, form), minutes="1", note="The call itself.")))


# What the EHR would not take is not offered.


@pytest.mark.requirement("client@12", "client@41")
def test_who_may_only_read_is_told_so_before_typing(running: Practice, nurse: Visitor, gloria: str) -> None:
    today = nurse.launch(gloria, user="manager")
    assert (
        "This launch may read, but not file: contacts and tasks, care plans, goals and consent."
        in today.words
    )
    for page in ("contact", "consent"):
        seen = nurse.get(f"/l/{today.launch_id}/{page}")
        assert "Your EHR account may not write" in seen.words
        assert "It becomes text that you paste into the chart." in seen.words
        assert "Save to chart" not in seen.words


@pytest.mark.requirement("client@12")
def test_who_may_write_tasks_alone_documents_contacts_and_is_not_asked_for_goals(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    enrol_with_plan(nurse, gloria)
    today = nurse.launch(gloria, user="assistant")
    assert today.document.xpath(
        "//*[contains(@class, 'action-bar')]//a[contains(@class, 'usa-button')]/text()"
    ) == ["Document contact"]
    assert "Close the plan" not in today.words
    form = contact_form(nurse, today)
    assert "Your EHR account may not write goals from Chartside." in form.words
    assert not [name for name in form.form() if name.startswith(("progress.", "importance."))]
    filed(nurse.send(form, minutes="4", note="Reminded her of the visit."))
    assert typed(running, gloria) == ["Reminded her of the visit."]


def test_a_lapsed_consent_that_the_user_may_not_close_stops_no_note(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    enrol(nurse, gloria)
    (consent,) = running.held("Consent", gloria)
    _lapse(running, consent)
    form = contact_form(nurse, nurse.launch(gloria, user="assistant"))
    filed(nurse.send(form, minutes="4", note="She asked for a ride."))
    assert typed(running, gloria) == ["She asked for a ride."]
    (consent,) = running.held("Consent", gloria)
    assert consent["status"] == "active"
    form = contact_form(nurse, nurse.launch(gloria))
    filed(nurse.send(form, minutes="4", note="And for a second one."))
    (consent,) = running.held("Consent", gloria)
    assert consent["status"] == "inactive"


def _lapse(running: Practice, consent: dict[str, Any]) -> None:
    assert ours(consent)
    ended = (datetime.now(UTC) - timedelta(days=3)).date()
    begun = (ended - timedelta(days=30)).isoformat()
    period = {"start": begun, "end": ended.isoformat()}
    changed = {**consent, "dateTime": begun, "provision": {**consent["provision"], "period": period}}
    sandbox_of(running.ehr.app).store.update(changed)
