"""Why the EHR opened the app: after a discharge, for a task. What it named is looked at before a page follows it.

SMART's fhirContext names resources and says little of what is wanted with them; what a stay that has ended and an open
task ask of a care manager is decided here. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mappings import dates
from mappings.element import as_object
from mappings.encounter import Visit
from mappings.encounter_kind import kind_of
from mappings.identity import is_ours, task_kind
from mappings.terminology import status_code
from mappings.to_do import OPEN, ToDoView

_NOT_HAPPENED = frozenset({"planned", "cancelled", "entered-in-error"})
AFTER_DISCHARGE = "talk with the patient or family, and compare the medicines with those taken at home."
MEDICINES = "Opened for the discharge: compare the medicines below with those taken at home."


def is_discharge(encounter: dict[str, Any]) -> bool:
    """True for a hospital stay or emergency visit that has ended: somebody calls, and the medicines are compared."""
    kind = kind_of(encounter)
    ended = as_object(encounter.get("hospitalization")).get("dischargeDisposition") or as_object(
        encounter.get("period")
    ).get("end")
    happened = status_code(encounter.get("status")) not in _NOT_HAPPENED
    return bool(kind and (kind.stay or kind.emergency) and ended and happened)


def is_open_to_do(task: dict[str, Any]) -> bool:
    """True for an open to-do of ours: a contact may answer it."""
    return is_ours(task) and task_kind(task) == "to-do" and status_code(task.get("status")) in OPEN


def discharge_sentence(visit: Visit | None) -> str:
    """As "Opened for the discharge of 2 Nov 2026: talk with ..."; without a day where none is known."""
    end = visit.end if visit else None
    of = f" of {dates.day_words(end.date())}" if isinstance(end, datetime) else ""
    return f"Opened for the discharge{of}: {AFTER_DISCHARGE}"


def task_sentence(task: ToDoView | None) -> str:
    """As "Opened for this task: call about the glucose log, due Tue, in 3 days."."""
    if task is None:
        return "Opened for a task that is not among the open tasks of this chart."
    due = f", due {task.due_words}" if task.due_words else ""
    return f"Opened for this task: {task.text}{due}."
