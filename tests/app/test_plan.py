"""The plan of care through the app: seen, added to, changed, reviewed, revised, agreed; the EHR is asked after each."""

from __future__ import annotations

from typing import Any

import pytest

from samples.sandbox import sandbox_of
from tests.journeys.enrolling import enrol_with_plan, filed, in_days
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

Resource = dict[str, Any]
MEALS = {
    "kind": "service",
    "text": "Meals at home",
    "often": "Five days a week",
    "times": "60",
    "owner": "other",
    "owner_name": "Riverbend Meals",
    "start": in_days(3),
    "due": in_days(60),
}


@pytest.fixture
def today(nurse: Visitor, gloria: str) -> Seen:
    """The Today of a patient whose plan is open."""
    return enrol_with_plan(nurse, gloria)


def plan_of(running: Practice, patient: str) -> Resource:
    """The one plan of ours that the EHR holds."""
    (plan,) = [each for each in running.held("CarePlan", patient) if each["title"] == "Care management plan"]
    return plan


def tasks_of(running: Practice, patient: str, code: str) -> list[Resource]:
    """The tasks of one code that the EHR holds, the oldest first."""
    return [
        task
        for task in running.held("Task", patient)
        if code in {coding["code"] for coding in task["code"]["coding"]}
    ]


def at(nurse: Visitor, today: Seen, path: str) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/plan{path}")


@pytest.mark.requirement("domain@11")
def test_every_provider_who_may_read_the_chart_finds_the_plan_as_us_core_has_it(
    today: Seen, gloria: str, running: Practice
):
    """No second login: the search that US Core asks of every EHR, and the whole plan in its text."""
    found = running.found("CarePlan", patient=gloria, category="assess-plan")
    plan = plan_of(running, gloria)
    assert today.status == 200
    assert plan["id"] in {each["id"] for each in found}
    assert "http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan" in plan["meta"]["profile"]
    for words in (
        "Being there for the grandchildren",
        "Walks to the corner and back",
        "Call about the first walk",
    ):
        assert words in plan["text"]["div"]


@pytest.mark.requirement("domain@1", "domain@21")
def test_the_plan_page_keeps_three_plans_apart_and_begins_with_the_patients_words(
    nurse: Visitor, today: Seen
):
    page = at(nurse, today, "")
    heads = [node.text_content().strip() for node in page.document.iter("h2")]
    first, *rest = [head for head in heads if head]
    assert first == "What matters most"
    plans = [
        head for head in rest if head in {"Patient’s action plan", "Care manager’s plan", "Medical plan"}
    ]
    assert plans == ["Patient’s action plan", "Care manager’s plan", "Medical plan"]
    assert page.words.index("Being there for the grandchildren") < page.words.index("Walk to church and back")
    (card,) = page.document.find_class("plan-goal")
    assert "Walks to the corner and back" in card.text_content()
    assert "Call about the first walk" in card.text_content()


def test_a_service_an_action_and_a_step_are_added_and_the_plan_in_the_ehr_names_them(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    filed(nurse.send(at(nurse, today, "/action?kind=service"), **MEALS))
    filed(
        nurse.send(at(nurse, today, "/action?kind=self-care"), text="Weighs herself", often="Every morning")
    )
    (service,) = tasks_of(running, gloria, "service")
    assert service["owner"] == {"display": "Riverbend Meals"}
    assert service["restriction"]["repetitions"] == 60
    steps = tasks_of(running, gloria, "self-care")
    assert {step["description"] for step in steps} == {"Walks to the corner and back", "Weighs herself"}
    assert all(step["focus"]["reference"].startswith("Goal/") for step in steps)
    named = {each["reference"]["reference"] for each in plan_of(running, gloria)["activity"]}
    assert named >= {f"Task/{each['id']}" for each in (service, *steps)}
    page = at(nurse, today, "")
    row = page.document.xpath("//table[contains(@class, 'plan-table')]/tbody/tr")[0].text_content()
    assert all(words in row for words in ("Meals at home", "Five days a week", "Riverbend Meals"))


def test_an_end_before_the_start_is_told_at_the_field_and_nothing_typed_is_lost(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    back = nurse.send(at(nurse, today, "/action?kind=service"), **{**MEALS, "due": in_days(1)})
    assert back.status == 422
    assert "It would end before it starts." in back.words
    assert back.form()["owner_name"] == ["Riverbend Meals"]
    assert tasks_of(running, gloria, "service") == []


def test_a_step_is_done_and_another_called_off_with_a_reason_while_the_plan_stays(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    (step,) = tasks_of(running, gloria, "self-care")
    before = plan_of(running, gloria)
    change = f"/action/change?task={step['id']}"
    assert nurse.send(at(nurse, today, change), outcome="called-off").status == 422
    filed(nurse.send(at(nurse, today, change), outcome="done", reason="She walks on her own"))
    (done,) = tasks_of(running, gloria, "self-care")
    assert done["status"] == "completed"
    assert "She walks on her own" in done["note"][-1]["text"]
    assert plan_of(running, gloria)["meta"]["versionId"] == before["meta"]["versionId"]
    assert "no longer among what is open" in at(nurse, today, change).words


@pytest.mark.requirement("domain@17")
def test_a_review_without_change_is_a_task_and_rewrites_nothing(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    before = plan_of(running, gloria)
    assert "Opened today, not reviewed since" in at(nurse, today, "").words
    filed(nurse.send(at(nurse, today, "/review")))
    (review,) = tasks_of(running, gloria, "plan-review")
    assert (review["status"], review["businessStatus"]["text"]) == ("completed", "Reviewed, no change")
    assert plan_of(running, gloria) == before
    store = sandbox_of(running.ehr.app).store
    store.update({**before, "period": {"start": in_days(-40)}})
    store.update({**review, "executionPeriod": {"start": in_days(-12)}})
    page = at(nurse, today, "")
    assert "Last reviewed 12 days ago" in page.words
    assert "Reviewed, no change" in page.words


@pytest.mark.requirement("domain@17", "domain@20", "domain@57")
def test_a_revision_says_what_was_changed_and_why_and_the_plan_keeps_what_others_wrote(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    form = at(nurse, today, "/revise")
    filed(
        nurse.send(
            form,
            care_type="palliative-care",
            section_symptoms="Calls when she gains three pounds",
            provider="Dr Luis Alvarez",
            back_up="Omar Reed",
            why="Her heart failure got worse",
        )
    )
    plan = plan_of(running, gloria)
    assert "palliative-care" in {each["coding"][0]["code"] for each in plan["category"]}
    assert {each["display"] for each in plan["contributor"]} >= {"Omar Reed (back-up)"}
    assert plan["description"] == "Being there for the grandchildren"
    (review,) = tasks_of(running, gloria, "plan-review")
    line = review["note"][0]["text"]
    assert "Why: Her heart failure got worse" in line
    assert "care type" in line
    page = at(nurse, today, "")
    for words in (
        "Omar Reed",
        "Palliative",
        "Calls when she gains three pounds",
        "Her heart failure got worse",
    ):
        assert words in page.words
    assert "No back-up is named" not in page.words
    again = nurse.send(at(nurse, today, "/revise"), why="Nothing")
    assert "Nothing was changed." in again.words


@pytest.mark.requirement("domain@6")
def test_the_agreement_stands_on_the_plan_and_on_the_goal_with_day_and_manner(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    filed(nurse.send(at(nurse, today, "/agree"), how="in-person"))
    note = plan_of(running, gloria)["note"][-1]["text"]
    assert note.startswith("Discussed with and agreed by the patient on ")
    assert note.endswith(", in person.")
    (goal,) = running.held("Goal", gloria)
    (accepted,) = [each for each in goal["extension"] if each["url"].endswith("goal-acceptance")]
    assert {"url": "status", "valueCode": "agree"} in accepted["extension"]
    assert note in at(nurse, today, "").words


def test_one_press_on_the_plan_files_a_review_once_the_way_is_known(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    page = at(nurse, today, "")
    (form,) = [each for each in page.document.forms if each.get("action", "").endswith("/plan/review")]
    filed(nurse.post(form.get("action"), dict(form.form_values())))
    assert len(tasks_of(running, gloria, "plan-review")) == 1


def test_before_consent_the_page_shows_the_medical_plan_and_the_way_to_begin(nurse: Visitor, gloria: str):
    page = at(nurse, nurse.launch(gloria), "")
    assert "There is no care plan yet." in page.words
    assert "Record consent" in page.words
    assert page.document.get_element_by_id("medical-title") is not None


def test_two_open_plans_are_both_shown_and_the_wrong_one_is_ended(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    plan = plan_of(running, gloria)
    second = {key: value for key, value in plan.items() if key not in {"id", "meta"}}
    second["meta"] = {key: plan["meta"][key] for key in ("profile", "tag")}
    second["identifier"] = [{**plan["identifier"][0], "value": "22222222-2222-4222-8222-222222222222"}]
    second["description"] = "Opened by mistake"
    made = sandbox_of(running.ehr.app).store.create(second)
    page = at(nurse, today, "")
    assert "2 care plans of this program are open" in page.words
    assert "Opened by mistake" in page.words
    filed(nurse.send(at(nurse, today, f"/end?plan={made['id']}"), reason="Two of us opened it"))
    ended = {each["id"]: each["status"] for each in running.held("CarePlan", gloria)}
    assert (ended[made["id"]], ended[plan["id"]]) == ("revoked", "active")
    assert "care plans of this program are open" not in at(nurse, today, "").words


def test_a_plan_that_somebody_changed_meanwhile_is_laid_beside_the_entry_and_not_overwritten(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    form = at(nurse, today, "/revise")
    plan = plan_of(running, gloria)
    sandbox_of(running.ehr.app).store.update({**plan, "description": "Written by the clinic"})
    back = nurse.send(form, back_up="Omar Reed", why="The nurse goes on leave")
    assert back.status == 409
    assert "Written by the clinic" in back.words
    assert plan_of(running, gloria)["description"] == "Written by the clinic"
    assert tasks_of(running, gloria, "plan-review") == []


def test_what_somebody_added_in_the_ehr_that_no_form_touches_is_kept(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    form = at(nurse, today, "/action?kind=service")
    plan = plan_of(running, gloria)
    theirs = {"careTeam": [{"display": "Clinic team"}], "title": "Care management plan", "language": "en"}
    sandbox_of(running.ehr.app).store.update({**plan, **theirs})
    filed(nurse.send(form, **MEALS))
    held = plan_of(running, gloria)
    assert (held["careTeam"], held["language"]) == (theirs["careTeam"], "en")
    assert len(held["activity"]) == 3
