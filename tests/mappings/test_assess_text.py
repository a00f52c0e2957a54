"""A questionnaire that could not be filed is copied by hand in words, never in codes."""

from __future__ import annotations

from mappings.assess_text import in_words
from mappings.questionnaire.catalogue import catalogue
from mappings.questionnaire.field import field_of
from tests.mappings.assessing import NEEDS, SEVERAL_DAYS, TOLD, phq9


def test_answers_are_said_in_the_questionnaires_own_words():
    said = in_words(phq9(SEVERAL_DAYS) | TOLD)
    question, answers = said["q-44260-8"]
    assert question.startswith("Thoughts that you would be better off dead")
    assert answers == ("Several days",)
    assert said["crisis_told"] == ("Who was told", ("A provider of the practice",))
    assert in_words(NEEDS)["q-triggers"] == (
        "What is hard to manage just now?",
        ("Paying for medicines", "Getting to visits"),
    )


def test_no_code_is_left_of_any_answer_of_any_instrument():
    for of in catalogue():
        values = {
            field_of(item.link_id): [option.key for option in item.options]
            for item in of.definition.questions
            if item.is_asked and item.options
        }
        for item in of.definition.questions:
            if field_of(item.link_id) in values:
                _, answers = in_words(values)[field_of(item.link_id)]
                assert list(answers) == [str(option.words) for option in item.options]


def test_another_form_is_left_as_it_is():
    assert in_words({"minutes": ["12"], "crisis_told": ["provider"]}) == {}
    assert in_words({"q-of-nobody": ["x"]}) == {}


def test_a_question_that_two_instruments_ask_is_told_by_its_answer():
    assert in_words({"q-safe-home": ["safe-no"]})["q-safe-home"] == (
        "Do you feel safe where you live?",
        ("No",),
    )
    assert in_words({"q-safe-home": ["not-safe"]})["q-safe-home"] == ("Do you feel safe at home?", ("No",))
