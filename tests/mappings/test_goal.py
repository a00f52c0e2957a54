"""Goals go out complete and come back the same, whatever a server kept of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mappings.goal import (
    GoalView,
    ProgressEntry,
    goal_final,
    goal_progress,
    goal_view,
    goals,
)
from tests.mappings.charts import NOW, chart_of
from tests.mappings.shelf import (
    DIABETES,
    Resource,
    Shelf,
    author,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
)

EHR_GOAL: Resource = {
    "resourceType": "Goal",
    "id": "ehr",
    "lifecycleStatus": "active",
    "description": {"text": "LDL under 70"},
    "subject": {"reference": "Patient/p1"},
}


def planned(lose: Callable[[Resource], Resource] | None = None, **changes: Any) -> Shelf:
    shelf = Shelf(DIABETES, lose=lose)
    shelf.consent()
    shelf.plan(**changes)
    return shelf


def only_view(shelf: Shelf) -> GoalView:
    (row,) = goals(shelf.chart(), NOW).rows
    return row


def seen(row: GoalView) -> GoalView:
    return replace(row, resource={})


@pytest.mark.requirement("client@47")
def test_a_goal_comes_back_as_it_was_agreed():
    row = only_view(planned())
    assert row.text == "Walk to church and back"
    assert row.patients_words == "I want to get there on my own feet"
    assert row.target_words == "Minutes walked without a stop 20 minutes"
    assert (row.due_words, row.overdue) == ("31 Jan 2027", False)
    assert (row.importance, row.confidence, row.trend) == (9, 6, "")
    assert row.ruler_words == "Importance 9/10, confidence 6/10 (2026-11-21)"
    assert (row.achievement, row.achievement_date_words) == ("in progress", "today")
    assert (row.active, row.ours) == (True, True)


@pytest.mark.parametrize("lose", [without_extensions, without_meta, without_identifiers])
def test_the_same_goal_is_seen_where_the_server_lost_part_of_it(lose: Callable[[Resource], Resource]):
    assert seen(only_view(planned(lose))) == seen(only_view(planned()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"measure": ["a1c"], "target_value": ["8.0"]}, "A1c at or below 8.0 %"),
        ({"measure": ["a1c"], "target_value": ["8"]}, "A1c at or below 8 %"),
        ({"measure": ["systolic"], "target_value": ["130"]}, "Systolic blood pressure at or below 130 mmHg"),
        (
            {"measure": ["weight"], "target_value": ["150"], "target_comparator": [">="]},
            "Body weight at or above 150 lb",
        ),
    ],
)
def test_a_measured_target_is_said_in_words_and_keeps_its_code(changes: dict[str, list[str]], words: str):
    shelf = planned(**changes)
    target = shelf.only("Goal")["target"][0]
    assert only_view(shelf).target_words == words
    assert target["measure"]["coding"][0]["system"] == "http://loinc.org"
    assert target["detailQuantity"]["system"] == "http://unitsofmeasure.org"


@pytest.mark.requirement("client@47")
@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("better", "improving", "better"),
        ("same", "no-change", "same"),
        ("worse", "worsening", "worse"),
        ("met", "achieved", "met"),
    ],
)
def test_progress_changes_the_achievement_and_its_day_and_nothing_else(how: str, code: str, words: str):
    shelf = planned()
    before = shelf.only("Goal")
    later = NOW + timedelta(days=17)
    after = goal_progress(before, ProgressEntry("1", how, 8, 8), author(later))
    assert after["achievementStatus"]["coding"][0]["code"] == code
    assert after["statusDate"] == "2026-12-08"
    assert (after["id"], after["meta"]["versionId"]) == (before["id"], before["meta"]["versionId"])
    kept = set(before) - {"achievementStatus", "statusDate", "note", "extension", "text"}
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert problems_of(after) == []
    row = goal_view(after, now=later)
    assert (row.achievement, row.importance, row.confidence, row.trend) == (words, 8, 8, "up")


def test_every_earlier_ruler_stays_in_the_notes():
    goal = planned().only("Goal")
    after = goal_progress(goal, ProgressEntry("1", "", 8, 8), author(NOW + timedelta(days=1)))
    lines = [note["text"] for note in after["note"] if note["text"].startswith("Importance")]
    assert lines == [
        "Importance 9/10, confidence 6/10 (2026-11-21)",
        "Importance 8/10, confidence 8/10 (2026-11-22)",
    ]
    assert after["achievementStatus"] == goal["achievementStatus"]


def test_what_others_added_to_our_goal_is_kept():
    goal = {
        **planned().only("Goal"),
        "extension": [{"url": "http://ehr.example/x", "valueString": "theirs"}],
        "priority": {"text": "high"},
    }
    after = goal_progress(goal, ProgressEntry("1", "better", 5, 5), author())
    assert goal["extension"][0] in after["extension"]
    assert after["priority"] == {"text": "high"}


@pytest.mark.parametrize(
    ("final", "lifecycle", "achievement"),
    [
        ("met", "completed", "achieved"),
        ("not-met", "cancelled", "not-achieved"),
        ("not-attainable", "cancelled", "not-attainable"),
        ("goes-on", "active", "in-progress"),
    ],
)
def test_a_goal_ends_with_its_plan(final: str, lifecycle: str, achievement: str):
    goal = goal_final(planned().only("Goal"), final, "Goals met", author())
    assert goal["lifecycleStatus"] == lifecycle
    assert goal["achievementStatus"]["coding"][0]["code"] == achievement
    assert problems_of(goal) == []
    assert "Care management ended" in goal["note"][-1]["text"]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("active", True),
        ("accepted", True),
        ("on-hold", True),
        ("proposed", True),
        ("rejected", False),
        ("cancelled", False),
        ("completed", False),
        ("entered-in-error", False),
        ("", False),
    ],
)
def test_only_goals_that_have_not_ended_are_shown(status: str, shown: bool):
    rows = goals(chart_of({**EHR_GOAL, "lifecycleStatus": status}), NOW).rows
    assert bool(rows) is shown


@pytest.mark.parametrize(("status", "active"), [("active", True), ("proposed", False), ("on-hold", False)])
def test_a_goal_that_is_only_proposed_or_rests_is_not_active(status: str, active: bool):
    (row,) = goals(chart_of({**EHR_GOAL, "lifecycleStatus": status}), NOW).rows
    assert row.active is active


@pytest.mark.parametrize(
    ("due", "achievement", "overdue"),
    [("2026-11-20", "in-progress", True), ("2026-11-21", "in-progress", False), ("2026-11-20", "achieved", False)],
)  # fmt: skip
def test_a_goal_is_overdue_from_the_day_after_its_due_day_unless_it_is_met(
    due: str, achievement: str, overdue: bool
):
    goal = {
        **EHR_GOAL,
        "target": [{"dueDate": due}],
        "achievementStatus": {"coding": [{"code": achievement}]},
    }
    assert goal_view(goal, now=NOW).overdue is overdue


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"detailRange": {"low": {"value": 100}, "high": {"value": 130, "unit": "mmHg"}}}, "100 to 130 mmHg"),
        ({"detailCodeableConcept": {"text": "no falls"}}, "no falls"),
        ({"measure": {"text": "Falls"}, "detailString": "none"}, "Falls none"),
        ({"detailQuantity": {"value": "7.0", "unit": "%", "comparator": "<"}}, "below 7.0 %"),
        ({"detailQuantity": "broken"}, ""),
    ],
)
def test_targets_of_other_writers_are_said_in_words(target: dict[str, Any], words: str):
    assert goal_view({**EHR_GOAL, "target": [target]}, now=NOW).target_words == words


def test_ours_come_before_the_ehrs_and_theirs_are_marked():
    shelf = planned()
    shelf.kept = {"Goal/ehr": EHR_GOAL, **shelf.kept}
    assert [row.ours for row in goals(shelf.chart(), NOW).rows] == [True, False]


def test_a_goal_with_nothing_in_it_is_still_shown():
    (row,) = goals(chart_of({"resourceType": "Goal", "lifecycleStatus": "active"}), NOW).rows
    assert row.text == "Goal without words"
