"""What contradicts itself or cannot be read is named in plain words, with its day and what to do."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from mappings.chart import Chart
from mappings.filed_block import Damage
from mappings.fold import DamagedNote, Doubt, FoldConflict
from mappings.to_look_at import ToLookAt, to_look_at
from tests.mappings.charts import NOW, chart_of

GOAL: dict[str, Any] = {"resourceType": "Goal", "id": "g1", "description": {"text": "Walks 20 minutes"}}
CONTACT: dict[str, Any] = {
    "resourceType": "Task",
    "id": "t1",
    "description": "Phone, talked",
    "code": {
        "coding": [{"system": "https://chartside.example/fhir/CodeSystem/task-code", "code": "contact"}]
    },
    "executionPeriod": {"start": "2026-11-20T09:02:00-05:00"},
}
NOTES = ("DocumentReference/7", "DocumentReference/9")
DATES = ("2026-11-02T09:00:00-05:00", "2026-11-04T09:00:00-05:00")


def chart(*doubts: FoldConflict, damaged: tuple[DamagedNote, ...] = ()) -> Chart:
    return replace(chart_of(GOAL, CONTACT), doubts=doubts, damaged=damaged)


def only(of: Chart) -> ToLookAt:
    (found,) = to_look_at(of, NOW)
    return found


@pytest.mark.parametrize(
    ("doubt", "said"),
    [
        (
            Doubt.UNSEEN_CHANGE,
            "was changed twice, the second time without seeing the first. The later one is shown.",
        ),
        (
            Doubt.CHANGED_IN_THE_EHR,
            "was changed in the EHR after a note had changed it. What the EHR holds is shown.",
        ),
        (
            Doubt.NEWER_IN_A_NOTE,
            "is told in a note otherwise than in the EHR's own record. The note is newer and is shown.",
        ),
    ],
)
def test_a_record_in_doubt_is_called_by_its_name_with_the_days_of_its_notes(doubt: Doubt, said: str) -> None:
    found = only(chart(FoldConflict("Goal/g1", doubt, NOTES, DATES)))
    assert found.what == f"Goal: Walks 20 minutes {said}"
    assert found.what_to_do.startswith("Look at the notes of 2 Nov 2026 and 4 Nov 2026 in the EHR.")
    assert not found.stop


def test_every_doubt_and_every_damage_has_its_words() -> None:
    doubts = tuple(FoldConflict("Goal/g1", each, NOTES, DATES) for each in Doubt)
    damaged = tuple(DamagedNote(NOTES[0], DATES[0], each) for each in Damage)
    found = to_look_at(chart(*doubts, damaged=damaged), NOW)
    assert len({each.what for each in found}) == len(Doubt) + len(Damage)


@pytest.mark.parametrize(
    ("reference", "title"),
    [
        ("Task/t1", "Contact: Phone, talked (20 Nov 2026) "),
        ("Goal/gone", "A goal "),
        ("Task/gone", "A contact or task "),
        ("Consent/gone", "A consent "),
        ("CarePlan/gone", "A care plan "),
        ("Basic/gone", "A record "),
    ],
)
def test_a_record_that_cannot_be_seen_is_called_by_its_kind(reference: str, title: str) -> None:
    found = only(chart(FoldConflict(reference, Doubt.UNSEEN_CHANGE, NOTES, DATES)))
    assert found.what.startswith(f"{title}was changed twice")


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (("2026-11-02T09:00:00-05:00",), "the note of 2 Nov 2026"),
        (("2026-11-02", "2026-11-02"), "the notes of 2 Nov 2026"),
        # In the practice's zone it was still the day before.
        (("2026-11-03T02:00:00Z",), "the note of 2 Nov 2026"),
        (("",), "the note without a date"),
        (("", ""), "its notes"),
        ((), "its notes"),
        (("not a date",), "the note without a date"),
    ],
)
def test_a_note_is_called_by_the_day_on_which_it_was_written(dates: tuple[str, ...], words: str) -> None:
    found = only(chart(FoldConflict("Goal/g1", Doubt.UNSEEN_CHANGE, NOTES, dates)))
    assert found.what_to_do.startswith(f"Look at {words} in the EHR.")


def test_a_note_that_cannot_be_read_back_is_named_before_any_doubt_and_says_what_is_missing() -> None:
    damaged = DamagedNote(NOTES[0], DATES[0], Damage.ALTERED)
    found = to_look_at(
        chart(FoldConflict("Goal/g1", Doubt.UNSEEN_CHANGE, NOTES, DATES), damaged=(damaged,)), NOW
    )
    assert found[0].what == (
        "The note of 2 Nov 2026, filed with Chartside, could not be read back: the lines that Chartside reads back"
        " were changed. What it says is missing here."
    )
    assert "people can still read it" in found[0].what_to_do
    assert len(found) == 2


def test_a_note_that_names_another_patient_stops_the_reader_and_gives_nothing_of_it() -> None:
    found = only(chart(damaged=(DamagedNote(NOTES[0], DATES[0], Damage.WRONG_PATIENT),)))
    assert found.stop
    assert "names another patient. Nothing of it is used." in found.what


def test_no_code_id_or_reference_is_ever_shown() -> None:
    doubts = tuple(
        FoldConflict(f"{kind}/x9", each, NOTES, DATES) for each in Doubt for kind in ("Goal", "Task")
    )
    damaged = tuple(DamagedNote(NOTES[0], DATES[0], each) for each in Damage)
    words = " ".join(
        f"{each.what} {each.what_to_do}" for each in to_look_at(chart(*doubts, damaged=damaged), NOW)
    )
    assert not re.search(r"DocumentReference|x9|/\d|[a-z]-[a-z]+-[a-z]", words)


@pytest.mark.parametrize("doubt", Doubt)
def test_what_was_taken_back_is_never_told_as_if_it_counted(doubt: Doubt) -> None:
    wrong = {**CONTACT, "status": "entered-in-error"}
    found = only(replace(chart_of(wrong), doubts=(FoldConflict("Task/t1", doubt, NOTES, DATES),)))
    assert "is marked as filed wrongly and counts nowhere" in found.what
    assert "is shown" not in found.what


def test_a_chart_without_any_says_nothing() -> None:
    assert to_look_at(chart(), NOW) == ()
