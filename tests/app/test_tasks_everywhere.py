"""Tasks and questions at every kind of EHR: asked, answered, covered, read back; and where nothing is shown again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.every_ehr import NATIVE, OTHERS, playing
from tests.journeys.enrolling import enrol_with_plan, filed, in_days
from tests.journeys.newcomer import newcomer
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice


@pytest.fixture(scope="module", params=(*NATIVE[1:], *OTHERS))
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A practice whose EHR is of each kind."""
    with playing(request.param, tmp_path_factory.mktemp("ehr")) as made:
        yield made


def leads(page: Seen, path: str, called: str = "") -> str:
    """The one link of a page that leads there."""
    found = page.document.xpath(f"//a[contains(@href, '{path}')]")
    (link,) = (each.get("href") for each in found if called in (each.get("aria-label") or ""))
    return str(link)


@pytest.mark.soak
def test_a_question_is_answered_and_a_task_covered_whatever_form_the_ehr_takes(
    running: Practice, gloria: str, nurse: Visitor
) -> None:
    here = f"/l/{enrol_with_plan(nurse, gloria).launch_id}"
    asked = {"situation": "Dizzy; twice", "recommendation": "Halve it?"}
    filed(nurse.send(nurse.get(f"{here}/ask?about=medicines"), **asked))
    with Visitor(running) as physician:
        opened = physician.launch(gloria, user="physician")
        assert "Dizzy" in opened.words.split("Next:")[0]
        answer = physician.get(leads(opened, "/answer?"))
        filed(physician.send(answer, decision="agreed", orders="Recheck on Friday"))
    assert "answered: “Agreed, as proposed”" in nurse.get(f"{here}/today").words
    filed(nurse.send(nurse.get(f"{here}/here"), place="Room 3"))
    assert "The patient is here now: Room 3" in nurse.get(f"{here}/today").words
    change = nurse.get(leads(nurse.get(f"{here}/tasks"), "/tasks/change?", "Recheck on Friday"))
    cover = {"outcome": "hand-off", "to": "other", "to_name": "Bo Lind", "until": in_days(5)}
    filed(nurse.send(change, **cover))
    assert "Bo Lind covers for" in nurse.get(f"{here}/tasks").words
    assert "waits" not in nurse.get(f"{here}/conference").words.split("Quality metrics")[0]


def test_where_nothing_is_shown_again_a_question_is_filed_and_the_list_says_that_it_is_not_shown(
    tmp_path: Path,
) -> None:
    with practice(tmp_path, persona="athena") as running, Visitor(running) as nurse:
        here = f"/l/{nurse.launch(newcomer(running)).launch_id}"
        asked = {"situation": "Dizzy", "recommendation": "See her?"}
        filed(nurse.send(nurse.get(f"{here}/ask"), **asked))
        page = nurse.get(f"{here}/tasks")
        assert "Not shown again by this EHR: look in the chart." in page.words
        assert "None that this EHR shows" in page.words
        assert "Nothing" not in page.words
        assert "not shown by this EHR" in nurse.get(f"{here}/conference").words
