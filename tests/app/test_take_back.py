"""What was filed wrongly is marked in the EHR with who, when and why, and counts nowhere any more."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fhir_profiles.validator import validate
from mappings import take_back
from samples.sandbox import sandbox_of
from tests.journeys.enrolling import AGREES, enrol, enrol_with_plan, filed, in_days, plan
from tests.journeys.steps import contacts_of, kind, notes, ours
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

WALTER = "walter-boone"


def documented(nurse: Visitor, today: Seen, minutes: str = "12") -> Seen:
    form = nurse.get(f"/l/{today.launch_id}/contact")
    return filed(nurse.send(form, minutes=minutes, note="Meant for somebody else."))


def page_of(nurse: Visitor, at: Seen, reference: str) -> Seen:
    return nurse.get(f"/l/{at.launch_id}/take-back/{reference}")


def marked(seen: Seen) -> Seen:
    assert (seen.status, "Marked as filed wrongly" in seen.words) == (200, True), seen.words
    return seen


@pytest.mark.requirement("client@42", "client@44")
def test_a_contact_is_marked_with_who_when_and_why_and_its_minutes_are_gone(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/consent"), **AGREES, date=in_days(-1)))
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/care-plan"), **plan()))
    running.clock.ahead += 60
    documented(nurse, today)
    assert "12 of 20 min" in nurse.get(today.url).words
    (contact,) = contacts_of(running, gloria)
    form = page_of(nurse, today, f"Task/{contact['id']}")
    receipt = marked(nurse.send(form, reason="wrong-content", words="It was 2 minutes"))
    assert f"Task/{contact['id']}" in receipt.words
    (held,) = contacts_of(running, gloria)
    assert (held["status"], held["statusReason"]["text"]) == (
        "entered-in-error",
        "Wrong content: It was 2 minutes",
    )
    assert notes(held)[-1] == "Filed wrongly, not to be used. Wrong content: It was 2 minutes"
    for said in ("Filed wrongly: not to be used", "Dana Whitfield", "Meant for somebody else."):
        assert said in held["text"]["div"]
    assert validate(held) == ()
    seen = nurse.get(today.url)
    assert ("0 of 20 min" in seen.words, "Meant for somebody else." in seen.words) == (True, False)
    assert [t["status"] for t in running.held("Task", gloria) if kind(t) == "to-do"].count(
        "entered-in-error"
    ) == 1


def test_what_was_filed_with_a_contact_stays_where_its_tick_is_taken_away(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    documented(nurse, today)
    (contact,) = contacts_of(running, gloria)
    marked(nurse.send(page_of(nurse, today, f"Task/{contact['id']}"), reason="duplicate", also=[]))
    assert [t["status"] for t in running.held("Task", gloria) if kind(t) == "to-do"] == ["requested"]


@pytest.mark.parametrize("resource_type", ["Goal", "CarePlan", "Consent"])
def test_each_kind_of_record_can_be_taken_back_and_today_follows(
    running: Practice, nurse: Visitor, gloria: str, resource_type: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    (record,) = [each for each in running.held(resource_type, gloria) if ours(each)]
    form = page_of(nurse, today, f"{resource_type}/{record['id']}")
    marked(nurse.send(form, reason="other", words="Said by her sister"))
    (held,) = [each for each in running.held(resource_type, gloria) if ours(each)]
    assert held[take_back.STATUS[resource_type]] == "entered-in-error"
    assert "Said by her sister" in held["text"]["div"]
    assert validate(held) == ()
    seen = nurse.get(today.url)
    gone = {"Goal": "Walks 20 minutes", "CarePlan": "What matters most:", "Consent": "Consent 2"}
    assert gone[resource_type] not in seen.words


def test_a_consent_takes_its_draft_plan_and_its_step_along(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol(nurse, gloria)
    (consent,) = running.held("Consent", gloria)
    marked(nurse.send(page_of(nurse, today, f"Consent/{consent['id']}"), reason="wrong-patient"))
    assert {
        each["status"] for kind in ("Consent", "CarePlan", "Task") for each in running.held(kind, gloria)
    } == {"entered-in-error"}
    seen = nurse.get(today.url)
    assert ("Not enrolled" in seen.words, "Record consent" in seen.words) == (True, True)
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/consent"), **AGREES))


@pytest.mark.requirement("client@45")
def test_nothing_of_another_patient_and_nothing_of_another_author_can_be_taken_back(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    walters = nurse.launch(WALTER)
    documented(nurse, walters)
    (contact,) = contacts_of(running, WALTER)
    glorias = nurse.launch(gloria)
    form = page_of(nurse, walters, f"Task/{contact['id']}")
    before = running.versions()
    there = f"/l/{glorias.launch_id}/take-back/Task/{contact['id']}"
    assert page_of(nurse, glorias, f"Task/{contact['id']}").status == 404
    assert nurse.post(there, form.form() | {"reason": "duplicate"}).status == 409
    assert nurse.post(there, form.form() | {"reason": "duplicate", "patient": gloria}).status == 404
    (problem, *_) = running.held("Condition", gloria)
    assert page_of(nurse, glorias, f"Condition/{problem['id']}").status == 404
    assert running.versions() == before


@pytest.mark.requirement("client@45")
def test_what_the_ehr_itself_holds_of_other_authors_is_never_taken_back(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    store = sandbox_of(running.ehr.app).store
    about = {"reference": f"Patient/{gloria}"}
    others = [
        {"resourceType": "Task", "status": "requested", "intent": "order", "for": about},
        {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": about},
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "LDL under 70"},
            "subject": about,
        },
        {
            "resourceType": "Consent",
            "status": "active",
            "scope": {"text": "Treatment"},
            "category": [{"text": "Consent"}],
            "policyRule": {"text": "By the front desk"},
            "patient": about,
        },
    ]
    places = [f"{each['resourceType']}/{store.create(each)['id']}" for each in others]
    today = nurse.launch(gloria)
    documented(nurse, today)
    (contact,) = contacts_of(running, gloria)
    form = page_of(nurse, today, f"Task/{contact['id']}").form() | {"reason": "duplicate", "also": places}
    before = running.versions()
    for place in places:
        assert page_of(nurse, today, place).status == 404
        assert nurse.post(f"/l/{today.launch_id}/take-back/{place}", form).status == 404
    assert running.versions() == before
    # What is ticked without having been offered is left alone as well.
    marked(nurse.post(f"/l/{today.launch_id}/take-back/Task/{contact['id']}", form))
    for place in places:
        held = store.read(*place.split("/"))
        assert held is not None
        assert held["meta"]["versionId"] == "1"


def test_what_a_colleague_filed_with_chartside_is_marked_in_the_name_of_who_marks_it(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    documented(nurse, nurse.launch(gloria))
    (contact,) = contacts_of(running, gloria)
    with Visitor(running) as colleague:
        today = colleague.launch(gloria, user="physician")
        marked(colleague.send(page_of(colleague, today, f"Task/{contact['id']}"), reason="duplicate"))
    (held,) = contacts_of(running, gloria)
    assert "Luis Alvarez" in held["text"]["div"]
    assert held["note"][-1]["authorReference"]["reference"] == "Practitioner/physician"
    assert "Dana Whitfield" in held["owner"]["display"]


def test_two_tabs_that_press_at_once_mark_it_once(running: Practice, nurse: Visitor, gloria: str) -> None:
    today = nurse.launch(gloria)
    documented(nurse, today)
    (contact,) = contacts_of(running, gloria)
    form = page_of(nurse, today, f"Task/{contact['id']}")
    with ThreadPoolExecutor(2) as presses:
        seen = list(presses.map(lambda _: nurse.send(form, reason="duplicate"), range(2)))
    assert [each.status for each in seen] == [200, 200]
    assert sorted("counts nowhere any more" in each.words for each in seen) == [False, True]
    (held,) = contacts_of(running, gloria)
    assert held["meta"]["versionId"] == "2"
    assert sum(note.startswith("Filed wrongly") for note in notes(held)) == 1


def test_what_is_taken_back_is_never_listed_or_answered_as_if_it_stood(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    receipt = filed(nurse.send(form, minutes="12", note="Meant for somebody else."))
    (contact,) = contacts_of(running, gloria)
    listed = nurse.get(f"/l/{today.launch_id}/filed")
    assert f"/take-back/Task/{contact['id']}" in listed.text
    marked(nurse.send(page_of(nurse, today, f"Task/{contact['id']}"), reason="wrong-patient"))
    for seen in (nurse.get(f"/l/{today.launch_id}/filed"), nurse.get(receipt.url)):
        assert f"/take-back/Task/{contact['id']}" not in seen.text
        assert "Marked as filed wrongly" in seen.words
    # Back in the browser, and the very same form pressed once more.
    again = nurse.send(form, minutes="12", note="Meant for somebody else.")
    assert "was marked as filed wrongly since. Nothing was filed now" in again.words, again.words
    assert [each["status"] for each in contacts_of(running, gloria)] == ["entered-in-error"]


def test_a_task_that_the_contact_closed_stays_closed_where_its_tick_is_taken_away(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    running.clock.ahead += 2
    form = nurse.get(f"/l/{today.launch_id}/contact")
    filed(nurse.send(form, minutes="5", answers=form.document.xpath("//input[@name='answers']/@value")))
    (contact,) = contacts_of(running, gloria)
    page = page_of(nurse, today, f"Task/{contact['id']}")
    assert "Task: Call about the first walk: Done in the contact of" in page.words
    marked(nurse.send(page, reason="wrong-content", reopen=[]))
    statuses = {
        each["description"]: each["status"] for each in running.held("Task", gloria) if kind(each) == "to-do"
    }
    assert statuses["Call about the first walk"] == "completed"
    # It is still offered, and nothing is ticked before a person does it.
    again = page_of(nurse, today, f"Task/{contact['id']}")
    assert "What is named below still counts." in again.words
    assert again.document.xpath("//input[@type='checkbox'][@checked]") == []


def test_today_leads_to_everything_of_ours_whichever_visit_filed_it_and_to_nothing_of_others(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    enrol_with_plan(nurse, gloria)
    documented(nurse, nurse.launch(gloria))
    about = {"reference": f"Patient/{gloria}"}
    others = sandbox_of(running.ehr.app).store.create(
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "LDL under 70"},
            "subject": about,
        }
    )
    today = nurse.launch(gloria)
    links = today.document.xpath("//a[starts-with(@aria-label, 'Filed wrongly?')]")
    called = {link.get("aria-label").removeprefix("Filed wrongly? ").partition(" ")[0] for link in links}
    assert called == {"Contact", "Goal:", "Task:", "Care", "Consent"}
    assert others["id"] not in today.text.replace(f"progress.{others['id']}", "")
    for link in links:
        assert nurse.get(link.get("href")).status == 200


def test_a_reason_is_asked_for(running: Practice, nurse: Visitor, gloria: str) -> None:
    today = nurse.launch(gloria)
    documented(nurse, today)
    (contact,) = contacts_of(running, gloria)
    before = running.versions()
    seen = nurse.send(page_of(nurse, today, f"Task/{contact['id']}"))
    assert (seen.status, "Choose why this is taken back." in seen.words) == (422, True)
    seen = nurse.send(seen, reason="other")
    assert "Write the reason in a few words." in seen.words
    assert running.versions() == before


@pytest.mark.requirement("client@42")
def test_what_somebody_changed_meanwhile_is_looked_at_again_first(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    documented(nurse, today)
    (contact,) = contacts_of(running, gloria)
    form = page_of(nurse, today, f"Task/{contact['id']}")
    sandbox_of(running.ehr.app).store.update({**contact, "note": [*contact["note"], {"text": "Checked."}]})
    seen = nurse.send(form, reason="duplicate")
    assert (seen.status, "was changed in the EHR after you opened this page" in seen.words) == (409, True)
    assert contacts_of(running, gloria)[0]["status"] == "completed"
    marked(nurse.send(seen, reason="duplicate"))
    assert "Checked." in notes(contacts_of(running, gloria)[0])


@pytest.mark.requirement("client@41", "client@43")
def test_where_the_ehr_does_not_take_it_the_correction_is_words_to_copy(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    documented(nurse, today)
    (contact,) = contacts_of(running, gloria)
    form = page_of(nurse, today, f"Task/{contact['id']}")
    with running.line.answers("/fhir", json.dumps({}).encode(), method="POST", status="503 Busy"):
        seen = nurse.send(form, reason="wrong-patient")
    assert (seen.status, "NOT FILED." in seen.words) == (502, True)
    text = seen.document.get_element_by_id("as-text").text
    assert all(each in text for each in ("CORRECTION", "Gloria", "Wrong patient", "Signed: Dana Whitfield"))
    receipt = marked(nurse.send(seen, reason="wrong-patient"))
    assert "open the chart of the patient you meant" in receipt.words
    assert "counts nowhere any more" in page_of(nurse, today, f"Task/{contact['id']}").words


def test_who_may_not_change_records_gets_the_words(running: Practice, nurse: Visitor, gloria: str) -> None:
    documented(nurse, nurse.launch(gloria))
    (contact,) = contacts_of(running, gloria)
    reader = nurse.launch(gloria, user="manager")
    form = page_of(nurse, reader, f"Task/{contact['id']}")
    assert "Chartside words the correction for you" in form.words
    before = running.versions()
    seen = nurse.send(form, reason="duplicate")
    assert "CORRECTION" in seen.document.get_element_by_id("as-text").text
    assert running.versions() == before


def test_hostile_words_of_a_reason_stay_words(running: Practice, nurse: Visitor, gloria: str) -> None:
    today = nurse.launch(gloria)
    documented(nurse, today)
    (contact,) = contacts_of(running, gloria)
    words: Any = "</div><script>alert(1)</script>"
    marked(nurse.send(page_of(nurse, today, f"Task/{contact['id']}"), reason="other", words=words))
    (held,) = contacts_of(running, gloria)
    assert "<script" not in held["text"]["div"]
    assert validate(held) == ()
