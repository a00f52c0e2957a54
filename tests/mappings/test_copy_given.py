"""That a copy was given is on file with its facts, is read back from any EHR, and is never logged for a day to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from mappings.copy_given import (
    copies_given,
    copy_given_resources,
    given_absence,
    may_log,
    parse_copy_given,
    receivers,
)
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    DIABETES,
    MARGERY,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)

HUSBAND = {
    "resourceType": "RelatedPerson",
    "id": "r1",
    "patient": {"reference": "Patient/p1"},
    "name": [{"text": "José Gibson"}],
}
GIVEN: Mapping[str, Sequence[str]] = {
    "to": ["patient"],
    "how": ["printed"],
    "language": ["es"],
    "version": ["patient"],
    "date": ["2026-11-20"],
    "note": ["Read it together <b>twice</b>."],
}


def planned() -> Shelf:
    shelf = Shelf(DIABETES, HUSBAND)
    shelf.consent()
    shelf.plan()
    return shelf


def log(shelf: Shelf, **changes: Sequence[str]):
    chart = shelf.chart()
    entry = entry_of(parse_copy_given({**GIVEN, **changes}, chart=chart, now=NOW))
    return shelf.file(copy_given_resources(entry, chart, author(), shelf.form_id()))


@pytest.mark.requirement("domain@7")
@pytest.mark.parametrize(
    "lose",
    [lambda resource: resource, without_meta, without_extensions, without_outputs],
    ids=["nothing", "meta", "extensions", "outputs"],
)
def test_a_copy_given_is_read_back_from_what_an_ehr_keeps(lose):
    shelf = planned()
    shelf.lose = lose
    log(shelf)
    (given,) = copies_given(shelf.chart(), now=NOW)
    assert (given.day, given.to, given.how, given.language, given.version, given.by, given.note) == (
        date(2026, 11, 20),
        "the patient",
        "Printed and handed over",
        "Spanish",
        "For the patient",
        "Dana Whitfield RN",
        "Read it together <b>twice</b>.",
    )


def test_the_record_is_valid_completed_and_of_the_plan():
    shelf = planned()
    (task,) = log(shelf)
    assert problems_of(task) == []
    plan = shelf.only("CarePlan")
    assert (task["status"], task["basedOn"][0]["reference"]) == ("completed", f"CarePlan/{plan['id']}")
    assert task["executionPeriod"] == {"start": "2026-11-20", "end": "2026-11-20"}
    assert "Spanish" in task["text"]["div"]
    assert "<b>twice</b>" not in task["text"]["div"]


def test_the_history_has_the_latest_first_and_the_plan_is_not_rewritten():
    shelf = planned()
    version = shelf.only("CarePlan")["meta"]["versionId"]
    log(shelf, date=["2026-11-01"])
    log(shelf, to=["RelatedPerson/r1"], how=["mailed"], version=["caregiver"])
    log(shelf, to=["other"], to_name=["Ana Ñandú; neighbor"], date=["2026-11-10"])
    assert [(each.day_words, each.to) for each in copies_given(shelf.chart(), now=NOW)] == [
        ("yesterday", "José Gibson"),
        ("Tue, 11 days ago", "Ana Ñandú, neighbor"),
        ("1 Nov 2026", "the patient"),
    ]
    assert shelf.only("CarePlan")["meta"]["versionId"] == version


def test_who_may_have_been_given_one():
    assert list(receivers(planned().chart()).values()) == [
        "The patient",
        "José Gibson",
        "A caregiver who is not on file",
        "The provider",
    ]


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"to": [""]}, "to", "Say who was given the copy."),
        ({"to": ["other"]}, "to_name", "Write the caregiver's name."),
        ({"how": []}, "how", "Say how it was given."),
        ({"how": ["pigeon"]}, "how", "Choose one of the answers shown."),
        ({"language": ["fr"]}, "language", "Choose one of the answers shown."),
        ({"version": []}, "version", "Say which copy it was."),
        ({"date": ["2026-11-22"]}, "date", "This day is still to come. Log the copy once it is given."),
        (
            {"date": ["1958-11-22"]},
            "date",
            "This lies more than a year back, or before the patient was born. Check the year.",
        ),
        ({"date": [""]}, "date", "Give the day on which it was given."),
    ],
)
def test_bad_input_has_its_own_message(changes, field, message):
    found = parse_copy_given({**GIVEN, **changes}, chart=planned().chart(), now=NOW)
    assert (found.entry, dict(found.errors)) == (None, {field: message})


def test_without_a_plan_there_is_nothing_to_log():
    shelf = Shelf(DIABETES)
    assert may_log(shelf.chart()).reason == "There is no open care plan to give a copy of. Open one first."
    assert may_log(planned().chart({**MARGERY, "deceasedBoolean": True})).reason
    assert may_log(planned().chart(CarePlan=ReadStatus.COULD_NOT_READ)).reason


def test_no_copy_and_not_knowing_are_two_sentences():
    shelf = planned()
    assert given_absence(shelf.chart()) == "No copy is logged yet."
    assert "could not all be read" in given_absence(shelf.chart(Task=ReadStatus.COULD_NOT_READ))
