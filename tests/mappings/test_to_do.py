"""Open tasks, ours and the EHR's, in the order in which they are due; ended ones say why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mappings.reading import ReadStatus
from mappings.to_do import (
    ToDoEntry,
    cancelled,
    completed,
    goal_of,
    plan_part,
    to_do_resource,
    to_do_view,
    to_dos,
)
from tests.mappings.charts import NOW, chart_of
from tests.mappings.shelf import FORM, Resource, Shelf, author, problems_of, without_outputs

FAX: Resource = {
    "resourceType": "Task",
    "id": "fax",
    "status": "requested",
    "description": "Fax the eye exam",
    "for": {"reference": "Patient/p1"},
}


def entry(text: str = "Call", due: date = date(2026, 12, 8), **changes: Any) -> ToDoEntry:
    facts = {"owner": "care-manager", "priority": "routine", "kind": "next-contact", **changes}
    return ToDoEntry(text, due, **facts)


def made(**changes: Any) -> Resource:
    return to_do_resource(entry(**changes), author(), FORM, slot="to-do-1")


def test_a_task_to_do_is_valid_and_says_everything_in_its_text():
    task = made()
    assert problems_of(task) == []
    assert (task["status"], task["intent"], task["priority"]) == ("requested", "order", "routine")
    assert task["restriction"]["period"] == {"end": "2026-12-08"}
    for words in ("Margery Gibson", "8 Dec 2026", "Dana Whitfield RN", "Call"):
        assert words in task["text"]["div"]


@pytest.mark.parametrize(
    ("owner", "reference"),
    [
        ("care-manager", {"reference": "Practitioner/nurse", "display": "Dana Whitfield RN"}),
        ("patient", {"reference": "Patient/p1", "display": "Margery Gibson"}),
        ("provider", {"display": "Primary care provider"}),
    ],
)
def test_the_owner_is_who_does_it(owner: str, reference: dict[str, str]):
    assert made(owner=owner)["owner"] == reference


@pytest.mark.parametrize("kind", ["next-contact", "ask-provider", "schedule-initiating-visit", "other"])
def test_the_kind_comes_back_even_without_its_code(kind: str):
    task = made(kind=kind)
    bare = {**task, "code": {"text": task["code"]["text"]}}
    assert to_do_view(task, now=NOW).kind == kind
    assert to_do_view(bare, now=NOW).kind == kind


def test_a_finished_task_keeps_everything_and_says_how():
    shelf = Shelf()
    (task,) = shelf.file([made()])
    done = completed(task, author(), how="Done in the contact of 21 Nov 2026")
    assert problems_of(done) == []
    assert done["status"] == "completed"
    assert done["note"][-1]["text"] == "Done in the contact of 21 Nov 2026"
    assert (done["id"], done["meta"]["versionId"], done["authoredOn"]) == (
        task["id"],
        "1",
        task["authoredOn"],
    )


def test_a_cancelled_task_says_why():
    task = cancelled(made(), author(), reason="Moved away")
    assert problems_of(task) == []
    assert (task["status"], task["statusReason"]) == ("cancelled", {"text": "Moved away"})
    assert "Moved away" in task["text"]["div"]


@pytest.mark.parametrize(
    ("task", "due_words", "overdue"),
    [
        ({"restriction": {"period": {"end": "2026-11-21"}}}, "today", False),
        ({"restriction": {"period": {"end": "2026-11-20"}}}, "yesterday", True),
        ({"restriction": {"period": {"end": "2026-11-22T03:30:00Z"}}}, "today", False),
        ({"executionPeriod": {"end": "2026-12-08"}}, "8 Dec 2026", False),
        ({"restriction": {"period": {"end": "2026-12"}}}, "", False),
        ({"restriction": "broken"}, "", False),
        ({}, "", False),
    ],
)
def test_due_days_are_reckoned_in_the_ehrs_zone(task: Resource, due_words: str, overdue: bool):
    view = to_do_view({**FAX, **task}, now=NOW)
    assert (view.due_words, view.overdue) == (due_words, overdue)


def test_the_list_runs_from_overdue_to_undated_and_urgent_first_on_one_day():
    tasks = [
        {**FAX, "id": "undated"},
        {**FAX, "id": "later", "restriction": {"period": {"end": "2026-12-08"}}},
        {**FAX, "id": "urgent", "priority": "urgent", "restriction": {"period": {"end": "2026-12-08"}}},
        {**FAX, "id": "late", "restriction": {"period": {"end": "2026-11-01"}}},
    ]
    assert [row.id for row in to_dos(chart_of(*tasks), NOW).rows] == ["late", "urgent", "later", "undated"]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("requested", True),
        ("in-progress", True),
        ("on-hold", True),
        ("completed", False),
        ("cancelled", False),
        ("entered-in-error", False),
        ("draft", False),
    ],
)
def test_only_open_tasks_are_shown(status: str, shown: bool):
    assert bool(to_dos(chart_of({**FAX, "status": status}), NOW).rows) is shown


def test_contacts_and_states_are_not_things_to_do():
    shelf = Shelf(lose=without_outputs)
    shelf.consent()
    shelf.contact(next_date=[""], no_next_reason=["She asked for none"])
    assert to_dos(shelf.chart(), NOW).rows == ()


def test_a_task_of_the_ehr_is_shown_as_theirs_with_whatever_it_has():
    (row,) = to_dos(chart_of({"resourceType": "Task", "status": "requested"}), NOW).rows
    assert (row.text, row.ours, row.kind, row.owner) == ("Task without words", False, "", "")


def test_tasks_that_could_not_be_read_are_not_none():
    panel = to_dos(chart_of(Task=ReadStatus.COULD_NOT_READ), NOW)
    assert panel.sentence == "Could not be read just now"


def planned(**changes: str | int) -> Resource:
    facts: dict[str, str | int] = {"owner": "patient", "kind": "self-care", **changes}
    return made(**facts)


@pytest.mark.parametrize(
    ("owner", "kind", "said", "part"),
    [
        ("patient", "self-care", "", "patient-action"),
        ("care-manager", "action", "", "care-manager"),
        ("provider", "service", "", "care-manager"),
        ("patient", "service", "care-manager", "care-manager"),
        ("care-manager", "action", "patient-action", "patient-action"),
    ],
)
def test_a_planned_task_says_which_of_the_plans_it_belongs_to(owner: str, kind: str, said: str, part: str):
    task = planned(owner=owner, kind=kind, plan_part=said)
    bare = {**task, "code": {"text": task["code"]["text"]}}
    assert plan_part(task) == part
    # Without the code its owner says it: the patient's own, or the care manager's.
    assert plan_part(bare) == ("patient-action" if owner == "patient" else "care-manager")
    words = {"patient-action": "action plan", "care-manager": "Care manager"}[part]
    assert words in task["text"]["div"]


def test_a_planned_task_keeps_how_often_and_the_goal_it_serves():
    task = planned(frequency="Every morning", times=30, goal="Goal/g1")
    assert problems_of(task) == []
    assert task["restriction"] == {"repetitions": 30, "period": {"end": "2026-12-08"}}
    view = to_do_view(task, now=NOW)
    assert (view.frequency, view.times, view.goal) == ("Every morning", 30, "Goal/g1")
    for words in ("Every morning", "30 times in all"):
        assert words in task["text"]["div"]


def test_what_is_told_of_a_task_is_its_last_frequency_and_only_a_goal_is_its_goal():
    notes = [{"text": "How often: daily"}, {"text": "Talked"}, {"text": "How often: weekly"}]
    task = {**planned(), "note": notes, "focus": {"reference": "CarePlan/1"}}
    assert to_do_view(task, now=NOW).frequency == "weekly"
    assert goal_of(task) == ""
    elsewhere = "https://ehr.example/fhir/Goal/7"
    assert goal_of({"focus": {"reference": elsewhere}}) == elsewhere
    assert goal_of({"reasonReference": {"reference": "Goal/8"}}) == "Goal/8"


@pytest.mark.parametrize("given", [None, "3", 0, -1, True, 2.5, {}])
def test_a_number_of_times_that_is_none_is_left_out(given: object):
    task = {**planned(), "restriction": {"repetitions": given}}
    assert to_do_view(task, now=NOW).times is None


def test_tasks_that_no_plan_agrees_on_stay_as_they_were():
    codings = [each["code"] for each in made()["code"]["coding"]]
    assert codings == ["to-do", "next-contact"]
