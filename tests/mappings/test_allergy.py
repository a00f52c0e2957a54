"""None known is a record, nothing recorded is not one, and a contradiction is named."""

from __future__ import annotations

import pytest

from mappings.allergy import allergies
from mappings.coding_systems import SNOMED
from mappings.panel import Absence
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW, chart_of, coded


def allergy(text="Penicillin", **more):
    base = {"resourceType": "AllergyIntolerance", "id": text, "clinicalStatus": coded("x", "active")}
    return base | ({"code": {"text": text}} if text else {}) | more


NONE_KNOWN = allergy("", code=coded(SNOMED, "716186003", "No Known Allergy (situation)"))


def rows(*items):
    return allergies(chart_of(*items), now=NOW).rows


def test_none_known_is_a_row_and_none_recorded_is_an_absence():
    (row,) = rows(NONE_KNOWN)
    assert (row.text, row.none_known, row.active) == ("No Known Allergy", True, True)
    empty = allergies(chart_of(AllergyIntolerance=ReadStatus.READ))
    assert (empty.rows, empty.absence) == ((), Absence.NONE_RECORDED)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("NKA", "No known allergies"),
        ("NKDA", "No known drug allergies"),
        ("No known drug allergies", "No known drug allergies"),
    ],
)
def test_none_known_is_understood_in_words(text, shown):
    (row,) = rows(allergy(text))
    assert (row.text, row.none_known) == (shown, True)


def test_a_real_allergy_beside_none_known_makes_it_contradicted():
    real, none_known = rows(NONE_KNOWN, allergy())
    assert (real.text, real.active) == ("Penicillin", True)
    assert (none_known.active, none_known.status) == (False, "contradicted by an allergy on this list")


@pytest.mark.parametrize(
    ("said", "active", "status"),
    [
        ({}, True, "active"),
        ({"clinicalStatus": None}, True, ""),
        ({"clinicalStatus": coded("x", "resolved")}, False, "resolved"),
        ({"clinicalStatus": coded("x", "inactive")}, False, "inactive"),
        ({"verificationStatus": coded("x", "refuted")}, False, "active, refuted"),
        ({"verificationStatus": coded("x", "unconfirmed")}, True, "active, unconfirmed"),
        ({"verificationStatus": coded("x", "confirmed")}, True, "active"),
    ],
)
def test_what_counts_as_an_active_allergy(said, active, status):
    (row,) = rows(allergy(**said))
    assert (row.active, row.status) == (active, status)


def test_entered_in_error_is_left_out():
    assert rows(allergy(verificationStatus=coded("x", "entered-in-error"))) == ()


def test_the_most_dangerous_stands_first():
    shown = rows(
        allergy("Zinc", criticality="high"),
        allergy("Bees", criticality="low"),
        allergy("Dust", criticality="unable-to-assess"),
        allergy("Aspirin", clinicalStatus=coded("x", "resolved"), criticality="high"),
    )
    assert [(row.text, row.criticality) for row in shown] == [
        ("Zinc", "high"),
        ("Bees", "low"),
        ("Dust", ""),
        ("Aspirin", "high"),
    ]


def test_reactions_are_told_once_with_their_severity():
    reaction = {"manifestation": [{"text": "hives"}, {"text": "wheezing"}], "severity": "severe"}
    shown = rows(allergy(reaction=[reaction, reaction, {"description": "felt unwell"}, {"manifestation": 4}]))
    assert shown[0].reaction == "hives, wheezing (severe), felt unwell"


def test_a_nameless_allergy_takes_the_substances_name_or_says_it_has_none():
    assert rows(allergy("", reaction=[{"substance": {"text": "Latex"}}]))[0].text == "Latex"
    assert rows(allergy(""))[0].text == "Allergy without a name"


def test_the_recorded_day_is_the_ehrs():
    assert rows(allergy(recordedDate="2026-11-21T03:00:00Z"))[0].recorded_words == "20 Nov 2026"
