"""The contact form over HTTP: what one press files, what a button draws, and that nothing typed is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contact_details import TAUGHT_PREFIX
from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.steps import contacts_of, notes
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice


def contact_form(nurse: Visitor, at: Seen, **asked: str) -> Seen:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return nurse.get(f"/l/{at.launch_id}/contact?{query}")


def outputs(task: dict[str, Any]) -> dict[str, Any]:
    return {
        each["type"]["coding"][0]["code"]: next(value for name, value in each.items() if name != "type")
        for each in task["output"]
    }


def pressed(nurse: Visitor, form: Seen, button: str, **typed: str) -> Seen:
    """One of the form's own buttons, with the form as it stands."""
    return nurse.post(form.url, form.form() | {"one_tap": button, **typed})


def drawn(nurse: Visitor, form: Seen, part: str, **typed: str) -> Seen:
    """The button that draws a part into the form."""
    return nurse.post(f"/l/{form.launch_id}/contact/form", form.form() | {"draw": part, **typed})


@pytest.mark.requirement("domain@105", "domain@113")
def test_one_save_files_the_contact_the_goals_progress_the_next_task_and_the_note(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    form = contact_form(nurse, today)
    (goal,) = running.held("Goal", gloria)
    more = {f"progress.{goal['id']}": "better", f"{TAUGHT_PREFIX}medicines": "yes", "barriers": ["pain"]}
    receipt = filed(nurse.post(form.url, form.form() | {"minutes": "12", "note": "Walks daily."} | more))
    assert receipt.words.count("The EHR kept all of it") == 1
    (task,) = contacts_of(running, gloria)
    (plan,) = running.held("CarePlan", gloria)
    # The agreed place: one kind of record with fixed categories, below the plan.
    assert task["code"]["coding"][0]["code"] == "contact"
    assert task["basedOn"][0]["reference"] == f"CarePlan/{plan['id']}"
    told = outputs(task)
    assert (told["minutes"], told["barrier"]["text"], told["teach-back"]["text"]) == (
        *(12, "Pain"),
        "Medicines: yes",
    )
    for words in ("Walks daily.", "Barriers", "Pain", "Medicines: yes", "Clinical staff"):
        assert words in task["text"]["div"], words
    assert notes(task)[-1] == "Walks daily."
    (goal,) = running.held("Goal", gloria)
    assert goal["achievementStatus"]["coding"][0]["code"] == "improving"
    due = {
        each["description"]: each for each in running.held("Task", gloria) if each["status"] == "requested"
    }
    assert "Phone contact" in due
    # Read back, it is what the next contact opens on.
    again = contact_form(nurse, today)
    assert "Last time: today · Phone · Talked · 12 min" in again.words
    for words in ("Walks daily.", "Barriers: Pain", "Promised:", "Phone contact"):
        assert words in again.all("script")[0]
    # On one page with it: the goals to be asked about, the medicines, the problems.
    assert again.count_of("problems") == 5
    assert "Walk to church and back" in again.words


def test_one_press_files_a_try_that_is_counted_and_can_be_taken_back(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    receipt = filed(pressed(nurse, form, "no-answer", note="Rang twice."))
    (task,) = contacts_of(running, gloria)
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == ("failed", "no-answer")
    assert outputs(task)["minutes"] == 1
    (to_do,) = [each for each in running.held("Task", gloria) if each["status"] == "requested"]
    assert to_do["restriction"]["period"]["end"] == form.form()["next_try"][0]
    assert "Not reached yet: no answer" in contact_form(nurse, receipt).words
    ways = receipt.document.xpath("//a/@href")
    wrong = nurse.get(next(way for way in ways if task["id"] in way))
    nurse.post(wrong.url, wrong.form() | {"reason": "other", "words": "Wrong button"})
    assert contacts_of(running, gloria)[0]["status"] == "entered-in-error"
    assert "Not reached yet" not in contact_form(nurse, receipt).words


def test_a_press_that_could_not_be_filed_is_still_that_press(nurse: Visitor, gloria: str) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    refused = pressed(nurse, form, "left-message", minutes="-4", note="Twice.")
    assert refused.status == 422
    assert (refused.form()["result"], refused.form()["note"]) == (["left-message"], ["Twice."])
    # And so it is when the form is opened again.
    kept = contact_form(nurse, form)
    assert (kept.form()["result"], kept.form()["note"]) == (["left-message"], ["Twice."])


@pytest.mark.requirement("domain@112")
def test_a_part_is_drawn_with_everything_typed_kept_and_nothing_filed(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    form = contact_form(nurse, nurse.launch(gloria))
    wider = drawn(nurse, form, "template=diabetes", note="Talking still", minutes="7", issue="Feet")
    assert wider.status == 200
    assert contacts_of(running, gloria) == []
    values = wider.form()
    assert (values["template"], values["note"], values["minutes"], values["issue"]) == (
        *(["diabetes"], ["Talking still"], ["7"]),
        ["Feet"],
    )
    assert values["form_id"] == form.form()["form_id"]
    # A reload, a crash, another tab: the form is where it was.
    again = nurse.get(f"/l/{form.launch_id}/contact/form")
    assert (again.form()["template"], again.form()["note"]) == (["diabetes"], ["Talking still"])
    smaller = drawn(nurse, again, "template=")
    assert "template" not in smaller.form()
    assert smaller.form()["note"] == ["Talking still"]
    assert drawn(nurse, smaller, "template=astrology").form()["note"] == ["Talking still"]
    filed(nurse.post(form.url, smaller.form() | {"minutes": "7"}))
    assert notes(contacts_of(running, gloria)[0])[-1] == "Talking still"


def test_an_address_opens_the_form_with_a_part_also_over_a_draft(nurse: Visitor, gloria: str) -> None:
    today = nurse.launch(gloria)
    form = contact_form(nurse, today, template="diabetes")
    assert form.form()["template"] == ["diabetes"]
    nurse.post(f"/l/{today.launch_id}/draft/contact", contact_form(nurse, today).form() | {"note": "Begun."})
    over = contact_form(nurse, today, template="diabetes")
    assert (over.form()["template"], over.form()["note"]) == (["diabetes"], ["Begun."])


def test_the_same_minutes_are_not_documented_twice_by_one_person(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    filed(nurse.send(contact_form(nurse, today), minutes="5", note="The call."))
    refused = nurse.send(contact_form(nurse, today), minutes="5", note="The same call.")
    assert refused.status == 422
    assert "Of this time you have documented a contact already: today," in refused.words
    assert refused.form()["note"] == ["The same call."]
    # The physician was with the patient at that time too: two people, so it is said and not refused.
    with Visitor(running) as physician:
        filed(
            physician.send(contact_form(physician, physician.launch(gloria, user="physician")), minutes="5")
        )
    assert len(contacts_of(running, gloria)) == 2


def test_whose_time_it_is_follows_the_users_preference(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    preferences = nurse.get(f"/l/{today.launch_id}/preferences")
    nurse.post(preferences.url, preferences.form() | {"staff_kind": "other-staff"})
    assert contact_form(nurse, today).form()["staff"] == ["other-staff"]
    note = nurse.get(f"/l/{today.launch_id}/quick-note")
    filed(nurse.send(note, note="She is out of strips."))
    (task,) = contacts_of(running, gloria)
    assert outputs(task)["staff"]["text"] == "Other staff"
    assert outputs(task)["activity"]["text"] == "Coordination with others"
    nurse.post(preferences.url, preferences.form() | {"staff_kind": "clinical-staff"})


def test_a_clock_set_by_hand_needs_a_reason_which_the_contact_bears(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    page = f"/l/{today.launch_id}/timer"
    frame = today.form_frame()
    assert nurse.get(f"{page}/edit").url.endswith("/today")
    begun = nurse.post(page, frame | {"action": "start"})
    (way,) = begun.document.xpath("//*[@id='timer']//a[text()='Edit']/@href")
    edit = nurse.get(way)
    refused = nurse.post(edit.url, edit.form() | {"minutes": "12"})
    assert (refused.status, "Say why the time is set by hand." in refused.words) == (422, True)
    assert refused.form()["minutes"] == ["12"]
    form = nurse.post(edit.url, edit.form() | {"minutes": "12", "reason": "Began before I pressed start"})
    assert form.form()["minutes"] == ["12"]
    filed(nurse.send(form))
    (task,) = contacts_of(running, gloria)
    told = "Began before I pressed start (timer set from 0 to 12 min)"
    assert (outputs(task)["minutes"], outputs(task)["minutes-reason"]) == (12, told)
    assert "Timing" not in nurse.get(f"/l/{today.launch_id}/today").words
