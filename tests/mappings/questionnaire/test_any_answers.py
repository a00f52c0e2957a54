"""Whatever is answered to whatever instrument reads back the same, from the answers inside and from the line alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles.validator import validate
from mappings.narrative import clean
from mappings.questionnaire.catalogue import Instrument, catalogue
from mappings.questionnaire.definition import Item
from mappings.questionnaire.entry import read
from mappings.questionnaire.field import field_of, other_of
from mappings.questionnaire.recorded import own_assessments
from mappings.questionnaire.safety import dangers
from mappings.questionnaire.task import assessment_task
from mappings.questionnaire.value import words_of_value
from tests.mappings.charts import NOW, chart_of
from tests.mappings.questionnaire.making import AUTHOR, FORM

WORDS = st.text(max_size=40) | st.sampled_from(
    ["; Score: 9", "a | b", "No", "Yes", "a: b", "Assessment. Mood: low"]
)


def typed(item: Item) -> st.SearchStrategy[tuple[str, ...]]:
    """What a form may send for a question."""
    keys = [option.key for option in item.options]
    if keys:
        return st.lists(st.sampled_from(keys), max_size=3 if item.repeats else 1, unique=True).map(tuple)
    days = st.integers(-20_000, 400).map(lambda each: (NOW.date() + timedelta(days=each)).isoformat())
    kinds: dict[str, st.SearchStrategy[str]] = {
        "boolean": st.sampled_from(["", "yes", "no"]),
        "integer": st.integers(-5, 400).map(str),
        "decimal": st.decimals(-5, 400, places=2).map(str),
        "date": days,
    }
    return kinds.get(item.type, WORDS).map(lambda each: (each,))


@st.composite
def filled(draw: st.DrawFn) -> tuple[Instrument, dict[str, tuple[str, ...]]]:
    one = draw(st.sampled_from(catalogue()))
    asked = [item for item in one.definition.questions if item.is_asked]
    values = {field_of(item.link_id): draw(typed(item)) for item in asked if draw(st.booleans())}
    values |= {other_of(item.link_id): (draw(WORDS),) for item in asked if item.type == "open-choice"}
    return one, {**values, "note": (draw(WORDS),)}


def in_line(words: list[str]) -> list[str]:
    """As the line can say it: in one line, a semicolon as a comma, a bar as a stroke."""
    return [" ".join(clean(each).replace(";", ",").replace("|", "/").split()) for each in words]


@settings(max_examples=60, deadline=None)
@given(filled())
def test_any_answers_read_back_the_same(form: tuple[Instrument, dict[str, Any]]) -> None:
    one, values = form
    entry = read(one, values, now=NOW, partial=True, birth_date=date(1950, 3, 12)).entry
    if entry is None:
        return
    task = {**assessment_task(entry, AUTHOR, FORM), "id": "t1"}
    assert validate(task) == ()
    (whole,) = own_assessments(chart_of(orjson.loads(orjson.dumps(task))), now=NOW)
    bare = {name: value for name, value in task.items() if name not in ("contained", "output", "input")}
    (lined,) = own_assessments(chart_of(orjson.loads(orjson.dumps(bare))), now=NOW)

    assert (whole.answers, whole.scores, whole.note) == (entry.answers, entry.scores, entry.note)
    assert dangers(one, lined.answers) == dangers(one, entry.answers)
    assert lined.scores == entry.scores
    for link, given_ in entry.answers.items():
        if not one.definition.by_link[link].calculated:
            said = [words_of_value(value) for value in lined.answers.get(link, ())]
            assert in_line(said) == in_line([words_of_value(value) for value in given_]), link
