"""One answer as FHIR holds it: a dict with a single value[x], as {"valueCoding": {…}} or {"valueInteger": 3}.

https://hl7.org/fhir/R4/questionnaireresponse.html#QuestionnaireResponse.item.answer
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings import dates
from mappings.element import as_flag, as_number, as_object, as_text

Value = Mapping[str, Any]
Answers = Mapping[str, tuple[Value, ...]]
"""linkId -> its answers; a question without one is not in it."""

NAMES = {
    "boolean": "valueBoolean",
    "choice": "valueCoding",
    "integer": "valueInteger",
    "decimal": "valueDecimal",
    "date": "valueDate",
    "string": "valueString",
    "text": "valueString",
}
"""The value[x] by an item's type; an open-choice holds a valueCoding or a valueString."""


def key_of(value: Value) -> str:
    """What a form sends for this answer: a code, "yes" or "no", a number, a day as 2026-11-21, or the text itself."""
    name, held = next(iter(value.items()), ("", ""))
    if name == "valueCoding":
        return as_text(as_object(held).get("code"))
    if name == "valueBoolean":
        return "yes" if held is True else "no"
    # A text keeps its lines; only what nobody typed is put into words here.
    return held if isinstance(held, str) else _digits(held)


def _digits(number: float) -> str:
    """A number in plain digits, as a form takes it: "7.1", "40", never "1e+06"."""
    return str(number) if isinstance(number, int) else f"{number:.6f}".rstrip("0").rstrip(".")


def words_of_value(value: Value) -> str:
    """The answer for a reader: "Several days", "Yes", "7.5", "21 Nov 2026"."""
    name, held = next(iter(value.items()), ("", ""))
    if name == "valueCoding":
        return as_text(as_object(held).get("display")) or as_text(as_object(held).get("code"))
    if name == "valueBoolean":
        return "Yes" if held is True else "No"
    return dates.plain_words(held) if name == "valueDate" else key_of(value)


def same_value(one: Value, other: Value) -> bool:
    """True for equal answers: codes by system and code, numbers by size, all else by its text."""
    order = compare(one, other)
    if order is not None:
        return order == 0
    if "valueCoding" in one and "valueCoding" in other:
        left, right = as_object(one["valueCoding"]), as_object(other["valueCoding"])
        return all(as_text(left.get(part)) == as_text(right.get(part)) for part in ("system", "code"))
    return one.keys() == other.keys() and key_of(one) == key_of(other)


def compare(one: Value, other: Value) -> int | None:
    """-1, 0 or 1 for two numbers or two days; None for what has no order."""
    numbers = [_number(value) for value in (one, other)]
    if None not in numbers:
        left, right = numbers[0] or 0.0, numbers[1] or 0.0
        return (left > right) - (left < right)
    days = [dates.parse(value.get("valueDate")) for value in (one, other)]
    if days[0] and days[1]:
        return (days[0] > days[1]) - (days[0] < days[1])
    return None


def _number(value: Value) -> float | None:
    said = next((value[name] for name in ("valueInteger", "valueDecimal") if name in value), None)
    return as_number(said)


def read_value(raw: Mapping[str, Any], item_type: str) -> Value | None:
    """An answer out of somebody's resource, if it is of the item's type; None for anything else. Never raises."""
    if item_type in ("choice", "open-choice") and as_object(raw.get("valueCoding")):
        coding = as_object(raw["valueCoding"])
        said = {name: as_text(coding.get(name)) for name in ("system", "code", "display")}
        return {"valueCoding": {name: text for name, text in said.items() if text}}
    if item_type in ("string", "text", "open-choice"):
        text = raw.get("valueString")
        return {"valueString": text} if isinstance(text, str) and text.strip() else None
    return _read_plain(raw.get(NAMES.get(item_type, "")), item_type)


def _read_plain(held: Any, item_type: str) -> Value | None:
    number = as_number(held)
    if item_type == "boolean" and as_flag(held) is not None:
        return {"valueBoolean": as_flag(held)}
    if item_type == "integer" and number is not None and number == int(number):
        return {"valueInteger": int(number)}
    if item_type == "decimal" and number is not None:
        return {"valueDecimal": number}
    day = dates.parse(held) if item_type == "date" else None
    return {"valueDate": day.text[:10]} if day else None
