"""Goals are changed: each field leaves its own line, and everything else stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mappings.difference import merged
from mappings.goal import GoalView, goal_view
from mappings.goal_change import (
    GONE,
    UNCHANGED,
    change_defaults,
    goal_change_resources,
    may_change_goal,
    own_goal,
    parse_goal_change,
)
from mappings.reading import ReadStatus
from tests.mappings.goal_course import (
    EHR_GOAL,
    GOAL,
    LATER,
    LEVELS,
    change,
    first_goal,
    lines,
    planned,
    seen,
)
from tests.mappings.shelf import (
    Resource,
    Shelf,
    author,
    entry_of,
    without_extensions,
    without_identifiers,
    without_meta,
)


@pytest.mark.requirement("domain@17")
def test_each_field_that_changes_leaves_what_stood_there_what_stands_there_and_why() -> None:
    shelf = planned()
    goal = change(
        shelf, first_goal(shelf), own_target=["15 minutes"], target_due=["2027-02-28"], goal_how=["With a stick"]
    )  # fmt: skip
    said = [line for line in lines(goal) if line.startswith("Goal changed")]
    assert said == [
        "Goal changed, target: from “Minutes walked without a stop 20 minutes; 31 Jan 2027” to"
        " “Minutes walked without a stop 15 minutes; 28 Feb 2027” (2026-12-08). Why: Her knee hurts",
        "Goal changed, how: from “Five minutes more each week” to “With a stick” (2026-12-08). Why: Her knee hurts",
    ]
    assert goal["note"][-1]["authorReference"]["reference"] == "Practitioner/nurse"
    assert goal["note"][-1]["time"] == "2026-12-08T09:14:00-05:00"
    row = goal_view(goal, now=LATER)
    assert (row.target_words, row.due_words, row.how) == (
        "Minutes walked without a stop 15 minutes",
        "28 Feb 2027",
        "With a stick",
    )
    assert shelf.only("CarePlan")["goal"][0]["display"] == "Walk to church and back (by 28 Feb 2027)"


def test_everything_of_a_goal_can_change_and_every_earlier_line_stays() -> None:
    shelf = planned()
    before = first_goal(shelf)
    goal = change(
        shelf,
        before,
        **{**GOAL, "target_value": [""], "goal_addresses": [""]},
        goal_by=["care-manager"],
    )
    assert lines(goal)[: len(before["note"])] == lines(before)
    row = goal_view(goal, now=LATER)
    assert (row.text, row.patients_words, row.levels) == (
        "Walks to church once a week",
        "I want to dance at the wedding",
        LEVELS,
    )
    assert (row.term_words, row.addresses, row.whose_words) == ("Long-term goal", (), "the patient")
    assert [each.confidence for each in row.rulers] == [6, 5]
    assert (row.start_words, goal["id"]) == ("21 Nov 2026", before["id"])


@pytest.mark.parametrize("lose", [without_extensions, without_meta, without_identifiers])
def test_a_changed_goal_says_the_same_where_the_server_lost_part_of_it(
    lose: Callable[[Resource], Resource],
) -> None:
    def changed(shelf: Shelf) -> GoalView:
        return seen(change(shelf, first_goal(shelf), **GOAL))

    assert changed(planned(lose=lose)) == changed(planned())


def test_what_is_taken_out_is_gone_and_its_line_stays() -> None:
    shelf = planned()
    goal = change(shelf, first_goal(shelf), goal_how=[""], goal_words=[""])
    row = goal_view(goal, now=LATER)
    assert (row.how, row.patients_words) == ("", "")
    assert "How: Five minutes more each week" in lines(goal)


def test_what_others_added_to_a_goal_is_kept_through_a_change() -> None:
    shelf = planned()
    theirs = {
        "extension": [{"url": "http://ehr.example/x", "valueString": "theirs"}],
        "category": [{"text": "dietary"}],
        "priority": {"text": "high"},
    }
    goal = first_goal(shelf)
    shelf.kept[f"Goal/{goal['id']}"] = {
        **goal,
        **theirs,
        "target": [*goal["target"], {"dueDate": "2027-05-01"}],
    }
    made = change(shelf, goal, goal_term=["short-term"], own_target=["15 minutes"])
    assert theirs["extension"][0] in made["extension"]
    assert made["category"][0] == {"text": "dietary"}
    assert (made["priority"], made["target"][1]) == ({"text": "high"}, {"dueDate": "2027-05-01"})


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"reason": [""], "goal_how": ["x"]}, "reason", "Write why the goal is changed."),
        ({}, "goal_text", UNCHANGED),
        ({"measure": [""]}, "measure", "Without a measure"),
        ({"target_due": ["2026-11-25"]}, "target_due", "after today"),
        ({"goal": ["other"]}, "form", GONE),
        ({"goal": ["ehr"]}, "form", GONE),
        ({"goal": []}, "form", GONE),
    ],
)
def test_a_change_that_cannot_be_is_told(changes: dict[str, Sequence[str]], field: str, message: str) -> None:
    shelf = planned(EHR_GOAL)
    (own,) = [each for each in shelf.chart().resources("Goal") if each["id"] != "ehr"]
    values = {**change_defaults(shelf.chart(), own["id"]), "reason": ["Her knee"], **changes}
    sent = parse_goal_change(values, chart=shelf.chart(), now=LATER)
    assert sent.entry is None
    assert message in sent.errors[field]


def test_a_goal_of_the_ehrs_own_is_never_offered_for_a_change() -> None:
    chart = planned(EHR_GOAL).chart()
    assert own_goal(chart, "ehr") is None
    assert may_change_goal(chart, "ehr").reason == GONE
    dark = planned().chart(Goal=ReadStatus.COULD_NOT_READ)
    assert "could not be seen" in may_change_goal(dark, "1").reason


@pytest.mark.requirement("client@42")
@pytest.mark.parametrize(("keep", "how", "told"), [((), "Their step", False), (("how",), "My step", True)])
def test_of_two_changes_each_line_goes_with_its_field(keep: tuple[str, ...], how: str, told: bool) -> None:
    shelf = planned()
    goal = first_goal(shelf)
    chart = shelf.chart()
    theirs = change(shelf, goal, "Theirs", goal_how=["Their step"])
    values = {**change_defaults(chart, goal["id"]), "reason": ["Mine"], "goal_how": ["My step"]}
    entry = entry_of(parse_goal_change(values, chart=chart, now=LATER))
    mine = goal_change_resources(entry, chart, author(LATER), shelf.form_id())[0]
    both = merged(theirs, mine, keep)
    assert goal_view(both, now=LATER).how == how
    assert any("Why: Mine" in line for line in lines(both)) is told
    assert any("Why: Theirs" in line for line in lines(both))
