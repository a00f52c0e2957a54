"""Closing an episode ties every end, says in the chart how it went, and ends the consent as the outcome demands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from mappings.closing import parse_close
from mappings.episode import open_plan
from tests.mappings.charts import NOW
from tests.mappings.shelf import CLOSE, DIABETES, Resource, Shelf, problems_of


def consented(*more: Resource, lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, *more, lose=lose)
    shelf.consent()
    return shelf


def closable() -> Shelf:
    shelf = consented()
    shelf.plan()
    return shelf


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": []}, "outcome"),
        ({"outcome": ["won"]}, "outcome"),
        ({"reason": []}, "reason"),
        ({"reason": ["other"]}, "note"),
        ({"final": ["perhaps"]}, "final"),
        ({"final": []}, "final"),
        ({"note": ["x" * 4001]}, "note"),
    ],
)
def test_a_close_needs_outcome_reason_and_an_end_for_each_goal(changes: dict[str, Sequence[str]], field: str):
    chart = closable().chart()
    final = f"final.{chart.resources('Goal')[0]['id']}"
    named = {(final if key == "final" else key): value for key, value in changes.items()}
    sent = parse_close({**CLOSE, final: ["met"], **named}, chart=chart, now=NOW)
    assert set(sent.errors) == {final if field == "final" else field}


@pytest.mark.parametrize(
    ("outcome", "status", "state", "ends"),
    [
        ("graduated", "completed", "graduated", False),
        ("transferred", "revoked", "transferred", True),
        ("stopped", "revoked", "stopped", True),
        ("lost-to-follow-up", "revoked", "lost-to-follow-up", False),
        ("terminated", "revoked", "terminated", False),
    ],
)
def test_closing_ends_plan_goals_and_tasks_and_a_stop_ends_consent_with_the_month(
    outcome: str, status: str, state: str, ends: bool
):
    shelf = closable()
    filed = shelf.close(now=NOW + timedelta(days=1), outcome=[outcome], note=["Thank you for everything."])
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    plan = shelf.only("CarePlan")
    assert (plan["status"], plan["period"]["end"]) == (status, "2026-11-22T09:14:00-05:00")
    assert "Handed back to Dr Luis Alvarez." in plan["text"]["div"]
    assert "Thank you for everything." in plan["text"]["div"]
    assert shelf.only("Goal")["lifecycleStatus"] == "completed"
    tasks = {each["status"] for each in filed if each["resourceType"] == "Task" and "restriction" in each}
    assert tasks == {"cancelled"}
    assert all("text" in each["statusReason"] for each in filed if each.get("status") == "cancelled")
    step = next(each for each in filed if "businessStatus" in each)
    assert step["businessStatus"]["coding"][0]["code"] == state
    consent = shelf.only("Consent")
    assert consent["status"] == "active"
    assert consent["provision"]["period"].get("end") == ("2026-11-30" if ends else None)
    assert open_plan(shelf.chart()) is None


def test_a_stop_before_any_plan_was_agreed_ends_the_draft_and_the_consent():
    shelf = consented()
    shelf.close(outcome=["stopped"], reason=["patient-stopped"])
    assert shelf.only("CarePlan")["status"] == "revoked"
    assert shelf.only("Consent")["provision"]["period"]["end"] == "2026-11-30"


def test_goals_and_tasks_of_the_ehr_are_left_alone():
    theirs = [
        {"resourceType": "Goal", "id": "g9", "lifecycleStatus": "active", "description": {"text": "LDL"}},
        {"resourceType": "Task", "id": "t9", "status": "requested", "description": "Fax"},
    ]
    shelf = consented(*theirs)
    shelf.plan()
    filed = shelf.close(**{"final.g9": []})
    assert not {"g9", "t9"} & {each["id"] for each in filed}


def test_there_is_nothing_to_close_without_a_plan_or_a_consent():
    sent = parse_close(CLOSE, chart=Shelf().chart(), now=NOW)
    assert sent.errors["form"] == "There is no open care plan to close."
