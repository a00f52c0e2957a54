"""FHIR values in words: names, dates, codes and amounts, with everything that real data leaves out or gets wrong."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from samples.chart.words import age, choice, concept, concepts, day, human_name, period, quantity

OHIO = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("1959", "1959"),
        ("1959-03", "Mar 1959"),
        ("1959-03-12", "12 Mar 1959"),
        ("2026-11-21T15:00:00Z", "21 Nov 2026, 10:00"),
        ("2026-11-21T02:30:00Z", "20 Nov 2026, 21:30"),
        ("2026-11-21T09:02:00.123-05:00", "21 Nov 2026, 09:02"),
        ("2026-11-21T09:02:00", "21 Nov 2026"),
        ("2026-02-30", "2026-02-30"),
        ("2026-13", "2026-13"),
        ("soon", "soon"),
        ("", ""),
        (None, ""),
        (20261121, ""),
    ],
)
def test_a_date_is_told_as_far_as_it_is_known(written, words):
    assert day(written, OHIO) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"start": "2026-11-02", "end": "2026-11-05"}, "2 Nov 2026 to 5 Nov 2026"),
        ({"start": "2026-11-02T14:00:00Z", "end": "2026-11-02T14:20:00Z"}, "2 Nov 2026, 09:00 to 09:20"),
        ({"start": "2026-11-02", "end": "2026-11-02"}, "2 Nov 2026"),
        ({"start": "2026"}, "since 2026"),
        ({"end": "2026-11"}, "until Nov 2026"),
        ({}, ""),
        (None, ""),
        ("yesterday", ""),
    ],
)
def test_a_period_is_told_as_far_as_it_is_known(value, words):
    assert period(value, OHIO) == words


@pytest.mark.parametrize(
    ("names", "words", "family_first"),
    [
        ([{"family": "Reyes", "given": ["Gloria", "Inés"]}], "Gloria Inés Reyes", "Reyes, Gloria Inés"),
        (
            [{"prefix": ["Dr"], "given": ["Luis"], "family": "Alvarez", "suffix": ["MD"]}],
            "Dr Luis Alvarez, MD",
            "Alvarez, Luis",
        ),
        ([{"use": "old", "family": "Young"}, {"use": "official", "family": "Lund"}], "Lund", "Lund"),
        ([{"use": "maiden", "family": "A"}, {"family": "B"}], "B", "B"),
        ([{"text": "Cher"}], "Cher", "Cher"),
        ([{}, {"given": ["Only"]}], "Only", "Only"),
        ([], "Name not recorded", "Name not recorded"),
        (None, "Name not recorded", "Name not recorded"),
        ("Ada", "Name not recorded", "Name not recorded"),
        ([{"family": 7, "given": "Ada"}], "Ada", "Ada"),
    ],
)
def test_a_name_is_the_official_one_as_far_as_it_is_known(names, words, family_first):
    assert human_name({"name": names}) == words
    assert human_name({"name": names}, family_first=True) == family_first


@pytest.mark.parametrize(
    ("patient", "words"),
    [
        ({"birthDate": "1959-11-21"}, "67 y"),
        ({"birthDate": "1959-11-22"}, "66 y"),
        ({"birthDate": "1940-01-01", "deceasedDateTime": "2020-06-01T10:00:00Z"}, "80 y"),
        ({"birthDate": "1959-03"}, ""),
        ({"birthDate": "2030-01-01"}, ""),
        ({}, ""),
    ],
)
def test_the_age_is_in_whole_years_and_stops_at_death(patient, words):
    assert age(patient, date(2026, 11, 21)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"text": "Hypertension", "coding": [{"display": "x"}]}, "Hypertension"),
        ({"coding": [{"code": "I10"}, {"display": "Essential hypertension"}]}, "Essential hypertension"),
        ({"coding": [{"code": "I10"}]}, "I10"),
        ({"code": "AMB"}, "AMB"),
        ({"display": "ambulatory", "code": "AMB"}, "ambulatory"),
        ({}, ""),
        (None, ""),
        ("words", ""),
        ({"coding": "x"}, ""),
    ],
)
def test_a_concept_is_told_by_the_best_words_it_has(value, words):
    assert concept(value) == words


def test_several_concepts_are_told_once_each():
    assert concepts([{"text": "a"}, {"text": "b"}, {"text": "a"}, {}]) == "a, b"
    assert concepts({"text": "alone"}) == "alone"


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ({"valueInteger": 12}, "12"),
        ({"valueInteger": 0}, "0"),
        ({"valueBoolean": False}, "no"),
        ({"valueString": "x"}, "x"),
        ({"valueQuantity": {"comparator": "<", "value": 8, "unit": "%"}}, "< 8 %"),
        ({"valueCodeableConcept": {"text": "talked"}}, "talked"),
        ({"valueReference": {"reference": "Goal/1"}}, "Goal/1"),
        ({"valueDate": "2026-12-08"}, "8 Dec 2026"),
        ({"valuePeriod": {"start": "2026"}}, "since 2026"),
        ({"valueAttachment": {"url": "x"}}, ""),
        ({"value": 3, "values": 4}, ""),
        ({}, ""),
    ],
)
def test_a_choice_is_told_whichever_type_it_has(element, words):
    assert choice(element, "value", OHIO) == words


def test_a_quantity_without_a_value_is_nothing():
    assert quantity({}) == ""
    assert quantity({"value": 0, "code": "mg"}) == "0 mg"
