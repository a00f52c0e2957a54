"""What was filed is read back into the same *Today* at every EHR that shows it again, whatever form it was filed in.

The yardstick is the EHR that takes every record: field by field the others show what it shows, before and after the app
has lost its storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.visitor import Seen, Visitor
from tests.running import ZONE, Practice, practice

GLORIA = "gloria-reyes"
KEPT, WRONG = "Walks to church now.", "Meant for somebody else."
HELD_IN = {
    "open": {"Consent", "CarePlan", "Goal", "Task"},
    "epic": {"DocumentReference"},
    # Its documents bear no mark of ours but in their text.
    "oracle": set(),
    "ecw": {"QuestionnaireResponse"},
    "canvas": {"Consent", "Task", "QuestionnaireResponse"},
}
"""In what each EHR holds the story below."""
OURS = ("who", "next", "contacts", "goals", "tasks", "care plan", "consent", "month")
"""The parts of *Today* that Chartside's own records fill; the others show the chart as each EHR offers it."""
POINTED_OUT = "worth a thought"
"""What the rules make of both; it is there only where they find something."""
FIELDS = (*OURS, "problems", "results", "medications", "allergies", "visits")


def _in_daylight() -> str:
    """A time zone in which the hour of this story does not cross midnight."""
    here = datetime.now(ZoneInfo(ZONE)).hour
    return ZONE if 5 <= here < 21 else "Asia/Tokyo"


DAYLIGHT = _in_daylight()


@contextmanager
def office(folder: Path, persona: str) -> Iterator[Practice]:
    """A practice of this kind of EHR, by day."""
    ehr = {"authorize": "get", "time_zone": ZoneInfo(DAYLIGHT)}
    with practice(folder, persona=persona, ehr=ehr, sandbox={"time_zone": DAYLIGHT}) as running:
        yield running


def story(running: Practice) -> Seen:
    """Consent, plan with a goal and a task, a contact that moves the goal, and one that is taken back; *Today* then."""
    with Visitor(running) as nurse, running.clock.later(minutes=1):
        today = enrol_with_plan(nurse, GLORIA)
        with running.clock.later(minutes=20):
            form = nurse.get(f"/l/{today.launch_id}/contact")
            (goal,) = [name for name in form.form() if name.startswith("importance.")]
            progress = goal.replace("importance.", "progress.")
            filed(nurse.send(form, minutes="7", note=KEPT, **{progress.replace(".", "__", 1): "better"}))
        with running.clock.later(minutes=30):
            form = nurse.get(f"/l/{today.launch_id}/contact")
            filed(nurse.send(form, minutes="3", note=WRONG))
            shown = nurse.get(f"/l/{today.launch_id}/today")
            assert WRONG in shown.words
            place, *_ = re.findall(r"/take-back/Task/[\w.-]+", shown.text)
            nurse.send(nurse.get(f"/l/{today.launch_id}{place}"), reason="other", words="The wrong person.")
        with running.clock.later(minutes=40):
            return nurse.get(f"/l/{today.launch_id}/today")


def again(running: Practice) -> Seen:
    """*Today* of a new launch by a browser that knows nothing."""
    with Visitor(running) as nurse, running.clock.later(minutes=41):
        return nurse.launch(GLORIA)


def fields(today: Seen) -> dict[str, str]:
    """Every part of *Today* by its name, in the words that a person reads."""
    (head,), (following,) = today.document.xpath("//header"), today.document.find_class("next")
    found = {"who": _words(head), "next": _words(following)}
    for section in today.document.xpath("//main//section"):
        name = section.xpath("string(.//h2[1])").split("(")[0].strip().lower()
        found[name if name in (*FIELDS, POINTED_OUT) else "month"] = _words(section)
    return {POINTED_OUT: "", **found}


def _words(element: object) -> str:
    return " ".join(" ".join(element.itertext()).split())  # type: ignore[attr-defined]  # lxml.html has no types


@pytest.fixture(scope="module")
def yardstick(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """*Today* at the EHR that takes every record."""
    with office(tmp_path_factory.mktemp("yardstick"), "open") as running:
        return fields(story(running))


@pytest.fixture(params=HELD_IN)
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Practice, Seen]]:
    """One EHR with the story in it."""
    with office(tmp_path_factory.mktemp(request.param), request.param) as running:
        yield request.param, running, story(running)


@pytest.mark.requirement("client@41", "client@44", "client@52")
def test_the_same_today_field_by_field(
    told: tuple[str, Practice, Seen], yardstick: Mapping[str, str]
) -> None:
    name, running, first = told
    assert set(fields(first)) == {*FIELDS, POINTED_OUT}
    ours = {
        kind
        for kind in ("Consent", "CarePlan", "Goal", "Task", "DocumentReference", "QuestionnaireResponse")
        if any("chartside" in str(item) for item in running.held(kind, GLORIA))
    }
    assert HELD_IN[name] == ours
    before = fields(first)
    assert {part: before[part] for part in OURS if before[part] != yardstick[part]} == {}
    running.forget_the_app()
    after = fields(again(running))
    assert {part: after[part] for part in (*FIELDS, POINTED_OUT) if after[part] != before[part]} == {}


def test_what_the_story_leaves_behind_is_what_was_typed(yardstick: Mapping[str, str]) -> None:
    assert "Talked · 7 min" in yardstick["contacts"]
    assert KEPT in yardstick["contacts"]
    assert WRONG not in yardstick["contacts"]
    assert yardstick["contacts"].startswith("Contacts (1)")
    assert "better" in yardstick["goals"]
    assert "importance 9 · confidence 6" in yardstick["goals"]
    assert "7 of 20 min" in yardstick["month"]
    assert yardstick["tasks"].startswith("Tasks (2) Phone contact")
    assert "active" in yardstick["care plan"]
    assert "Being there for the grandchildren" in yardstick["care plan"]
    assert "(verbal)" in yardstick["consent"]
    assert "Enrolled today" in yardstick["who"]
