"""Steps, actions and services of a plan: added, changed, done and called off; the plan names each and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mappings.plan_action import (
    change_defaults,
    change_resources,
    changeable,
    ended,
    new_resources,
    parse_change,
    parse_new,
    plan_action_defaults,
    planned,
)
from mappings.plan_gate import NOT_SHOWN, may_add_to_plan, may_change_plan
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, author, entry_of, problems_of

SERVICE: dict[str, Sequence[str]] = {
    "kind": ["service"],
    "text": ["Meals at home"],
    "often": ["Five days a week"],
    "times": ["60"],
    "owner": ["other"],
    "owner_name": ["Riverbend Meals"],
    "start": ["2026-12-01"],
    "due": ["2027-02-28"],
}


def opened() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    return shelf


def add(shelf: Shelf, **changes: Sequence[str]) -> tuple[Resource, ...]:
    chart = shelf.chart()
    entry = entry_of(parse_new({**SERVICE, **changes}, chart=chart, now=NOW))
    return shelf.file(new_resources(entry, chart, author(), shelf.form_id()))


def change(shelf: Shelf, task: str, **changes: Sequence[str]) -> tuple[Resource, ...]:
    chart = shelf.chart()
    sent = {**change_defaults(chart, now=NOW, task=task), **changes}
    entry = entry_of(parse_change(sent, chart=chart, now=NOW))
    return shelf.file(change_resources(entry, chart, author(), shelf.form_id()))


def activities(shelf: Shelf) -> list[tuple[str, str]]:
    held = shelf.only("CarePlan")["activity"]
    return [(each["reference"]["reference"], each["reference"]["display"]) for each in held]


@pytest.mark.requirement("domain@2")
def test_a_service_has_its_frequency_and_a_responsible_person_and_the_plan_names_it():
    shelf = opened()
    task, plan = add(shelf)
    assert (problems_of(task), problems_of(plan)) == ([], [])
    assert task["owner"] == {"display": "Riverbend Meals"}
    assert task["restriction"] == {"repetitions": 60, "period": {"start": "2026-12-01", "end": "2027-02-28"}}
    assert (
        f"Task/{task['id']}",
        "Meals at home (Five days a week, Riverbend Meals, by 28 Feb 2027)",
    ) in activities(shelf)
    row = next(row for row in planned(shelf.chart(), NOW) if row.task.kind == "service")
    assert (row.who, row.task.frequency, row.task.times, row.from_words) == (
        "Riverbend Meals",
        "Five days a week",
        60,
        "1 Dec 2026",
    )


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, set()),
        ({"start": [""]}, set()),
        ({"due": ["2026-11-30"]}, {"due"}),
        ({"due": ["2026-12-01"]}, set()),
        ({"due": [""]}, {"due"}),
        ({"due": ["2026-11-20"], "start": [""]}, {"due"}),
        ({"due": ["2030-01-01"]}, {"due"}),
        ({"due": ["2027-02-30"]}, {"due"}),
        ({"start": ["1999-01-01"]}, {"start"}),
        ({"text": [" "]}, {"text"}),
        ({"text": ["x" * 301]}, {"text"}),
        ({"often": [""]}, {"often"}),
        ({"often": [""], "kind": ["action"]}, set()),
        ({"owner_name": [""]}, {"owner_name"}),
        ({"owner": []}, {"owner"}),
        ({"owner": ["same"]}, {"owner"}),
        ({"kind": []}, {"kind"}),
        ({"kind": ["next-contact"]}, {"kind"}),
        ({"times": ["0"]}, {"times"}),
        ({"times": ["many"]}, {"times"}),
        ({"goal": ["of-somebody-else"]}, {"goal"}),
        ({"priority": ["whenever"]}, {"priority"}),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], fields: set[str]):
    assert set(parse_new({**SERVICE, **changes}, chart=opened().chart(), now=NOW).errors) == fields


def test_an_end_before_the_start_is_told_in_words():
    sent = parse_new({**SERVICE, "due": ["2026-11-30"]}, chart=opened().chart(), now=NOW)
    assert sent.errors["due"].startswith("It would end before it starts.")


def test_the_form_of_a_step_opens_for_the_one_goal_until_its_day():
    chart = opened().chart()
    (goal,) = chart.resources("Goal")
    assert plan_action_defaults(chart, now=NOW, kind="self-care", goal="") == {
        "kind": ("self-care",),
        "goal": (goal["id"],),
        "owner": ("patient",),
        "due": ("2027-01-31",),
        "priority": ("routine",),
    }
    assert plan_action_defaults(chart, now=NOW, kind="party", goal="x")["kind"] == ("action",)


def test_a_step_serves_its_goal_and_belongs_to_the_patients_plan():
    shelf = opened()
    (goal,) = shelf.chart().resources("Goal")
    step, _ = add(shelf, kind=["self-care"], goal=[goal["id"]], owner=["patient"], text=["Weighs herself"])
    assert step["focus"] == {"reference": f"Goal/{goal['id']}", "display": "Walk to church and back"}
    row = next(row for row in planned(shelf.chart(), NOW) if row.task.id == step["id"])
    assert (row.goal_text, row.goal_known, row.task.part) == (
        "Walk to church and back",
        True,
        "patient-action",
    )
    del shelf.kept[f"Goal/{goal['id']}"]
    lost = next(row for row in planned(shelf.chart(), NOW) if row.task.id == step["id"])
    assert (lost.goal_text, lost.goal_known) == ("Walk to church and back", False)


def test_a_change_keeps_what_others_wrote_and_renames_it_in_the_plan():
    shelf = opened()
    task, _ = add(shelf)
    theirs: dict[str, Any] = {"note": [{"text": "She likes soup"}], "reasonCode": {"text": "Weight loss"}}
    shelf.kept[f"Task/{task['id']}"] = {**task, **theirs}
    changed, plan = change(shelf, task["id"], often=["Every day"], due=["2027-03-31"])
    assert (problems_of(changed), problems_of(plan)) == ([], [])
    assert changed["reasonCode"] == {"text": "Weight loss"}
    assert [note["text"] for note in changed["note"]] == ["She likes soup", "How often: Every day"]
    assert changed["owner"] == {"display": "Riverbend Meals"}
    assert changed["restriction"]["period"] == {"start": "2026-12-01", "end": "2027-03-31"}
    assert "Every day" in dict(activities(shelf))[f"Task/{task['id']}"]
    assert len(activities(shelf)) == 3


def test_a_change_of_nothing_that_was_agreed_leaves_the_plan_alone():
    shelf = opened()
    task, _ = add(shelf)
    (changed,) = change(shelf, task["id"], note=["She was asked"], priority=["urgent"])
    assert changed["priority"] == "urgent"


@pytest.mark.parametrize(
    ("outcome", "reason", "status", "note"),
    [
        ("done", "", "completed", "Done on 21 Nov 2026"),
        ("done", "All 60 came", "completed", "Done on 21 Nov 2026: All 60 came"),
        ("called-off", "She cooks again", "cancelled", "Called off: She cooks again"),
    ],
)
def test_the_end_of_a_thing_is_on_its_task_alone(outcome: str, reason: str, status: str, note: str):
    shelf = opened()
    task, plan = add(shelf)
    filed = change(shelf, task["id"], outcome=[outcome], reason=[reason])
    assert [each["id"] for each in filed] == [task["id"]]
    assert (filed[0]["status"], filed[0]["note"][-1]["text"], problems_of(filed[0])) == (status, note, [])
    assert shelf.only("CarePlan") == plan
    assert task["id"] in {row.task.id for row in ended(shelf.chart(), NOW)}
    assert task["id"] not in changeable(shelf.chart(), NOW)


def test_what_is_called_off_says_why():
    shelf = opened()
    task, _ = add(shelf)
    chart = shelf.chart()
    sent = {**change_defaults(chart, now=NOW, task=task["id"]), "outcome": ["called-off"]}
    assert set(parse_change(sent, chart=chart, now=NOW).errors) == {"reason"}


def test_what_is_no_longer_open_cannot_be_changed():
    shelf = opened()
    task, _ = add(shelf)
    sent = change_defaults(shelf.chart(), now=NOW, task=task["id"])
    change(shelf, task["id"], outcome=["done"])
    refused = parse_change(sent, chart=shelf.chart(), now=NOW)
    assert set(refused.errors) == {"form"}
    assert change_defaults(shelf.chart(), now=NOW, task=task["id"]) == {}


def test_a_due_day_that_has_passed_may_stay_but_not_be_set():
    shelf = opened()
    task, _ = add(shelf)
    later = NOW.replace(year=2027, month=3, day=10)
    chart = shelf.chart()
    stays = change_defaults(chart, now=later, task=task["id"])
    assert not parse_change(stays, chart=chart, now=later).errors
    assert set(parse_change({**stays, "due": ["2027-03-09"]}, chart=chart, now=later).errors) == {"due"}


def test_the_first_step_and_the_first_action_of_the_opening_are_planned():
    rows = planned(opened().chart(), NOW)
    assert [(row.task.text, row.task.part, row.task.due) for row in rows] == [
        ("Call about the glucose log", "care-manager", date(2026, 12, 8)),
        ("Five minutes more each week", "patient-action", date(2027, 1, 31)),
    ]


@pytest.mark.parametrize(
    ("shelf", "statuses", "reason"),
    [
        (Shelf(), {}, "There is no open care plan. Open one first."),
        (
            opened(),
            {"CarePlan": ReadStatus.COULD_NOT_READ},
            "The care plans of this patient could not be seen",
        ),
        (opened(), {"Task": ReadStatus.STILL_LOADING}, "The tasks of this patient could not be seen"),
        (opened(), {}, ""),
    ],
)
def test_whether_the_plan_may_be_changed(shelf: Shelf, statuses: dict[str, ReadStatus], reason: str):
    chart = shelf.chart(**statuses)
    for gate in (may_change_plan(chart, now=NOW), may_add_to_plan(chart, now=NOW)):
        assert gate.reason.startswith(reason)
        assert bool(gate.reason) is bool(reason)


def test_a_draft_is_opened_before_anything_is_added():
    shelf = Shelf()
    shelf.consent()
    assert may_add_to_plan(shelf.chart(), now=NOW).reason.startswith("The care plan is still a draft.")


def test_where_the_ehr_shows_no_plan_again_something_new_is_filed_alone_and_nothing_is_changed():
    chart = Shelf(DIABETES).chart()
    hidden = {
        kind: replace(Reading(kind, ReadStatus.NOT_AVAILABLE), ours_unseen=True)
        for kind in ("CarePlan", "Task", "Goal", "Consent")
    }
    chart = replace(chart, readings={**chart.readings, **hidden})
    assert may_change_plan(chart, now=NOW).reason == NOT_SHOWN
    gate = may_add_to_plan(chart, now=NOW)
    assert (gate.reason, "whether a care plan is open" in gate.caution) == ("", True)
    entry = entry_of(parse_new(SERVICE, chart=chart, now=NOW))
    (task,) = new_resources(entry, chart, author(), Shelf().form_id())
    assert (problems_of(task), "basedOn" in task) == ([], False)
