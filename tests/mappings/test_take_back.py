"""A record marked entered in error says who, when and why, stays valid, and loses nothing that it said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fhir_profiles.validator import validate
from mappings.chart import Chart
from mappings.narrative import plain_text
from mappings.take_back import (
    MISTAKE,
    REASONS,
    STATUS,
    TakeBackEntry,
    correction_text,
    filed_words,
    find_filed,
    is_taken_back,
    parse_take_back,
    record_words,
    taken_back,
)
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, author

LATER = NOW + timedelta(hours=1)
ENTRY = TakeBackEntry("wrong-content", "It was 2 minutes")


def shelf() -> Shelf:
    made = Shelf(DIABETES)
    made.consent()
    made.plan()
    made.contact()
    return made


def records() -> dict[str, Resource]:
    """One of each kind that Chartside files, by what it is called."""
    kept = [each for each in shelf().kept.values() if each["resourceType"] in STATUS]
    return {record_words(each): each for each in kept}


KINDS = (
    "Consent",
    "Care plan: Walking to church again",
    "Goal: Walk to church and back",
    "Task: Call about the glucose log",
    "Contact: Phone, talked",
    "Enrollment step: Care management: plan active",
)


@pytest.mark.parametrize("words", KINDS)
@pytest.mark.parametrize("reason", REASONS)
def test_each_kind_is_marked_with_who_when_and_why_and_keeps_what_it_said(words: str, reason: str) -> None:
    record = records()[words]
    entry = TakeBackEntry(reason, "She said so")
    marked = taken_back(record, entry, author(LATER))
    assert is_taken_back(marked)
    assert validate(marked) == ()
    told = plain_text(marked["text"])
    for said in (
        f"{REASONS[reason]}: She said so",
        "Dana Whitfield RN",
        "21 Nov 2026, 10:14",
        "Margery Gibson",
    ):
        assert said in told
    assert plain_text(record["text"]) in told
    changed = {name for name in {*record, *marked} if record.get(name) != marked.get(name)}
    assert changed <= {STATUS[record["resourceType"]], "text", "note", "statusReason", "lastModified"}
    assert marked.get("note", [])[: len(record.get("note", []))] == record.get("note", [])


def test_what_is_marked_is_not_the_record_that_was_given() -> None:
    record = records()["Contact: Phone, talked"]
    before = repr(record)
    taken_back(record, ENTRY, author(LATER))
    assert repr(record) == before


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({}, {"reason"}),
        ({"reason": ["because"]}, {"reason"}),
        ({"reason": ["other"]}, {"words"}),
        ({"reason": ["other"], "words": ["  "]}, {"words"}),
        ({"reason": ["other"], "words": ["She moved"]}, set()),
        ({"reason": ["duplicate"]}, set()),
    ],
)
def test_a_reason_is_always_asked_for(typed: dict[str, list[str]], errors: set[str]) -> None:
    submitted = parse_take_back(typed, offered=())
    assert set(submitted.errors) == errors
    assert (submitted.entry is None) == bool(errors)


def test_only_what_was_offered_can_be_taken_along_or_opened_again() -> None:
    typed = {
        "reason": ["duplicate"],
        "also": ["Task/1", "Task/999", "Patient/p1"],
        "reopen": ["Task/2", "Task/1", "Task/999"],
    }
    entry = parse_take_back(typed, offered=["Task/1"], closed=["Task/2"]).entry
    assert entry is not None
    assert (entry.also, entry.reopened) == (("Task/1",), ("Task/2",))


OTHERS: Resource = {
    "resourceType": "Task",
    "id": "ehr",
    "status": "requested",
    "for": {"reference": "Patient/p1"},
}


@pytest.mark.parametrize(
    "reference", ["Task/ehr", "Condition/c1", "Patient/p1", "Task/", "Task", "", "task/1", "Task/1/../2"]
)
def test_nothing_but_a_record_of_ours_in_this_chart_is_found(reference: str) -> None:
    made = shelf()
    made.kept["Task/ehr"] = OTHERS
    assert find_filed(made.chart(), reference) is None


def test_a_record_of_ours_that_stands_in_another_patients_name_is_not_found() -> None:
    made = shelf()
    contact = next(each for each in made.kept.values() if record_words(each).startswith("Contact"))
    reference = f"Task/{contact['id']}"
    assert find_filed(made.chart(), reference) is not None
    contact["for"] = {"reference": "Patient/somebody-else"}
    assert find_filed(made.chart(), reference) is None


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"resourceType": "Task", "executionPeriod": {"start": "2026-11-20T09:02:00-05:00"}}, "20 Nov 2026"),
        ({"resourceType": "Task", "authoredOn": "2026-11-19"}, "19 Nov 2026"),
        # In the practice's zone it was still the day before.
        ({"resourceType": "Task", "authoredOn": "2026-11-20T02:43:00Z"}, "19 Nov 2026"),
        ({"resourceType": "CarePlan", "period": {"start": "2026-11"}}, "Nov 2026"),
        ({"resourceType": "Consent", "dateTime": "2026-11-18"}, "18 Nov 2026"),
        ({"resourceType": "Goal", "startDate": "2026-11-17"}, "17 Nov 2026"),
        ({"resourceType": "Goal", "startDate": "soon"}, ""),
        ({"resourceType": "Goal"}, ""),
    ],
)
def test_when_it_was_is_said_as_far_as_the_record_tells(resource: dict[str, Any], words: str) -> None:
    assert filed_words(resource, NOW.tzinfo) == words


def test_the_correction_as_text_names_every_record_and_what_is_to_be_done_again() -> None:
    found = records()
    contact, task = found["Contact: Phone, talked"], found["Task: Call about the glucose log"]
    assert correction_text([contact], ENTRY, author(LATER), reopened=[task]).splitlines() == [
        "CORRECTION, 21 Nov 2026, 10:14",
        "Patient: Margery Gibson",
        "Filed wrongly, not to be used: Contact: Phone, talked (21 Nov 2026)",
        "To be done again: Task: Call about the glucose log (21 Nov 2026)",
        "Reason: Wrong content: It was 2 minutes",
        "Signed: Dana Whitfield RN",
    ]


def test_a_record_without_text_or_notes_is_marked_all_the_same() -> None:
    bare: Resource = {
        "resourceType": "Task",
        "id": "1",
        "status": "completed",
        "intent": "order",
        "for": {"reference": "Patient/p1"},
    }
    marked = taken_back(bare, ENTRY, author(LATER))
    assert marked["status"] == MISTAKE
    assert "It said" not in plain_text(marked["text"])


def test_a_chart_without_records_gives_none() -> None:
    assert find_filed(Chart({"resourceType": "Patient", "id": "p1"}), "Task/1") is None
