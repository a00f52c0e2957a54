"""Goals are set: what the chart then says, also where a server keeps no extensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mappings.chart import Chart
from mappings.goal import goal_view, goals
from mappings.goal_add import goal_defaults, goal_resources, may_set_goal, parse_goal, too_many
from mappings.goal_change import (
    may_change_goal,
)
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.goal_course import (
    ANNA,
    EHR_GOAL,
    GOAL,
    LEVELS,
    planned,
    set_goal,
)
from tests.mappings.shelf import (
    DIABETES,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    without_extensions,
    without_identifiers,
    without_meta,
)


@pytest.mark.requirement("domain@6", "domain@12", "domain@14")
@pytest.mark.parametrize("lose", [None, without_extensions, without_meta, without_identifiers])
def test_everything_that_was_said_of_a_goal_comes_back_whatever_the_server_lost(
    lose: Callable[[Resource], Resource] | None,
) -> None:
    row = goal_view(set_goal(planned(lose=lose)), now=NOW)
    assert (row.text, row.patients_words) == ("Walks to church once a week", "I want to dance at the wedding")
    assert (row.how, row.why, row.more_confident) == (
        "To the gate first",
        "Her granddaughter marries in June",
        "A walking stick",
    )
    assert (row.whose_words, row.patients, row.term_words) == ("the patient", True, "Long-term goal")
    assert row.agreement_words == "the patient agrees to this goal (21 Nov 2026)"
    assert row.levels == LEVELS
    assert row.target_words == "Attainment scale, expected: Walks to church"
    assert (row.importance, row.confidence, row.doubtful) == (8, 5, True)
    assert row.addresses == ("Type 2 diabetes",)


@pytest.mark.requirement("client@47")
def test_a_goal_that_is_set_is_us_cores_and_stands_on_the_plan() -> None:
    shelf = planned()
    goal = set_goal(shelf)
    assert goal["expressedBy"]["reference"] == "Patient/p1"
    assert goal["target"][0]["measure"]["coding"] == [{"system": "http://loinc.org", "code": "107332-9"}]
    assert goal["category"][0]["coding"][0]["code"] == "long-term"
    plan = shelf.only("CarePlan")
    assert [each["reference"] for each in plan["goal"]][1] == f"Goal/{goal['id']}"
    assert plan["goal"][1]["display"] == "Walks to church once a week (by 13 Feb 2027)"
    assert "Walks to church once a week" in plan["text"]["div"]


@pytest.mark.parametrize(
    ("changes", "reference", "words"),
    [
        ({}, {"reference": "Patient/p1", "display": "Margery Gibson"}, "the patient"),
        ({"goal_by": ["caregiver"], "goal_by_name": ["Tom"]}, {"display": "Tom"}, "a caregiver, Tom"),
        (
            {"goal_by": ["RelatedPerson/anna"]},
            {"reference": "RelatedPerson/anna", "display": "Anna Gibson"},
            "a caregiver, Anna Gibson",
        ),
        (
            {"goal_by": ["care-manager"]},
            {"reference": "Practitioner/nurse", "display": "Dana Whitfield RN"},
            "the care manager",
        ),
        (
            {"goal_by": ["provider"]},
            {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"},
            "the provider",
        ),
    ],
)
def test_a_goal_says_who_expressed_it(
    changes: dict[str, Sequence[str]], reference: Resource, words: str
) -> None:
    goal = set_goal(planned(ANNA), **changes)
    assert goal["expressedBy"] == reference
    assert goal_view(goal, now=NOW).whose_words == words


def test_an_ehrs_own_goal_is_followed_by_one_of_ours_and_stays_as_it_is() -> None:
    shelf = planned(EHR_GOAL)
    chart = shelf.chart()
    assert goal_defaults(chart, now=NOW, follows="Goal/ehr")["goal_text"] == ("LDL under 70",)
    goal = set_goal(shelf, goal_follows=["Goal/ehr"])
    assert shelf.kept["Goal/ehr"] == EHR_GOAL
    assert goal_view(goal, now=NOW).follows == "LDL under 70"
    (relation,) = [each for each in goal["extension"] if each["url"].endswith("goal-relationship")]
    assert relation["extension"][1]["valueReference"]["reference"] == "Goal/ehr"
    refused = parse_goal({**GOAL, "goal_follows": ["Goal/x"]}, chart=chart, now=NOW)
    assert "goal_follows" in refused.errors


@pytest.mark.requirement("domain@13")
def test_a_third_goal_of_the_patient_is_told_softly_and_may_be_set() -> None:
    shelf = planned()
    assert too_many(shelf.chart(), NOW) == ""
    set_goal(shelf, goal_by=["care-manager"])
    assert too_many(shelf.chart(), NOW) == ""
    set_goal(shelf)
    told = too_many(shelf.chart(), NOW)
    assert "has 2 active goals already: “Walk to church and back” and “Walks to church once a week”." in told
    set_goal(shelf)
    assert len(goals(shelf.chart(), NOW).rows) == 4
    assert "and 1 more" in too_many(shelf.chart(), NOW)


DEAD: Resource = {"resourceType": "Patient", "id": "p1", "deceasedBoolean": True}
NOT_READ = {"CarePlan": ReadStatus.COULD_NOT_READ}


@pytest.mark.parametrize(
    ("steps", "statuses", "patient", "reason"),
    [
        ((), {}, None, "consent first"),
        (("consent",), {}, None, "needs an open care plan"),
        (("consent", "plan"), NOT_READ, None, "could not be seen"),
        (("consent", "plan"), {}, DEAD, "has died"),
        (("consent", "plan"), {}, None, ""),
    ],
)
def test_a_goal_is_set_on_an_open_plan_under_consent(
    steps: Sequence[str], statuses: dict[str, ReadStatus], patient: Resource | None, reason: str
) -> None:
    shelf = Shelf(DIABETES)
    for step in steps:
        getattr(shelf, step)()
    gate = may_set_goal(shelf.chart(patient, **statuses), now=NOW)
    assert (reason in gate.reason) if reason else gate.allowed


def test_where_plans_and_goals_are_never_shown_again_one_is_set_with_a_caution_and_none_is_changed() -> None:
    readings = {
        kind: Reading(kind, ReadStatus.READ, (), ours_unseen=True)
        for kind in ("CarePlan", "Consent", "Goal", "Task")
    }
    chart = Chart(MARGERY, readings)
    gate = may_set_goal(chart, now=NOW)
    assert gate.allowed
    assert "does not show Chartside the care plan again" in gate.caution
    entry = entry_of(
        parse_goal({**goal_defaults(chart, now=NOW), **GOAL, "goal_addresses": []}, chart=chart, now=NOW)
    )
    made = goal_resources(entry, chart, author(), Shelf().form_id())
    assert [each["resourceType"] for each in made] == ["Goal"]
    assert "does not show again the goals" in may_change_goal(chart, "1").reason
