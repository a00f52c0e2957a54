"""A task that is added by hand, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.task_add import parse_task, task_defaults, task_resources
from mappings.task_list import task_list
from mappings.team_member import Member, contact_persons
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf, author, entry_of, problems_of

NURSE = Member("Practitioner/nurse", "Dana Whitfield RN")
DAUGHTER: Resource = {
    "resourceType": "RelatedPerson",
    "id": "r1",
    "patient": {"reference": "Patient/p1"},
    "name": [{"given": ["Ana"], "family": "Gibson"}],
    "relationship": [{"text": "daughter"}],
    "telecom": [{"system": "phone", "value": "555-0107"}],
}


def added(on: Shelf, **more: Any) -> Resource:
    """A task as the form opens, with its words, filed."""
    values = {**task_defaults(now=NOW), "text": ["Fax the form"], **more}
    entry = entry_of(parse_task(values, chart=on.chart(), now=NOW))
    (task,) = on.file(task_resources(entry, on.chart(), author(), on.form_id()))
    return task


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(MARGERY, DIABETES)


@pytest.mark.parametrize(
    ("owner", "name", "whose"),
    [
        ("care-manager", "", "mine"),
        ("provider", "", "team"),
        ("patient", "", "patient"),
        ("other", "Bo Lind", "team"),
    ],
)
def test_it_stands_in_the_list_by_whose_it_is(shelf: Shelf, owner: str, name: str, whose: str):
    task = added(shelf, owner=[owner], owner_name=[name])
    assert problems_of(task) == []
    found = task_list(shelf.chart(), now=NOW, user=NURSE)
    assert [row.task.text for row in getattr(found, whose)] == ["Fax the form"]


@pytest.mark.requirement("domain@160")
def test_a_caregiver_on_file_is_a_contact_person_by_name_relationship_and_phone():
    on = Shelf(MARGERY, DAUGHTER)
    (person,) = contact_persons(on.chart(), now=NOW)
    assert (person.words, person.phone) == ("Ana Gibson, daughter", "555-0107")
    task = added(on, person=["RelatedPerson/r1"])
    assert task["input"][0]["valueReference"]["reference"] == "RelatedPerson/r1"
    assert problems_of(task) == []
    (row,) = task_list(on.chart(), now=NOW, user=NURSE).mine
    assert row.person == "Ana Gibson, daughter"
    assert "reach Ana Gibson, daughter" in row.facts


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": [" "]}, "text"),
        ({"owner": ["nobody"]}, "owner"),
        ({"owner": ["other"]}, "owner_name"),
        ({"due": ["2026-11-20"]}, "due"),
        ({"due": [""]}, "due"),
        ({"kind": ["sbar-question"]}, "kind"),
        ({"person": ["RelatedPerson/elsewhere"]}, "person"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(shelf: Shelf, changes: dict[str, list[str]], field: str):
    values = {**task_defaults(now=NOW), "text": ["Fax the form"], **changes}
    assert list(parse_task(values, chart=shelf.chart(), now=NOW).errors) == [field]


def test_the_list_is_filtered_by_reason_and_by_what_is_overdue(shelf: Shelf):
    added(shelf)
    added(shelf, text=["Call"], kind=["next-contact"], due=["2026-11-21"])
    later = NOW.replace(day=23)
    every = task_list(shelf.chart(), now=later, user=NURSE)
    assert (every.overdue, dict(every.reasons)) == (1, {"Next contact": 1, "Other": 1})
    calls = task_list(shelf.chart(), now=later, user=NURSE, reason="Next contact")
    late = task_list(shelf.chart(), now=later, user=NURSE, overdue=True)
    assert [row.task.text for row in calls.mine] == [row.task.text for row in late.mine] == ["Call"]
    assert late.mine[0].due_label == "overdue since"


def test_of_a_dead_patient_no_task_is_added():
    dead = Shelf({**MARGERY, "deceasedBoolean": True})
    chart = dead.chart({**MARGERY, "deceasedBoolean": True})
    assert parse_task({"text": ["Fax"]}, chart=chart, now=NOW).errors["form"]
