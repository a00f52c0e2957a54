"""The diabetes template, field by field: from the guides' own list to the Task that the EHR keeps, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fhir_profiles.terminology import display
from mappings.condition_answers import last_answers
from mappings.condition_reading import results
from mappings.condition_template_part import ABOUT, TemplatePart
from mappings.contact import contact_views
from mappings.contact_save import parse_contact
from mappings.goal import own_open_goals
from mappings.narrative import plain_text
from mappings.overdue import known_of
from mappings.reading import ReadStatus
from mappings.to_do import to_dos
from mappings.trend import trend_picture
from tests.mappings.charts import NOW
from tests.mappings.shelf import CONTACT, DIABETES, Resource, Shelf
from tests.mappings.visiting import (
    EYE,
    FOOT,
    KEPT,
    LOSSES,
    exam,
    filed_on,
    in_words,
    named,
    output,
    result,
    shown,
    told,
    visited,
)

PART = TemplatePart()
RETINOPATHY = result("71490-7", 1, "2025-03-01")


# --- rows 117-128 and 148: the contact's own facts, with the template in it


@pytest.mark.requirement("domain@117", "domain@118", "domain@119", "domain@120", "domain@121")
def test_the_day_the_way_the_length_the_person_and_the_care_manager_are_the_contacts() -> None:
    _, task = visited(mode=["in-person"], **{"with": ["caregiver"]})
    assert task["executionPeriod"] == {
        "start": "2026-11-21T09:02:00-05:00",
        "end": "2026-11-21T09:14:00-05:00",
    }
    assert in_words(output(task, "mode")) == display("contact-mode", "in-person")
    assert in_words(output(task, "with")) == "Caregiver"
    assert output(task, "minutes") == {"valueInteger": 12}
    assert task["owner"] == {"reference": "Practitioner/nurse", "display": "Dana Whitfield RN"}
    assert (told(task)["Minutes"], told(task)["Template"]) == ("12", "Diabetes")


@pytest.mark.requirement("domain@122")
def test_the_concern_is_told_in_words_and_tied_to_the_problem_that_fits() -> None:
    chart = shown(Shelf(DIABETES))
    defaults = PART.defaults("diabetes", chart, now=NOW)
    assert defaults[ABOUT] == ("Condition/c1",)
    visit = {**DIABETES, "id": "c0", "category": [{"coding": [{"code": "encounter-diagnosis"}]}]}
    at_a_visit = {**visit, "recordedDate": "2001-01-01", "code": {**DIABETES["code"], "text": "Low sugar"}}
    both = shown(Shelf({**DIABETES, "recordedDate": "2011-05-01"}, at_a_visit))
    assert PART.defaults("diabetes", both, now=NOW)[ABOUT] == ("Condition/c1",)
    _, task = visited(issue=["Afraid of needles"], **{ABOUT: ["Condition/c1"]})
    assert output(task, "concern-problem") == {
        "valueReference": {"reference": "Condition/c1", "display": "Type 2 diabetes"}
    }
    assert (told(task)["About"], told(task)["Key issue"]) == ("Type 2 diabetes", "Afraid of needles")
    refused = parse_contact(
        {**CONTACT, "template": ["diabetes"], ABOUT: ["Condition/of-another"]}, chart=chart, now=NOW
    )
    assert set(refused.errors) == {ABOUT}


@pytest.mark.requirement("domain@123")
def test_barriers_are_picked_and_told() -> None:
    _, task = visited(barriers=["medicine-cost"], barrier_words=["The pharmacy closes early"])
    assert told(task)["Barriers"] == "Cost of medicine, The pharmacy closes early"
    coded = [
        each["valueCodeableConcept"]
        for each in task["output"]
        if each["type"]["coding"][0]["code"] == "barrier"
    ]
    assert coded[0]["coding"][0]["code"] == "medicine-cost"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(
            "self-management", "Self-management support", marks=pytest.mark.requirement("domain@124")
        ),
        pytest.param("coordination", "Coordination of care", marks=pytest.mark.requirement("domain@125")),
        pytest.param(
            "medication-reconciliation",
            "Medication reconciliation",
            marks=pytest.mark.requirement("domain@126"),
        ),
    ],
)
def test_what_was_done_is_picked_and_coded(code: str, words: str) -> None:
    _, task = visited(interventions=[code])
    assert in_words(output(task, "intervention")) == words
    assert told(task)["Done"] == words


@pytest.mark.requirement("domain@127", "domain@128")
def test_each_open_goal_has_its_progress_and_its_ruler() -> None:
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    (goal,) = own_open_goals(shelf.chart())
    changed = {f"progress.{goal['id']}": ["better"], f"importance.{goal['id']}": ["9"]}
    changed[f"confidence.{goal['id']}"] = ["4"]
    filed_on(shelf, template=["diabetes"], **changed)
    (after,) = own_open_goals(shelf.chart())
    assert "Importance 9/10, confidence 4/10" in str(after["note"])
    (view,) = contact_views(shelf.chart(), NOW)
    assert "Walk to church and back: better" in plain_text(view.resource["text"])


@pytest.mark.requirement("domain@148")
def test_the_follow_up_is_a_task_with_its_day() -> None:
    shelf, _ = visited(next_date=["2026-12-04"], next_text=["Ask about the eye clinic"])
    found = [(row.text, row.due_words, row.kind) for row in to_dos(shelf.chart(), NOW).rows]
    assert ("Ask about the eye clinic", "Fri, in 13 days", "next-contact") in found


# --- rows 129-131: what the chart says


@pytest.mark.requirement("domain@129")
def test_the_last_a1c_stands_with_its_day_and_its_course_and_in_the_note() -> None:
    values = (result("4548-4", 9.4, "2026-05-01"), result("4548-4", 8.6, "2026-11-03"))
    found = results(shown(Shelf(DIABETES), *values), named("diabetes"), now=NOW)
    assert (found.rows[0].name, found.rows[0].value_words, found.rows[0].date_words) == (
        "A1c",
        "8.6 %",
        "3 Nov 2026",
    )
    assert trend_picture(found.rows[0].trend) is not None
    assert "A1c" not in found.missing
    _, task = visited(*values)
    assert told(task)["Diabetes, A1c"] == "8.6 %, 3 Nov 2026"


def test_an_a1c_in_another_unit_keeps_it_and_none_is_said_to_be_missing() -> None:
    found = results(
        shown(Shelf(DIABETES), result("59261-8", 70, "2026-11-03", "mmol/mol")), named("diabetes"), now=NOW
    )
    assert found.rows[0].value_words == "70 mmol/mol"
    assert "A1c" in results(shown(Shelf(DIABETES)), named("diabetes"), now=NOW).missing
    unread = results(shown(Shelf(DIABETES), Observation=ReadStatus.NO_ACCESS), named("diabetes"), now=NOW)
    assert (unread.rows, unread.missing) == ((), ())
    assert "could not be seen" in unread.unread


@pytest.mark.parametrize(
    ("resources", "link", "day", "source"),
    [
        pytest.param(
            [exam(EYE, "2024-09-12T10:00:00-04:00")],
            "dm-eye-exam",
            "2024-09-12",
            "Procedures",
            marks=pytest.mark.requirement("domain@130"),
        ),
        pytest.param(
            [exam(FOOT, "2025-09-12")],
            "dm-foot-exam",
            "2025-09-12",
            "Procedures",
            marks=pytest.mark.requirement("domain@131"),
        ),
        pytest.param(
            [exam(EYE, {"start": "2025-01-02T09:00:00Z", "end": "2025-01-02T10:00:00Z"})],
            "dm-eye-exam",
            "2025-01-02",
            "Procedures",
            marks=pytest.mark.requirement("domain@130"),
        ),
        pytest.param(
            [RETINOPATHY],
            "dm-eye-exam",
            "2025-03-01",
            "Result in this EHR",
            marks=pytest.mark.requirement("domain@130"),
        ),
        pytest.param(
            [exam(EYE, "2024-09-12"), RETINOPATHY], "dm-eye-exam", "2025-03-01", "Result in this EHR"
        ),
        pytest.param([exam(EYE, "2025-09-12"), RETINOPATHY], "dm-eye-exam", "2025-09-12", "Procedures"),
        pytest.param([exam(EYE, "2025-09-12", status="not-done")], "dm-eye-exam", "", ""),
        pytest.param([exam("80146002", "2025-09-12")], "dm-eye-exam", "", ""),
        pytest.param([], "dm-eye-exam", "", ""),
        pytest.param([], "dm-foot-exam", "", ""),
    ],
)
def test_the_last_exam_is_found_with_its_source_or_asked(
    resources: list[Resource], link: str, day: str, source: str
) -> None:
    chart = shown(Shelf(DIABETES), *resources)
    found = known_of(chart, named("diabetes"), now=NOW).get(link)
    assert ((found.values[0]["valueDate"], found.source_words) if found else ("", "")) == (day, source)
    groups = (
        PART.view("diabetes", PART.defaults("diabetes", chart, now=NOW), {}, chart, now=NOW)
        .sections[0]
        .groups
    )
    asked = {item.link_id for group in groups for item in group.asked}
    known = {item.link_id: group.known_words for group in groups for item in group.known}
    assert (link in asked, link in known) == (not day, bool(day))
    assert source in known.get(link, "")


@pytest.mark.requirement("domain@130")
def test_what_the_patient_told_is_newer_than_the_chart_and_stays_known() -> None:
    eye = exam(EYE, "2024-09-12")
    shelf, task = visited(eye, **{"q-dm-eye-exam": ["2026-10-02"]})
    assert output(task, "dm-eye-exam") == {"valueDate": "2026-10-02"}
    known = known_of(shown(shelf, eye), named("diabetes"), now=NOW)["dm-eye-exam"]
    assert (known.words, known.source_words) == ("2 Oct 2026", "Last contact")
    later = exam(EYE, "2026-11-20")
    assert (
        known_of(shown(shelf, later), named("diabetes"), now=NOW)["dm-eye-exam"].source_words == "Procedures"
    )


# --- rows 132-145: every field of the diabetes template, as typed, as told and as coded

FIELDS = [
    (
        132,
        {"testing-times": "3", "testing-per": "per-day"},
        {"checks": "3", "checks per": "per day"},
        "testing",
        "3 per day",
    ),
    (
        133,
        {"sugar-goal-low": "80", "sugar-goal-high": "130"},
        {"goal from": "80", "goal to": "130"},
        "sugar-goal",
        "80 mg/dL to 130 mg/dL",
    ),
    (134, {"a1c-goal": "7.5"}, {"A1c goal": "7.5"}, "a1c-goal", "7.5 %"),
    (135, {"meter-use": "partly"}, {"understands the meter": "Partly"}, "meter-use", "Partly"),
    (136, {"confidence": "6"}, {"confidence": "6"}, "confidence", "6"),
    (
        137,
        {"class": "class-attended", "class-day": "2026-06-01"},
        {"education class": "Attended", "class day": "1 Jun 2026"},
        "class",
        "Attended",
    ),
    (
        138,
        {"center": "Lakeside Diabetes Center"},
        {"diabetes center": "Lakeside Diabetes Center"},
        "center",
        "Lakeside Diabetes Center",
    ),
    (139, {"meter": "Contour Next"}, {"meter": "Contour Next"}, "meter", "Contour Next"),
    (
        140,
        {
            "supplies": "supply-strips",
            "supplier": "Main Street Pharmacy",
            "supplies-state": "supplies-ordered",
        },
        {"supplies": "Test strips", "supplier": "Main Street Pharmacy", "supplies are": "Ordered"},
        "supplies",
        "Test strips",
    ),
    (
        141,
        {"range-low": "62", "range-high": "288"},
        {"lowest reading": "62", "highest reading": "288"},
        "range",
        "62 mg/dL to 288 mg/dL",
    ),
    (142, {"low-signs": "yes"}, {"signs of low blood sugar": "Yes"}, "low-signs", "Yes"),
    (143, {"high-signs": "no"}, {"signs of high blood sugar": "No"}, "high-signs", "No"),
    (
        144,
        {"carbs": "yes", "carbs-note": "Three slices of bread are too many"},
        {"carb counting": "Yes", "carb plan": "Three slices of bread are too many"},
        "carbs",
        "Yes",
    ),
    (
        145,
        {"resources": "Riverbend Meals"},
        {"community resources": "Riverbend Meals"},
        "resources",
        "Riverbend Meals",
    ),
]


@pytest.mark.requirement(
    "domain@132",
    "domain@133",
    "domain@134",
    "domain@135",
    "domain@136",
    "domain@137",
    "domain@138",
    "domain@139",
    "domain@140",
    "domain@141",
    "domain@142",
    "domain@143",
    "domain@144",
    "domain@145",
)
@pytest.mark.parametrize("lose", LOSSES, ids=KEPT)
@pytest.mark.parametrize(
    ("given", "words", "code", "coded"),
    [pytest.param(*row[1:], id=f"row {row[0]}") for row in FIELDS],
)
def test_a_field_is_told_coded_and_read_back_whatever_the_ehr_kept(
    given: dict[str, str],
    words: dict[str, str],
    code: str,
    coded: str,
    lose: Callable[[Resource], Resource],
) -> None:
    fields = {f"q-dm-{link}": [value] for link, value in given.items()}
    whole, task = visited(**fields)
    assert {label: told(task)[f"Diabetes, {label}"] for label in words} == words
    assert in_words(output(task, f"dm-{code}")) == coded
    assert all(value in plain_text(task["text"]) for value in words.values())
    asked = last_answers(whole.chart(), named("diabetes"), now=NOW)
    shelf, _ = visited(lose=lose, **fields)
    kept = last_answers(shelf.chart(), named("diabetes"), now=NOW)
    assert asked is not None
    assert kept is not None
    assert {f"dm-{link}" for link in given} <= set(asked.answers)
    assert {link: kept.words(link) for link in kept.answers} == {
        link: asked.words(link) for link in asked.answers
    }


@pytest.mark.requirement("domain@133", "domain@134")
@pytest.mark.parametrize(
    ("target", "link", "words"),
    [
        (
            {"measure": {"coding": [{"code": "4548-4"}]}, "detailQuantity": {"value": 7.2}},
            "dm-a1c-goal",
            "7.2",
        ),
        (
            {
                "measure": {"coding": [{"code": "2339-0"}]},
                "detailRange": {"low": {"value": 80}, "high": {"value": 140}},
            },
            "dm-sugar-goal-high",
            "140",
        ),
    ],
)
def test_a_goal_of_the_plan_is_known_already(target: dict[str, Any], link: str, words: str) -> None:
    goal = {"resourceType": "Goal", "id": "g1", "lifecycleStatus": "active", "target": [target]}
    known = known_of(shown(Shelf(DIABETES), goal), named("diabetes"), now=NOW)[link]
    assert (known.words, known.source_words) == (words, "Goal of the plan")
    ended = {**goal, "lifecycleStatus": "completed"}
    assert link not in known_of(shown(Shelf(DIABETES), ended), named("diabetes"), now=NOW)
