"""Today points to a goal whose day has passed and to one that is met beside others that are not; to no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.goal_prompt import prompts
from tests.mappings.charts import NOW
from tests.mappings.goal_course import EHR_GOAL, first_goal, planned, set_goal

AFTER = NOW + timedelta(days=90)


def test_a_goal_in_time_asks_for_nothing() -> None:
    assert prompts(planned().chart(), now=NOW) == ()


def test_one_whose_day_has_passed_leads_to_its_page_and_one_of_the_ehrs_does_not() -> None:
    shelf = planned({**EHR_GOAL, "target": [{"dueDate": "2026-01-01"}]})
    (found,) = prompts(shelf.chart(), now=AFTER)
    assert found.sentence == "The day of a goal has passed: “Walk to church and back”, due 31 Jan 2027."
    assert found.why.startswith("Last told: in progress (21 Nov 2026). Ask whether it is met")
    assert (found.endpoint, found.urgent) == ("goal.show", False)
    assert found.parameters["goal"] in {goal["id"] for goal in shelf.chart().resources("Goal")} - {"ehr"}


@pytest.mark.parametrize("others", [True, False])
def test_one_that_is_met_is_pointed_out_while_others_are_not(others: bool) -> None:
    shelf = planned()
    goal = first_goal(shelf)
    met = {"coding": [{"code": "achieved"}], "text": "met"}
    shelf.kept[f"Goal/{goal['id']}"] = {**goal, "achievementStatus": met}
    if others:
        set_goal(shelf)
    found = prompts(shelf.chart(), now=NOW)
    assert [each.endpoint for each in found] == (["goal_end.show"] if others else [])
    assert not others or found[0].parameters == {"goal": goal["id"]}


def test_a_goal_that_has_ended_is_over() -> None:
    shelf = planned()
    goal = first_goal(shelf)
    shelf.kept[f"Goal/{goal['id']}"] = {**goal, "lifecycleStatus": "cancelled"}
    assert prompts(shelf.chart(), now=AFTER) == ()
