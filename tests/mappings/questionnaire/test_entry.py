"""A questionnaire as typed: each type's own message at its field, half-done ones, what is not asked, hostile text."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mappings.form import CHOOSE, Fields
from mappings.questionnaire.catalogue import Instrument
from mappings.questionnaire.definition import Definition
from mappings.questionnaire.entry import ANSWER, FILL_IN, NOTHING, read, typed_answers
from mappings.questionnaire.field import field_of, form_values, other_of
from tests.mappings.charts import NOW
from tests.mappings.questionnaire.making import ANSWERED, entry, named, of, phq

FHIR = "http://hl7.org/fhir/StructureDefinition/"


def option(code: str, **more: Any) -> dict[str, Any]:
    return {"valueCoding": {"system": "s", "code": code, "display": code.upper()}, **more}


ONLY = [{"url": f"{FHIR}questionnaire-optionExclusive", "valueBoolean": True}]
TODAY = [{"url": f"{FHIR}cqf-calculatedValue", "valueExpression": {"expression": "today()"}}]
FORM = of(
    {"linkId": "flag", "type": "boolean"},
    {"linkId": "one", "type": "choice", "answerOption": [option("a"), option("b")]},
    {
        "linkId": "many",
        "type": "choice",
        "repeats": True,
        "answerOption": [option("a"), option("b"), option("none", extension=ONLY)],
    },
    {"linkId": "open", "type": "open-choice", "answerOption": [option("a")]},
    {
        "linkId": "opens",
        "type": "open-choice",
        "repeats": True,
        "answerOption": [option("a"), option("none", extension=ONLY)],
    },
    {
        "linkId": "whole",
        "type": "integer",
        "extension": [
            {"url": f"{FHIR}minValue", "valueInteger": 20},
            {"url": f"{FHIR}maxValue", "valueInteger": 300},
        ],
    },
    {"linkId": "free", "type": "integer"},
    {"linkId": "a1c", "type": "decimal", "extension": [{"url": f"{FHIR}minValue", "valueDecimal": 3.5}]},
    {
        "linkId": "past",
        "type": "date",
        "extension": [{"url": f"{FHIR}maxValue", "_valueDate": {"extension": TODAY}}],
    },
    {"linkId": "day", "type": "date", "extension": [{"url": f"{FHIR}minValue", "valueDate": "2026-01-01"}]},
    {"linkId": "line", "type": "string", "maxLength": 10},
    {"linkId": "lines", "type": "string", "repeats": True, "maxLength": 10},
    {"linkId": "text", "type": "text"},
)


def answers_to(form: Definition, **values: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers and the errors, keyed by linkId (and "open-other")."""
    sent = {f"q-{name}": (given,) if isinstance(given, str) else given for name, given in values.items()}
    fields = Fields(sent)
    found = typed_answers(form, fields, now=NOW, birth_date=date(1950, 3, 12))
    return dict(found), {name.removeprefix("q-"): message for name, message in fields.errors.items()}


def coded(*codes: str) -> tuple[dict[str, Any], ...]:
    return tuple({"valueCoding": {"system": "s", "code": code, "display": code.upper()}} for code in codes)


@pytest.mark.parametrize(
    ("link", "sent", "answer"),
    [
        ("flag", "yes", ({"valueBoolean": True},)),
        ("flag", "no", ({"valueBoolean": False},)),
        ("flag", "", None),
        ("one", "b", coded("b")),
        ("many", ("b", "a"), coded("b", "a")),
        ("many", ("none",), coded("none")),
        ("many", ("a", "a", ""), coded("a")),
        ("open", "a", coded("a")),
        ("whole", "20", ({"valueInteger": 20},)),
        ("whole", " 300 ", ({"valueInteger": 300},)),
        ("free", "-3", ({"valueInteger": -3},)),
        ("a1c", "8.10", ({"valueDecimal": 8.1},)),
        ("a1c", "9", ({"valueDecimal": 9.0},)),
        ("a1c", "  ", None),
        ("past", "2026-11-21", ({"valueDate": "2026-11-21"},)),
        ("past", "3/12/1950", ({"valueDate": "1950-03-12"},)),
        ("day", "2027-05-01", ({"valueDate": "2027-05-01"},)),
        ("line", "<b>ñ</b> 🙂", ({"valueString": "<b>ñ</b> 🙂"},)),
        ("lines", "first\r\n\r\n second ", ({"valueString": "first"}, {"valueString": "second"})),
        ("text", "two\r\nlines\u202e", ({"valueString": "two\nlines"},)),
        ("text", "   ", None),
    ],
)
def test_a_typed_answer(link: str, sent: Any, answer: Any) -> None:
    found, errors = answers_to(FORM, **{link: sent})

    assert errors == {}
    assert found.get(link) == answer
    if answer:
        assert (
            answers_to(
                FORM, **{k.removeprefix("q-"): v for k, v in form_values(FORM.questions, found).items()}
            )[0]
            == found
        )


@pytest.mark.parametrize(
    ("link", "sent", "message"),
    [
        ("flag", "maybe", CHOOSE),
        ("one", "c", "Choose from the answers shown"),
        ("one", ("a", "b"), CHOOSE),
        ("many", ("a", "none"), "“NONE” cannot stand beside another answer."),
        ("whole", "19", "Write a whole number from 20 to 300."),
        ("whole", "301", "Write a whole number from 20 to 300."),
        ("whole", "20.5", "Write a whole number from 20 to 300."),
        ("whole", "²²", "Write a whole number from 20 to 300."),
        ("free", "many", "Write a whole number."),
        ("a1c", "3.4", "Write a number of 3.5 or more."),
        ("a1c", "NaN", "Write a number of 3.5 or more."),
        ("a1c", "1e3", "Write a number of 3.5 or more."),
        ("past", "2026-11-22", "This day is still to come. Write when it was."),
        ("past", "1950-03-11", "This is before the patient was born."),
        ("past", "2026-02-30", "This is not a date in the calendar."),
        ("day", "2025-12-31", "Choose a day from 1 Jan 2026 on."),
        ("day", "2099-01-01", "Choose a day up to 31 Dec 2076."),
        ("line", "eleven chars", "2"),
        ("lines", "short\nmuch too long", "Keep each line to 10 characters."),
        ("text", "x" * 4001, "4,001 characters"),
    ],
)
def test_a_fault_is_told_at_its_field(link: str, sent: Any, message: str) -> None:
    found, errors = answers_to(FORM, **{link: sent})

    assert link not in found
    assert message in errors[link]


@pytest.mark.parametrize(
    ("link", "chosen", "own", "answer", "message"),
    [
        ("open", "", "Her own", ({"valueString": "Her own"},), ""),
        ("open", "a", "Her own", None, "Choose one answer, or write your own words."),
        ("opens", "a", "Her own", (*coded("a"), {"valueString": "Her own"}), ""),
        ("opens", "none", "Her own", None, "“NONE” cannot stand beside another answer."),
    ],
)
def test_an_open_choice_takes_own_words(link: str, chosen: str, own: str, answer: Any, message: str) -> None:
    found, errors = answers_to(FORM, **{link: chosen, f"{link}-other": own})

    assert found.get(link) == answer
    assert errors.get(link, "") == message
    assert other_of(link) == f"{field_of(link)}-other"


def test_what_is_required_and_open_is_asked_and_the_rest_is_not() -> None:
    one = named("falls")
    nothing = read(one, {"q-unsteady": ("no",)}, now=NOW)
    fell = read(
        one, {**{f"q-{each}": ("no",) for each in ("unsteady", "worried")}, "q-fallen": ("yes",)}, now=NOW
    )
    did_not = read(one, {f"q-{each}": ("no",) for each in ("unsteady", "worried", "fallen")}, now=NOW)

    assert nothing.errors == {"q-worried": ANSWER, "q-fallen": ANSWER}
    assert fell.errors == {"q-fall-count": FILL_IN, "q-fall-hurt": ANSWER}
    assert did_not.errors == {}
    assert did_not.entry is not None
    assert did_not.entry.complete


def test_a_half_done_form_is_taken_with_one_answer_and_refused_with_none_or_a_wrong_one() -> None:
    one = named("phq-9")
    half = read(one, phq(1, None, 2), now=NOW, partial=True)

    assert half.entry is not None
    assert (half.entry.complete, len(half.entry.answers), half.entry.scores) == (False, 2, ())
    assert read(one, {}, now=NOW, partial=True).errors == {"form": NOTHING}
    assert read(one, {"q-44250-9": ("LA0",)}, now=NOW, partial=True).errors.keys() == {"q-44250-9"}
    assert read(one, phq(1), now=NOW, partial=True, refusal="Not now.").errors == {"form": "Not now."}


def test_a_question_that_is_not_open_has_no_answer_and_no_fault() -> None:
    closed = {"q-unsteady": ("no",), "q-worried": ("no",), "q-fallen": ("no",)}
    sent = read(named("falls"), {**closed, "q-fall-count": ("many",), "q-fall-hurt": ("yes",)}, now=NOW)

    assert sent.errors == {}
    assert sent.entry is not None
    assert sent.entry.answers.keys() == {"unsteady", "worried", "fallen", "falls-yes"}
    assert sent.values["q-fall-count"] == ("many",)


def test_the_difficulty_is_asked_of_who_has_any_problem() -> None:
    assert "69722-7" not in entry("phq-9", {**phq(*[0] * 9), "q-69722-7": ("LA6573-5",)}).answers
    assert "69722-7" in entry("phq-9", {**phq(*[0] * 8, 1), "q-69722-7": ("LA6573-5",)}).answers


@pytest.mark.parametrize("name", ANSWERED)
def test_the_answers_of_every_instrument_go_into_a_form_and_come_out_the_same(name: str) -> None:
    one: Instrument = named(name)
    first = entry(name, ANSWERED[name])
    again = entry(name, form_values(tuple(i for i in one.definition.questions if i.is_asked), first.answers))

    assert again == first
    assert first.complete


def test_the_nurses_own_words_are_kept_beside_the_answers() -> None:
    assert entry("phq-2", {**phq(0, 0), "note": (" She smiled. ",)}).note == "She smiled."
    assert "note" in read(named("phq-2"), {**phq(0, 0), "note": ("x" * 4001,)}, now=NOW).errors
