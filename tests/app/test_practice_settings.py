"""What a practice says of itself in [ehr.practice]: each wrong value has its sentence, each right one its effect."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.practice import Practice
from tests.app.test_settings import EHR, load, problems_of

__all__ = ["load"]
PRACTICE = EHR + "\n[ehr.practice]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EHR + 'practice = "Riverbend"', "practice: must be a table, as [ehr.practice]"),
        (PRACTICE + "name = 7", "practice: name must be a text"),
        (PRACTICE + "care_manager_phone = 5550100", "practice: care_manager_phone must be a text"),
        (PRACTICE + 'care_manager_fone = "555-0100"', 'did you mean "care_manager_phone"?'),
        (PRACTICE + "lost_after_attempts = 0", "lost_after_attempts must be a whole number from 1 to 20"),
        (PRACTICE + 'in_person_days = "90"', "in_person_days must be a whole number from 7 to 366"),
        (PRACTICE + 'crisis_steps = "Call 911"', "crisis_steps must be a list of texts"),
        (PRACTICE + "crisis_steps = []", "crisis_steps must be a list of texts"),
        (PRACTICE + 'crisis_numbers = ["988"]', "crisis_numbers must be a table of labels and numbers"),
        (PRACTICE + "crisis_numbers = {}", "crisis_numbers must be a table of labels and numbers"),
        (
            PRACTICE + 'crisis_numbers = { "Lifeline" = 988 }',
            "crisis_numbers must be a table of labels and numbers",
        ),
        (PRACTICE + 'whereabouts = { Monday = "Main Street" }', "whereabouts must be a table of texts"),
        (PRACTICE + "answer_days = { medicines = -1 }", "answer_days must be a table of whole numbers"),
        (PRACTICE + "answer_days = { money = 1 }", "answer_days must be a table of whole numbers"),
        (PRACTICE + "answered_by = { help = 7 }", "answered_by must be a table of texts"),
        (PRACTICE + 'needs_answer = ["money"]', "needs_answer must name topics of"),
        (PRACTICE + "program_families = []", "program_families must be a list of texts"),
        (PRACTICE + 'program_families = ["bhi"]', "program_families must name services that are billed"),
        (PRACTICE + 'program_families = ["ccm", "ccm"]', "must name services that are billed, each once"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(load: Any, text: str, said: str) -> None:
    assert said in problems_of(load, text)


def test_a_practice_that_says_nothing_has_the_national_numbers_and_no_number_of_its_own(load: Any) -> None:
    practice = load(EHR).ehrs[0].practice
    assert practice == Practice()
    assert [number for _, number in practice.crisis_numbers] == ["988", "1-800-799-7233", "911"]
    assert practice.care_manager_phone == ""


def test_what_a_practice_says_is_kept_as_it_is(load: Any) -> None:
    text = PRACTICE + 'name = "Riverbend"\nlost_within_days = 45\ncrisis_numbers = { "Línea" = "555-0100" }'
    practice = load(text).ehrs[0].practice
    assert (practice.name, practice.lost_within_days) == ("Riverbend", 45)
    assert practice.crisis_numbers == (("Línea", "555-0100"),)


@pytest.mark.requirement("domain@158", "domain@159")
def test_a_practice_says_who_answers_what_and_how_soon(load: Any) -> None:
    text = PRACTICE + 'answer_days = { medicines = 0 }\nanswered_by = { help = "Kim Ortiz" }\n'
    practice = (
        load(text + 'needs_answer = ["symptoms"]\nwhereabouts = { Mon = "Main Street" }').ehrs[0].practice
    )
    assert (practice.answer_days, practice.answered_by) == ((("medicines", 0),), (("help", "Kim Ortiz"),))
    assert (practice.needs_answer, practice.whereabouts) == (("symptoms",), (("Mon", "Main Street"),))


def test_a_practice_says_which_services_it_bills(load: Any) -> None:
    practice = load(PRACTICE + 'program_families = ["ccm", "tcm"]').ehrs[0].practice
    assert practice.program_families == ("ccm", "tcm")
