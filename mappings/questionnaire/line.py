"""The one fixed line of an assessment: every answer by its short label, so that it outlives all else of the Task.

"Assessment. Instrument: PHQ-9; State: complete; When: 2026-11-21; Score: 12 of 27; Little interest: Several days; …"
An EHR may drop what is contained and what is coded; it keeps the note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.element import as_objects
from mappings.narrative import clean, fixed_line, read_fixed_line
from mappings.questionnaire.catalogue import Instrument, catalogue
from mappings.questionnaire.definition import Item
from mappings.questionnaire.score import Score
from mappings.questionnaire.value import Answers, Value, key_of, read_value, words_of_value

LINE = "Assessment"
INSTRUMENT, STATE, WHEN = "Instrument", "State", "When"
COMPLETE, HALF_DONE = "complete", "half done"
_BETWEEN = " | "


def line_of(
    instrument: Instrument, answers: Answers, scores: Sequence[Score], *, complete: bool, now: datetime
) -> str:
    """The line. Texts lose their line ends and semicolons in it, and nothing else."""
    facts = [
        (INSTRUMENT, instrument.title),
        (STATE, COMPLETE if complete else HALF_DONE),
        (WHEN, now.date().isoformat()),
        *((score.label, score.words) for score in scores),
    ]
    asked = (item for item in instrument.definition.questions if not item.calculated)
    said = [(item.label, _said(answers.get(item.link_id, ()))) for item in asked]
    return fixed_line(LINE, [*facts, *said])


def _said(values: tuple[Value, ...]) -> str:
    return _BETWEEN.join(_one(value).replace(_BETWEEN.strip(), "/") for value in values)


def _one(value: Value) -> str:
    return words_of_value(value) if {"valueCoding", "valueBoolean"} & value.keys() else key_of(value)


def facts_of(task: Mapping[str, Any]) -> dict[str, str]:
    """The facts of the last such line in a Task's notes; {} where no note holds one."""
    said = (note.get("text") for note in reversed(as_objects(task.get("note"))))
    found = (_facts(clean(text)) for text in said if isinstance(text, str))
    return next(filter(None, found), {})


def _facts(text: str) -> dict[str, str]:
    """Those of a line; a note that only begins like one ("Assessment. Mood: low") is somebody's own words."""
    facts = read_fixed_line(text, LINE)
    return facts if facts.keys() >= {INSTRUMENT, STATE, WHEN} else {}


def is_line(text: str) -> bool:
    """True for a note that is such a line and nothing else."""
    return "\n" not in text and bool(_facts(text))


def instrument_in(facts: Mapping[str, str]) -> Instrument | None:
    """The instrument that the line names, if there is one of that title."""
    return next((each for each in catalogue() if each.title == facts.get(INSTRUMENT)), None)


def answers_from(instrument: Instrument, facts: Mapping[str, str]) -> dict[str, tuple[Value, ...]]:
    """The answers that the line repeats; what cannot be told is left out."""
    found = {}
    for item in instrument.definition.questions:
        said = facts.get(item.label, "")
        texts = said.split(_BETWEEN) if item.repeats else [said]
        values = tuple(value for text in texts if text and (value := _read(item, text)))
        if values and not item.calculated:
            found[item.link_id] = values
    return found


def _read(item: Item, text: str) -> Value | None:
    chosen = next((option.value for option in item.options if str(option.words) == text), None)
    if chosen or item.type == "choice":
        return chosen
    if item.type == "boolean":
        return {"Yes": {"valueBoolean": True}, "No": {"valueBoolean": False}}.get(text)
    name = {"integer": "valueInteger", "decimal": "valueDecimal", "date": "valueDate"}.get(
        item.type, "valueString"
    )
    return read_value({name: text}, item.type)


def words_of_answer(values: tuple[Value, ...]) -> str:
    """An answer as a person reads it in a fixed line ("3 Nov 2026"); `answer_in_words` reads it back."""
    return _BETWEEN.join(words_of_value(value).replace(_BETWEEN.strip(), "/") for value in values)


def answer_in_words(item: Item, said: str) -> tuple[Value, ...]:
    """The answer to one question out of its words; () for what is none."""
    texts = said.split(_BETWEEN) if item.repeats else [said]
    if item.type == "date":
        texts = [day.isoformat() if (day := dates.day_in_words(text)) else text for text in texts]
    return tuple(value for text in texts if text and (value := _read(item, text)))


def day_in(facts: Mapping[str, str]) -> dates.FhirDate | None:
    """The day that the line says."""
    return dates.parse(facts.get(WHEN))
