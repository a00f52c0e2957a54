"""The published section examples: denials, ranges, free-text sigs, qualifiers; and a section that is narrative only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mappings.ccda.document import ClinicalDocument, read_document
from tests.mappings.ccda.written import FOOT, HEAD


def read(shared_data: Path, start: str) -> ClinicalDocument:
    (path,) = (shared_data / "ccda" / "sections").glob(f"{start}*")
    told = re.sub(r"<\?xml[^>]*\?>", "", path.read_text("utf-8-sig"))
    found = read_document(f"{HEAD}<component>{told}</component>{FOOT}".encode())
    assert isinstance(found, ClinicalDocument)
    return found


@pytest.mark.parametrize(
    ("start", "words", "denied"),
    [
        ("Allergies__No_Known_Allergies", "No known allergies", True),
        ("Allergies__No_Known_Medication", "No known drug allergies", True),
        ("Allergies__Not_Allergic", "Not allergic to Peanut", True),
        ("Allergies__Allergy_to_food_egg", "Eggs (edible)", False),
        ("Allergies__Allergy_to_latex", "Latex", False),
        ("Allergies__Allergy_to_specific_drug_P", "penicillin G", False),
        ("Allergies__Allergy_to_specific_drug_class", "Penicillin", False),
    ],
)
def test_an_allergy_and_its_denial_are_told_apart(
    shared_data: Path, start: str, words: str, denied: bool
) -> None:
    (found,) = read(shared_data, start).allergies
    assert (found.substance, found.denied) == (words, denied)


@pytest.mark.parametrize(
    ("start", "dose", "taken"),
    [
        ("Medications__Med_every", ["2 (unit not said), oral, every 4 to 6 hours"], [True]),
        ("Medications__Med_oral_QID", ["1 (unit not said), oral, every 6 hours, as needed"], [True]),
        (
            "Medications__Med_oral_with",
            [
                "take 1 tablet Every 6 Hours PRN for joint pain",
                "Take 1 tablet Every 6 Hours. Do not take on an empty stomach.",
                "take 1 tablet Every 6 Hours for joint pain",
            ],
            [True, True, True],
        ),
        ("Medications__Single", ["2 (unit not said), oral"], [False]),
    ],
)
def test_how_a_medicine_is_taken_is_told_in_words(
    shared_data: Path, start: str, dose: list[str], taken: list[bool]
) -> None:
    found = read(shared_data, start).medications
    assert [item.dose_words for item in found] == dose
    assert [item.taken for item in found] == taken


@pytest.mark.parametrize(
    ("start", "name", "denied"),
    [
        ("Problems__No_Known", "No known problems", True),
        ("Problems__Pregnancy", "Pregnancy", False),
        ("Problems__Problem_Target", "Below Knee Amputation", False),
        ("Problems__SDOH", "Nutrition impaired due to limited access to healthful foods (finding)", False),
    ],
)
def test_a_problem_and_its_denial_are_told_apart(
    shared_data: Path, start: str, name: str, denied: bool
) -> None:
    (found,) = read(shared_data, start).problems
    assert (found.name, found.denied) == (name, denied)


def test_a_date_that_is_none_is_named_and_not_guessed(shared_data: Path) -> None:
    found = read(shared_data, "Problems__SDOH")
    assert found.problems[0].onset is None
    assert "the dates" in found.unread[0]
    assert "March 21 2014" in found.sections[0].text


def test_a_section_that_chartside_does_not_read_is_listed(shared_data: Path) -> None:
    found = read(shared_data, "Care_Team")
    assert found.other_sections == ("Care Team Information",)
    assert (found.medications, found.allergies, found.problems) == ((), (), ())
