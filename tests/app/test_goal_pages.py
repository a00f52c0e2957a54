"""The pages of goals say why something cannot be done, ask gently, and lose nothing that was typed."""

from __future__ import annotations

from typing import Any

import pytest

from samples.sandbox import sandbox_of
from tests.journeys.enrolling import enrol, enrol_with_plan, filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import notes
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

NEW: dict[str, Any] = {
    "goal_words": "I want to dance <b>again</b>",
    "goal_text": "Walks to church once a week",
    "measure": "own",
    "own_measure": "Walks in a week",
    "own_target": "1",
    "goal_how": "To the gate first",
}


@pytest.fixture(scope="module")
def planned(running: Practice) -> str:
    """A patient with a plan and its first goal."""
    patient = newcomer(running)
    with Visitor(running) as nurse:
        enrol_with_plan(nurse, patient)
    return patient


def form_at(nurse: Visitor, patient: str, place: str) -> Seen:
    return nurse.get(f"/l/{nurse.launch(patient).launch_id}/{place}")


def goals_held(running: Practice, patient: str) -> list[dict[str, Any]]:
    return running.held("Goal", patient)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"measure": ""}, "measure", "Without a measure nobody can say when the goal is met"),
        ({"target_due": in_days(-1)}, "target_due", "Choose a day after today."),
        ({"target_due": in_days(800)}, "target_due", "within two years"),
        ({"goal_start": in_days(30), "target_due": in_days(20)}, "target_due", "The goal starts on"),
        ({"goal_start": "1850-01-01"}, "goal_start", "Check the year."),
        ({"goal_by": "caregiver"}, "goal_by_name", "Write the caregiver's name."),
        ({"importance": "11", "confidence": "3"}, "importance", "from 1 to 10"),
    ],
)
def test_a_slip_is_told_at_its_field_and_nothing_typed_is_lost(
    running: Practice, nurse: Visitor, planned: str, changes: dict[str, str], field: str, message: str
) -> None:
    before = goals_held(running, planned)
    answer = nurse.send(form_at(nurse, planned, "goal/add"), **NEW | changes)
    assert answer.status == 422
    (told,) = answer.document.xpath(f"//*[@id='{field}-error']")
    assert message in told.text_content()
    assert answer.form()["goal_words"] == [NEW["goal_words"]]
    assert answer.form()["goal_how"] == [NEW["goal_how"]]
    assert goals_held(running, planned) == before


def test_without_consent_or_plan_the_page_says_what_comes_first(nurse: Visitor, running: Practice) -> None:
    patient = newcomer(running)
    page = form_at(nurse, patient, "goals")
    assert "A goal needs the patient's consent first." in page.words
    assert "Set a goal" not in page.words
    enrol(nurse, patient)
    page = form_at(nurse, patient, "goals")
    assert "Open the plan first; its first goal is set with it." in page.words
    assert page.document.xpath("//a[@class='usa-button']")[0].get("href").endswith("/care-plan")
    refused = nurse.get(f"/l/{page.launch_id}/goal/add").words
    assert "Open the plan first" in refused


@pytest.mark.requirement("domain@13")
def test_a_third_goal_of_the_patient_is_told_before_it_is_typed(nurse: Visitor, running: Practice) -> None:
    patient = newcomer(running)
    enrol_with_plan(nurse, patient)
    form = form_at(nurse, patient, "goal/add")
    assert "active goals already" not in form.words
    filed(nurse.send(form, **NEW))
    form = nurse.get(f"/l/{form.launch_id}/goal/add")
    assert "The patient has 2 active goals already: " in form.words
    filed(nurse.send(form, **NEW))
    assert len(goals_held(running, patient)) == 3


def test_a_change_that_was_begun_comes_before_the_goal_asked_for(nurse: Visitor, running: Practice) -> None:
    patient = newcomer(running)
    enrol_with_plan(nurse, patient)
    filed(nurse.send(form_at(nurse, patient, "goal/add"), **NEW))
    first, second = (goal["id"] for goal in goals_held(running, patient))
    begun = form_at(nurse, patient, f"goal/change?goal={first}")
    typed = begun.form() | {"reason": "Her knee hurts"}
    assert nurse.post(f"/l/{begun.launch_id}/draft/goal-change", typed).status == 200
    other = nurse.get(f"/l/{begun.launch_id}/goal/change?goal={second}")
    assert (other.form()["goal"], other.form()["reason"]) == ([first], ["Her knee hurts"])
    assert "Walks 20 minutes on five days a week" in other.words
    assert "a change of a goal" in nurse.get(f"/l/{begun.launch_id}/goals").words
    filed(nurse.send(other, goal_how="With a stick"))
    assert nurse.get(f"/l/{begun.launch_id}/goal/change?goal={second}").form()["goal"] == [second]


def test_a_target_to_start_from_keeps_what_was_typed(nurse: Visitor, running: Practice) -> None:
    patient = newcomer(running)
    enrol_with_plan(nurse, patient)
    form = form_at(nurse, patient, "goal/add")
    sent = form.form() | {"goal_words": "See my grandson grow up", "target": "diabetes-a1c"}
    block = nurse.post(f"/l/{form.launch_id}/goal/target", sent).document
    values = {each.get("name"): each.get("value") for each in block.xpath("//input[@type='text']")}
    assert (values["goal_words"], values["target_value"]) == ("See my grandson grow up", "7.0")
    assert values["goal_text"] == "Brings the A1c to 7 % or below"
    assert block.xpath("//option[@value='a1c']/@selected")
    plain = nurse.get(f"/l/{form.launch_id}/goal/add?target=diabetes-a1c").form()
    assert (plain["target_value"], plain["measure"]) == (["7.0"], ["a1c"])


def test_a_goal_that_is_not_there_leads_to_all_of_them(nurse: Visitor, planned: str) -> None:
    launch = nurse.launch(planned).launch_id
    assert nurse.get(f"/l/{launch}/goal?goal=nobody").url.endswith("/goals")
    assert nurse.get(f"/l/{launch}/goal").status == 404
    for action in ("change", "progress", "end"):
        said = nurse.get(f"/l/{launch}/goal/{action}?goal=nobody").words
        assert "not among the open goals" in said, action


@pytest.mark.requirement("domain@14", "domain@15")
def test_a_contact_opens_on_the_goals_with_their_course_and_the_question(
    nurse: Visitor, planned: str
) -> None:
    page = form_at(nurse, planned, "contact")
    assert "Minutes walked in a row 20 minutes" in page.words
    assert "Importance 9" in page.words
    assert "Confidence is under 7. Ask: what would make it higher?" in page.words


@pytest.mark.requirement("domain@14")
def test_the_questions_stand_at_their_fields_and_stop_nothing(running: Practice, nurse: Visitor) -> None:
    patient = newcomer(running)
    launch = enrol_with_plan(nurse, patient).launch_id
    form = nurse.get(f"/l/{launch}/goal/add")
    weak = form.form() | {"goal_text": "feel better", "importance": "8", "confidence": "4"}
    asked = nurse.post(f"/l/{launch}/goal/questions", weak).document
    said = {each.get("id"): each.text_content() for each in asked.xpath("//p")}
    assert "Say a little more" in said["question-goal_text"]
    assert "what would make it higher?" in said["question-more_confident"]
    assert "first small step" in said["question-goal_how"]
    own = {"measure": "own", "own_measure": "Mood", "own_target": "good"}
    filed(nurse.post(form.url, weak | own))
    assert goals_held(running, patient)[-1]["description"]["text"] == "feel better"


def test_a_goal_of_the_ehrs_own_is_shown_and_followed_and_never_changed(running: Practice) -> None:
    patient = newcomer(running)
    store = sandbox_of(running.ehr.app).store
    theirs = store.create(
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "LDL under 70"},
            "subject": {"reference": f"Patient/{patient}"},
        }
    )
    with Visitor(running) as nurse:
        launch = enrol_with_plan(nurse, patient).launch_id
        page = nurse.get(f"/l/{launch}/goals")
        assert "Goals recorded in the EHR" in page.words
        assert f"goal={theirs['id']}" not in page.text
        assert "not among the open goals" in nurse.get(f"/l/{launch}/goal/change?goal={theirs['id']}").words
        form = nurse.get(f"/l/{launch}/goal/add?goal_follows=Goal/{theirs['id']}")
        own = {"measure": "own", "own_measure": "LDL", "own_target": "70", "goal_how": "Oats"}
        filed(nurse.send(form, **own))
        ours = [
            each for each in goals_held(running, patient) if each["description"]["text"] == "LDL under 70"
        ]
        (followed,) = [each for each in ours if each["id"] != theirs["id"]]
        assert "Follows the goal in the chart: LDL under 70" in notes(followed)
    assert store.read("Goal", theirs["id"]) == theirs


def test_today_leads_to_a_goal_whose_day_has_passed(nurse: Visitor, running: Practice) -> None:
    patient = newcomer(running)
    enrol_with_plan(nurse, patient)
    (goal,) = goals_held(running, patient)
    late = {**goal, "target": [{**goal["target"][0], "dueDate": in_days(-3)}]}
    sandbox_of(running.ehr.app).store.update(late)
    today = nurse.launch(patient)
    (way,) = today.document.xpath("//a[contains(., 'Look at the goal')]/@href")
    assert f"goal={goal['id']}" in way
    page = nurse.get(way)
    assert "overdue" in page.words
    form = nurse.get(f"/l/{page.launch_id}/goal/change?goal={goal['id']}")
    filed(nurse.send(form, reason="It was Thanksgiving", target_due=in_days(30)))
    assert "Look at the goal" not in nurse.get(f"/l/{page.launch_id}/today").words
