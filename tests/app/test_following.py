"""Months with one patient through the app, in each form that EHRs hold records in: what is held, what is read back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mappings.identity import task_kind
from tests.app.every_ehr import records
from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

GLORIA = "gloria-reyes"
PERSONAS = (pytest.param("open", marks=pytest.mark.soak), "epic")
"""Records, and documents."""
DAY = 86_400.0
AGAIN = {
    "goal_text": "Climbs the stairs",
    "goal_words": "To climb the stairs again",
    "measure": "own",
    "own_measure": "Floors",
    "own_target": "Two",
    "goal_how": "One more step each day",
    "what_matters": "The garden",
}
"""What a nurse adds to the plan of the second time."""


@pytest.fixture(scope="module", params=PERSONAS)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice of this kind of EHR, where app and EHR go by one clock."""
    more: dict[str, Any] = {} if request.param == "open" else {"ehr": {"authorize": "get"}}
    folder = tmp_path_factory.mktemp(request.param)
    with practice(folder, persona=request.param, one_clock=True, **more) as running:
        yield running


def on_day(running: Practice, nurse: Visitor, number: int) -> Seen:
    """Today of a new launch, so many days after the beginning."""
    running.clock.ahead = number * DAY
    return nurse.launch(GLORIA)


def page(nurse: Visitor, today: Seen, path: str) -> Seen:
    return nurse.get(f"/l/{today.launch_id}/{path}")


def contact(nurse: Visitor, today: Seen, progress: str = "", **typed: str) -> None:
    form = page(nurse, today, "contact")
    goals = [name for name in form.form() if name.startswith("importance.")]
    told = {name.replace("importance.", "progress."): progress for name in goals if progress}
    filed(nurse.post(form.url, form.form() | told | {"minutes": "10"} | typed))


def step(nurse: Visitor, today: Seen, to: str, **typed: str) -> None:
    filed(nurse.send(page(nurse, today, f"step/{to}"), **{"reason": "As agreed", **typed}))


def held(running: Practice, kind: str) -> list[dict[str, Any]]:
    return [each for each in records(running, GLORIA) if each["resourceType"] == kind]


def states(running: Practice) -> list[str]:
    """Every step that the EHR holds, in the order of their time."""
    steps = [task for task in held(running, "Task") if task_kind(task) == "enrolment-state"]
    steps.sort(key=lambda task: str(task["executionPeriod"]["start"]))
    return [task["businessStatus"]["coding"][0]["code"] for task in steps]


def plan_status(running: Practice) -> list[str]:
    return sorted(each["status"] for each in held(running, "CarePlan"))


@pytest.mark.requirement("domain@59", "domain@60", "domain@61", "domain@70", "domain@71", "domain@76")
def test_a_patient_is_followed_over_months_closed_and_enrolled_again(office: Practice) -> None:
    with Visitor(office) as nurse:
        office.clock.ahead = 0.0
        enrol_with_plan(nurse, GLORIA)
        assert states(office) == ["consented", "plan-active"]
        _followed_and_paused(office, nurse)
        _in_maintenance_and_out_of_reach(office, nurse)
        _discharged(office, nurse)
        _enrolled_again(office, nurse)
        office.clock.ahead = 0.0


def _followed_and_paused(office: Practice, nurse: Visitor) -> None:
    today = on_day(office, nurse, 1)
    contact(nurse, today)
    assert states(office)[-1] == "following"
    filed(nurse.send(page(nurse, today, "cadence"), days="21", way="phone"))
    today = on_day(office, nurse, 5)
    assert "Every three weeks, by phone: the patient's own wish" in page(nurse, today, "follow-up").words
    step(nurse, today, "paused", reason="In rehabilitation")
    assert (states(office)[-1], plan_status(office)) == ("paused", ["on-hold"])
    today = on_day(office, nurse, 20)
    assert "Paused · day 20" in today.words
    assert "The service is paused until" in today.words
    assert "The service is paused until" in page(nurse, today, "contact").words
    step(nurse, today, "following", reason="Home again")
    assert (states(office)[-1], plan_status(office)) == ("following", ["active"])


def _in_maintenance_and_out_of_reach(office: Practice, nurse: Visitor) -> None:
    contact(nurse, on_day(office, nurse, 30), "met")
    today = on_day(office, nurse, 31)
    assert "All goals are met." in today.words
    step(nurse, today, "maintenance", further="later")
    for number in (60, 70, 80):
        contact(nurse, on_day(office, nurse, number), result="no-answer")


def _discharged(office: Practice, nurse: Visitor) -> None:
    today = on_day(office, nurse, 81)
    assert "The patient cannot be reached: lost to follow-up?" in today.words
    form = page(nurse, today, "care-plan/close?outcome=lost-to-follow-up")
    typed = form.form()
    assert (typed["outcome"], typed["reason"]) == (["lost-to-follow-up"], ["lost-to-follow-up"])
    assert (typed["tell_provider"], typed["look_again"]) == (["on"], ["emergency", "stay"])
    filed(nurse.post(form.url, typed))
    assert (states(office)[-1], plan_status(office)) == ("lost-to-follow-up", ["revoked"])
    waiting = [task for task in held(office, "Task") if task["status"] == "requested"]
    assert ["3 tries since" in task["description"] for task in waiting] == [True]
    (plan,) = held(office, "CarePlan")
    assert any(note["text"].startswith("Closing summary") for note in plan["note"])


def _enrolled_again(office: Practice, nurse: Visitor) -> None:
    today = on_day(office, nurse, 200)
    told = page(nurse, today, "follow-up").words
    assert "Earlier times in the program" in told
    assert "Lost to follow-up" in told
    (before,) = held(office, "CarePlan")
    form = page(nurse, today, "care-plan")
    filed(nurse.post(form.url, form.form() | AGAIN))
    assert plan_status(office) == ["active", "revoked"]
    assert before in held(office, "CarePlan")
    assert "Enrolled today" in nurse.get(f"/l/{today.launch_id}/today").words


def test_where_nothing_is_shown_again_each_page_says_so(tmp_path: Path) -> None:
    with practice(tmp_path, persona="athena", ehr={"authorize": "get"}) as running, Visitor(running) as nurse:
        today = nurse.launch(GLORIA)
        follow_up = page(nurse, today, "follow-up")
        assert follow_up.status == 200
        assert "Nothing to compare yet" in follow_up.words
        for path in ("step/paused", "cadence", "care-plan/close"):
            shown = page(nurse, today, path)
            assert shown.status == 200
            assert "does not show again" in shown.words
            assert not shown.document.xpath("//button[@form='form']")
        assert page(nurse, today, "step/graduated").status == 404
