"""The app dies while a nurse saves: a slice of `make soak`, and what she meets when she comes back.

Real processes and real SIGKILLs; the moments are drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mappings.identity import identifier_value
from tests.ehr_line import Line
from tests.journeys.enrolling import enrol, filed, plan
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice
from tests.soak import killed_saves
from tests.soak.counting_ehr import patient_id
from tests.soak.distant_ehr import REFUSES_TRANSACTIONS

GLORIA, WALTER = "gloria-reyes", "walter-boone"
KEPT = "Kept and not yet filed"
TO_THE_END = "NOT FILED TO THE END."


@pytest.mark.requirement("client@43")
def test_a_story_whose_every_save_is_killed_leaves_what_an_undisturbed_one_leaves(tmp_path: Path) -> None:
    """Consent, plan, contact, goal update and close, record by record. What is lost or doubled is named."""
    with killed_saves.running(killed_saves.IN_ORDER, tmp_path, patients=2, seed=7) as run:
        killed_saves.measure(run, patient_id(0), anew=False)
        killed_saves.kill_through(run, range(1, 2), moments=5)
        consent = next(each for each in run.ehr.ours(patient_id(1)) if each["resourceType"] == "Consent")
        run.ehr.double(consent)
        assert run.ehr.twice(patient_id(1)) == [f"Consent {identifier_value(consent)}"]
    assert (run.tally.lost, run.tally.doubled, run.tally.failures) == ([], [], [])
    assert run.tally.moments >= 5


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """An EHR that refuses its transactions, so that the records are filed one after the other."""
    with practice(tmp_path_factory.mktemp("in-order")) as running:
        refused = running.line.answers(
            "/fhir", REFUSES_TRANSACTIONS, method="POST", status="501 Not Implemented"
        )
        with refused:
            yield running


def _broken_off(nurse: Visitor, line: Line, form: Seen, path: str, answered: int, **typed: str) -> None:
    """Saves, and the line breaks after so many creates of a type were answered."""
    with line.drops_after(path, answered):
        assert "NOT FILED." in nurse.send(form, **typed).words


def test_a_save_that_broke_half_way_is_offered_and_filed_to_the_end(in_order: Practice) -> None:
    with Visitor(in_order) as nurse:
        today = enrol(nurse, GLORIA)
        form = nurse.get(f"/l/{today.launch_id}/care-plan")
        # The plan is open in the chart now; its goal and task are not.
        _broken_off(nurse, in_order.line, form, "/fhir/Task", 0, **plan())
        in_order.restart_the_app()
        again = nurse.launch(GLORIA)
        assert KEPT in again.words
        offered = nurse.get(f"/l/{again.launch_id}/care-plan")
        assert TO_THE_END in offered.words
        assert "Nothing waits" not in nurse.get(f"/l/{again.launch_id}/filed").words
        filed(nurse.send(offered))
        assert KEPT not in nurse.get(f"/l/{again.launch_id}/today").words
    assert len(in_order.held("Goal", GLORIA)) == 1


def test_what_the_chart_moved_on_by_does_not_make_the_rest_look_like_other_words(in_order: Practice) -> None:
    """The answered task is done already, so the form would offer it no more."""
    with Visitor(in_order) as nurse:
        today = enrol(nurse, WALTER)
        filed(nurse.send(nurse.get(f"/l/{today.launch_id}/care-plan"), **plan()))
        form = nurse.get(f"/l/{today.launch_id}/contact")
        answers = form.document.xpath("//input[@name='answers']/@value")
        before = len(in_order.held("Task", WALTER))
        _broken_off(
            nurse, in_order.line, form, "/fhir/Task", 0, minutes="5", note="Walks daily.", answers=answers
        )
        offered = nurse.get(f"/l/{today.launch_id}/contact")
        assert TO_THE_END in offered.words
        filed(nurse.send(offered))
        after = in_order.held("Task", WALTER)
    assert sum("Walks daily." in str(each.get("note")) for each in after) == 1
    # The contact, the next task, and the start of regular follow-up.
    assert len(after) == before + 3
