"""A questionnaire as a page draws it: controls, options, what is open, progress, language, errors, hostile values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mappings.questionnaire.catalogue import Instrument, catalogue
from mappings.questionnaire.entry import read
from mappings.questionnaire.form import RenderedForm, RenderedItem, control_of, render
from tests.mappings.charts import NOW, chart_of
from tests.mappings.questionnaire.making import ANSWERED, named, of, phq

each_instrument = pytest.mark.parametrize("one", catalogue(), ids=lambda one: one.id)


def drawn(name: str, values: dict[str, Any] | None = None, **more: Any) -> RenderedForm:
    return render(named(name), values or {}, chart=chart_of(), now=NOW, **more)


def every(items: tuple[RenderedItem, ...]) -> Iterator[RenderedItem]:
    for item in items:
        yield item
        yield from every(item.items)


def item(form: RenderedForm, link: str) -> RenderedItem:
    return next(each for each in every(form.items) if each.link_id == link)


OPTIONS = [{"valueCoding": {"system": "s", "code": str(n), "display": str(n)}} for n in range(9)]
DROP_DOWN = [
    {
        "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl",
        "valueCodeableConcept": {"coding": [{"code": "drop-down"}]},
    }
]


@pytest.mark.parametrize(
    ("raw", "control"),
    [
        ({"type": "group"}, "group"),
        ({"type": "display"}, "display"),
        ({"type": "boolean"}, "yes-no"),
        ({"type": "choice", "answerOption": OPTIONS[:8]}, "radio"),
        ({"type": "choice", "answerOption": OPTIONS}, "select"),
        ({"type": "choice", "answerOption": OPTIONS[:3], "extension": DROP_DOWN}, "select"),
        ({"type": "choice", "answerOption": OPTIONS, "repeats": True}, "checkboxes"),
        ({"type": "open-choice", "answerOption": OPTIONS[:3]}, "radio"),
        ({"type": "integer"}, "number"),
        ({"type": "decimal"}, "number"),
        ({"type": "date"}, "date"),
        ({"type": "string"}, "line"),
        ({"type": "string", "repeats": True}, "text"),
        ({"type": "text"}, "text"),
    ],
)
def test_a_control_by_type(raw: dict[str, Any], control: str) -> None:
    assert control_of(of({"linkId": "a", **raw}).by_link["a"]) == control


@each_instrument
def test_every_instrument_is_drawn_empty_and_full_with_each_question_once(one: Instrument) -> None:
    for values in ({}, ANSWERED.get(one.id, {})):
        form = render(one, values, chart=chart_of(), now=NOW)
        fields = [each.field for each in every(form.items) if each.type not in ("group", "display")]

        assert len(fields) == len(set(fields))
        assert set(fields) == {f"q-{each.link_id}" for each in one.definition.questions if not each.hidden}
        assert form.progress.answered <= form.progress.total
        assert all(each.text or each.short for each in every(form.items))
    if one.id in ANSWERED:
        assert form.progress.missing == 0
        assert form.scores


@pytest.mark.parametrize(
    ("values", "words", "missing"),
    [
        ({}, "0 of 3 answered", 3),
        ({"q-unsteady": ("no",)}, "1 of 3 answered", 2),
        ({"q-unsteady": ("no",), "q-fallen": ("yes",)}, "2 of 5 answered", 3),
        ({"q-unsteady": ("no",), "q-fallen": ("yes",), "q-fall-count": ("0",)}, "2 of 5 answered", 3),
        ({"q-unsteady": ("no",), "q-fallen": ("no",), "q-fall-count": ("2",)}, "2 of 3 answered", 1),
    ],
)
def test_progress_counts_what_is_open_and_answered_rightly(values: Any, words: str, missing: int) -> None:
    form = drawn("falls", values)

    assert (form.progress_words, form.progress.missing) == (words, missing)


def test_a_follow_up_is_drawn_closed_with_when_it_is_asked_for_people_and_for_scripts() -> None:
    closed, opened = (
        item(drawn("falls"), "fall-count"),
        item(drawn("falls", {"q-fallen": ("yes",)}), "fall-count"),
    )

    assert (closed.enabled, opened.enabled) == (False, True)
    assert closed.only_if == "Only if “Fell in the past year” is “Yes”"
    assert [(each.field, each.operator, each.value) for each in closed.enable_when] == [
        ("q-fallen", "=", "yes")
    ]
    assert (closed.low, closed.high, closed.required) == ("1", "365", True)
    difficulty = item(drawn("phq-9"), "69722-7")
    assert difficulty.only_if == "Only if one of the questions above is not “Not at all”"
    assert difficulty.enable_any


def test_what_was_typed_stays_with_its_error_however_wrong() -> None:
    sent = {"q-fallen": ("yes",), "q-fall-count": ("<many>",), "q-unsteady": ("nonsense",)}
    form = drawn("falls", sent, errors=read(named("falls"), sent, now=NOW).errors)

    assert item(form, "fall-count").value == "<many>"
    assert item(form, "fall-count").error == "Write a whole number from 1 to 365."
    assert item(form, "unsteady").error.startswith("Choose from the answers shown")
    assert item(form, "worried").error == "Answer this question."
    assert not any(option.chosen for option in item(form, "unsteady").options)


def test_the_fault_of_own_words_stands_at_their_question() -> None:
    sent = {**ANSWERED["transportation"], "q-usual-ride-other": ("x" * 301,)}
    ride = item(
        drawn("transportation", sent, errors=read(named("transportation"), sent, now=NOW).errors),
        "usual-ride",
    )

    assert "Shorten it" in ride.error
    assert (ride.other_field, ride.other_value) == ("q-usual-ride-other", "x" * 301)


def test_options_tell_what_is_chosen_what_stands_alone_and_what_is_a_danger() -> None:
    last = item(drawn("phq-9", phq(*[0] * 8, 1)), "44260-8")
    assert [(each.chosen, each.danger) for each in last.options] == [
        (False, False),
        (True, True),
        (False, True),
        (False, True),
    ]
    problems = item(drawn("housing"), "home-problems")
    assert [each.value for each in problems.options if each.exclusive] == ["home-no-problem", "declined"]
    assert [each.words for each in item(drawn("falls"), "fall-hurt").options] == ["Yes", "No"]


def test_the_same_form_in_spanish_files_the_same_answers() -> None:
    form = drawn("phq-2", phq(2, 1), language="es")
    first = form.items[0].items[0]

    assert (form.title, form.items[0].text[:20]) == ("PHQ-2", "Durante las últimas ")
    assert first.text == "Poco interés o placer en hacer cosas"
    assert [each.words for each in first.options][1:3] == ["Varios días", "Más de la mitad de los días"]
    assert [each.value for each in first.options] == [
        each.value for each in drawn("phq-2").items[0].items[0].options
    ]
    assert [each.words for each in item(drawn("falls", language="es"), "fall-hurt").options] == ["Sí", "No"]
    assert drawn("phq-2", language="fr").items[0].items[0].text.startswith("Little interest")


@pytest.mark.parametrize("junk", ["\x00", "</script>", "🙂" * 500, "q-44250-9", "\u202e1"])
def test_whatever_is_sent_the_form_is_drawn(junk: str) -> None:
    for one in catalogue():
        sent = {f"q-{each.link_id}": (junk, junk) for each in one.definition.questions}
        form = render(one, {**sent, junk: (junk,)}, chart=chart_of(), now=NOW, errors={junk: junk})

        assert form.scores == ()
