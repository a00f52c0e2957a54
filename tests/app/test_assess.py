"""Assessments through the app: what the EHR received and kept, and what every page then says of it."""

from __future__ import annotations

from typing import Any

import pytest

from samples.sandbox import sandbox_of
from tests.journeys.enrolling import enrol, filed
from tests.journeys.steps import kind
from tests.journeys.visitor import Seen, Visitor
from tests.mappings.assessing import HARM, NEEDS, NOT_AT_ALL, PHQ9, SEVERAL_DAYS
from tests.running import Practice

TOLD = {"crisis_told": "provider", "crisis_done": "Dr Alvarez calls her at noon"}
LIVING_WILL = {
    "resourceType": "DocumentReference",
    "status": "current",
    "type": {"coding": [{"system": "http://loinc.org", "code": "86533-7"}], "text": "Living will"},
    "category": [
        {
            "coding": [
                {
                    "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                    "code": "clinical-note",
                }
            ]
        }
    ],
    "date": "2025-03-04T10:00:00Z",
    "content": [{"attachment": {"contentType": "application/pdf", "title": "Living will"}}],
}


def phq9(form: Seen, harm: str, **more: str) -> dict[str, Any]:
    return (
        form.form() | {f"q-{link}": SEVERAL_DAYS for link in PHQ9} | {HARM: harm} | {"q-69722-7": []} | more
    )


def tasks(running: Practice, patient: str, wanted: str) -> list[dict[str, Any]]:
    return [each for each in running.held("Task", patient) if kind(each) == wanted]


def crisis_is_open(page: Seen) -> bool:
    (part,) = page.document.xpath("//*[@id='crisis']")
    return "hidden" not in part.attrib


def test_a_score_is_filed_with_its_meaning_and_stands_in_the_list(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/assess/phq-9")
    assert not crisis_is_open(form)
    receipt = filed(nurse.post(form.url, phq9(form, NOT_AT_ALL)))
    assert "PHQ-9 score: 8 of 27 Mild signs of depression" in receipt.words
    (record,) = tasks(running, gloria, "assessment")
    assert record["status"] == "completed"
    assert tasks(running, gloria, "to-do") == []
    listed = nurse.get(f"/l/{today.launch_id}/assessments")
    assert "8 of 27" in listed.words
    assert "0 of 27" not in listed.words


def test_a_result_is_read_again_with_its_answers_and_can_be_taken_back(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/assess/phq-9?language=es")
    assert "Varios días" in form.words
    filed(nurse.post(form.url, phq9(form, SEVERAL_DAYS, note="Asked in Spanish.", **TOLD)))
    results = nurse.get(f"/l/{today.launch_id}/assess/phq-9/results")
    assert "9 of 27" in results.words
    answers = [part.text_content() for part in results.document.xpath("//dl[@class='answers']/div")]
    assert "Little interest or pleasure in doing thingsSeveral days" in answers
    assert "Asked in Spanish." in results.words
    (way,) = results.document.xpath("//a[contains(., 'Filed wrongly?')]/@href")
    asked = nurse.get(way)
    nurse.send(asked, reason="wrong-patient", words="The sister's answers")
    assert {each["status"] for each in running.held("Task", gloria)} == {"entered-in-error"}
    assert "9 of 27" not in nurse.get(f"/l/{today.launch_id}/assess/phq-9/results").words
    assert "Task for safety" not in nurse.get(f"/l/{today.launch_id}/today").words


def test_a_danger_opens_the_steps_and_is_not_passed_over(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    """Without a script: the next response shows the steps, and Save asks who was told."""
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/assess/phq-9")
    refused = nurse.post(form.url, phq9(form, SEVERAL_DAYS))
    assert refused.status == 422
    assert crisis_is_open(refused)
    assert "988" in refused.words
    assert "Say who was told" in refused.words.replace("say who", "Say who")
    assert refused.form()[HARM] == [SEVERAL_DAYS]
    assert tasks(running, gloria, "assessment") == []
    # Left unfiled, it stays urgent on every page that leads on.
    for page in ("today", "assessments", "crisis"):
        shown = nurse.get(f"/l/{today.launch_id}/{page}").words
        assert "Not filed yet: “Several days” to “Thoughts that you would be better off dead" in shown, page
    filed(nurse.post(refused.url, refused.form() | TOLD))
    (task,) = tasks(running, gloria, "to-do")
    assert (task["priority"], task["status"]) == ("urgent", "requested")
    assert task["owner"]["reference"].startswith("Practitioner/")
    (record,) = tasks(running, gloria, "assessment")
    assert any("Told: A provider of the practice" in note["text"] for note in record["note"])
    running.forget_the_app()
    with Visitor(running) as another:
        shown = another.launch(gloria)
        assert "Task for safety, due today" in shown.words
        steps = another.get(f"/l/{shown.launch_id}/crisis")
        assert "988" in steps.words
        (way,) = steps.document.xpath("//a[contains(., 'Document what was done')]/@href")
        contact = another.get(way)
        filed(another.send(contact, minutes="9", note="Seen by Dr Alvarez, is safe with her sister."))
        assert "Task for safety" not in another.get(f"/l/{shown.launch_id}/today").words
    assert [
        each["status"] for each in tasks(running, gloria, "to-do") if "See or call" in each["description"]
    ] == ["completed"]


@pytest.mark.requirement("domain@3", "domain@4", "domain@8", "domain@19")
def test_a_needs_assessment_is_left_half_done_and_finished_by_another_nurse(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = enrol(nurse, gloria)
    form = nurse.get(f"/l/{today.launch_id}/assess/needs-assessment")
    begun = {"half": "yes", "q-health": "health-fair", "q-helpers": ["helper-child"]}
    receipt = filed(nurse.post(form.url, form.form() | begun))
    assert "Half done: 2 of 3" in receipt.words
    (half,) = tasks(running, gloria, "assessment")
    assert half["status"] == "in-progress"
    running.forget_the_app()
    with Visitor(running) as another:
        shown = another.launch(gloria, user="physician")
        assert "Finish Comprehensive needs assessment" in shown.words
        form = another.get(f"/l/{shown.launch_id}/assess/needs-assessment")
        assert "Begun today by Dana Whitfield, RN, and not finished." in form.words
        assert form.form()["q-helpers"] == ["helper-child"]
        left = {name: given for name, given in NEEDS.items() if name not in ("q-helpers", "q-health")}
        receipt = filed(another.post(form.url, form.form() | left))
        assert "Areas in which help is wanted: 2 of 8" in receipt.words
        listed = another.get(f"/l/{shown.launch_id}/assessments")
        opening = another.get(f"/l/{shown.launch_id}/care-plan")
        assert opening.form()["what_matters"] == ["Being there for the grandchildren"]
        assert "From the needs assessment, today." in opening.words
    (done,) = tasks(running, gloria, "assessment")
    assert (done["id"], done["status"]) == (half["id"], "completed")
    assert "6 of 6 domains assessed" in listed.words
    assert "Gone through today by Dr Luis Alvarez" in listed.words
    assert "something was missing or wrong" in listed.words
    assert "Help the patient to make an advance directive, due" in listed.words
    states = [
        task["businessStatus"]["coding"][0]["code"] for task in tasks(running, gloria, "enrolment-state")
    ]
    assert states == ["consented", "assessed"]
    assert "Assessed today" in listed.words


@pytest.mark.requirement("domain@19")
def test_a_living_will_in_the_chart_is_shown(running: Practice, nurse: Visitor, gloria: str) -> None:
    store = sandbox_of(running.ehr.app).store
    today = nurse.launch(gloria)
    assert "None seen in this EHR" in nurse.get(f"/l/{today.launch_id}/assessments").words
    store.create({**LIVING_WILL, "subject": {"reference": f"Patient/{gloria}"}})
    assert "On file: Living will, 4 Mar 2025" in nurse.get(f"/l/{today.launch_id}/assessments").words


def test_a_questionnaire_that_does_not_exist_is_no_page(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    assert nurse.get(f"/l/{today.launch_id}/assess/mood-ring").status == 404
    assert nurse.get(f"/l/{today.launch_id}/assess/filed-record").status == 404


def test_a_typing_mistake_stands_at_its_field_and_loses_nothing(
    running: Practice, nurse: Visitor, gloria: str
) -> None:
    today = nurse.launch(gloria)
    form = nurse.get(f"/l/{today.launch_id}/assess/needs-assessment")
    typed = {**NEEDS, "q-sure": "eleven", "q-main-helper": "Ruth <b>555</b> 👵", "q-knows": []}
    refused = nurse.post(form.url, form.form() | typed)
    assert refused.status == 422
    (sure,) = refused.document.xpath("//*[@id='q-sure-error']")
    assert "Write a whole number from 1 to 10" in sure.text_content()
    assert refused.form()["q-main-helper"] == ["Ruth <b>555</b> 👵"]
    assert refused.form()["q-triggers"] == ["pay-medicines", "rides"]
    assert "Answer “Knows what to do”." in refused.words
    assert tasks(running, gloria, "assessment") == []


def test_after_death_nothing_is_assessed(running: Practice, nurse: Visitor) -> None:
    today = nurse.launch("beatrice-lund")
    listed = nurse.get(f"/l/{today.launch_id}/assessments")
    assert "has died" in listed.words
    assert listed.document.xpath("//a[contains(@href, '/assess/')]") == []
    assert "has died" in nurse.get(f"/l/{today.launch_id}/assess/phq-9").words
