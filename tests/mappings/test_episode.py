"""What is added to a plan joins what it has: each once, in its order, and told in its text."""

from __future__ import annotations

from mappings.authorship import annotation, instant
from mappings.episode import new_plan, with_added
from tests.mappings.charts import NOW
from tests.mappings.shelf import FORM, Resource, author, problems_of

GOAL = {"reference": "Goal/g1", "display": "Walk to church"}
TASK = {"reference": "Task/t1", "display": "Call on Monday"}


def plan() -> Resource:
    return new_plan(author(), FORM, start=instant(NOW), status="active")


def test_goals_activities_conditions_support_and_notes_are_added_and_told():
    added = with_added(
        plan(),
        goals=[GOAL],
        activities=[TASK],
        addresses=[{"reference": "Condition/c1", "display": "Type 2 diabetes"}],
        supporting=[{"reference": "CarePlan/9", "display": "Diabetes self management plan"}],
        notes=[annotation("Talked it over", author())],
    )
    assert problems_of(added) == []
    assert added["activity"] == [{"reference": TASK}]
    for words in (
        "Walk to church",
        "Call on Monday",
        "Type 2 diabetes",
        "Diabetes self management",
        "Talked it over",
    ):
        assert words in added["text"]["div"]


def test_nothing_is_there_twice_and_nothing_of_others_goes():
    theirs = {"reference": "Goal/theirs", "display": "Their goal"}
    before = {
        **plan(),
        "goal": [theirs, GOAL],
        "activity": [{"reference": TASK, "progress": [{"text": "begun"}]}],
    }
    added = with_added(
        before, goals=[GOAL, {"reference": "Goal/g2"}, {"reference": "Goal/g2"}], activities=[TASK, TASK]
    )
    assert [each["reference"] for each in added["goal"]] == ["Goal/theirs", "Goal/g1", "Goal/g2"]
    assert added["activity"] == [{"reference": TASK, "progress": [{"text": "begun"}]}]


def test_a_plan_to_which_nothing_is_added_stays_without_empty_lists():
    assert {"goal", "activity", "addresses", "note"}.isdisjoint(with_added(plan()))
