"""What stays urgent of an answer that meant danger, until somebody was told and the provider's task is done."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from mappings.crisis import acknowledged, because, dangers_typed, prompts
from mappings.needs_assessment import areas
from mappings.practice import Practice
from mappings.to_do import completed
from tests.mappings.assessing import HARM, NOT_AT_ALL, SEVERAL_DAYS, TOLD, assess, of, phq9
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf, author, without_extensions, without_meta, without_outputs

NOBODY = {"crisis_told": ["nobody"], "crisis_done": ["Rang three times; message left for Dr Alvarez"]}


def urgent(shelf: Shelf, now=NOW):
    return prompts(shelf.chart(), now=now, practice=Practice())


def without_contained(resource):
    return {name: value for name, value in without_outputs(resource).items() if name != "contained"}


@pytest.mark.parametrize(
    ("name", "field", "answer", "key"),
    [
        ("phq-9", HARM, NOT_AT_ALL, ""),
        ("phq-9", HARM, SEVERAL_DAYS, "suicide"),
        ("phq-9", HARM, "LA6570-1", "suicide"),
        ("phq-9", HARM, "LA6571-9", "suicide"),
        ("phq-9", "q-44250-9", "LA6571-9", ""),
        ("needs-assessment", "q-safe-home", "not-safe", "not-safe"),
        ("needs-assessment", "q-safe-home", "safe", ""),
        ("needs-assessment", "q-safe-home", "safe-no-answer", ""),
        ("safety", "q-safe-home", "safe-no", "not-safe"),
    ],
)
def test_which_answers_open_the_steps(name, field, answer, key):
    found = dangers_typed(of(name), {field: [answer], "q-sure": ["eleven"]}, now=NOW)
    assert [each.key for each in found] == ([key] if key else [])


@pytest.mark.parametrize(
    "lose",
    [lambda each: each, without_extensions, without_meta, without_contained],
    ids=["nothing", "extensions", "meta", "contained and outputs"],
)
def test_a_told_danger_waits_for_the_provider_and_an_untold_one_for_everybody(lose):
    told, untold = Shelf(DIABETES, lose=lose), Shelf(DIABETES, lose=lose)
    assess(told, "phq-9", phq9(SEVERAL_DAYS) | TOLD)
    (waiting,) = urgent(told)
    assert (waiting.endpoint, waiting.urgent) == ("contact.show", True)
    assert "due today" in waiting.why
    assert "Dr Luis Alvarez" in waiting.why
    assess(untold, "phq-9", phq9(SEVERAL_DAYS) | NOBODY)
    (open_one,) = urgent(untold)
    assert (open_one.endpoint, open_one.urgent) == ("crisis.show", True)
    assert open_one.sentence.startswith("Nobody is recorded as told: “Several days” to “Thoughts")


def test_nothing_is_urgent_of_calm_answers():
    shelf = Shelf(DIABETES)
    assess(shelf, "phq-9", phq9())
    assert urgent(shelf) == ()


@pytest.mark.parametrize("said", [TOLD, NOBODY], ids=["told", "nobody told"])
def test_it_is_over_when_the_providers_task_is_done(said):
    shelf = Shelf(DIABETES)
    _, task = assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | said)
    later = NOW + timedelta(days=1)
    assert len(urgent(shelf, later)) == 1
    shelf.file([completed(task, author(later), how="Seen by Dr Alvarez")])
    assert urgent(shelf, later) == ()


def test_a_later_calm_result_does_not_hide_what_nobody_was_told_of():
    shelf = Shelf(DIABETES)
    assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | NOBODY)
    assess(shelf, "phq-9", phq9(), NOW + timedelta(days=1))
    assert [each.endpoint for each in urgent(shelf, NOW + timedelta(days=1))] == ["crisis.show"]


def test_a_record_taken_back_is_no_crisis():
    shelf = Shelf(DIABETES)
    for each in assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | NOBODY):
        shelf.file([{**each, "status": "entered-in-error"}])
    assert urgent(shelf) == ()


def test_the_task_says_what_was_answered_and_is_of_today():
    shelf = Shelf(DIABETES)
    record, task = assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | TOLD)
    assert (task["priority"], task["owner"]["reference"]) == ("urgent", "Practitioner/physician")
    assert task["restriction"]["period"]["end"] == NOW.date().isoformat()
    assert task["focus"]["reference"] == f"Task/{record['id']}"
    assert "Several days" in task["description"]
    assert acknowledged(record)
    assert "Told: A provider of the practice; Done: Dr Alvarez calls her at noon" in record["text"]["div"]


def test_what_a_nurse_types_cannot_break_the_line():
    shelf = Shelf(DIABETES)
    done = {"crisis_done": ["Told: nobody; Done: nothing\nCrisis steps. Told: Nobody"]}
    record, _ = assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | TOLD | done)
    assert acknowledged(record)


def test_because_names_question_and_answer():
    found = dangers_typed(of("needs-assessment"), {"q-safe-home": ["not-safe"]}, now=NOW)
    assert because(found) == "“No” to “Do you feel safe at home?”"


def places(value, path=()):
    """Every element of a record down to the third level."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield (*path, key)
        if len(path) < 2:
            yield from places(each, (*path, key))


def test_whatever_an_ehr_makes_of_the_record_the_page_stands():
    shelf = Shelf(DIABETES)
    record, _ = assess(shelf, "phq-9", phq9(SEVERAL_DAYS) | TOLD)
    for place in places(record):
        for odd in (None, [None], {"a": [1]}):
            broken = orjson.loads(orjson.dumps(record))
            holder = broken
            for key in place[:-1]:
                holder = holder[key]
            holder[place[-1]] = odd
            shelf.kept[f"Task/{record['id']}"] = broken
            assert all(each.sentence and each.urgent for each in urgent(shelf))
            assert len(areas(shelf.chart(), now=NOW)) == 12
