"""A record that a note took back stays taken back, whatever the EHR's own record says beside it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from mappings.filed_block import FiledBlock
from mappings.fold import CarriedBlock, Doubt, fold
from mappings.take_back import TakeBackEntry, is_taken_back, taken_back
from tests.mappings.shelf import DIABETES, Resource, Shelf, author

FORM = UUID("00000000-0000-4000-8000-0000000000aa")
MADE = "2026-11-21T09:14:00-05:00"


def consent() -> Resource:
    shelf = Shelf(DIABETES)
    shelf.consent()
    return shelf.only("Consent")


def correction(record: Resource, number: int = 1) -> CarriedBlock:
    """The note that takes back what it was shown."""
    marked = taken_back(record, TakeBackEntry("wrong-patient", ""), author())
    block = FiledBlock(str(FORM), number, (), (marked,), MADE)
    return CarriedBlock(f"QuestionnaireResponse/{number}", MADE, block)


def now(record: Resource, **elements: Any) -> Resource:
    """The EHR's own record after somebody changed it there."""
    return {**record, **elements, "meta": {**record["meta"], "versionId": "2"}}


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        (None, None),
        ({}, Doubt.CHANGED_IN_THE_EHR),
        ({"status": "inactive"}, Doubt.CHANGED_IN_THE_EHR),
        # Somebody did in the EHR what the page asked for: nothing is left to look at.
        ({"status": "entered-in-error"}, None),
    ],
)
def test_it_counts_nowhere_any_more(change: Resource | None, doubt: Doubt | None) -> None:
    native = consent()
    held = native if change is None else now(native, **change)
    folded = fold([correction(native)], {"Consent": (held,)})
    (shown,) = folded.resources["Consent"]
    assert is_taken_back(shown)
    assert shown["id"] == native["id"]
    assert [each.doubt for each in folded.conflicts] == ([doubt] if doubt else [])


def test_a_change_that_took_nothing_back_yields_to_the_ehr_as_before() -> None:
    native = consent()
    block = FiledBlock(str(FORM), 1, (), ({**native, "status": "inactive"},), MADE)
    folded = fold([CarriedBlock("QuestionnaireResponse/1", MADE, block)], {"Consent": (now(native),)})
    assert folded.resources["Consent"][0]["status"] == "active"
    assert [each.doubt for each in folded.conflicts] == [Doubt.CHANGED_IN_THE_EHR]


def test_a_second_correction_of_the_same_changes_nothing() -> None:
    native = consent()
    folded = fold([correction(native), correction(native, 2)], {"Consent": (native,)})
    assert [is_taken_back(each) for each in folded.resources["Consent"]] == [True]
    assert len(folded.resources["Consent"]) == 1
