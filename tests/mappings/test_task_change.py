"""What becomes of a task: done with its result, taken over, moved, called off with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.task_change import GONE, change_defaults, change_resources, parse_change
from mappings.task_list import task_list
from mappings.team_member import Member
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf, author, entry_of, problems_of
from tests.mappings.test_task_add import added

NURSE = Member("Practitioner/nurse", "Dana Whitfield RN")
AIDE = Member("Practitioner/aide", "Bo Lind")
BY_AIDE = {"user": AIDE.reference, "user_name": AIDE.name}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(MARGERY, DIABETES)


def change(on: Shelf, task: Resource, outcome: str, *, by: Member = AIDE, **more: Any) -> Resource:
    opened = change_defaults(on.chart(), now=NOW, task=task["id"], outcome=outcome)
    entry = entry_of(parse_change({**opened, **more}, chart=on.chart(), now=NOW, user=by))
    who = {"user": by.reference, "user_name": by.name}
    (changed,) = on.file(change_resources(entry, on.chart(), author(**who), on.form_id()))
    assert problems_of(changed) == []
    return changed


@pytest.mark.requirement("domain@156")
def test_whoever_does_it_reports_what_came_of_it(shelf: Shelf):
    task = added(shelf, owner=["other"], owner_name=["Bo Lind"])
    refused = parse_change(
        {"task": [task["id"]], "outcome": ["done"]}, chart=shelf.chart(), now=NOW, user=AIDE
    )
    assert "whoever asked reads it" in refused.errors["words"]
    done = change(shelf, task, "done", words=["Faxed; they confirmed"])
    assert done["status"] == "completed"
    (row,) = task_list(shelf.chart(), now=NOW, user=NURSE).ended
    assert row.result == "Faxed; they confirmed"
    assert row.asked_by_user


def test_ones_own_task_is_done_without_a_word(shelf: Shelf):
    assert change(shelf, added(shelf), "done", by=NURSE)["status"] == "completed"


def test_it_is_taken_over_moved_and_called_off(shelf: Shelf):
    task = change(shelf, added(shelf), "take-over")
    assert task["owner"]["reference"] == "Practitioner/aide"
    task = change(shelf, task, "changed", due=["2027-01-04"], priority=["urgent"])
    assert (task["restriction"]["period"]["end"], task["priority"]) == ("2027-01-04", "urgent")
    task = change(shelf, task, "called-off", words=["They need no form"])
    assert (task["status"], task["statusReason"]["text"]) == ("cancelled", "They need no form")
    (row,) = task_list(shelf.chart(), now=NOW, user=NURSE).ended
    assert row.result == "They need no form"
    assert row.ended_words.startswith("Called off")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": ["called-off"]}, "words"),
        ({"outcome": ["hand-off"]}, "to"),
        ({"outcome": ["hand-off"], "to": ["other"]}, "to_name"),
        ({"outcome": ["hand-off"], "to": ["Practitioner/stranger"]}, "to"),
        ({"outcome": ["changed"], "due": ["2026-11-01"]}, "due"),
        ({"outcome": [""]}, "outcome"),
        ({"task": ["gone"]}, "form"),
        (
            {
                "outcome": ["hand-off"],
                "to": ["other"],
                "to_name": ["Bo"],
                "start": ["2026-12-05"],
                "until": ["2026-12-01"],
            },
            "until",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(shelf: Shelf, changes: dict[str, list[str]], field: str):
    task = added(shelf)
    given = {"task": [task["id"]], "outcome": ["done"], **changes}
    assert list(parse_change(given, chart=shelf.chart(), now=NOW, user=NURSE).errors) == [field]


def test_a_task_that_ended_meanwhile_is_not_changed(shelf: Shelf):
    task = added(shelf)
    change(shelf, task, "called-off", words=["Not needed"])
    again = parse_change(
        {"task": [task["id"]], "outcome": ["done"]}, chart=shelf.chart(), now=NOW, user=NURSE
    )
    assert again.errors == {"form": GONE}
    assert change_defaults(shelf.chart(), now=NOW, task=task["id"]) == {}


def test_before_a_vacation_several_tasks_go_to_one_person_for_the_same_days(shelf: Shelf):
    first, second, third = (added(shelf, text=[text]) for text in ("Fax", "Call", "Write"))
    given = {
        "task": [first["id"]],
        "outcome": ["hand-off"],
        "to": ["other"],
        "to_name": ["Bo Lind"],
        "until": ["2026-12-04"],
        "also": [second["id"]],
    }
    entry = entry_of(parse_change(given, chart=shelf.chart(), now=NOW, user=NURSE))
    changed = shelf.file(change_resources(entry, shelf.chart(), author(), shelf.form_id()))
    assert [each["owner"]["display"] for each in changed] == ["Bo Lind", "Bo Lind"]
    assert [row.task.text for row in task_list(shelf.chart(), now=NOW, user=NURSE).mine] == ["Write"]
    assert third["owner"]["reference"] == "Practitioner/nurse"
    stranger = parse_change({**given, "also": ["x"]}, chart=shelf.chart(), now=NOW, user=NURSE)
    assert list(stranger.errors) == ["also"]
