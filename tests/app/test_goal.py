"""A goal from the first word to its end: what each EHR received of it, kept, and shows again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.app.every_ehr import playing, records
from tests.journeys.enrolling import enrol_with_plan, filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import notes
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

NEW: dict[str, Any] = {
    "goal_words": "I want to dance at the wedding",
    "goal_text": "Walks to church once a week",
    "measure": "scale",
    **{f"level_{number}": f"{number} walks a week" for number in range(1, 6)},
    "goal_how": "To the gate first",
    "importance": "8",
    "confidence": "5",
    "goal_accepted": "agree",
}
TEXT = NEW["goal_text"]


@pytest.fixture(scope="module", params=["open", "epic", "canvas"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A goal stands as itself; in documents; in answers to a questionnaire."""
    with playing(request.param, tmp_path_factory.mktemp("practice")) as made:
        yield made


@pytest.fixture(scope="module")
def gloria(running: Practice) -> str:
    """A patient with a plan and its first goal."""
    patient = newcomer(running)
    with Visitor(running) as nurse:
        enrol_with_plan(nurse, patient)
    return patient


def goal_of(running: Practice, patient: str, text: str = TEXT) -> dict[str, Any]:
    (goal,) = [
        each
        for each in records(running, patient)
        if each["resourceType"] == "Goal" and each["description"]["text"] == text
    ]
    return goal


def form_at(nurse: Visitor, launch: str, action: str, goal: str) -> Seen:
    """The form of one goal, found as a nurse finds it: by the link of its card."""
    page = nurse.get(f"/l/{launch}/goals")
    assert goal in page.text
    return nurse.get(f"/l/{launch}/goal/{action}?goal={goal}")


@pytest.mark.requirement("domain@6", "domain@12", "domain@14", "domain@15", "domain@17", "client@47")
def test_a_goal_from_its_first_word_to_its_end(running: Practice, gloria: str) -> None:
    with Visitor(running) as nurse:
        launch = nurse.launch(gloria).launch_id
        filed(nurse.send(nurse.get(f"/l/{launch}/goal/add"), **NEW))
        goal = goal_of(running, gloria)
        assert goal["target"][0]["measure"]["coding"][0]["code"] == "107332-9"
        assert any(note.startswith("Agreement: the patient agrees") for note in notes(goal))
        (plan,) = [each for each in records(running, gloria) if each["resourceType"] == "CarePlan"]
        assert TEXT in " ".join(each["display"] for each in plan["goal"])
        identity = goal["id"]

        form = form_at(nurse, launch, "progress", identity)
        filed(nurse.send(form, progress="better", importance="9", confidence="8", level="-1"))
        form = form_at(nurse, launch, "change", identity)
        filed(
            nurse.send(form, reason="Her knee hurts", goal_text="Walks to the lake", target_due=in_days(90))
        )
        changed = goal_of(running, gloria, "Walks to the lake")
        assert changed["target"][0]["dueDate"] == in_days(90)
        assert next(note for note in notes(changed) if note.startswith("Importance")).startswith(
            "Importance 8/10"
        )

        shown = nurse.get(f"/l/{launch}/goal?goal={identity}").words
        for words in (
            "2 values, from 5 of 10",
            "Her knee hurts",
            "Attainment -1",
            "reached on",
            "the patient agrees",
        ):
            assert words in shown, words
        assert f"from “{TEXT}” to “Walks to the lake”" in shown

        form = form_at(nurse, launch, "end", identity)
        filed(nurse.send(form, ending="not-wanted", reason="She swims now"))
        ended = goal_of(running, gloria, "Walks to the lake")
        assert (ended["lifecycleStatus"], ended["statusReason"]) == (
            "cancelled",
            "No longer wanted by the patient: She swims now",
        )
        page = nurse.get(f"/l/{launch}/goals").words
        assert "1 ended" in page
        assert "She swims now" in page
        again = nurse.get(f"/l/{launch}/goal/change?goal={identity}").words
        assert "not among the open goals" in again


@pytest.mark.requirement("client@42")
def test_what_somebody_else_changed_meanwhile_is_laid_beside_it(running: Practice, gloria: str) -> None:
    with Visitor(running) as nurse, Visitor(running) as other:
        launch, theirs = nurse.launch(gloria).launch_id, other.launch(gloria).launch_id
        text = "Walks 20 minutes on five days a week"
        identity = goal_of(running, gloria, text)["id"]
        form = form_at(nurse, launch, "change", identity)
        filed(
            other.send(
                form_at(other, theirs, "change", identity), reason="A stick", goal_how="Walks with a stick"
            )
        )
        screen = nurse.send(form, reason="Her knee", goal_how="Walks on the flat")
        assert (screen.status, "Somebody changed this meanwhile" in screen.words) == (409, True)
        assert "Walks with a stick" in screen.words
        filed(nurse.post(screen.url, screen.form() | {"settle.way": "mine"}))
        goal = goal_of(running, gloria, text)
        how = [note for note in notes(goal) if note.startswith("How: ")]
        assert how[-1] == "How: Walks on the flat"
        assert any("Why: A stick" in note for note in notes(goal))
