"""The sentences of absence are true of what was read, and never say "None recorded" too early."""

from __future__ import annotations

import pytest

from mappings.panel import Absence, panel
from mappings.reading import Reading, ReadStatus

READ, COULD_NOT, NO_ACCESS = ReadStatus.READ, ReadStatus.COULD_NOT_READ, ReadStatus.NO_ACCESS
NOT_AVAILABLE, LOADING = ReadStatus.NOT_AVAILABLE, ReadStatus.STILL_LOADING
ORDERS_FAILED = "The medication orders could not be read just now, so this list may be incomplete."


def medicines(rows, statement, request, **extra):
    readings = Reading("MedicationStatement", statement), Reading("MedicationRequest", request, **extra)
    return panel("medications", "Medications", rows, *readings)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (READ, "None recorded"),
        (NOT_AVAILABLE, "Not available from this EHR"),
        (NO_ACCESS, "You have no access to this in the EHR"),
        (COULD_NOT, "Could not be read just now"),
        (LOADING, "Still loading"),
    ],
)
def test_each_reason_for_no_rows_has_its_own_sentence(status, sentence):
    shown = panel("goals", "Goals", [], Reading("Goal", status))
    assert (shown.sentence, shown.incomplete) == (sentence, "")
    assert shown.loading is (status is LOADING)


@pytest.mark.parametrize(
    ("statement", "request_status", "absence", "incomplete"),
    [
        (NOT_AVAILABLE, READ, Absence.NONE_RECORDED, ""),
        (READ, READ, Absence.NONE_RECORDED, ""),
        (READ, COULD_NOT, Absence.COULD_NOT_READ, ORDERS_FAILED),
        (READ, LOADING, Absence.STILL_LOADING, "The medication orders are still loading"),
        (READ, NO_ACCESS, Absence.NO_ACCESS, "You have no access to the medication orders"),
        (NOT_AVAILABLE, NO_ACCESS, Absence.NO_ACCESS, ""),
        (NO_ACCESS, COULD_NOT, Absence.COULD_NOT_READ, ""),
        (NOT_AVAILABLE, NOT_AVAILABLE, Absence.NOT_AVAILABLE, ""),
    ],
)
def test_an_empty_list_of_two_sources_names_the_source_that_is_missing(
    statement, request_status, absence, incomplete
):
    shown = medicines([], statement, request_status)
    assert shown.absence is absence
    assert shown.incomplete.startswith(incomplete)
    assert bool(shown.incomplete) is bool(incomplete)
    assert shown.known_empty is (absence is Absence.NONE_RECORDED)


def test_rows_stand_with_the_sentence_of_what_could_not_be_read_beside_them():
    shown = medicines(["aspirin"], READ, COULD_NOT)
    assert (shown.rows, shown.absence, shown.sentence) == (("aspirin",), None, "")
    assert shown.incomplete == ORDERS_FAILED


def test_rows_from_a_read_that_broke_off_are_shown_as_incomplete():
    shown = panel("goals", "Goals", ["walk"], Reading("Goal", COULD_NOT))
    assert shown.rows == ("walk",)
    assert shown.incomplete == "The goals could not be read just now, so this list may be incomplete."


def test_what_the_ehr_withheld_is_named_and_never_called_none_recorded():
    shown = medicines([], NOT_AVAILABLE, READ, incomplete=True)
    assert shown.absence is Absence.COULD_NOT_READ
    assert (
        shown.incomplete == "The EHR left out some of the medication orders, so this list may be incomplete."
    )


def test_words_for_a_single_thing_are_singular():
    shown = panel("team", "Care team", ["x"], Reading("CareTeam", LOADING))
    assert shown.incomplete.startswith("The care team is still loading")


def test_a_panel_fed_by_nothing_is_not_available():
    assert panel("x", "X", []).absence is Absence.NOT_AVAILABLE
