"""Whether facts may leave: by the permission that names whom and what, and never by a guess."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.reading import Reading, ReadStatus
from mappings.resource_referral_form import defaults, read
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf
from tests.mappings.test_resource_referral import (
    DIRECTORY,
    PANTRY,
    TODAY,
    only,
    refer,
    sent,
)
from tests.mappings.test_sharing import file as permit


@pytest.fixture
def shelf() -> Shelf:
    """A chart with one problem."""
    return Shelf(DIABETES)


def test_an_agency_is_told_nothing_without_a_permission_and_the_patient_may_call(shelf: Shelf):
    refused = sent(shelf, "pantry", need="Food")
    assert "No permission is on file to tell Food Pantry anything." in refused.errors["facts"]
    (task,) = refer(shelf, "pantry", need="Food", handed="patient")
    assert "Told: nothing: the patient contacts them" in task["note"][0]["text"]
    assert only(shelf).told == "nothing: the patient contacts them"


def test_an_agency_is_told_what_the_permission_names_and_no_more(shelf: Shelf):
    permit(shelf, agencies=["FOOD  pantry."], facts=["contact"])
    refused = sent(shelf, "pantry", need="Food")
    assert "Missing: Needs such as food" in refused.errors["facts"]
    (task,) = refer(shelf, "pantry", need="Food", facts=["contact"])
    assert "Told: Name, address, phone and language; Permission: Permitted on" in task["note"][0]["text"]


def test_a_permission_for_another_agency_or_one_that_ended_permits_nothing(shelf: Shelf):
    permit(shelf, agencies=["Food Pantry East"], facts=["contact", "needs"])
    assert "facts" in sent(shelf, "pantry", need="Food").errors
    permit(shelf, agencies=["Food Pantry"], facts=["contact", "needs"], until=["2026-12-01"])
    assert sent(shelf, "pantry", need="Food").entry is not None
    assert "facts" in sent(shelf, "pantry", NOW + timedelta(days=30), need="Food").errors


def test_protected_facts_need_a_permission_whoever_is_told(shelf: Shelf):
    assert sent(shelf, "class", facts=["contact", "conditions"]).entry is not None
    refused = sent(shelf, "class", facts=["contact", "protected"])
    assert "No permission is on file to tell Diabetes Class" in refused.errors["facts"]


def test_where_permissions_are_not_shown_the_nurse_says_that_she_looked(shelf: Shelf):
    chart = shelf.chart()
    unseen = Reading("Consent", ReadStatus.READ, (), ours_unseen=True)
    hidden = type(chart)(chart.patient, {**chart.readings, "Consent": unseen})
    opened = {**defaults(PANTRY, "", due=TODAY), "need": ["Food"], "handed": ["us"]}
    asked = read(opened, chart=hidden, directory=DIRECTORY, problems=(), now=NOW)
    assert asked.errors["looked"].startswith("Chartside cannot see here whether the patient permits")
    told = {**opened, "looked": ["on"]}
    assert read(told, chart=hidden, directory=DIRECTORY, problems=(), now=NOW).entry is not None


def test_nothing_ticked_is_nothing_told(shelf: Shelf):
    assert sent(shelf, "class", facts=[]).errors["facts"].startswith("Tick what they are told")
