"""The clinician's words before the terminology's, codes only in their own system, statuses however they are sent."""

from __future__ import annotations

import pytest

from mappings.coding_systems import ICD10CM, LOINC, RXNORM, SNOMED, canonical_system
from mappings.language import language_words
from mappings.terminology import (
    all_words_of,
    codes_of,
    codings,
    has_code,
    status_code,
    status_words,
    words_of,
)
from tests.mappings.charts import coded


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("urn:oid:2.16.840.1.113883.6.1", LOINC),
        ("https://loinc.org/", LOINC),
        ("http://snomed.info/sct/731000124108/version/20240301", SNOMED),
        ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
        ("http://hl7.org/fhir/sid/icd-10-cm", ICD10CM),
        ("urn:oid:1.2.840.114350.1.13", "urn:oid:1.2.840.114350.1.13"),
        ("", ""),
    ],
)
def test_a_code_system_has_one_spelling(system, expected):
    assert canonical_system(system) == expected


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        ({"text": "sugar", **coded(SNOMED, "44054006", "Type 2 diabetes")}, "sugar"),
        (coded(SNOMED, "44054006", "Type 2 diabetes mellitus (disorder)"), "Type 2 diabetes mellitus"),
        (coded(ICD10CM, "E11.9"), "E11.9"),
        ({"coding": [{"code": "a"}, {"code": "b", "display": "B"}]}, "B"),
        ({"coding": [{"display": "A"}, {"display": "B", "userSelected": True}]}, "B"),
        (coded("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown", "Unknown"), ""),
        ("Type 2 diabetes", "Type 2 diabetes"),
        ([{"text": ""}, {"text": "second"}], "second"),
        ({"code": "AMB", "display": "ambulatory"}, "ambulatory"),
        ({"coding": {"display": "not a list"}}, "not a list"),
        ({"coding": "x", "text": 5}, ""),
        ({"text": "(finding)"}, "(finding)"),
        (None, ""),
        (7, ""),
        ([], ""),
    ],
)
def test_words_are_the_clinicians_before_the_terminologys(concept, expected):
    assert words_of(concept) == expected


def test_a_code_counts_only_in_its_own_system():
    concept = {
        "coding": [
            {"system": "https://loinc.org", "code": "4548-4"},
            {"system": "urn:local", "code": "8480-6"},
        ]
    }
    assert codes_of(concept, LOINC) == {"4548-4"}
    assert has_code(concept, LOINC, frozenset({"4548-4"}))
    assert not has_code(concept, LOINC, frozenset({"8480-6"}))
    assert len(codings(concept)) == 2


def test_several_concepts_are_named_once_each():
    assert all_words_of([{"text": "hives"}, {"text": "hives"}, {"text": "cough"}, None]) == "hives, cough"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("active", "active"),
        (coded("x", "entered-in-error"), "entered-in-error"),
        ({"text": "Entered in Error"}, "entered-in-error"),
        ({"coding": [{"display": "Active"}], "text": "Active"}, "active"),
        ("not_taken", "not-taken"),
        (["resolved"], "resolved"),
        (None, ""),
        ({}, ""),
    ],
)
def test_a_status_is_understood_however_it_was_sent(value, expected):
    assert status_code(value) == expected


def test_a_status_is_read_as_words():
    assert status_words("entered-in-error") == "entered in error"


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        (coded("urn:ietf:bcp:47", "es"), "Spanish"),
        (coded("urn:ietf:bcp:47", "es-MX", "Spanish (Mexico)"), "Spanish"),
        ({"text": "Spanish"}, "Spanish"),
        ({"text": "es"}, "Spanish"),
        (coded("urn:ietf:bcp:47", "mxb"), "mxb"),
        ({"text": "Mixteco Bajo"}, "Mixteco Bajo"),
        ({}, ""),
    ],
)
def test_a_language_is_named_in_words(concept, expected):
    assert language_words(concept) == expected
