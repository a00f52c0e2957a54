"""What is said and written at the introduction: names in it, both languages, no condition named, always a choice."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_profiles.terminology import codes
from mappings.script import BLANK, LANGUAGES, Names, language_of, letter, scripts, told

NAMES = Names(
    patient="Gloria",
    name="Gloria Reyes",
    provider="Dr Luis Alvarez",
    manager="Dana Whitfield",
    practice="Riverbend Family Practice",
    program="care management",
    phone="(614) 555-0100",
    hours="weekdays 8 to 5",
)
NOBODY = Names()
DAY = date(2026, 11, 22)


@pytest.mark.requirement("domain@45")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_script_speaks_by_name(language: str):
    said = {each.code: each.words for each in scripts(NAMES, language)}
    assert set(said) == {"provider", "manager", "call", "machine", "short"}
    assert all("Dana Whitfield" in words for words in said.values())
    assert all("Gloria" in said[code] for code in ("provider", "manager", "call", "machine"))
    assert all("Dr Luis Alvarez" in said[code] for code in ("manager", "call", "short"))
    assert "(614) 555-0100" in said["machine"]


@pytest.mark.requirement("domain@161")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_from_any_site_begins_with_the_practices_name(language: str):
    """Patients mistrust a number that they do not know, and a care manager may call from elsewhere."""
    said = {each.code: each.words for each in scripts(NAMES, language)}
    assert "Riverbend Family Practice" in said["call"].split("?")[0].split("¿")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("names", [NAMES, NOBODY])
def test_no_place_of_a_name_is_left_open(language: str, names: Names):
    page = letter(names, language, DAY)
    texts = [each.words for each in scripts(names, language)] + [each.say for each in told(names, language)]
    texts += [page.subject, page.greeting, *page.paragraphs, page.call]
    assert not [text for text in texts if "{" in text or "  " in text or not text.strip()]


@pytest.mark.requirement("domain@47")
@pytest.mark.parametrize(("language", "choice"), [("en", "your choice"), ("es", "Usted decide")])
def test_the_service_is_said_to_be_a_choice(language: str, choice: str):
    assert choice in scripts(NAMES, language)[0].words
    assert any(choice in each for each in letter(NAMES, language, DAY).paragraphs)


@pytest.mark.requirement("domain@46")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_names_who_recommends_and_whom_to_call_and_nothing_of_health(language: str):
    page = letter(NAMES, language, DAY)
    text = " ".join((page.subject, page.greeting, *page.paragraphs, page.call)).lower()
    assert "dr luis alvarez" in text
    # The hours are the practice's own words, in its own language.
    assert ("(614) 555-0100 (weekdays 8 to 5)" in text) is (language == "en")
    assert "(614) 555-0100" in text
    assert "gloria reyes" in page.greeting.lower()
    for word in ("diabet", "chronic", "crónic", "condition", "disease", "enfermedad"):
        assert word not in text


def test_a_number_that_is_not_set_is_left_to_be_written_by_hand():
    assert BLANK in letter(NOBODY, "en", DAY).call
    assert BLANK in {each.code: each.words for each in scripts(NOBODY, "en")}["machine"]


def test_a_machine_hears_nothing_about_health_or_the_program():
    for language in LANGUAGES:
        words = {each.code: each.words for each in scripts(NAMES, language)}["machine"].lower()
        assert not [
            each for each in ("health", "care management", "salud", "provider", "practice") if each in words
        ]


def test_the_four_points_are_those_of_the_record():
    assert tuple(each.code for each in told(NAMES, "es")) == codes("disclosure")


@pytest.mark.parametrize(
    ("spoken", "code"), [("Spanish", "es"), ("English", "en"), ("", "en"), ("Somali", "en")]
)
def test_the_language_follows_the_patient(spoken: str, code: str):
    assert language_of(spoken) == code


@pytest.mark.parametrize(
    ("language", "words"), [("en", "November 22, 2026"), ("es", "22 de noviembre de 2026")]
)
def test_the_letter_is_dated_in_its_own_language(language: str, words: str):
    assert letter(NAMES, language, DAY).date == words
