"""The patient's copy: plain words in two languages, what people wrote left as it is, and nothing silently missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fhir_profiles.canonical import code_system
from mappings import copy_words
from mappings.chart import Chart
from mappings.chronic_conditions import chronic_groups
from mappings.copy_words import LANGUAGES, CopyWords, default_language
from mappings.patient_copy import PARTS, PatientCopy, patient_copy
from mappings.practice import Practice
from mappings.reading import Reading, ReadStatus
from mappings.reading_grade import english_grade, spanish_ease
from mappings.template import defaults, parse_template, template_resources
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf, author, entry_of, without_extensions, without_meta

PRACTICE = Practice(
    care_manager_phone="(555) 010-0142", phone_hours="Monday to Friday", after_hours_phone="(555) 010-0199"
)
METFORMIN: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {"text": "metformin 500 MG Oral Tablet"},
    "subject": {"reference": "Patient/p1"},
    "dosageInstruction": [{"text": "1 tablet twice a day"}],
}


def planned(**changes: Any) -> Shelf:
    shelf = Shelf(DIABETES, **changes)
    shelf.consent()
    values = {
        **defaults(("diabetes",), shelf.chart(), now=NOW),
        "what_matters": ["Dancing at my granddaughter's wedding"],
        "own:goal:goal_text": ["Walks 20 minutes"],
        "own:goal:goal_words": ["Walk to church & back <b>"],
        "own:goal:measure": ["own"],
        "own:goal:own_measure": ["Minutes"],
        "own:goal:own_target": ["20"],
        "own:self-care-1:text": ["Walks to the corner"],
    }
    chart = shelf.chart()
    entry = entry_of(parse_template(values, chart=chart, now=NOW))
    shelf.file(template_resources(entry, chart, author(), shelf.form_id()))
    return shelf


def with_medicines(chart: Chart, status: ReadStatus = ReadStatus.READ, *rows: dict[str, Any]) -> Chart:
    readings = {**chart.readings, "MedicationRequest": Reading("MedicationRequest", status, rows)}
    return replace(chart, readings=readings)


def copy_of(chart: Chart, language: str = "en", practice: Practice = PRACTICE, **more: Any) -> PatientCopy:
    return patient_copy(
        chart, now=NOW, practice=practice, user_name="Dana Whitfield RN", language=language, **more
    )


@pytest.mark.requirement("domain@7")
def test_the_copy_says_the_plan_in_plain_english():
    copy = copy_of(with_medicines(planned().chart(), ReadStatus.READ, METFORMIN))
    assert copy.matters.text == "Dancing at my granddaughter's wedding"
    assert [goal.words.text for goal in copy.goals] == [
        "Bring your A1c (your 3-month blood sugar) to a safe level",
        "Check your blood sugar as we agreed and write it down",
        "Walks 20 minutes",
    ]
    assert [goal.said for goal in copy.goals] == ["", "", "Walk to church & back <b>"]
    assert [each.text for each in copy.goals[0].target] == ["A1c (3-month blood sugar): 7% or less"]
    assert copy.goals[0].by == "by February 13, 2027"
    steps = {step.words.text: (step.often.text, step.by) for step in copy.steps}
    assert steps["Walk for 10 minutes after a meal"] == ("5 days a week", "until February 13, 2027")
    assert "We will teach you the signs of low blood sugar and what to do" in [
        s.words.text for s in copy.team
    ]
    assert [(each.name, each.dose) for each in copy.medicines] == [
        ("metformin 500 MG Oral Tablet", "1 tablet twice a day")
    ]
    assert copy.medicines_say.startswith("This list is what the chart says on November 21, 2026.")
    assert not copy.any_typed


def test_in_spanish_template_words_are_spanish_and_typed_words_are_marked():
    copy = copy_of(planned().chart(), "es")
    words = [(goal.words.text, goal.words.typed) for goal in copy.goals]
    assert words == [
        ("Llevar su A1c (el azúcar de 3 meses) a un nivel seguro", False),
        ("Medir su azúcar como acordamos y anotarla", False),
        ("Walks 20 minutes", True),
    ]
    assert copy.goals[0].target[0].text == "A1c (el azúcar de 3 meses): 7% o menos"
    assert copy.goals[0].by == "antes del 13 de febrero de 2027"
    assert (copy.matters.typed, copy.any_typed) == (True, True)
    typed = [step.words.text for step in (*copy.steps, *copy.team) if step.words.typed]
    assert typed == ["Walks to the corner"]
    assert {step.often.text for step in copy.steps} == {"todos los días", "5 días a la semana", ""}


@pytest.mark.requirement("domain@58")
def test_the_copy_says_whom_to_call_at_any_hour():
    calls = [(call.label, call.number) for call in copy_of(planned().chart()).calls]
    assert calls == [
        ("Your care manager: Dana Whitfield RN", "(555) 010-0142"),
        ("Nights and weekends", "(555) 010-0199"),
        ("In a crisis, or if you think of hurting yourself (day and night)", "Call or text 988"),
        ("In danger now", "Call 911"),
    ]


def test_a_number_that_is_not_set_is_left_to_be_written_and_never_made_up():
    calls = copy_of(planned().chart(), practice=Practice()).calls
    assert [call.number for call in calls] == ["", "", "Call or text 988", "Call 911"]


def test_hotlines_that_are_for_the_staff_are_not_on_a_sheet_that_hangs_at_home():
    own = Practice(crisis_numbers=(("Domestic Violence Hotline", "1-800-799-7233"), ("Emergency", "911")))
    calls = copy_of(planned().chart(), practice=own).calls
    assert [call.number for call in calls] == ["", "", "Call or text 988", "Call 911"]


def test_warning_signs_follow_the_conditions_and_end_with_those_for_everyone():
    titles = [signs.title for signs in copy_of(planned().chart()).warnings]
    assert titles == ["Diabetes", "For everyone"]
    unlisted = planned()
    unlisted.kept.pop("Condition/c1")
    assert [signs.title for signs in copy_of(unlisted.chart()).warnings] == ["Diabetes", "For everyone"]
    none = Shelf()
    assert [signs.title for signs in copy_of(none.chart()).warnings] == ["For everyone"]


@pytest.mark.parametrize(
    ("status", "rows", "said"),
    [
        (ReadStatus.READ, (), "The chart lists no medicines on November 21, 2026. Tell us what you take."),
        (ReadStatus.NOT_AVAILABLE, (), "We could not read your medicine list today. Ask us for it."),
        (ReadStatus.NO_ACCESS, (), "We could not read your medicine list today. Ask us for it."),
        (ReadStatus.COULD_NOT_READ, (), "We could not read your medicine list today. Ask us for it."),
    ],
)
def test_no_medicine_on_the_list_is_said_for_what_it_is(status, rows, said):
    assert copy_of(with_medicines(planned().chart(), status, *rows)).medicines_say == said


def test_a_list_of_which_a_part_was_not_read_says_so():
    chart = with_medicines(planned().chart(), ReadStatus.READ, METFORMIN)
    failed = Reading("MedicationStatement", ReadStatus.COULD_NOT_READ)
    copy = copy_of(replace(chart, readings={**chart.readings, "MedicationStatement": failed}))
    assert copy.medicines_say.endswith("A part of the list could not be read today. Ask us for the rest.")


@pytest.mark.parametrize(
    ("kind", "named"), [("Goal", "the goals"), ("Task", "the steps"), ("Condition", "the illnesses")]
)
def test_a_part_that_could_not_be_read_is_named(kind, named):
    shelf = planned()
    assert copy_of(shelf.chart()).missing == ()
    assert copy_of(shelf.chart(**{kind: ReadStatus.COULD_NOT_READ})).missing_words == (named,)


@pytest.mark.parametrize("lose", [without_meta, without_extensions], ids=["meta", "extensions"])
def test_it_reads_the_same_from_an_ehr_that_loses_what_it_does_not_know(lose):
    whole, poor = copy_of(planned().chart(), "es"), copy_of(planned(lose=lose).chart(), "es")
    assert (poor.goals, poor.steps, poor.team) == (whole.goals, whole.steps, whole.team)


@pytest.mark.parametrize("part", PARTS)
def test_what_the_patient_does_not_want_on_it_is_left_out(part):
    chart = with_medicines(planned().chart(), ReadStatus.READ, METFORMIN)
    found = copy_of(chart, without=(part,))
    counts = {
        "goals": found.goals,
        "steps": found.steps + found.team,
        "medicines": found.medicines,
        "warnings": found.warnings,
    }
    assert [name for name, rows in counts.items() if not rows] == [part]


def test_the_caregivers_copy_speaks_of_the_patient_by_name():
    words = copy_of(planned().chart(), caregiver=True).words
    assert words.label("title") == "Care plan of Margery: for the person who helps"
    assert words.label("goals") == "The goals of Margery"
    assert any("Margery" in each for each in words.help())


def test_questions_to_the_provider_are_not_on_the_copy():
    shelf = planned()
    asked = next(
        each
        for each in shelf.kept.values()
        if each.get("description") == "Eye exam" or "Dilated" in each.get("description", "")
    )
    asked["code"]["coding"] = [
        {**each, "code": "ask-provider"} if each["system"] == code_system("to-do-kind") else each
        for each in asked["code"]["coding"]
    ]
    assert "Eye exam with drops" not in [step.words.text for step in copy_of(shelf.chart()).team]


def test_words_above_grade_8_are_pointed_out_to_whoever_prints():
    shelf = planned()
    plan = shelf.only("CarePlan")
    plan["description"] = "Comprehensive participation in recreational activities necessitating ambulation"
    ((grade, text),) = copy_of(shelf.chart()).hard
    assert (grade > 8, text) == (True, plan["description"])


def test_without_a_plan_there_is_nothing_to_copy():
    assert not copy_of(Shelf(DIABETES).chart()).has_plan


@pytest.mark.parametrize(
    ("spoken", "language"), [("Spanish", "es"), ("English", "en"), ("Vietnamese", "en"), ("", "en")]
)
def test_the_language_follows_the_chart(spoken, language):
    assert default_language(spoken) == language


def test_days_are_said_as_people_say_them():
    day = date(2026, 12, 3)
    assert [CopyWords(each).day(day) for each in LANGUAGES] == ["December 3, 2026", "3 de diciembre de 2026"]


def _texts(language: str) -> list[str]:
    """Every sentence of ours on the copy."""
    words = copy_words.file_words()
    said = [each[language] for each in words["label"].values()]
    said += words["help"][language]
    for row in words["warning"]:
        said += [f"{words['label']['call-us'][language]} {each}" for each in row["call-us"][language]]
        said += [f"{words['label']['call-911'][language]} {each}" for each in row["call-911"][language]]
    return [each.format(name="Ana", date="", by="", parts="", title="care manager") for each in said]


def test_our_own_words_are_read_at_grade_8_or_less():
    english, spanish = _texts("en"), _texts("es")
    assert english_grade(".\n".join(english)) <= 8
    assert spanish_ease(".\n".join(spanish)) >= 60
    assert [text for text in english if len(text.split()) > 3 and english_grade(text) > 8] == []
    assert [text for text in spanish if len(text.split()) > 5 and spanish_ease(text) < 50] == []


def test_every_wording_is_there_in_both_languages_with_the_same_blanks():
    words = copy_words.file_words()
    for table in ("label", "part", "measure", "comparator"):
        for key, each in words[table].items():
            assert set(each) == set(LANGUAGES), key
            blanks = [
                {blank for blank in ("{name}", "{date}", "{by}", "{parts}", "{value}") if blank in said}
                for said in each.values()
            ]
            if key != "warning-caregiver":
                assert blanks[0] == blanks[1], key
    known = {group.name for group in chronic_groups()}
    for row in words["warning"]:
        assert set(row["groups"]) <= known
        for name in ("call-us", "call-911"):
            assert len(row[name]["en"]) == len(row[name]["es"]) > 0
    assert len(words["help"]["en"]) == len(words["help"]["es"])


@pytest.mark.requirement("domain@115")
def test_nobody_is_a_case_and_the_practice_says_what_the_care_manager_is_called():
    chart = planned().chart()
    assert copy_of(chart).calls[0].label == "Your care manager: Dana Whitfield RN"
    own = replace(PRACTICE, role_title="nurse guide")
    assert copy_of(chart, practice=own).calls[0].label == "Your nurse guide: Dana Whitfield RN"
    said = [language[key] for language in copy_words.file_words()["label"].values() for key in language]
    assert not [words for words in said if "case manager" in words.lower()]
