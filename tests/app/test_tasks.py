"""Tasks and questions of a team through the app: sent, answered, handed off, done; the EHR is asked after each."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.journeys.enrolling import enrol_with_plan, filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

Resource = dict[str, Any]
REFUSAL = json.dumps(
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
).encode()


@pytest.fixture
def today(nurse: Visitor, gloria: str) -> Seen:
    """The Today of a patient whose plan is open."""
    return enrol_with_plan(nurse, gloria)


def tasks_of(running: Practice, patient: str, kind: str) -> list[Resource]:
    """The tasks of one kind that the EHR holds."""
    return [
        task
        for task in running.held("Task", patient)
        if kind in {coding["code"] for coding in task["code"]["coding"]}
    ]


@pytest.mark.requirement("domain@114", "domain@152", "domain@156")
def test_a_question_goes_to_the_provider_and_the_answer_comes_back(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    here = f"/l/{today.launch_id}"
    form = nurse.get(f"{here}/ask?about=medicines")
    assert form.status == 200, form.words
    filed(nurse.send(form, situation="Dizzy since the new dose", recommendation="Halve the dose?"))
    (asked,) = tasks_of(running, gloria, "sbar-question")
    assert (asked["status"], asked["owner"]["reference"]) == ("requested", "Practitioner/physician")
    assert {each["type"]["text"] for each in asked["input"]} >= {"Situation", "Recommendation", "About"}
    with Visitor(running) as physician:
        opened = physician.launch(gloria, user="physician")
        assert "Dizzy since the new dose" in opened.words.split("Next:")[0]
        answer = physician.get(f"/l/{opened.launch_id}/answer?task={asked['id']}")
        assert "Halve the dose?" in answer.words
        filed(physician.send(answer, decision="agreed", orders="Recheck the blood pressure on Friday"))
    (done,) = tasks_of(running, gloria, "sbar-question")
    assert done["status"] == "completed"
    assert {each["valueString"] for each in done["output"]} >= {"Agreed, as proposed"}
    (order,) = tasks_of(running, gloria, "carry-out")
    assert (order["status"], order["owner"]["reference"]) == ("requested", "Practitioner/nurse")
    assert "answered: “Agreed, as proposed”" in nurse.get(f"{here}/today").words
    assert "Agreed, as proposed" in nurse.get(f"{here}/tasks").words


def test_a_task_is_added_handed_off_and_reported_back(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    here = f"/l/{today.launch_id}"
    filed(nurse.send(nurse.get(f"{here}/tasks/add"), text="Fax the form"))
    (task,) = [each for each in running.held("Task", gloria) if each.get("description") == "Fax the form"]
    change = f"{here}/tasks/change?task={task['id']}"
    given = {"outcome": "hand-off", "to": "other", "to_name": "Bo Lind", "until": in_days(5)}
    filed(nurse.send(nurse.get(change), **given))
    assert "Bo Lind covers for" in nurse.get(f"{here}/tasks").words
    filed(nurse.send(nurse.get(change), outcome="done", words="Faxed and confirmed"))
    assert "Faxed and confirmed" in nurse.get(f"{here}/tasks").words


def test_the_flag_that_the_patient_is_here_stands_on_today(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    here = f"/l/{today.launch_id}"
    filed(nurse.send(nurse.get(f"{here}/here"), place="Room 3"))
    (flag,) = tasks_of(running, gloria, "here-now")
    assert flag["status"] == "completed"
    assert "The patient is here now: Room 3" in nurse.get(f"{here}/today").words
    assert "ends by itself" in nurse.get(f"{here}/here").words


def staff(running: Practice, visitor: Visitor, user: str = "nurse") -> Seen:
    """The list of a user who signs in without a patient."""
    login = visitor.get("/staff/sign-in?ehr=sandbox")
    (form,) = [each for each in login.document.forms if each.method == "POST"]
    landed = visitor.post(urljoin(login.url, form.action), {"user": user}, origin=running.ehr_url)
    (path,) = landed.document.xpath("//a[text()='Tasks of all patients']/@href")
    return visitor.get(str(path))


def test_the_staffs_list_holds_the_tasks_of_many_patients_and_leads_into_each_chart(
    nurse: Visitor, today: Seen, gloria: str, running: Practice
):
    other = newcomer(running)
    with Visitor(running) as physician:
        there = physician.launch(other, user="physician")
        form = physician.get(f"/l/{there.launch_id}/tasks/add")
        filed(physician.send(form, text="Call about the MRI", owner="other", owner_name="Dana Whitfield, RN"))
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/here"), place="Room 3"))
    with Visitor(running) as visitor:
        page = staff(running, visitor)
        assert "Call about the MRI" in page.words
        assert "Room 3" in page.words
        links = {str(each) for each in page.document.xpath("//main//a/@href")}
        for patient in (gloria, other):
            assert f"{running.ehr_url}/launch/chartside?patient={patient}" in links
        late = visitor.get(f"{page.url}?reason=Next+contact")
        assert "Call about the first walk" in late.words
        assert "Call about the MRI" not in late.words


def test_where_the_ehr_refuses_the_list_says_so_plainly(running: Practice):
    with Visitor(running) as visitor:
        page = staff(running, visitor)
        with running.line.answers("/fhir/Task", REFUSAL, status="403 Forbidden"):
            assert "refuses to show the tasks of many patients" in visitor.get(page.url).words
