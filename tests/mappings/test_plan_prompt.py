"""What the plan itself gives rise to: each rule with the page that answers it, and silence where nothing is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.plan_prompt import prompts
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf
from tests.mappings.test_plan_action import change, opened
from tests.mappings.test_plan_end import doubled
from tests.mappings.test_plan_revision import revise


def endpoints(shelf: Shelf, days: int = 0) -> list[str]:
    return [each.endpoint for each in prompts(shelf.chart(), now=NOW + timedelta(days=days))]


@pytest.mark.parametrize(("days", "found"), [(0, []), (90, []), (91, ["plan_review.show"])])
def test_a_review_is_asked_for_when_it_is_due(days: int, found: list[str]):
    assert endpoints(opened(), days) == found


@pytest.mark.requirement("domain@5")
def test_a_goal_without_a_step_of_the_patient_is_pointed_out():
    shelf = opened()
    step = next(each for each in shelf.chart().resources("Task") if each["description"].startswith("Five"))
    change(shelf, step["id"], outcome=["done"])
    (prompt,) = prompts(shelf.chart(), now=NOW)
    (goal,) = shelf.chart().resources("Goal")
    assert dict(prompt.parameters) == {"kind": "self-care", "goal": goal["id"]}
    assert "I want to get there on my own feet" in prompt.sentence


@pytest.mark.requirement("domain@6")
def test_what_was_not_agreed_with_is_pointed_out():
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan(agreed=[])
    assert endpoints(shelf) == ["plan_agreement.show"]
    agreed = opened()
    assert endpoints(agreed) == []


def test_a_plan_changed_since_it_was_agreed_is_talked_over_again():
    shelf = opened()
    plan = shelf.only("CarePlan")
    notes = [{**note, "time": "2026-11-01T09:00:00-05:00"} for note in plan["note"]]
    shelf.kept[f"CarePlan/{plan['id']}"] = {**plan, "note": notes}
    revise(shelf, what_matters=["Dancing"])
    assert endpoints(shelf) == ["plan_agreement.show"]


def test_two_open_plans_are_pointed_out_first():
    assert endpoints(doubled())[0] == "plan.show"


@pytest.mark.parametrize("kind", ["CarePlan", "Goal", "Task"])
def test_nothing_is_said_in_the_dark(kind: str):
    chart = opened().chart(**{kind: ReadStatus.COULD_NOT_READ})
    assert prompts(chart, now=NOW + timedelta(days=200)) == ()
    assert prompts(Shelf().chart(), now=NOW) == ()
