"""What one saved assessment files: the answers, what they ask for at once, and the step of the program."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.assess import may_assess
from mappings.assess_page import assess_page
from mappings.crisis import TOLD as TOLD_WORDS
from mappings.enrolment import enrolment_view
from mappings.questionnaire.history import history_of
from mappings.reading import ReadStatus
from mappings.taken_along import filed_with
from mappings.to_do import to_do_kind
from tests.mappings.assessing import (
    HARM,
    NEEDS,
    NOT_AT_ALL,
    SEVERAL_DAYS,
    TOLD,
    assess,
    of,
    parsed,
    phq9,
    reopened,
)
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    DIABETES,
    Shelf,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)

LATER = NOW + timedelta(days=3)
AFRAID = {"q-safe-home": ["not-safe"]}
SAFETY = {"q-safe-home": ["safe-no"], "q-hurt-threatened": ["no"], "q-someone-to-call": ["has-somebody"]}


def kinds(filed) -> list[str]:
    """What was filed, in short."""
    return [to_do_kind(each) or each["code"]["coding"][0]["code"] for each in filed]


def draft_plan() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    return shelf


@pytest.mark.parametrize(
    ("name", "values", "filed"),
    [
        ("phq-9", phq9(), ["assessment"]),
        ("phq-9", phq9(SEVERAL_DAYS) | TOLD, ["assessment", "safety"]),
        ("phq-9", phq9("LA6571-9") | TOLD, ["assessment", "safety"]),
        (
            "needs-assessment",
            {**NEEDS, "q-directive": ["directive-later"]},
            ["assessment", "enrolment-state"],
        ),
        ("needs-assessment", NEEDS, ["assessment", "advance-directive", "enrolment-state"]),
        ("needs-assessment", NEEDS | {"half": ["yes"]}, ["assessment"]),
        ("needs-assessment", {"q-health": ["health-good"], "half": ["yes"]}, ["assessment"]),
        (
            "needs-assessment",
            NEEDS | AFRAID | TOLD,
            ["assessment", "safety", "advance-directive", "enrolment-state"],
        ),
        ("needs-assessment", {**AFRAID, **TOLD, "half": ["yes"]}, ["assessment", "safety"]),
        ("safety", SAFETY | TOLD, ["assessment", "safety"]),
    ],
)
def test_what_one_save_files(name, values, filed):
    made = assess(draft_plan(), name, values)
    assert kinds(made) == filed
    assert [problem for each in made for problem in problems_of(each)] == []


def test_a_completed_needs_assessment_moves_a_consented_patient_to_assessed_once():
    shelf = draft_plan()
    assess(shelf, "needs-assessment", NEEDS)
    view = enrolment_view(shelf.chart(), now=NOW)
    assert (view.state, view.history[0].reason) == ("assessed", "Comprehensive needs assessment completed")
    again = assess(shelf, "needs-assessment", NEEDS, LATER)
    assert "enrolment-state" not in kinds(again)


def test_no_step_is_taken_without_a_plan_or_once_it_is_active():
    assert "enrolment-state" not in kinds(assess(Shelf(DIABETES), "needs-assessment", NEEDS))
    shelf = draft_plan()
    plan = shelf.only("CarePlan")
    shelf.file([{**plan, "status": "active"}])
    assert "enrolment-state" not in kinds(assess(shelf, "needs-assessment", NEEDS))


def test_a_danger_is_not_saved_before_it_is_said_who_was_told():
    shelf = draft_plan()
    for values in (phq9(SEVERAL_DAYS), phq9(SEVERAL_DAYS) | {"half": ["yes"]}):
        refused = parsed(shelf, "phq-9", values)
        assert refused.entry is None
        assert set(refused.errors) == {"crisis_told", "crisis_done"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"crisis_told": ["provider"]}, "crisis_done"),
        ({"crisis_done": ["Called 988"]}, "crisis_told"),
        ({"crisis_told": ["nobody", "provider"], "crisis_done": ["Called"]}, "crisis_told"),
        ({"crisis_told": ["the-neighbor"], "crisis_done": ["Called"]}, "crisis_told"),
        ({"crisis_told": ["provider"], "crisis_done": [" "]}, "crisis_done"),
    ],
)
def test_half_an_acknowledgement_is_none(said, field):
    refused = parsed(draft_plan(), "phq-9", phq9(SEVERAL_DAYS) | said)
    assert refused.entry is None
    assert field in refused.errors
    assert refused.values[HARM] == (SEVERAL_DAYS,)


def test_the_steps_stand_open_although_the_rest_is_not_answered():
    shelf = draft_plan()
    refused = parsed(shelf, "phq-9", {HARM: [SEVERAL_DAYS]})
    page = assess_page(of("phq-9"), refused.values, refused.errors, shelf.chart(), NOW)
    assert [each.key for each in page.dangers] == ["suicide"]
    assert "crisis_told" in refused.errors
    calm = assess_page(of("phq-9"), {HARM: [NOT_AT_ALL]}, {}, shelf.chart(), NOW)
    assert (calm.dangers, calm.may_show_danger) == ((), True)
    assert not assess_page(of("falls"), {}, {}, shelf.chart(), NOW).may_show_danger


def test_who_was_told_is_read_back_with_the_half_done_assessment():
    shelf = draft_plan()
    assess(shelf, "needs-assessment", {**AFRAID, **TOLD, "half": ["yes"], "note": ["She whispered."]})
    again = reopened(shelf, "needs-assessment")
    assert again["crisis_told"] == ("provider",)
    assert again["crisis_done"] == ("Dr Alvarez calls her at noon",)
    assert again["note"] == ("She whispered.",)


def test_the_same_danger_asks_a_provider_once_while_the_task_is_open():
    shelf = draft_plan()
    assess(shelf, "needs-assessment", {**AFRAID, **TOLD, "half": ["yes"]})
    finished = assess(shelf, "needs-assessment", NEEDS | AFRAID | TOLD)
    assert "safety" not in kinds(finished)
    other = assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | TOLD)
    assert "safety" in kinds(other)


@pytest.mark.requirement("domain@3")
@pytest.mark.parametrize(
    "lose",
    [
        lambda each: each,
        without_extensions,
        without_outputs,
        without_meta,
        lambda each: {name: value for name, value in without_outputs(each).items() if name != "contained"},
    ],
    ids=["nothing", "extensions", "outputs", "meta", "contained and outputs"],
)
def test_what_was_left_half_done_is_taken_up_and_finished_in_one_record(lose):
    shelf = Shelf(DIABETES, lose=lose)
    shelf.consent()
    (begun,) = assess(
        shelf,
        "needs-assessment",
        {"q-health": ["health-fair"], "q-helpers": ["helper-child", "helper-paid"], "half": ["yes"]},
    )
    assert begun["status"] == "in-progress"
    values = reopened(shelf, "needs-assessment", LATER)
    assert values["q-helpers"] == ("helper-child", "helper-paid")
    done, *_ = assess(shelf, "needs-assessment", {**NEEDS, **values}, LATER)
    assert (done["id"], done["status"]) == (begun["id"], "completed")
    past = history_of(shelf.chart(), of("needs-assessment"), now=LATER)
    assert past.half_done is None
    assert past.last.words("helpers") == "Son or daughter, Paid helper"
    assert past.last.words("matters") == "Being there for the grandchildren"
    assert past.last.score == 2


def test_what_was_said_before_is_known_already_and_only_the_rest_is_asked():
    shelf = draft_plan()
    assess(shelf, "needs-assessment", NEEDS)
    values = reopened(shelf, "needs-assessment", LATER)
    page = assess_page(of("needs-assessment"), values, {}, shelf.chart(), LATER)
    known = {item.link_id: item.prefill for part in page.parts for item in part.known}
    assert {"helpers", "matters", "directive"} <= known.keys()
    assert known["helpers"].date_words == "Sat, 3 days ago"
    assert known["helpers"].source_words == "Comprehensive needs assessment in Chartside"
    # What may change from day to day, and what means danger, is asked anew.
    assert not {"mood", "safe-home", "fell"} & known.keys()
    assert "q-safe-home" not in values


def test_the_directive_that_is_wanted_is_asked_for_once():
    shelf = draft_plan()
    _, task, *_ = assess(shelf, "needs-assessment", NEEDS)
    assert task["description"] == "Help the patient to make an advance directive"
    assert task["restriction"]["period"]["end"] == "2026-12-07"  # two weeks are a Saturday: the Monday after
    assert "advance-directive" not in kinds(assess(shelf, "needs-assessment", NEEDS, LATER))


def test_nothing_is_assessed_in_the_dark_or_after_death():
    shelf = draft_plan()
    assert may_assess(shelf.chart()) == ""
    assert "could not be seen" in may_assess(shelf.chart(Task=ReadStatus.COULD_NOT_READ))
    died = {"resourceType": "Patient", "id": "p1", "deceasedBoolean": True}
    refused = may_assess(shelf.chart(died))
    assert "has died" in refused


def test_an_acknowledgement_is_worded_for_every_choice():
    assert all(words and ":" not in words and ";" not in words for words in TOLD_WORDS.values())


def test_what_an_answer_asked_for_is_taken_back_with_the_assessment():
    shelf = draft_plan()
    half, _ = assess(shelf, "needs-assessment", {**AFRAID, **TOLD, "half": ["yes"]})
    assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | TOLD, NOW + timedelta(minutes=2))
    done, *_ = assess(shelf, "needs-assessment", NEEDS | AFRAID | TOLD, NOW + timedelta(minutes=5))
    assert half["id"] == done["id"]
    assert kinds(filed_with(done, shelf.chart())) == ["safety", "advance-directive", "enrolment-state"]


def test_the_parts_keep_the_order_of_the_questionnaire():
    parts = assess_page(of("phq-9"), {}, {}, draft_plan().chart(), NOW).parts
    assert [bool(part.title) for part in parts] == [True, False]
    assert [item.link_id for item in parts[1].missing] == ["69722-7"]


def test_the_questions_are_shown_in_spanish_where_they_are_translated():
    page = assess_page(of("phq-9"), {}, {}, draft_plan().chart(), NOW, language="es")
    assert page.language == "es"
    assert page.parts[0].missing[0].options[0].words == "Ningún día"


def test_the_living_situation_is_known_from_a_result_with_its_date():
    alone = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "63512-8"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-02",
        "valueQuantity": {"value": 1},
    }
    shelf = Shelf(DIABETES, alone)
    values = reopened(shelf, "needs-assessment")
    page = assess_page(of("needs-assessment"), values, {}, shelf.chart(), NOW)
    (part,) = [part for part in page.parts if part.key == "psychosocial"]
    assert part.known_words == "Lives: Alone (2 Mar 2026)"
    assert part.known[0].prefill.source_words == "Result in this EHR"
