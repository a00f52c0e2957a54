"""The shortest ways to give a chart and to fill in the template of a condition, for these tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from mappings import contact_record
from mappings.chart import Chart
from mappings.coding_systems import LOINC, SNOMED, UCUM
from mappings.condition_template import ConditionTemplate, condition_template
from mappings.contact_save import contact_resources, parse_contact
from mappings.narrative import read_fixed_line
from mappings.questionnaire.definition import Item
from mappings.questionnaire.field import field_of
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW, coded
from tests.mappings.shelf import CONTACT, DIABETES, Shelf, author, entry_of

Resource = dict[str, Any]
EYE, FOOT = "722161008", "401191002"
ALL = ("Condition", "Encounter", "Observation", "Procedure", "Appointment", "CareTeam", "Goal", "Task")


def named(name: str) -> ConditionTemplate:
    """A template that is there."""
    found = condition_template(name)
    assert found is not None
    return found


def shown(shelf: Shelf, *more: Resource, **statuses: ReadStatus) -> Chart:
    """The shelf's chart with these beside it; every type was read, except those that `statuses` says otherwise of."""
    held = [*shelf.kept.values(), *more]
    read = {
        kind: Reading(kind, ReadStatus.READ, tuple(each for each in held if each["resourceType"] == kind))
        for kind in ALL
    }
    other = {kind: Reading(kind, status) for kind, status in statuses.items()}
    return replace(shelf.chart(), readings={**shelf.chart().readings, **read, **other})


def result(code: str, value: float, when: str, unit: str = "%") -> Resource:
    """A laboratory result."""
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return {
        "resourceType": "Observation",
        "id": f"{code}-{when}",
        "status": "final",
        "code": coded(LOINC, code),
        "effectiveDateTime": when,
        "valueQuantity": quantity,
    }


def exam(code: str, when: str | dict[str, str], **more: Any) -> Resource:
    """A procedure that was done, on a day or in a period."""
    name = "performedDateTime" if isinstance(when, str) else "performedPeriod"
    return {"resourceType": "Procedure", "id": f"{code}-1", "status": "completed", name: when} | {
        "code": coded(SNOMED, code),
        **more,
    }


def typed(template: ConditionTemplate, today: date | None = None) -> dict[str, tuple[str, ...]]:
    """Every question of a template answered, as a form sends it on that day."""
    day = today or NOW.date()
    asked = (item for item in template.definition.questions if item.is_asked)
    return {field_of(item.link_id): _typed(item, day) for item in asked}


def _typed(item: Item, today: date) -> tuple[str, ...]:
    if item.options:
        keys = tuple(option.key for option in item.options)
        return keys[:2] if item.repeats else keys[:1]
    if item.type == "date":
        return (today.isoformat(),)
    # Of two ends the second must not lie below the first; the same for both does not.
    number = item.limits.low or "1"
    return (number,) if item.type in ("integer", "decimal") else (f"Words; of {item.label}: her own",)


def without_contained(resource: Resource) -> Resource:
    """As a server gives it back that keeps nothing inside another resource."""
    return {key: value for key, value in resource.items() if key != "contained"}


def line_alone(resource: Resource) -> Resource:
    """As a server gives it back that keeps neither what is inside nor what is coded."""
    lost = {"contained", "output", "businessStatus", "extension", "text"}
    return {key: value for key, value in resource.items() if key not in lost}


def outputs_alone(resource: Resource) -> Resource:
    """As a server gives it back that keeps no note."""
    return {key: value for key, value in resource.items() if key not in {"contained", "note"}}


def visited(
    *more: Resource, lose: Callable[[Resource], Resource] | None = None, **form: Any
) -> tuple[Shelf, Resource]:
    """A shelf after one contact with a diabetes template, and that contact as the EHR kept it."""
    shelf = Shelf(DIABETES, lose=lose)
    filed = filed_on(shelf, *more, **{"template": ["diabetes"], **form})
    return shelf, filed[0]


def filed_on(shelf: Shelf, *more: Resource, **form: Any) -> tuple[Resource, ...]:
    chart = shown(shelf, *more)
    entry = entry_of(parse_contact({**CONTACT, **form}, chart=chart, now=NOW))
    return shelf.file(contact_resources(entry, chart, author(), shelf.form_id()))


def told(task: Resource) -> dict[str, str]:
    return read_fixed_line(task["note"][0]["text"], contact_record.LINE)


def output(task: Resource, code: str) -> dict[str, Any]:
    """The value of the one output of this code."""
    (found,) = [
        each
        for each in task.get("output", ())
        if any(coding["code"] == code for coding in each["type"]["coding"])
    ]
    return {name: value for name, value in found.items() if name != "type"}


def in_words(value: dict[str, Any]) -> str:
    """An output as one text."""
    (held,) = value.values()
    if not isinstance(held, dict):
        return str(held)
    if "low" in held or "high" in held:
        return " to ".join(
            f"{held[end]['value']} {held[end]['unit']}" for end in ("low", "high") if end in held
        )
    return str(held.get("text") or f"{held['value']} {held.get('unit', '')}".strip())


LOSSES = (lambda resource: resource, without_contained, line_alone, outputs_alone)
KEPT = ("all kept", "nothing inside", "the line alone", "the outputs alone")
