"""A word in the hallway: one field, two minutes of coordination, a contact like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mappings.attempts import attempts
from mappings.contact import contact_views, time_spent
from mappings.contact_mix import contact_mix
from mappings.contact_overlap import beside_caution
from mappings.contact_record import contact_task
from mappings.form import Submitted
from mappings.practice import Practice
from mappings.promised import promised
from mappings.quick_note import QuickNote, parse_quick_note, quick_note_defaults, quick_note_resources
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, FORM, Shelf, author, entry_of, problems_of


def enrolled() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    return shelf


def sent(shelf: Shelf, **changes: Sequence[str]) -> Submitted[QuickNote]:
    values = {**quick_note_defaults(), "note": ["She is out of strips"], **changes}
    return parse_quick_note(
        values, chart=shelf.chart(), now=NOW, user="Practitioner/nurse", staff="clinical-staff"
    )


def note(shelf: Shelf, **changes: Sequence[str]) -> dict[str, Any]:
    entry = entry_of(sent(shelf, **changes))
    (task,) = shelf.file(quick_note_resources(entry, shelf.chart(), author(), shelf.form_id()))
    return task


@pytest.mark.requirement("domain@154")
def test_it_is_filed_as_coordination_with_the_team_and_its_minutes():
    shelf = enrolled()
    task = note(shelf)
    assert problems_of(task) == []
    (row,) = contact_views(shelf.chart(), NOW)
    assert (row.service, row.details.activity, row.with_code, row.minutes) == (
        *("coordination", "coordination", "team"),
        2,
    )
    assert (row.clock_words, row.note, row.result) == ("09:12 to 09:14", "She is out of strips", "talked")
    assert "She is out of strips" in task["text"]["div"]
    assert task["basedOn"][0]["reference"].startswith("CarePlan/")


def test_it_is_no_talk_with_the_patient():
    shelf = enrolled()
    shelf.contact(start=["08:00"], end=["08:10"], minutes=["10"])
    note(shelf)
    found = promised(shelf.chart(), NOW)
    assert found.last is not None
    assert found.last.note == "She checks her fasting glucose daily."
    assert found.tries == ()
    mix = contact_mix(shelf.chart(), now=NOW, days=90)
    assert (mix.total, mix.in_person) == (1, 0)
    assert attempts(shelf.chart(), now=NOW, practice=Practice()).rows == ()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"note": [" "]}, {"note"}),
        ({"note": ["x" * 4001]}, {"note"}),
        ({"with": ["patient"]}, {"with"}),
        ({"with": []}, {"with"}),
        ({"minutes": ["0"]}, {"minutes"}),
        ({"minutes": ["-2"]}, {"minutes"}),
        ({"minutes": ["1500"]}, {"minutes"}),
        ({"start": ["25:10"]}, {"start"}),
        ({"start": ["09:13"], "minutes": ["5"]}, {"minutes"}),
        ({"start": ["08:50"], "minutes": ["5"], "with": ["provider"]}, set()),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], fields: set[str]):
    assert set(sent(enrolled(), **changes).errors) == fields


def test_minutes_that_were_given_to_a_call_are_not_given_again():
    shelf = enrolled()
    shelf.contact(start=["09:02"], end=["09:14"])
    assert "documented a contact already: today, 09:02 to 09:14" in sent(shelf).errors["minutes"]
    assert sent(shelf, start=["08:50"]).errors == {}


def test_a_colleagues_contact_in_the_same_time_is_pointed_out_and_not_refused():
    shelf = enrolled()
    shelf.contact(start=["09:02"], end=["09:14"])
    start, end = NOW.replace(hour=9, minute=5), NOW

    def said(user: str) -> str:
        return beside_caution(shelf.chart(), start, end, user=user, now=NOW)

    assert said("Practitioner/nurse") == ""
    assert said("Practitioner/physician").startswith(
        "Dana Whitfield RN documented a contact with this patient in the same time: today, 09:02 to 09:14"
    )
    assert beside_caution(shelf.chart(), NOW, NOW, user="Practitioner/physician", now=NOW) == ""


@pytest.mark.parametrize(
    ("with_whom", "mode", "result", "status"),
    [("nobody", "desk", "done", "completed"), ("provider", "phone", "talked", "completed")],
)
def test_minutes_of_other_work_are_a_contact_that_plans_nothing(
    with_whom: str, mode: str, result: str, status: str
):
    shelf = enrolled()
    entry = time_spent(8, now=NOW, activity="medication-reconciliation", with_whom=with_whom, mode=mode)
    task = contact_task(entry, shelf.chart(), author(), FORM, None)
    assert problems_of(task) == []
    shelf.file([task])
    (row,) = contact_views(shelf.chart(), NOW)
    assert (row.minutes, row.result, row.details.activity) == (8, result, "medication-reconciliation")
    assert (task["status"], row.next_words, row.clock_words) == (status, "", "09:06 to 09:14")
    assert "No next contact" not in task["text"]["div"]
