"""The plan page says the same at every EHR that shows our records again, whatever form they were filed in; and where
none are shown again nothing is guessed and nothing that stands is changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.test_plan import MEALS, at
from tests.journeys.enrolling import enrol_with_plan, filed
from tests.journeys.visitor import Visitor
from tests.running import practice

GLORIA = "gloria-reyes"
TOLD = (
    "Being there for the grandchildren",
    "Walks to the corner and back",
    "Riverbend Meals",
    "Five days a week",
    "Omar Reed",
    "Palliative",
    "Her feet swell",
    "Changed: care type",
    "Why: New swelling",
    "Last reviewed today",
    "in person",
)


@pytest.mark.requirement("domain@1", "domain@2", "domain@11")
@pytest.mark.parametrize(
    "persona",
    [
        "epic",
        pytest.param("oracle", marks=pytest.mark.soak),
        pytest.param("ecw", marks=pytest.mark.soak),
        "canvas",
    ],
)
def test_the_plan_is_read_back_from_whatever_form_it_was_filed_in(tmp_path: Path, persona: str) -> None:
    with practice(tmp_path, persona=persona) as running:
        with Visitor(running) as nurse:
            today = enrol_with_plan(nurse, GLORIA)
            filed(nurse.send(at(nurse, today, "/action?kind=service"), **MEALS))
            words = {
                "care_type": "palliative-care",
                "back_up": "Omar Reed",
                "section_symptoms": "Her feet swell",
            }
            filed(nurse.send(at(nurse, today, "/revise"), **words, why="New swelling"))
            filed(nurse.send(at(nurse, today, "/agree"), how="in-person"))
        with Visitor(running) as again:
            page = at(again, again.launch(GLORIA), "")
            step = page.document.xpath("//a[contains(@href, '/plan/action/change')]/@href")[0]
            filed(again.send(again.get(step), outcome="called-off", reason="It was too much"))
            after = at(again, again.launch(GLORIA), "")
    for said in TOLD:
        assert said in page.words, said
    assert "It was too much" in after.words


def test_where_nothing_is_shown_again_a_new_action_is_filed_with_a_caution_and_nothing_is_changed(
    tmp_path: Path,
) -> None:
    with practice(tmp_path, persona="athena") as running, Visitor(running) as nurse:
        today = enrol_with_plan(nurse, GLORIA)
        page = at(nurse, today, "")
        assert "Not shown again by this EHR" in page.words
        assert "Revise the plan" not in page.words
        for path in ("/revise", "/agree"):
            assert "cannot be changed from here" in at(nurse, today, path).words
        form = at(nurse, today, "/action?kind=service")
        assert "This EHR does not show Chartside whether a care plan is open" in form.words
        filed(nurse.send(form, **MEALS))
        filed(nurse.send(at(nurse, today, "/review")))
