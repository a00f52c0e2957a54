"""A contact with the template of a condition, through the app: drawn, filed, and read back from every EHR."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mappings.condition_answers import templates_of
from mappings.identity import task_kind
from tests.app.every_ehr import OTHERS, records
from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

GLORIA = "gloria-reyes"
TOLD = {
    "q-dm-meter": "Contour Next",
    "q-dm-testing-times": "2",
    "q-dm-testing-per": "per-day",
    "q-dm-range-low": "71",
    "q-dm-range-high": "288",
    "q-dm-low-signs": "partly",
    "q-dm-resources": "Riverbend Meals",
    "overdue": "eye-exam",
}


def page(nurse: Visitor, today: Seen, path: str) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/{path}")


def document(nurse: Visitor, today: Seen, **typed: str) -> Seen:
    form = page(nurse, today, "contact?template=diabetes")
    assert "10.1 %" in form.words
    assert "(Procedures, " in form.words
    return filed(nurse.post(form.url, form.form() | {"minutes": "6"} | typed))


def the_contact(running: Practice, patient: str) -> dict[str, Any]:
    (found,) = [each for each in records(running, patient) if task_kind(each) == "contact"]
    return found


@pytest.mark.requirement("domain@130", "domain@147", "domain@149")
def test_a_template_is_filed_and_known_in_the_next_contact(running: Practice) -> None:
    filed_and_known(running, GLORIA)


@pytest.mark.soak
@pytest.mark.parametrize("persona", OTHERS)
def test_every_ehr_that_shows_our_records_again_gives_the_answers_back(tmp_path: Path, persona: str) -> None:
    with practice(tmp_path, persona=persona, ehr={"authorize": "get"}) as running:
        filed_and_known(running, GLORIA)


def filed_and_known(running: Practice, patient: str) -> None:
    with Visitor(running) as nurse:
        document(nurse, enrol_with_plan(nurse, patient), **TOLD)
    ((template, answers),) = templates_of(the_contact(running, patient)).items()
    assert template.id == "diabetes"
    # What was typed, and the two exams that the chart knew.
    asked = {name.removeprefix("q-") for name in TOLD if name.startswith("q-")}
    assert set(answers) == asked | {"dm-eye-exam", "dm-foot-exam"}
    with Visitor(running) as again:
        today = again.launch(patient)
        form = page(again, today, "contact?template=diabetes")
        assert "Meter: Contour Next (Last contact, today)" in form.words
        assert "A task for it is open" in form.words
        assert form.form()["q-dm-meter"] == ["Contour Next"]
        facts = page(again, today, "conditions").words
    for said in (
        "Contour Next",
        "71",
        "288",
        "Riverbend Meals",
        "Partly",
        "Foot exam: last",
        "a task for it is open",
    ):
        assert said in facts, said


@pytest.mark.soak
def test_where_nothing_is_shown_again_a_template_is_filed_and_earlier_ones_are_unknown(
    tmp_path: Path,
) -> None:
    with practice(tmp_path, persona="athena", ehr={"authorize": "get"}) as running, Visitor(running) as nurse:
        today = nurse.launch(GLORIA)
        form = page(nurse, today, "contact?template=diabetes")
        answer = nurse.post(form.url, form.form() | {"minutes": "6"} | TOLD)
        assert answer.status == 200
        facts = page(nurse, nurse.launch(GLORIA), "conditions").words
    assert "what was told in them is unknown here" in facts
    assert "Contour Next" not in facts


def test_a_template_is_drawn_into_what_was_typed_and_its_faults_stand_at_their_fields(
    running: Practice, nurse: Visitor
) -> None:
    before = running.versions()
    today = nurse.launch(GLORIA)
    plain = page(nurse, today, "contact")
    redraw = plain.document.xpath("//button[@name='draw']/@formaction")[0]
    typed = plain.form() | {"note": "Typed before", "minutes": "5", "draw": "template=diabetes"}
    drawn = nurse.post(redraw, typed)
    assert (drawn.form()["note"], drawn.form()["minutes"]) == (["Typed before"], ["5"])
    assert drawn.form()["template"] == ["diabetes"]
    wrong = drawn.form() | {"q-dm-range-low": "300", "q-dm-range-high": "90", "q-dm-confidence": "12"}
    answer = nurse.post(plain.url, wrong)
    assert answer.status == 422
    assert "This lies below the lowest" in answer.words
    assert "Write a whole number from 1 to 10" in answer.words
    assert answer.form()["q-dm-range-high"] == ["90"]
    assert running.versions() == before


def test_a_template_that_does_not_exist_is_no_page(running: Practice, nurse: Visitor) -> None:
    today = nurse.launch(GLORIA)
    assert page(nurse, today, "conditions?template=measles").status == 404
    one = page(nurse, today, "conditions?template=asthma")
    assert one.document.xpath("//h1/text()") == ["Asthma"]
