"""The tasks of many patients in one list: each with its patient, the late first, nothing of others' records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mappings.here_now import HereEntry, here_resources
from mappings.team_list import team_list
from mappings.team_member import Member
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf, author
from tests.mappings.test_sbar import sent
from tests.mappings.test_sbar_answer import answer
from tests.mappings.test_task_add import added

NURSE = Member("Practitioner/nurse", "Dana Whitfield RN")
TWO: Resource = {**MARGERY, "id": "p2", "name": [{"family": "Boone", "given": ["Walter"]}]}


def of_two(task: Resource) -> Resource:
    """The same task, of the other patient."""
    named = {"reference": "Patient/p2", "display": "Walter Boone"}
    return {**task, "id": f"{task['id']}-2", "identifier": [], "for": named}


def listed(tasks: list[Resource], **more: Any) -> Any:
    given: dict[str, Any] = {"now": NOW, "user": NURSE, **more}
    return team_list(tasks, [MARGERY, TWO], given.pop("appointments", ()), **given)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(MARGERY, DIABETES)


def test_each_task_stands_with_its_patient_and_the_late_come_first(shelf: Shelf):
    later = added(shelf)
    sooner = of_two(added(shelf, text=["Call him"], due=["2026-11-21"]))
    found = listed([later, sooner], now=NOW + timedelta(days=2))
    assert [(each.name, each.row.task.text) for each in found.mine] == [
        ("Walter Boone", "Call him"),
        ("Margery Gibson", "Fax the form"),
    ]
    assert (found.overdue, found.patients) == (1, 2)
    assert [each.name for each in listed([later, sooner], overdue=True).mine] == []


def test_a_patient_whose_record_may_not_be_read_has_the_name_that_the_task_bears(shelf: Shelf):
    (row,) = team_list([of_two(added(shelf))], (), now=NOW, user=NURSE).mine
    assert (row.patient, row.name) == ("p2", "Walter Boone")


@pytest.mark.parametrize("change", [{"for": {"display": "Somebody"}}, {"for": {"reference": "Group/1"}}, {}])
def test_what_is_not_ours_or_names_no_patient_is_left_out(shelf: Shelf, change: Resource):
    task = added(shelf)
    theirs = {"resourceType": "Task", "id": "x", "status": "requested", "for": {"reference": "Patient/p1"}}
    found = listed([{**task, **change} if change else theirs])
    assert (found.mine, found.team, found.patients) == ((), (), 0)


def test_who_is_here_and_what_was_answered_is_seen_for_all(shelf: Shelf):
    sent(shelf)
    answer(shelf)
    shelf.file(here_resources(HereEntry("Room 3"), shelf.chart(), author(), shelf.form_id()))
    found = listed(list(shelf.chart().resources("Task")))
    assert [(name, flag.place) for _, name, flag in found.here] == [("Margery Gibson", "Room 3")]
    assert [each.row.answer for each in found.answered] == ["Agreed, as proposed"]


@pytest.mark.requirement("domain@150")
def test_the_huddle_names_who_is_booked_today_and_why_the_care_manager_cares(shelf: Shelf):
    booked = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "start": "2026-11-21T15:30:00-05:00",
        "serviceType": [{"text": "Follow-up"}],
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    }
    tasks = [added(shelf), of_two(added(shelf, due=["2026-11-21"]))]
    (line,) = listed(tasks, appointments=[booked]).huddle
    assert (line.name, line.coming) == ("Margery Gibson", "15:30, Follow-up")
