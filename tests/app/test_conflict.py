"""A record that somebody else changed meanwhile: both versions are shown, and what is chosen is what the EHR keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.ehr.validity import made_by_us
from fhir_profiles.validator import validate
from samples.sandbox import sandbox_of
from tests.journeys.enrolling import AGREES, enrol, enrol_with_plan, filed
from tests.journeys.steps import contacts_of, notes, ours
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

ACHIEVEMENT = "http://terminology.hl7.org/CodeSystem/goal-achievement"


def goal_of(running: Practice, patient: str) -> dict[str, Any]:
    (goal,) = [goal for goal in running.held("Goal", patient) if ours(goal)]
    return goal


def change(running: Practice, resource: dict[str, Any], **elements: Any) -> None:
    """Somebody else's change of a record in the EHR."""
    sandbox_of(running.ehr.app).store.update({**resource, **elements})


def worse() -> dict[str, Any]:
    return {
        "achievementStatus": {"coding": [{"system": ACHIEVEMENT, "code": "worsening"}], "text": "worse"},
        "statusDate": "2026-11-20",
    }


def in_conflict(running: Practice, nurse: Visitor, patient: str, **theirs: Any) -> Seen:
    """A contact that says "better" about a goal which somebody else changed after the form was opened."""
    today = enrol_with_plan(nurse, patient)
    goal = goal_of(running, patient)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    change(running, goal, **(theirs or worse()))
    said = {f"progress.{goal['id']}": "better", "minutes": "6", "note": "She walks again."}
    screen = nurse.post(form.url, form.form() | said)
    assert screen.status == 409, screen.words
    return screen


def achieved(running: Practice, patient: str) -> str:
    text: str = goal_of(running, patient)["achievementStatus"]["text"]
    return text


@pytest.mark.requirement("client@42")
def test_both_versions_are_shown_in_words_and_nothing_is_filed(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    screen = in_conflict(running, nurse, gloria)
    assert "Somebody changed this meanwhile" in screen.words
    assert "Goal: Walks 20 minutes on five days a week" in screen.words
    assert screen.all("conflict__side") == [
        "In the chart now changed worse (20 Nov 2026)",
        next(each for each in screen.all("conflict__side") if each.startswith("Yours better")),
    ]
    assert "worsening" not in screen.words
    assert (contacts_of(running, gloria), achieved(running, gloria)) == ([], "worse")


@pytest.mark.requirement("client@42")
@pytest.mark.parametrize(
    ("way", "picked", "kept"),
    [
        ("theirs", {}, "worse"),
        ("mine", {}, "better"),
        ("merge", "mine", "better"),
        ("merge", "theirs", "worse"),
    ],
)
def test_what_is_chosen_is_what_the_ehr_keeps_and_the_note_is_filed_each_time(
    running: Practice, nurse: Visitor, gloria: str, way: str, picked: Any, kept: str
) -> None:
    screen = in_conflict(running, nurse, gloria)
    fields: dict[str, Any] = screen.form() | {"settle.way": way}
    if picked:
        fields[f"settle.field.Goal/{goal_of(running, gloria)['id']}.progress"] = picked
    filed(nurse.post(screen.url, fields))
    assert achieved(running, gloria) == kept
    assert any("Progress: better" in note for note in notes(goal_of(running, gloria))) == (kept == "better")
    assert [notes(each)[-1] for each in contacts_of(running, gloria)] == ["She walks again."]
    assert "not yet filed" not in nurse.get(f"/l/{screen.launch_id}/today").words


def test_what_they_changed_beside_it_stays_theirs(running: Practice, nurse: Visitor, gloria: str) -> None:
    screen = in_conflict(
        running, nurse, gloria, description={"text": "Walks 30 minutes"}, note=[{"text": "By the EHR."}]
    )
    assert "You leave this as it is." in screen.words
    filed(nurse.send(screen, settle__way="mine"))
    goal = goal_of(running, gloria)
    assert (goal["description"]["text"], achieved(running, gloria)) == ("Walks 30 minutes", "better")
    assert notes(goal)[0] == "By the EHR."
    assert "Walks 30 minutes" in goal["text"]["div"]


def test_a_field_about_which_nothing_was_chosen_stays_theirs(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    filed(nurse.send(in_conflict(running, nurse, gloria), settle__way="merge"))
    assert achieved(running, gloria) == "worse"


@pytest.mark.requirement("client@42")
def test_a_second_change_meanwhile_comes_back_to_the_screen(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    screen = in_conflict(running, nurse, gloria)
    change(running, goal_of(running, gloria), statusDate="2026-11-21")
    again = nurse.send(screen, settle__way="mine")
    assert (again.status, "21 Nov 2026" in again.words) == (409, True)
    assert achieved(running, gloria) == "worse"
    filed(nurse.send(again, settle__way="mine"))
    assert achieved(running, gloria) == "better"


@pytest.mark.requirement("client@42")
def test_a_change_between_reading_and_writing_comes_to_the_screen_too(
    running: Practice, nurse: Visitor, gloria: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.views import filing

    today = enrol_with_plan(nurse, gloria)
    goal = goal_of(running, gloria)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    save = filing.save

    def late(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(filing, "save", save)
        change(running, goal, **worse())
        return save(*given, **more)

    monkeypatch.setattr(filing, "save", late)
    screen = nurse.post(form.url, form.form() | {f"progress.{goal['id']}": "better", "minutes": "6"})
    assert (screen.status, achieved(running, gloria)) == (409, "worse")
    filed(nurse.send(screen, settle__way="mine"))
    assert achieved(running, gloria) == "better"


def test_a_newer_version_that_says_the_same_asks_nobody(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    goal = goal_of(running, gloria)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    change(running, goal)
    filed(nurse.post(form.url, form.form() | {f"progress.{goal['id']}": "better", "minutes": "6"}))
    assert achieved(running, gloria) == "better"


@pytest.mark.requirement("client@42")
def test_a_goal_that_the_ehr_renumbered_is_known_by_our_identifier(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    goal = goal_of(running, gloria)
    form = nurse.get(f"/l/{today.launch_id}/contact")
    store = sandbox_of(running.ehr.app).store
    # As OpenEMR does at a write: the record is there under another id, and the old id is gone from the chart.
    store.update({**goal, "subject": {"reference": "Patient/walter-boone"}, "identifier": []})
    store.create({key: value for key, value in goal.items() if key != "id"})
    fields = form.form() | {f"progress.{goal['id']}": "better", "minutes": "6"}
    filed(nurse.post(form.url, fields))
    renumbered = goal_of(running, gloria)
    assert renumbered["id"] != goal["id"]
    assert achieved(running, gloria) == "better"


def test_leaving_theirs_where_it_is_all_that_was_typed_files_nothing(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    from tests.journeys.enrolling import plan

    today = enrol(nurse, gloria)
    form = nurse.get(f"/l/{today.launch_id}/care-plan")
    (drafted,) = running.held("CarePlan", gloria)
    change(running, drafted, description="Her garden")
    screen = nurse.send(form, **plan())
    assert (screen.status, "Her garden" in screen.words) == (409, True)
    before = running.versions()
    today = nurse.send(screen, settle__way="theirs")
    assert today.url.endswith("/today")
    assert running.versions() == before
    assert "not yet filed" not in today.words


@pytest.mark.requirement("client@42")
def test_a_task_added_after_the_close_form_was_opened_is_not_called_off_unseen(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    form = nurse.get(f"/l/{today.launch_id}/care-plan/close")
    contact = nurse.get(f"/l/{today.launch_id}/contact")
    fields = contact.form() | {"answers": [], "minutes": "4", "next_date": "2027-01-15"}
    filed(nurse.post(contact.url, fields))
    goal = goal_of(running, gloria)
    ended = {"outcome": "graduated", "reason": "goals-met", f"final__{goal['id']}": "met"}
    screen = nurse.send(form, **ended)
    assert "This was added in the EHR after you opened the form." in screen.words
    filed(nurse.send(screen, settle__way="theirs"))
    (plan,) = running.held("CarePlan", gloria)
    added = [task for task in running.held("Task", gloria) if task["status"] == "requested"]
    assert plan["status"] == "completed"
    assert len(added) == 1


def test_of_two_who_record_consent_at_once_the_second_is_told(running: Practice, gloria: str) -> None:
    with Visitor(running) as first, Visitor(running) as second:
        forms = [
            (each, each.get(f"/l/{each.launch(gloria, user=user).launch_id}/consent"))
            for each, user in ((first, "nurse"), (second, "nurse"))
        ]
        with ThreadPoolExecutor(2) as presses:
            seen = list(presses.map(lambda pair: pair[0].send(pair[1], **AGREES), forms))
    assert sorted(each.status for each in seen) == [200, 409]
    assert any("Consent is already on file" in each.words for each in seen)
    assert len(running.held("Consent", gloria)) == 1


@pytest.mark.requirement("client@60")
def test_what_hostile_hands_wrote_into_a_record_is_shown_as_words(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    screen = in_conflict(running, nurse, gloria, description={"text": "<img src=x onerror=alert(1)>"})
    assert "<img src=x" not in screen.text
    assert "<img src=x onerror=alert(1)>" in screen.words


def test_who_changed_it_is_said_only_where_a_note_that_came_with_it_tells(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    assert "The EHR does not say by whom." in in_conflict(running, nurse, gloria).words


# What others made of a record of ours.


def test_an_entry_of_ours_that_was_edited_into_something_invalid_stops_no_save_and_is_kept(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol_with_plan(nurse, gloria)
    goal = goal_of(running, gloria)
    change(running, goal, startDate="2026-11-01", target=[{"measure": {"text": "Steps"}}])
    assert [problem.rule for problem in validate(goal_of(running, gloria))]
    form = nurse.get(f"/l/{today.launch_id}/contact")
    filed(nurse.post(form.url, form.form() | {f"progress.{goal['id']}": "better", "minutes": "6"}))
    assert achieved(running, gloria) == "better"
    assert goal_of(running, gloria)["target"] == [{"measure": {"text": "Steps"}}]


def test_what_we_add_to_such_an_entry_is_still_refused(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    enrol_with_plan(nurse, gloria)
    held = {
        **goal_of(running, gloria),
        "target": [{"measure": {"text": "Steps"}}, {"measure": {"text": "Stairs"}}],
    }
    kept = validate(held)
    assert kept
    moved = {**held, "note": [{"text": "Ours."}, *held["note"]], "target": held["target"][::-1]}
    assert made_by_us(validate(moved), held) == ()
    worse_still = {
        **held,
        "target": [*held["target"], {"measure": {"text": "Ours"}}],
        "lifecycleStatus": "gone",
    }
    blamed = made_by_us(validate(worse_still), held)
    assert {problem.path.split("[")[0] for problem in blamed} == {"Goal.target", "Goal.lifecycleStatus"}
