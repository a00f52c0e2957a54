"""What the answers of a template add to their contact: words for its text and line, coded outputs, the answers inside.

A frequency is a quantity, the lowest and the highest of something a range, a number with a unit a quantity
(https://hl7.org/fhir/R4/task.html). Results stand in the words only: they are the EHR's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fhir_profiles.terminology import concept
from mappings.authorship import instant
from mappings.chart import Chart
from mappings.coding_systems import UCUM
from mappings.condition_template import ConditionTemplate
from mappings.element import as_number
from mappings.observation import LatestReading
from mappings.questionnaire.definition import Item, walk
from mappings.questionnaire.line import words_of_answer
from mappings.questionnaire.response import response_of
from mappings.questionnaire.value import Answers, Value, key_of, words_of_value

Resource = dict[str, Any]
INSIDE = "visit-"
"""What the id of the contained answers begins with."""


def answer_facts(
    template: ConditionTemplate, answers: Answers, results: Sequence[LatestReading]
) -> tuple[tuple[str, str], ...]:
    """Label and words of each result and each answer; "" never: what nobody answered is not named."""
    read = [(f"{template.title}, {row.name}", f"{row.value_words}, {row.date_words}") for row in results]
    said = [
        (template.label(item), words_of_answer(answers[item.link_id]))
        for item in template.definition.questions
        if item.link_id in answers
    ]
    return (*read, *said)


def answer_outputs(template: ConditionTemplate, answers: Answers) -> tuple[Resource, ...]:
    """The answers as a whole, then one output for each, one for the two ends of a range or for a frequency."""
    if not answers:
        return ()
    whole = {
        "type": concept("visit-item", "answers"),
        "valueReference": {"reference": f"#{INSIDE}{template.id}", "display": template.title},
    }
    return (whole, *_outputs(template.definition.items, answers))


def _outputs(items: tuple[Item, ...], answers: Answers) -> Iterator[Resource]:
    for item in items:
        if item.type == "group" and item.codes:
            value = _pair(item, answers)
            if value:
                yield {"type": _type(item), **value}
        elif item.is_asked and item.codes:
            for each in answers.get(item.link_id, ()):
                yield {"type": _type(item), **_value(item, each)}
        if not (item.type == "group" and item.codes):
            yield from _outputs(item.items, answers)


def _type(item: Item) -> Resource:
    return {"coding": [dict(each) for each in item.codes], "text": item.label}


def _value(item: Item, value: Value) -> Mapping[str, Any]:
    if "valueCoding" in value:
        return {
            "valueCodeableConcept": {"coding": [dict(value["valueCoding"])], "text": words_of_value(value)}
        }
    number = as_number(next(iter(value.values())))
    return {"valueQuantity": _quantity(item, number)} if item.unit and number is not None else value


def _quantity(item: Item, number: float) -> Resource:
    plain = int(number) if number == int(number) else number
    coded = {"system": UCUM, "code": item.unit_code} if item.unit_code else {}
    return {"value": plain, "unit": item.unit, **coded}


def _pair(group: Item, answers: Answers) -> Mapping[str, Any]:
    """The one value of two questions: how often in what time, or from where to where; {} for neither."""
    one, other = group.items
    first, second = (next(iter(answers.get(item.link_id, ())), None) for item in (one, other))
    if other.options:
        number = as_number(next(iter(first.values()))) if first else None
        per = {"unit": words_of_value(second)} if second else {}
        return {"valueQuantity": {"value": int(number), **per}} if number is not None else {}
    ends = {"low": (one, first), "high": (other, second)}
    found = {
        name: _quantity(item, float(key_of(value)))
        for name, (item, value) in ends.items()
        if value is not None
    }
    return {"valueRange": found} if found else {}


def answers_inside(
    template: ConditionTemplate, answers: Answers, chart: Chart, *, now: datetime
) -> Resource | None:
    """The answers as the QuestionnaireResponse inside the contact; None where nothing was answered."""
    if not answers:
        return None
    made = response_of(template.definition, answers, complete=True)
    return {
        "resourceType": made.pop("resourceType"),
        "id": f"{INSIDE}{template.id}",
        "questionnaire": made.pop("questionnaire"),
        "status": made.pop("status"),
        "subject": {"reference": f"Patient/{chart.patient_id}"},
        "authored": instant(now),
        **made,
    }


def crossed(template: ConditionTemplate, answers: Answers) -> tuple[Item, ...]:
    """The second question of each range whose end lies below its start."""
    found = []
    for group in walk(template.definition.items):
        if group.type == "group" and group.codes and not group.items[1].options:
            ends = [answers.get(item.link_id) for item in group.items]
            low, high = (float(key_of(end[0])) if end else None for end in ends)
            if low is not None and high is not None and high < low:
                found.append(group.items[1])
    return tuple(found)
