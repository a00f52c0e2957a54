"""A dosage instruction as one line a nurse can read to the patient.

The prescriber's own words come first; only where an EHR sends none is the line built from dose, route and
timing (https://hl7.org/fhir/R4/dosage.html). Nothing is rounded or converted, and no unit is supplied where
none was said.
"""

from __future__ import annotations

from typing import Any

from mappings.element import as_flag, as_number, as_object, as_objects, as_text
from mappings.terminology import all_words_of, words_of

_UNITS = {
    "s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year",
}  # fmt: skip
_TIMES: dict[float, str] = {1: "once", 2: "twice"}


def dosage_words(dosages: Any) -> str:
    """Every instruction in order, "then" between them; "" when nothing was said."""
    lines = (_line(dosage) for dosage in as_objects(dosages))
    return ", then ".join(dict.fromkeys(line for line in lines if line))


def _line(dosage: dict[str, Any]) -> str:
    said = as_text(dosage.get("text")) or as_text(dosage.get("patientInstruction"))
    if said:
        return said
    parts = (
        _dose(dosage),
        words_of(dosage.get("route")),
        _timing(as_object(dosage.get("timing"))),
        _as_needed(dosage),
        all_words_of(dosage.get("additionalInstruction")),
    )
    return ", ".join(part for part in parts if part)


def _dose(dosage: dict[str, Any]) -> str:
    rate = as_object(dosage.get("doseAndRate"))
    quantity = quantity_words(rate.get("doseQuantity"))
    if quantity:
        return quantity
    span = as_object(rate.get("doseRange"))
    low, high = quantity_words(span.get("low")), quantity_words(span.get("high"))
    return f"{low} to {high}" if low and high else low or high


def quantity_words(quantity: Any) -> str:
    """As "500 mg" or "< 4 %": value as sent, unit as sent; "" without a value."""
    body = as_object(quantity)
    value = as_number(body.get("value"))
    if value is None:
        return ""
    unit = as_text(body.get("unit")) or as_text(body.get("code"))
    parts = (as_text(body.get("comparator")), number_words(value), "" if unit == "1" else unit)
    return " ".join(part for part in parts if part)


def number_words(value: float) -> str:
    """The number without a needless decimal point: 8.0 is "8", 8.60 is "8.6"."""
    return f"{value:.10g}"


def _timing(timing: dict[str, Any]) -> str:
    coded = words_of(timing.get("code"))
    repeat = as_object(timing.get("repeat"))
    frequency, period = as_number(repeat.get("frequency")), as_number(repeat.get("period"))
    unit = as_text(repeat.get("periodUnit"))
    if coded or not period or not unit:
        return coded
    span = _UNITS.get(unit, unit)
    every = f"every {span}" if period == 1 else f"every {number_words(period)} {span}s"
    if frequency is None or (frequency == 1 and period != 1):
        return every
    per = f"a {span}" if period == 1 else every
    return f"{_TIMES.get(frequency) or f'{number_words(frequency)} times'} {per}"


def _as_needed(dosage: dict[str, Any]) -> str:
    reason = words_of(dosage.get("asNeededCodeableConcept"))
    if reason:
        return f"as needed for {reason}"
    return "as needed" if as_flag(dosage.get("asNeededBoolean")) else ""
