"""Which medicine of one list is which of another, how surely, and what is never laid together."""

from __future__ import annotations

import pytest

from mappings.medication_match import (
    Certainty,
    Made,
    made_of_words,
    match,
    paired,
    shared_ingredients,
)


def made(*names, codes=(), parts=(), part_codes=()):
    """One medicine; with codes its first name is RxNorm's own."""
    coded = names[:1] if codes else ()
    return Made(names, coded, frozenset(codes), tuple(parts), frozenset(part_codes))


LISINOPRIL_10 = made("lisinopril 10 MG Oral Tablet", codes=["314076"])
LISINOPRIL_20 = made("lisinopril 20 MG Oral Tablet", codes=["314077"])
TYLENOL_PM = made("Tylenol PM", parts=["Acetaminophen 500 MG", "Diphenhydramine Hydrochloride 25 mg"])

CASES = [
    (LISINOPRIL_10, LISINOPRIL_10, Certainty.CODE, False),
    (LISINOPRIL_10, LISINOPRIL_20, Certainty.INGREDIENT, True),
    (
        made("metformin", codes=["6809"]),
        made("metformin hydrochloride 500 MG Oral Tablet", codes=["861007"]),
        Certainty.INGREDIENT,
        False,
    ),
    (LISINOPRIL_10, made("Lisinopril 10mg tab"), Certainty.GUESS, False),
    (made("Lisinopril"), made("lisinopril"), Certainty.GUESS, False),
    (made("Lipitor 40 mg"), made("atorvastatin 40 MG Oral Tablet", codes=["617311"]), Certainty.GUESS, False),
    (made("Proventil"), made("Ventolin"), Certainty.GUESS, False),
    (made("Vitamin D (Cholecalciferol)"), made("cholecalciferol 1000 UNT"), Certainty.GUESS, False),
    (made("ICS/LABA inhaler"), made("ics/laba INHALER"), Certainty.GUESS, False),
    (made("lisinopril", codes=["1"]), made("amlodipine", codes=["1"]), Certainty.GUESS, False),
    (
        made("Prescribed", parts=["Acetaminophen 500 MG"], part_codes=["315266"]),
        made("Other words", parts=["Paracetamol"], part_codes=["315266"]),
        Certainty.INGREDIENT,
        False,
    ),
    (TYLENOL_PM, made("acetaminophen / diphenhydramine"), Certainty.GUESS, False),
]


@pytest.mark.requirement("domain@97")
@pytest.mark.parametrize(("one", "other", "certainty", "differs"), CASES)
def test_each_pair_is_as_sure_as_what_it_rests_on(one, other, certainty, differs):
    for found in (match(one, other), match(other, one)):
        assert found is not None
        assert (found.certainty, found.strength_differs) == (certainty, differs)
        assert found.why


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (made("hydrocortisone 10 MG/ML Topical Cream"), made("hydrocortisone 10 MG Oral Tablet")),
        (made("simvastatin 10 MG"), made("Simvistatin 10 MG")),
        (made("prednisone"), made("prednisolone")),
        (made("hydroxyzine"), made("hydralazine")),
        (made("insulin glargine"), made("insulin lispro")),
        (made("potassium chloride"), made("potassium citrate")),
        (made("Tylenol PM"), made("Tylenol")),
        (made("acetaminophen / hydrocodone"), made("acetaminophen")),
        (made("Magnesium (over the counter)"), made("Zinc (over the counter)")),
        (Made(()), Made(())),
        (Made(()), made("aspirin")),
        (made_of_words("  "), made_of_words("  ")),
    ],
)
def test_what_only_looks_alike_is_never_laid_together(one, other):
    assert match(one, other) is None
    assert match(other, one) is None


def test_the_surest_pair_is_made_first_and_each_medicine_is_used_once():
    lists = [LISINOPRIL_20, LISINOPRIL_10, made("Lisinopril")]
    found = paired([made("lisinopril 10 mg"), LISINOPRIL_20], lists)
    assert {one: place for one, (place, _) in found.items()} == {0: 1, 1: 0}


def test_of_two_that_are_equally_sure_the_first_is_taken():
    twice = [made("aspirin 81 MG"), made("aspirin 81 MG")]
    assert paired([made("Aspirin 81mg")], twice)[0][0] == 0


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (LISINOPRIL_10, LISINOPRIL_20, ("lisinopril",)),
        (made("Vicodin"), made("Acetaminophen 500 MG"), ("acetaminophen",)),
        (TYLENOL_PM, made("Benadryl"), ("diphenhydramine",)),
        (made("Magnesium (his own)"), made("Zinc (his own)"), ()),
        (made("aspirin"), Made(()), ()),
    ],
)
def test_what_two_medicines_share_is_named(one, other, shared):
    assert shared_ingredients(one, other) == shared
