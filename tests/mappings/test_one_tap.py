"""One press for what did not take place: a counted try with the next one planned, whatever the form was preset to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mappings import one_tap
from mappings.attempts import attempts
from mappings.contact_save import contact_defaults, parse_contact
from mappings.practice import Practice
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf, entry_of

Changes = dict[str, Sequence[str]]


def opened() -> dict[str, tuple[str, ...]]:
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    return contact_defaults(shelf.chart(), now=NOW)


@pytest.mark.parametrize(
    ("result", "status", "next_day", "counted"),
    [
        ("no-answer", "failed", "2026-11-23", 1),
        ("left-message", "failed", "2026-11-23", 1),
        ("no-show", "failed", "2026-11-23", 1),
        ("rescheduled", "cancelled", "2026-11-23", 0),
        # Who refused is not pressed: the next day stays that of the plan.
        ("refused", "completed", "2026-12-08", 0),
    ],
)
def test_one_press_files_a_try_and_plans_the_next(result: str, status: str, next_day: str, counted: int):
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    values = {**contact_defaults(shelf.chart(), now=NOW), one_tap.FIELD: (result,)}
    made = shelf.contact(**{"start": [""], "end": [""], "minutes": [""], "note": [""], **values})
    assert (made[0]["status"], made[0]["businessStatus"]["coding"][0]["code"]) == (status, result)
    assert made[0]["output"][0]["valueInteger"] == 1
    due = [task["restriction"]["period"]["end"] for task in made if task["code"]["text"] == "Next contact"]
    assert next_day in due or result == "refused"
    found = attempts(shelf.chart(), now=NOW, practice=Practice())
    assert (len(found.rows), found.moved) == (counted, int(result == "rescheduled"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"result": "no-answer", "minutes": "1", "next_date": "2026-11-23"}),
        # What was typed stands: another day, minutes, the note.
        ({"next_date": ["2026-12-01"]}, {"next_date": "2026-12-01"}),
        ({"minutes": ["4"], "note": ["Rang twice"]}, {"minutes": "4", "note": "Rang twice"}),
        ({"next_date": [""], "no_next_reason": ["Will call us"]}, {"next_date": "", "minutes": "1"}),
        ({"start": ["09:00"], "end": ["09:03"]}, {"minutes": ""}),
        # A button that was never offered presses nothing.
        ({one_tap.FIELD: ["talked"]}, {"result": "talked"}),
        ({one_tap.FIELD: [""]}, {"result": "talked"}),
    ],
)
def test_what_was_typed_goes_before_what_the_press_presets(changes: Changes, expected: dict[str, str]):
    given = {name: tuple(value) for name, value in changes.items()}
    made = one_tap.applied({**opened(), one_tap.FIELD: ("no-answer",), **given})
    assert {name: next(iter(made.get(name, ("",)))) for name in expected} == expected


def test_a_form_that_is_shown_again_says_what_was_pressed():
    submitted = parse_contact(
        {**opened(), one_tap.FIELD: ("left-message",), "minutes": ("-3",)}, chart=Shelf().chart(), now=NOW
    )
    assert "minutes" in submitted.errors
    assert submitted.value("result") == "left-message"
    assert one_tap.applied(submitted.values) == submitted.values


def test_a_press_needs_no_further_field():
    values = {**opened(), one_tap.FIELD: ("no-answer",)}
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    assert entry_of(parse_contact(values, chart=shelf.chart(), now=NOW)).result == "no-answer"
