"""Two open plans in one chart: the wrong one is ended with a reason, and what it agreed on moves to the other."""

from __future__ import annotations

import copy

from mappings.episode import open_plan
from mappings.plan import plan_page
from mappings.plan_end import ONE_PLAN, end_refusal, open_plans, parse_plan_end, plan_end_resources
from tests.mappings.charts import NOW
from tests.mappings.shelf import Resource, Shelf, author, entry_of, problems_of
from tests.mappings.test_plan_action import opened

GOAL: Resource = {"reference": "Goal/second", "display": "Sleeps through"}
TASK: Resource = {
    "resourceType": "Task",
    "id": "second",
    "status": "requested",
    "intent": "order",
    "basedOn": [{"reference": "CarePlan/second"}],
    "description": "Call about sleep",
    "for": {"reference": "Patient/p1"},
}


def doubled() -> Shelf:
    shelf = opened()
    plan = shelf.only("CarePlan")
    second = copy.deepcopy(plan)
    second["id"] = "second"
    second["identifier"][0]["value"] = "22222222-2222-4222-8222-222222222222"
    second["description"] = "Opened by mistake"
    second["goal"] = [GOAL]
    second["activity"] = [{"reference": {"reference": "Task/second", "display": "Call about sleep"}}]
    second["period"] = {"start": "2026-11-20"}
    shelf.kept["CarePlan/second"] = second
    shelf.kept["Task/second"] = TASK
    return shelf


def test_both_are_shown_the_one_that_is_worked_with_first():
    shelf = doubled()
    first, second = open_plans(shelf.chart(), NOW)
    assert (first.stays, second.stays) == (True, False)
    assert (second.id, second.what_matters, second.goals) == (
        "second",
        "Opened by mistake",
        ("Sleeps through",),
    )
    assert len(plan_page(shelf.chart(), now=NOW).open_plans) == 2


def test_the_wrong_one_is_ended_and_nothing_that_it_agreed_on_is_lost():
    shelf = doubled()
    stays = open_plan(shelf.chart())
    assert stays is not None
    sent = {"plan": ["second"], "reason": ["Two of us opened it"]}
    entry = entry_of(parse_plan_end(sent, chart=shelf.chart(), now=NOW))
    filed = shelf.file(plan_end_resources(entry, shelf.chart(), author(), shelf.form_id()))
    ended, kept, task = filed
    assert problems_of(kept) == []
    assert (ended["id"], ended["status"], ended["period"]["start"]) == ("second", "revoked", "2026-11-20")
    assert ended["period"]["end"]
    assert "Two of us opened it" in ended["note"][-1]["text"]
    assert kept["id"] == stays["id"]
    assert GOAL in kept["goal"]
    assert "Task/second" in {each["reference"]["reference"] for each in kept["activity"]}
    assert task["basedOn"][0]["reference"] == f"CarePlan/{stays['id']}"
    assert len(open_plans(shelf.chart(), NOW)) == 1


def test_the_other_one_may_be_ended_as_well():
    shelf = doubled()
    stays = open_plan(shelf.chart())
    assert stays is not None
    sent = {"plan": [stays["id"]], "reason": ["The second is right"]}
    entry = entry_of(parse_plan_end(sent, chart=shelf.chart(), now=NOW))
    shelf.file(plan_end_resources(entry, shelf.chart(), author(), shelf.form_id()))
    left = open_plan(shelf.chart())
    assert left is not None
    assert (left["id"], left["description"]) == ("second", "Opened by mistake")


def test_a_reason_and_a_plan_are_asked_for_and_one_plan_alone_is_not_ended_here():
    sent = parse_plan_end({}, chart=doubled().chart(), now=NOW)
    assert set(sent.errors) == {"plan", "reason"}
    assert end_refusal(opened().chart(), NOW) == ONE_PLAN


def test_a_goal_that_the_plan_names_and_the_chart_does_not_hold_is_told():
    shelf = doubled()
    sent = {"plan": ["second"], "reason": ["Two of us opened it"]}
    entry = entry_of(parse_plan_end(sent, chart=shelf.chart(), now=NOW))
    shelf.file(plan_end_resources(entry, shelf.chart(), author(), shelf.form_id()))
    assert plan_page(shelf.chart(), now=NOW).lost_goals == ("Sleeps through",)
