"""A plan opened from templates and given to the patient: what the EHR received and kept, and what is printed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.enrolling import enrol, enrol_with_plan, filed
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

OWN = {
    "own:goal:goal_text": "Walks to church",
    "own:goal:goal_words": "Walk to <i>church</i> & back, señor",
    "own:goal:measure": "own",
    "own:goal:own_measure": "Minutes",
    "own:goal:own_target": "20",
    "own:self-care-1:text": "Walks to the corner",
}


def tasks_of(running: Practice, patient: str) -> list[str]:
    return [each["description"] for each in running.held("Task", patient) if each["status"] == "requested"]


def goals_of(running: Practice, patient: str) -> list[str]:
    return [each["description"]["text"] for each in running.held("Goal", patient)]


def plan_of(running: Practice, patient: str) -> dict[str, Any]:
    (plan,) = running.held("CarePlan", patient)
    return plan


def preview(nurse: Visitor, today: Seen, use: str) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/template?use={use}")


@pytest.mark.requirement("domain@9", "domain@10")
def test_templates_open_the_plan_in_one_save_and_are_not_doubled(
    running: Practice, gloria: str, nurse: Visitor
):
    today = enrol(nurse, gloria)
    form = preview(nurse, today, "diabetes,tier-high")
    fields = (
        form.form()
        | OWN
        | {"what_matters": "The wedding", "diabetes:a1c:target_value": "7.5", "agreed": "yes"}
    )
    filed(nurse.post(form.url, fields))
    filed(nurse.post(form.url, fields))
    plan = plan_of(running, gloria)
    assert (plan["status"], plan["description"]) == ("active", "The wedding")
    goals, tasks = goals_of(running, gloria), tasks_of(running, gloria)
    assert len(goals) == len(set(goals)) == len(plan["goal"]) == 5
    agreed = [task for task in tasks if not task.startswith("Schedule the visit")]
    assert len(agreed) == len(set(agreed)) == len(plan["activity"]) == 24
    assert {"Walks to the corner", "A1c blood test", "Call from the care manager every 2 weeks"} <= set(tasks)
    (a1c,) = [
        each for each in running.held("Goal", gloria) if each["description"]["text"] == "A1c at a safe level"
    ]
    assert a1c["target"][0]["detailQuantity"]["value"] == 7.5
    again = preview(nurse, today, "diabetes")
    assert "A1c at a safe level In the plan already" in again.words
    assert "diabetes:a1c" not in again.form().get("take", [])


def test_several_templates_ticked_lead_to_one_preview(gloria: str, nurse: Visitor):
    today = enrol(nurse, gloria)
    chosen = nurse.get(f"/l/{today.launch_id}/template?use=copd&use=asthma")
    assert "Open the plan: COPD, Asthma" in chosen.words
    many = nurse.get(f"/l/{today.launch_id}/template?use=copd&use=asthma&use=weight&use=tobacco")
    assert "more than 3 templates" in many.words
    assert nurse.get(f"/l/{today.launch_id}/template").url.endswith("/templates")


def test_before_consent_the_page_says_why_there_is_no_preview(gloria: str, nurse: Visitor):
    today = nurse.launch(gloria)
    page = nurse.get(f"/l/{today.launch_id}/templates")
    assert "A plan needs the patient's consent first." in page.words
    assert not page.document.xpath("//button[@form='choose']")


def test_an_error_keeps_every_row_as_it_was(running: Practice, gloria: str, nurse: Visitor):
    today = enrol(nurse, gloria)
    form = preview(nurse, today, "hypertension")
    changed = {"hypertension:pressure:target_due": "2020-01-01", "hypertension:salt:text": "No <salt>"}
    back = nurse.post(form.url, form.form() | changed)
    assert (back.status, "Choose a day after today." in back.words) == (422, True)
    kept = back.form()
    assert kept["hypertension:salt:text"] == ["No <salt>"]
    assert kept["take"] == form.form()["take"]
    assert goals_of(running, gloria) == []


@pytest.mark.requirement("domain@7", "domain@58")
def test_the_copy_is_printed_and_logged_as_given(running: Practice, nurse: Visitor):
    patient = newcomer(running)
    today = enrol_with_plan(nurse, patient)
    at = f"/l/{today.launch_id}"
    form = preview(nurse, today, "diabetes")
    filed(nurse.post(form.url, form.form() | OWN))
    english = nurse.get(f"{at}/copy?language=en")
    (sheet,) = english.document.find_class("sheet")
    words = " ".join(sheet.text_content().split())
    assert "Bring your A1c (your 3-month blood sugar) to a safe level" in words
    assert "“Walk to <i>church</i> & back, señor”" in words
    assert "Call or text 988" in words
    assert not sheet.xpath(".//a | .//button | .//input | .//i")
    spanish = nurse.get(f"{at}/copy?language=es&version=caregiver")
    (sheet,) = spanish.document.find_class("sheet")
    assert sheet.get("lang") == "es"
    assert "Walks to the corner ✎" in " ".join(sheet.text_content().split())
    given = nurse.get(f"{at}/copy/given?language=es&version=patient")
    filed(nurse.send(given, how="mailed"))
    (task,) = [
        each for each in running.held("Task", patient) if each["description"].startswith("Copy of the plan")
    ]
    assert task["status"] == "completed"
    assert task["note"][0]["text"].startswith(
        "Copy of the plan given. To: the patient; How: Mailed; Language: Spanish; Copy: For the patient; Day: "
    )
    assert "to the patient · mailed · Spanish" in nurse.get(f"{at}/copy").words


def test_without_a_plan_the_copy_says_so(gloria: str, nurse: Visitor):
    today = nurse.launch(gloria)
    page = nurse.get(f"/l/{today.launch_id}/copy")
    assert "There is no open care plan to give a copy of. Open one first." in page.words
    assert not page.document.find_class("sheet")
