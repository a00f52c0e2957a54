"""What will be filed, where and in what form, in words; and of which ways it tells."""

from __future__ import annotations

import pytest

from fhir_profiles.terminology import codes
from mappings.before_filing import UNSEEN, WAYS, BeforeFiling, Part, before_filing, ways_filed
from mappings.rung import Rung

RECORD, ANSWERS, NOTE, TEXT = Rung.NATIVE, Rung.QUESTIONNAIRE_RESPONSE, Rung.DOCUMENT, Rung.COPY_READY


def parts(*rungs: Rung, unseen: tuple[int, ...] = ()) -> list[Part]:
    words = ("the contact", "each goal you mark", "the next task")
    return [Part(words[at], rung, at not in unseen) for at, rung in enumerate(rungs)]


@pytest.mark.parametrize(
    ("given", "sentence", "ways"),
    [
        (parts(RECORD), "Saving files the contact in the chart, in a record of its own.", ("record",)),
        (
            parts(RECORD, RECORD, RECORD),
            "Saving files the contact, each goal you mark and the next task in the chart, each in a record of its own.",
            ("record",),
        ),
        (
            parts(NOTE, NOTE),
            "Saving files the contact and each goal you mark in the chart, as one note among the documents, which"
            " Chartside reads back.",
            ("note",),
        ),
        (
            parts(ANSWERS, ANSWERS),
            "Saving files the contact and each goal you mark in the chart, as answers to a questionnaire, which"
            " Chartside reads back.",
            ("answers",),
        ),
        (
            parts(ANSWERS, ANSWERS, unseen=(0, 1)),
            "Saving files the contact and each goal you mark in the chart, as answers to a questionnaire. After that"
            " this EHR will not show it to Chartside again.",
            ("answers", UNSEEN),
        ),
        (
            parts(RECORD, ANSWERS, RECORD),
            "Saving files the contact and the next task in the chart, each in a record of its own; each goal you mark"
            " as answers to a questionnaire, which Chartside reads back.",
            ("record", "answers"),
        ),
        (
            parts(RECORD, NOTE, unseen=(1,)),
            "Saving files the contact in the chart, in a record of its own; each goal you mark as one note among the"
            " documents. After that this EHR will not show each goal you mark to Chartside again.",
            ("record", "note", UNSEEN),
        ),
        (
            parts(RECORD, TEXT, TEXT),
            "Nothing is filed here: text is made of the contact, each goal you mark and the next task, for you to paste"
            " into the chart, and Chartside will not see it again.",
            ("text",),
        ),
        ([], "", ()),
    ],
)
def test_what_where_and_in_which_form(given: list[Part], sentence: str, ways: tuple[str, ...]):
    assert before_filing(given) == BeforeFiling(sentence, ways)


@pytest.mark.parametrize("rung", Rung)
@pytest.mark.parametrize("shown_again", [True, False])
def test_every_rung_has_words_without_a_code(rung: Rung, shown_again: bool):
    said = before_filing([Part("the contact", rung, shown_again)])
    assert "the contact" in said.sentence
    assert said.ways[0] == WAYS[rung]
    for code in ("Task", "CarePlan", "QuestionnaireResponse", "DocumentReference", *codes("task-code")[1:]):
        assert code not in said.sentence


def test_what_was_filed_tells_of_the_same_ways_as_what_was_to_be_filed():
    for rungs, unseen in (((RECORD, ANSWERS), ()), ((NOTE,), (0,)), ((ANSWERS, RECORD), (0, 1))):
        planned = parts(*rungs, unseen=unseen)
        assert (
            ways_filed([(part.rung.value, part.shown_again) for part in planned])
            == before_filing(planned).ways
        )
