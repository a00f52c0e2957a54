"""One measured value out of an Observation: the number, its unit and when it was measured.

`value[x]` may be a Quantity, an integer, or a string holding either
(https://hl7.org/fhir/R4/observation.html): the PHQ-9 example of US Core itself is a string. A string that is
no number is shown as sent and enters no trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings import dates
from mappings.coding_systems import UCUM
from mappings.element import as_number, as_object, as_text, relative_reference
from mappings.reading_kinds import ReadingKind, Unit
from mappings.terminology import status_code, status_words, words_of

_LEFT_OUT = frozenset({"entered-in-error", "cancelled"})
_SETTLED = frozenset({"", "final", "amended", "corrected"})


@dataclass(frozen=True)
class Measurement:
    """One value. `number` is None for words; `comparator` is "<" and the like; `status` only when unsettled."""

    number: float | None
    unit: Unit
    words: str
    when: dates.FhirDate | None
    comparator: str = ""
    diastolic: float | None = None
    status: str = ""
    reference: str = ""


def is_usable(observation: dict[str, Any]) -> bool:
    """False for a result that was taken back or never made."""
    return status_code(observation.get("status")) not in _LEFT_OUT


def measured_when(observation: dict[str, Any]) -> dates.FhirDate | None:
    """When it was measured; else, for want of better, when it was issued."""
    period = as_object(observation.get("effectivePeriod"))
    said = (
        observation.get("effectiveDateTime"),
        observation.get("effectiveInstant"),
        period.get("end"),
        period.get("start"),
        observation.get("issued"),
    )
    return next((when for value in said if (when := dates.parse(value))), None)


def measurement_of(observation: dict[str, Any], kind: ReadingKind) -> Measurement | None:
    """The value of an Observation; None when it holds none (a panel, an absent or empty value)."""
    quantity = as_object(observation.get("valueQuantity"))
    number, unit = quantity_of(observation, kind)
    said = as_text(observation.get("valueString")) or words_of(observation.get("valueCodeableConcept"))
    comparator = as_text(quantity.get("comparator"))
    if number is None and not said:
        return None
    return Measurement(
        number=number,
        unit=unit,
        words=_words(number, unit, comparator) if number is not None else said,
        when=measured_when(observation),
        comparator=comparator,
        status=unsettled_words(observation),
        reference=relative_reference(observation),
    )


def quantity_of(holder: dict[str, Any], kind: ReadingKind) -> tuple[float | None, Unit]:
    """The number and unit of an Observation or a component, from whichever `value[x]` holds a number."""
    quantity = as_object(holder.get("valueQuantity"))
    number = as_number(quantity.get("value"))
    if number is not None:
        return number, _unit(quantity, kind)
    plain = (holder.get("valueInteger"), holder.get("valueDecimal"), holder.get("valueString"))
    return next((value for item in plain if (value := as_number(item)) is not None), None), kind.unit_for("")


def _unit(quantity: dict[str, Any], kind: ReadingKind) -> Unit:
    """By the UCUM code where there is one, else by the printed unit."""
    code, printed = as_text(quantity.get("code")), as_text(quantity.get("unit"))
    system = as_text(quantity.get("system"))
    said = (code, printed) if system in (UCUM, "") else (printed, code)
    known = (kind.unit_for(unit) for unit in said if unit)
    candidates = list(known) or [kind.unit_for("")]
    return next((unit for unit in candidates if unit in kind.units), candidates[-1])


def _words(number: float, unit: Unit, comparator: str) -> str:
    parts = (comparator, unit.shown(number), unit.words or "(unit not recorded)")
    return " ".join(part for part in parts if part)


def unsettled_words(observation: dict[str, Any]) -> str:
    """As "preliminary" and the like; "" for a settled result."""
    status = status_code(observation.get("status"))
    return "" if status in _SETTLED else status_words(status)


def newest_first(measurements: list[Measurement]) -> list[Measurement]:
    """The measurements, newest first, undated last."""
    return sorted(measurements, key=lambda item: dates.newest_first_key(item.when))
