"""Answers as a QuestionnaireResponse, and back: nested as the Questionnaire is, follow-ups inside their answer.

https://hl7.org/fhir/R4/questionnaireresponse.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mappings.element import as_object, as_objects, as_text
from mappings.questionnaire.definition import Definition, Item
from mappings.questionnaire.enable import effective
from mappings.questionnaire.expression import evaluate
from mappings.questionnaire.extension import URLS
from mappings.questionnaire.value import Answers, Value, read_value, same_value

_ROUNDS = 4
"""A calculated answer may open a question that another one counts; more rounds than this are a circle."""


def response_of(definition: Definition, answers: Answers, *, complete: bool) -> dict[str, Any]:
    """The response to these answers: no id, subject or author yet."""
    items = _items(definition.items, answers, weighted=False)
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": definition.canonical,
        "status": "completed" if complete else "in-progress",
        **({"item": items} if items else {}),
    }


def settled(definition: Definition, answers: Answers) -> dict[str, tuple[Value, ...]]:
    """The answers that count, with what is calculated from them; what was calculated before is made anew."""
    calculated = [item for item in definition.questions if item.calculated]
    typed = {
        link: given for link, given in answers.items() if link not in {each.link_id for each in calculated}
    }
    current = effective(definition, typed)
    for _ in range(_ROUNDS):
        weighed = {
            "resourceType": "QuestionnaireResponse",
            "item": _items(definition.items, current, weighted=True),
        }
        worked_out = {item.link_id: _calculated(item, weighed) for item in calculated}
        following = effective(definition, {**typed, **worked_out})
        if following == current:
            break
        current = following
    return current


def _calculated(item: Item, weighed: Mapping[str, Any]) -> tuple[Value, ...]:
    said = evaluate(item.calculated, weighed)
    return _of_result(item, said[0]) if len(said) == 1 else ()


def _of_result(item: Item, result: Any) -> tuple[Value, ...]:
    value = answer_from(item, result)
    return (value,) if value else ()


def answer_from(item: Item, result: Any) -> Value | None:
    """One result of FHIRPath as an answer to `item`; a code, or a coding, only if it is among those offered."""
    plain = getattr(result, "data", result)
    if item.options:
        coding = as_object(plain)
        offered = (
            option.value
            for option in item.options
            if (same_value(option.value, {"valueCoding": coding}) if coding else option.key == str(plain))
        )
        return next(offered, None)
    names = {
        "boolean": "valueBoolean",
        "integer": "valueInteger",
        "decimal": "valueDecimal",
        "date": "valueDate",
    }
    name = names.get(item.type, "valueString")
    held = plain if isinstance(plain, bool | int | float) else str(plain)
    return read_value({name: held}, item.type)


def _items(items: tuple[Item, ...], answers: Answers, *, weighted: bool) -> list[dict[str, Any]]:
    return [made for item in items if (made := _one(item, answers, weighted=weighted))]


def _one(item: Item, answers: Answers, *, weighted: bool) -> dict[str, Any] | None:
    inside = _items(item.items, answers, weighted=weighted)
    given = [dict(_weighted(item, value) if weighted else value) for value in answers.get(item.link_id, ())]
    if not given and not inside:
        return None
    made: dict[str, Any] = {"linkId": item.link_id, "text": str(item.text) or item.label}
    if item.type == "group":
        return {**made, "item": inside}
    if given and inside:
        given[0]["item"] = inside
    return {**made, "answer": given} if given else None


def _weighted(item: Item, value: Value) -> Value:
    weight = next((each.weight for each in item.options if same_value(each.value, value)), None)
    if weight is None or "valueCoding" not in value:
        return value
    extension = [{"url": URLS["itemWeight"], "valueDecimal": weight}]
    return {"valueCoding": {"extension": extension, **value["valueCoding"]}}


def answers_in(definition: Definition, response: Any) -> dict[str, tuple[Value, ...]]:
    """The answers in somebody's response to this Questionnaire; what is not of it is left out. Never raises."""
    found: dict[str, tuple[Value, ...]] = {}
    for raw in _all_items(as_object(response), 0):
        item = definition.by_link.get(as_text(raw.get("linkId")))
        values = [read_value(each, item.type) for each in as_objects(raw.get("answer"))] if item else []
        kept = tuple(value for value in values if value)
        if item and kept:
            found[item.link_id] = kept if item.repeats else kept[:1]
    return found


def _all_items(holder: Mapping[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    if depth > 20:
        return
    for item in as_objects(holder.get("item")):
        yield item
        yield from _all_items(item, depth + 1)
        for answer in as_objects(item.get("answer")):
            yield from _all_items(answer, depth + 1)
