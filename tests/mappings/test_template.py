"""Applying templates: what fits comes first, what the plan has is not doubled, what is ticked is filed in one save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mappings import template_form
from mappings.consent import consent_view
from mappings.enrolment import enrolment_view
from mappings.episode import open_plan
from mappings.goal import own_open_goals
from mappings.plan_template import BLANK
from mappings.reading import ReadStatus
from mappings.template import (
    ADULTS,
    defaults,
    may_apply,
    offers,
    parse_template,
    template_resources,
    template_warnings,
    uncoded,
)
from mappings.template_form import NO_ACTION, NO_GOAL, NO_SELF_CARE, NOTHING, OWN_STEPS, TAKE, USE
from mappings.template_row import template_rows
from mappings.to_do import frequency, goal_of, open_to_dos, plan_part, to_do_kind
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Shelf, author, entry_of, problems_of

Values = Mapping[str, Sequence[str]]
PRESSURE = {
    **DIABETES,
    "id": "c2",
    "code": {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}],
        "text": "High blood pressure",
    },
}


def enrolled(*more: dict[str, Any]) -> Shelf:
    shelf = Shelf(DIABETES, *more)
    shelf.consent()
    return shelf


def prefilled(shelf: Shelf, *ids: str, **changes: Sequence[str]) -> dict[str, Sequence[str]]:
    return {**defaults(ids, shelf.chart(), now=NOW), **changes}


def apply(shelf: Shelf, *ids: str, **changes: Sequence[str]) -> tuple[dict[str, Any], ...]:
    values = prefilled(shelf, *ids, **{key.replace("__", ":"): value for key, value in changes.items()})
    chart = shelf.chart()
    entry = entry_of(parse_template(values, chart=chart, now=NOW))
    return shelf.file(template_resources(entry, chart, author(), shelf.form_id()))


def errors(shelf: Shelf, values: Values) -> Mapping[str, str]:
    return parse_template(values, chart=shelf.chart(), now=NOW).errors


def test_the_templates_that_fit_come_first_each_with_why():
    found = offers(enrolled(PRESSURE).chart(), now=NOW, tier="high")
    assert [(each.template.id, each.why) for each in found if each.why] == [
        ("diabetes", "On the problem list: Type 2 diabetes"),
        ("hypertension", "On the problem list: High blood pressure"),
        ("tier-high", "Risk level: high"),
    ]
    assert found[-1].template.id == BLANK
    assert len(found) == 15


def test_without_a_decided_level_the_suggested_one_is_called_so():
    found = offers(enrolled().chart(), now=NOW)
    assert [each.why for each in found if each.template.tier and each.why] == ["Suggested risk level: low"]


@pytest.mark.requirement("domain@10")
def test_applying_to_a_draft_opens_the_plan_with_goals_steps_and_services():
    shelf = enrolled()
    filed = apply(shelf, "diabetes", what_matters=["Dancing at the wedding"], agreed=["yes"])
    kinds = [each["resourceType"] for each in filed]
    assert [kinds.count(kind) for kind in ("Goal", "CarePlan")] == [2, 1]
    chart = shelf.chart()
    plan = open_plan(chart)
    assert plan is not None
    assert (plan["status"], plan["description"]) == ("active", "Dancing at the wedding")
    assert [note["text"] for note in plan["note"]] == [
        "Added from the templates on 21 Nov 2026: Diabetes.",
        "Discussed with and agreed by the patient on 21 Nov 2026.",
    ]
    goals = {f"Goal/{goal['id']}": goal["description"]["text"] for goal in own_open_goals(chart)}
    assert {each["reference"] for each in plan["goal"]} == set(goals)
    tasks = open_to_dos(chart)
    assert {each["reference"]["reference"] for each in plan["activity"]} == {f"Task/{t['id']}" for t in tasks}
    assert {to_do_kind(task) for task in tasks} == {"action", "self-care", "service"}
    assert all(
        each["addresses"] == [{"reference": "Condition/c1", "display": "Type 2 diabetes"}]
        for each in own_open_goals(chart)
    )
    check = next(task for task in tasks if task["description"].startswith("Check your blood sugar"))
    assert (frequency(check), plan_part(check)) == ("every day", "patient-action")
    assert goals[goal_of(check)] == "Blood sugar checked and written down as agreed"
    assert enrolment_view(chart, now=NOW).state == "plan-active"


def test_everything_that_is_filed_is_valid():
    for resource in apply(enrolled(PRESSURE), "diabetes", "hypertension", "tier-high"):
        assert problems_of(resource) == []


def test_adding_to_an_open_plan_changes_no_state_and_keeps_what_it_has():
    shelf = enrolled(PRESSURE)
    shelf.plan()
    before = open_plan(shelf.chart())
    filed = apply(shelf, "hypertension")
    assert before is not None
    assert "plan-active" not in str([each.get("businessStatus") for each in filed])
    plan = open_plan(shelf.chart())
    assert plan is not None
    assert [each for each in plan["goal"] if each in before["goal"]] == before["goal"]
    assert len(plan["goal"]) == len(before["goal"]) + 2
    assert plan["description"] == before["description"]


def test_what_the_plan_has_is_shown_and_not_filed_again():
    shelf = enrolled()
    apply(shelf, "diabetes")
    rows = template_rows(["diabetes"], shelf.chart())
    held = {row.key: row.standing for row in rows if not row.offered}
    assert held["diabetes:a1c"] == "In the plan already"
    assert held["diabetes:check-sugar"] == "In the plan already"
    assert [row.key for row in rows if row.offered] == ["diabetes:foot-care", "diabetes:flu-shot"]
    goals, tasks = len(own_open_goals(shelf.chart())), len(open_to_dos(shelf.chart()))
    every = [row.key for row in rows]
    due = {"diabetes:foot-care:target_due": ["2027-01-10"]}
    apply(shelf, "diabetes", **{TAKE: every}, **due)
    assert len(own_open_goals(shelf.chart())) == goals + 1
    assert len(open_to_dos(shelf.chart())) == tasks + 1


def test_a_goal_that_measures_the_same_is_the_same_goal():
    shelf = enrolled()
    shelf.plan(measure=["a1c"], target_value=["7.5"], goal_text=["Sugar down before the wedding"])
    (row,) = [each for each in template_rows(["diabetes"], shelf.chart()) if each.key == "diabetes:a1c"]
    assert row.standing == "In the plan already: Sugar down before the wedding"
    apply(shelf, "diabetes")
    test = next(task for task in open_to_dos(shelf.chart()) if task["description"] == "A1c blood test")
    assert goal_of(test) == row.held


def test_two_templates_with_the_same_goal_or_service_suggest_it_once():
    rows = {
        row.key: row
        for row in template_rows(
            ["hypertension", "chronic-kidney-disease", "heart-failure"], enrolled().chart()
        )
    }
    assert rows["chronic-kidney-disease:pressure"].like == "hypertension:pressure"
    calls = [row.key for row in rows.values() if row.step and row.step.family == "call" and row.offered]
    assert calls == ["heart-failure:call-weekly"]
    assert rows["hypertension:call-2-weeks"].standing.startswith("More often with Heart failure")


def test_a_call_that_the_plan_has_is_said_beside_a_more_frequent_one():
    shelf = enrolled()
    apply(shelf, "hypertension")
    (row,) = [
        each for each in template_rows(["heart-failure"], shelf.chart()) if each.key.endswith("call-weekly")
    ]
    assert (row.note, row.checked, row.offered) == (
        "The plan has: Call from the care manager every 2 weeks",
        False,
        True,
    )


def test_words_targets_and_days_are_filed_as_they_were_changed():
    shelf = enrolled()
    changes = {
        "diabetes:a1c:goal_text": ["A1c before the wedding"],
        "diabetes:a1c:goal_words": ["I want to dance <b>ñandú</b>"],
        "diabetes:a1c:goal_by": ["patient"],
        "diabetes:a1c:target_value": ["7.5"],
        "diabetes:a1c:target_due": ["2027-03-01"],
        "diabetes:walk:text": ["Walk the dog"],
        "diabetes:walk:often": ["twice a day"],
        "diabetes:walk:due": ["2027-01-15"],
    }
    apply(shelf, "diabetes", **changes)
    goal = own_open_goals(shelf.chart())[0]
    assert goal["description"]["text"] == "A1c before the wedding"
    assert goal["target"][0]["detailQuantity"]["value"] == 7.5
    assert goal["target"][0]["dueDate"] == "2027-03-01"
    assert goal["expressedBy"]["reference"] == "Patient/p1"
    walk = next(task for task in open_to_dos(shelf.chart()) if task["description"] == "Walk the dog")
    assert (frequency(walk), walk["restriction"]["period"]["end"]) == ("twice a day", "2027-01-15")


def test_the_blank_template_files_what_a_person_writes():
    shelf = enrolled()
    written = {
        "own:goal:goal_text": ["Walks to church"],
        "own:goal:measure": ["own"],
        "own:goal:own_measure": ["Minutes"],
        "own:goal:own_target": ["20"],
        "own:self-care-1:text": ["Walk to the corner"],
        "own:action-1:text": ["Ask about the walker"],
    }
    apply(shelf, BLANK, **written)
    tasks = {task["description"]: task for task in open_to_dos(shelf.chart())}
    assert set(tasks) == {"Walk to the corner", "Ask about the walker"}
    assert [goal["description"]["text"] for goal in own_open_goals(shelf.chart())] == ["Walks to church"]
    plan = open_plan(shelf.chart())
    assert plan is not None
    assert "note" not in plan or "templates" not in str(plan["note"])


NO_DATE = "This is not a date in the calendar. Write it as 2026-12-08 or 12/8/2026."
ONLY_GOAL = {TAKE: ["diabetes:a1c"]}
BAD = [
    ({TAKE: []}, "form", NOTHING),
    ({TAKE: ["diabetes:low-sugar", "diabetes:walk"]}, "form", NO_GOAL),
    ({TAKE: ["diabetes:a1c", "diabetes:low-sugar"]}, "form", NO_SELF_CARE),
    ({TAKE: ["diabetes:a1c", "diabetes:walk"]}, "form", NO_ACTION),
    ({TAKE: ["diabetes:nobody"]}, TAKE, "Choose from the answers shown; one of those sent is not among them."),
    ({"diabetes:a1c:target_value": ["86"]}, "diabetes:a1c:target_value", "Give the target as a number from 4 to 20 %."),
    ({"diabetes:a1c:target_due": ["2026-11-21"]}, "diabetes:a1c:target_due", "Choose a day after today."),
    ({"diabetes:a1c:target_due": [""]}, "diabetes:a1c:target_due", "Give the day by which the goal is to be reached."),
    ({"diabetes:walk:due": ["2026-11-20"]}, "diabetes:walk:due", "This day has passed. Choose today or a later day."),
    ({"diabetes:walk:due": ["2029-11-20"]}, "diabetes:walk:due", "Choose a day within two years."),
    ({"diabetes:walk:due": ["soon"]}, "diabetes:walk:due", NO_DATE),
    ({"diabetes:walk:text": [" "]}, "diabetes:walk:text", "Write what is to be done, or untick the row."),
    ({USE: ["diabetes,asthma,copd,weight"]}, "form", "Choose at most 3 templates at once."),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "message"), BAD)
def test_bad_input_has_its_own_message_and_loses_nothing(changes, field, message):
    shelf = enrolled()
    values = prefilled(shelf, "diabetes", **changes)
    found = parse_template(values, chart=shelf.chart(), now=NOW)
    assert found.entry is None
    assert found.errors[field] == message
    assert {name: list(given) for name, given in found.values.items()} == {
        name: list(given) for name, given in values.items()
    }


def test_a_row_that_is_not_ticked_is_not_read():
    shelf = enrolled()
    values = prefilled(shelf, "diabetes", **{"diabetes:foot-care:target_due": ["nonsense"]})
    assert errors(shelf, values) == {}


def test_an_open_plan_takes_one_row_alone():
    shelf = enrolled()
    shelf.plan()
    assert errors(shelf, prefilled(shelf, "diabetes", **ONLY_GOAL)) == {}


@pytest.mark.parametrize(
    ("prepare", "patient", "said"),
    [
        (lambda shelf: None, MARGERY, "A plan needs the patient's consent first."),
        (
            lambda shelf: shelf.consent(),
            {**MARGERY, "deceasedBoolean": True},
            "The chart says that this patient has died.",
        ),
    ],
    ids=["no consent", "deceased"],
)
def test_consent_gates_templates(prepare, patient, said):
    shelf = Shelf(DIABETES)
    prepare(shelf)
    assert may_apply(shelf.chart(patient), now=NOW).reason.startswith(said)


def test_an_open_plan_without_consent_in_force_takes_no_template():
    shelf = enrolled()
    shelf.plan()
    (consent,) = [each for each in shelf.kept.values() if each["resourceType"] == "Consent"]
    consent["provision"] = {
        **consent.get("provision", {}),
        "period": {**consent["provision"]["period"], "end": "2026-10-31"},
    }
    later = NOW + timedelta(days=20)
    assert consent_view(shelf.chart(), now=later).state == "stopped"
    assert may_apply(shelf.chart(), now=later).reason.startswith(
        "Adding to the plan needs the patient's consent."
    )


@pytest.mark.parametrize("kind", ["CarePlan", "Goal", "Task"])
def test_nothing_is_added_in_the_dark(kind):
    shelf = enrolled()
    shelf.plan()
    chart = shelf.chart(**{kind: ReadStatus.COULD_NOT_READ})
    assert may_apply(chart, now=NOW).reason


def test_every_row_of_ones_own_is_offered_with_a_day():
    values = defaults((), enrolled().chart(), now=NOW)
    assert all(values[f"{key}:due"] for key in OWN_STEPS)
    assert template_form.template_ids(values) == ()


def test_where_nothing_of_ours_is_shown_again_templates_apply_with_a_caution():
    shelf = Shelf(DIABETES)
    chart = shelf.chart()
    unseen = {
        kind: replace(chart.reading(kind), ours_unseen=True)
        for kind in ("CarePlan", "Consent", "Goal", "Task")
    }
    gate = may_apply(replace(chart, readings={**chart.readings, **unseen}), now=NOW)
    assert gate.allowed
    assert gate.caution.startswith(
        "This EHR does not show again the goals and tasks documented with Chartside"
    )


def test_a_child_a_merged_record_and_a_problem_without_a_code_are_said_in_words():
    child = {**MARGERY, "birthDate": "2015-05-01"}
    assert ADULTS in template_warnings(Shelf().chart(child), now=NOW)
    merged = {**MARGERY, "link": [{"other": {"reference": "Patient/p9"}, "type": "replaced-by"}]}
    assert "was merged into another one" in template_warnings(Shelf().chart(merged), now=NOW)[0]
    wordy = {**DIABETES, "code": {"text": "Sugar trouble"}}
    assert uncoded(Shelf(wordy).chart(), now=NOW) == ("Sugar trouble",)
    assert uncoded(Shelf(DIABETES).chart(), now=NOW) == ()
