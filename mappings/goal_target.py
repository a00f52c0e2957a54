"""A goal's target: what is measured, the value to reach, the day.

`measure` stands with every `detail[x]` (gol-1, https://hl7.org/fhir/R4/goal.html#invs); words of one's own are as good
as a LOINC code, because most of what matters to a patient has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from mappings import attainment, dates, pick_lists
from mappings.element import as_number, as_object, as_objects, as_text
from mappings.terminology import words_of

SCALE_MEASURE = "scale"
SCALE_WORDS = "Attainment scale, expected:"
_COMPARATORS = {"<=": "at or below", "<": "below", ">=": "at or above", ">": "above"}


@dataclass(frozen=True)
class GoalEntry:
    """One SMART goal from a form. `measure` is a pick-list code with `value` and `comparator`, "own" with words,
    or "scale" with five `levels`."""

    text: str
    patients_words: str
    by_patient: bool
    measure: str
    comparator: str
    value: str
    own_measure: str
    own_target: str
    due: date
    how: str
    importance: int | None
    confidence: int | None
    expressed_by: str = ""
    """ "patient", "caregiver", "care-manager", "provider" or a RelatedPerson reference; "" as `by_patient` says."""
    expressed_name: str = ""
    """Who that is, for a caregiver who is not on file."""
    why: str = ""
    more_confident: str = ""
    """What would make the confidence higher, in the patient's words."""
    term: str = ""
    """ "short-term", "long-term" or ""."""
    start: date | None = None
    addresses: tuple[str, ...] = ()
    accepted: str = ""
    """ "agree", "pending", "disagree" or ""."""
    levels: tuple[str, ...] = ()
    """The five levels of attainment in words, from much less to much more than expected; or ()."""

    @property
    def whose(self) -> str:
        """Who expressed it, whether or not the form asked in detail."""
        return self.expressed_by or ("patient" if self.by_patient else "care-manager")


def target_of(entry: GoalEntry) -> dict[str, Any]:
    due = {"dueDate": entry.due.isoformat()}
    measure = pick_lists.measures().get(entry.measure)
    if entry.measure == SCALE_MEASURE:
        code = {"system": "http://loinc.org", "code": attainment.LOINC}
        expected = entry.levels[attainment.STEPS.index(0)]
        return {"measure": {"coding": [code], "text": SCALE_WORDS}, "detailString": expected, **due}
    if measure is None:
        return {"measure": {"text": entry.own_measure}, "detailString": entry.own_target, **due}
    coding = {"system": "http://loinc.org", "code": measure.loinc}
    quantity = {
        "value": float(entry.value) if "." in entry.value else int(entry.value),
        "comparator": entry.comparator or measure.comparator,
        "unit": measure.unit,
        "system": "http://unitsofmeasure.org",
        "code": measure.ucum,
    }
    return {"measure": {"coding": [coding], "text": measure.label}, "detailQuantity": quantity, **due}


def target_words(target: dict[str, Any]) -> str:
    measure = words_of(target.get("measure"))
    span = as_object(target.get("detailRange"))
    low, high = quantity_words(span.get("low")), quantity_words(span.get("high"))
    detail = (
        as_text(target.get("detailString"))
        or quantity_words(target.get("detailQuantity"))
        or words_of(target.get("detailCodeableConcept"))
        or (f"{low} to {high}" if low and high else low or high)
    )
    return f"{measure} {detail}".strip()


def quantity_words(quantity: Any) -> str:
    """A Quantity of any writer: "at or below 8.0 %"; "" without a number."""
    found = as_object(quantity)
    number = as_number(found.get("value"))
    if number is None:
        return ""
    raw = found.get("value")
    value = raw if isinstance(raw, str) else f"{number:g}" if isinstance(raw, int) else str(raw)
    comparator = _COMPARATORS.get(as_text(found.get("comparator")), "")
    return " ".join(
        filter(None, (comparator, value, as_text(found.get("unit")) or as_text(found.get("code"))))
    )


def due_day(goal: dict[str, Any]) -> date | None:
    parsed = (dates.parse(target.get("dueDate")) for target in as_objects(goal.get("target")))
    days = [each.day for each in parsed if each and each.precision >= dates.Precision.DAY]
    return min(days, default=None)
