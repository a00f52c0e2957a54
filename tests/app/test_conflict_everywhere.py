"""Two nurses say something else of one goal: what is chosen is what the EHR then holds, in notes as well."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.app.every_ehr import carried, playing, records
from tests.journeys.enrolling import enrol_with_plan, filed, on_day
from tests.journeys.newcomer import newcomer
from tests.journeys.steps import notes
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice


@pytest.fixture(scope="module", params=["epic", "canvas"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """The goal stands in documents; in answers to a questionnaire."""
    with playing(request.param, tmp_path_factory.mktemp("practice")) as made:
        yield made


@pytest.fixture(scope="module")
def gloria(running: Practice) -> str:
    patient = newcomer(running)
    with Visitor(running) as nurse:
        enrol_with_plan(nurse, patient)
    return patient


def goal_of(running: Practice, patient: str) -> dict[str, Any]:
    (goal,) = [each for each in records(running, patient) if each["resourceType"] == "Goal"]
    return goal


def form_of(nurse: Visitor, patient: str) -> Seen:
    return nurse.get(f"/l/{nurse.launch(patient).launch_id}/contact")


DAYS = itertools.count(1)
"""Each contact has a day of its own: one person's minutes may not lie over one another."""


def says(nurse: Visitor, form: Seen, progress: str, note: str, **more: str) -> Seen:
    (name,) = form.document.xpath(f"//input[starts-with(@name, 'progress.') and @value='{progress}']/@name")
    said = {name: progress, "minutes": "5", "note": note, "answers": []}
    said |= on_day(next(DAYS))
    rulers = {f"{field}.{name.partition('.')[2]}": value for field, value in more.items()}
    return nurse.post(form.url, form.form() | said | rulers)


@pytest.mark.requirement("client@42")
@pytest.mark.parametrize(
    ("way", "picked", "progress", "importance"),
    [
        ("theirs", {}, "worse", "Importance 3/10"),
        ("mine", {}, "better", "Importance 3/10"),
        ("merge", {"progress": "theirs"}, "worse", "Importance 3/10"),
        ("merge", {"progress": "mine"}, "better", "Importance 3/10"),
    ],
)
def test_what_is_chosen_is_what_the_ehr_then_holds(
    running: Practice, gloria: str, way: str, picked: dict[str, str], progress: str, importance: str
) -> None:
    with Visitor(running) as nurse, Visitor(running) as other:
        form = form_of(nurse, gloria)
        filed(
            says(
                other,
                form_of(other, gloria),
                "worse",
                "She fell.",
                importance="3",
                confidence="2",
            )
        )
        theirs = goal_of(running, gloria)
        before = len(carried(running, gloria))
        screen = says(nurse, form, "better", "She walks again.")
        assert (screen.status, "Somebody changed this meanwhile" in screen.words) == (409, True)
        assert goal_of(running, gloria) == theirs
        assert len(carried(running, gloria)) == before
        (record,) = screen.document.xpath("//input[@name='settle.record']/@value")
        chosen = {f"settle.field.{record}.{name}": value for name, value in picked.items()}
        filed(nurse.post(screen.url, screen.form() | {"settle.way": way} | chosen))
        goal = goal_of(running, gloria)
        assert goal["achievementStatus"]["text"] == progress
        assert [note for note in notes(goal) if note.startswith("Importance")][-1].startswith(importance)
        # Whatever is chosen about the goal, both nurses' own notes stand.
        told = nurse.get(f"/l/{screen.launch_id}/today").words
        assert ("She fell." in told, "She walks again." in told) == (True, True)
    with Visitor(running) as somebody:
        assert "Please look at this in the EHR" not in somebody.launch(gloria).words
