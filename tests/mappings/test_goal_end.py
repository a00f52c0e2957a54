"""Goals are told of and ended, and tell their own history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mappings.goal import ended_goals, goal_view, goals
from mappings.goal_change import (
    GONE,
)
from mappings.goal_end import goal_end_resources, parse_goal_end
from mappings.goal_history import goal_history, ruler_trend
from mappings.goal_progress import NOTHING_SAID, goal_progress_resources, parse_goal_progress
from tests.mappings.goal_course import (
    LATER,
    change,
    first_goal,
    lines,
    planned,
    set_goal,
)
from tests.mappings.shelf import (
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
)


def progress(shelf: Shelf, goal: Resource, **said: Sequence[str]) -> Resource:
    chart = shelf.chart()
    entry = entry_of(parse_goal_progress({"goal": [goal["id"]], **said}, chart=chart, now=LATER))
    (made,) = goal_progress_resources(entry, chart, author(LATER), shelf.form_id())
    assert problems_of(made) == []
    return shelf.file([made])[0]


@pytest.mark.requirement("domain@14", "domain@15")
def test_importance_and_confidence_are_asked_each_time_and_make_a_trend() -> None:
    shelf = planned()
    goal = progress(
        shelf,
        first_goal(shelf),
        progress=["better"],
        importance=["9"],
        confidence=["8"],
        note=["She walked."],
    )
    row = goal_view(goal, now=LATER)
    assert (row.achievement, row.confidence, row.trend, row.doubtful) == ("better", 8, "up", False)
    course = ruler_trend(row.rulers)
    assert course.confidence is not None
    assert course.confidence.description == "2 values, from 6 of 10 in Nov 2026 to 8 of 10 in Dec 2026"
    assert course.confidence.band_height > 0
    assert [each.confidence for each in course.rulers] == [8, 6]


@pytest.mark.parametrize("lose", [None, without_extensions])
def test_the_level_that_is_reached_stands_with_its_day(lose: Callable[[Resource], Resource] | None) -> None:
    shelf = planned(lose=lose)
    goal = progress(shelf, set_goal(shelf), level=["-1"])
    rating = goal_view(goal, now=LATER).rating
    assert rating is not None
    assert (rating.step, rating.day) == (-1, LATER.date())
    assert "Attainment -1 (2026-12-08)" in lines(goal)


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({}, "progress", NOTHING_SAID),
        ({"progress": ["great"]}, "progress", "Choose one"),
        ({"importance": ["0"], "confidence": ["1"]}, "importance", "from 1 to 10"),
        ({"level": ["1"]}, "level", "Choose one"),
        ({"goal": ["x"], "progress": ["better"]}, "form", GONE),
    ],
)
def test_progress_that_says_nothing_or_wrong_is_told(
    said: dict[str, Sequence[str]], field: str, message: str
) -> None:
    shelf = planned()
    values = {"goal": [first_goal(shelf)["id"]], **said}
    assert message in parse_goal_progress(values, chart=shelf.chart(), now=LATER).errors[field]


def end(shelf: Shelf, goal: Resource) -> Resource:
    """The patient no longer wants it; the Goal as the EHR keeps it."""
    chart = shelf.chart()
    values = {"goal": [goal["id"]], "ending": ["not-wanted"], "reason": ["She swims now"]}
    entry = entry_of(parse_goal_end(values, chart=chart, now=LATER))
    return shelf.file(goal_end_resources(entry, chart, author(LATER), shelf.form_id()))[0]


@pytest.mark.parametrize(
    ("ending", "lifecycle", "achievement", "words"),
    [
        ("met", "completed", "achieved", "Met: She dances"),
        ("not-met", "cancelled", "not-achieved", "Not met in time: She dances"),
        ("not-attainable", "cancelled", "not-attainable", "Cannot be reached: She dances"),
        ("not-wanted", "cancelled", "in-progress", "No longer wanted by the patient: She dances"),
    ],
)
def test_a_goal_ends_with_its_reason_and_its_tasks_while_the_plan_goes_on(
    ending: str, lifecycle: str, achievement: str, words: str
) -> None:
    shelf = planned()
    goal, chart = first_goal(shelf), shelf.chart()
    due = [task["id"] for task in chart.resources("Task") if "restriction" in task]
    values = {"goal": [goal["id"]], "ending": [ending], "reason": ["She dances"], "call_off": due[:1]}
    entry = entry_of(parse_goal_end(values, chart=chart, now=LATER))
    made = goal_end_resources(entry, chart, author(LATER), shelf.form_id())
    assert [problems_of(each) for each in made] == [[], []]
    ended, task = shelf.file(made)
    assert (ended["lifecycleStatus"], ended["achievementStatus"]["coding"][0]["code"]) == (
        lifecycle,
        achievement,
    )
    assert (ended["statusReason"], task["status"], task["id"]) == (words, "cancelled", due[0])
    assert any(line.startswith("Goal ended (2026-12-08): ") for line in lines(ended))
    assert shelf.only("CarePlan")["status"] == "active"
    assert goals(shelf.chart(), LATER).rows == ()
    (row,) = ended_goals(shelf.chart(), LATER)
    assert row.ended_words == words


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ending": [""]}, "ending"),
        ({"reason": [""]}, "reason"),
        ({"call_off": ["x"]}, "call_off"),
        ({"goal": ["x"]}, "form"),
    ],
)
def test_an_end_without_how_or_why_is_told(changes: dict[str, Sequence[str]], field: str) -> None:
    shelf = planned()
    values = {"goal": [first_goal(shelf)["id"]], "ending": ["not-met"], "reason": ["Too far"], **changes}
    assert field in parse_goal_end(values, chart=shelf.chart(), now=LATER).errors


@pytest.mark.requirement("domain@17")
@pytest.mark.parametrize("timeless", [False, True])
def test_a_goal_tells_its_own_history_with_day_author_and_reason(timeless: bool) -> None:
    shelf = planned()
    goal = change(shelf, first_goal(shelf), own_target=["15 minutes"])
    if timeless:
        notes = [{key: value for key, value in note.items() if key != "time"} for note in goal["note"]]
        goal = {**goal, "note": notes}
    changed, *_ = goal_history(goal, shelf.chart(), now=LATER)
    assert (changed.kind, changed.day, changed.by, changed.why) == (
        "changed",
        LATER.date(),
        "Dana Whitfield RN",
        "Her knee hurts",
    )
    assert changed.words.startswith("Target: from “Minutes walked without a stop 20 minutes")
