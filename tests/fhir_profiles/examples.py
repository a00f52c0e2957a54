"""The examples of our profiles, freshly loaded for each use, and small ways to break them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from typing import Any

from tests.conftest import ROOT

Resource = dict[str, Any]
Change = Callable[[Resource], None]
FOLDER = ROOT / "fhir_profiles" / "examples"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))

CARE_PLAN = "CarePlan-example-care-plan"
CONSENT = "Consent-example-consent"
GOAL = "Goal-example-goal"
CONTACT = "Task-example-contact"
TO_DO = "Task-example-to-do"
STATE = "Task-example-state"
PLAN_REVIEW = "Task-example-plan-review"
TRANSITION = "Task-example-transition"
NEEDS_CARD = "Task-example-needs-card"
RECONCILIATION = "Task-example-medication-reconciliation"
PLAN_SHARED = "Task-example-plan-shared"
ELIGIBILITY = "Task-example-eligibility"
REFERRAL = "Task-example-referral"
ASSESSMENT = "Task-example-assessment"
SHARING = "Consent-example-sharing"
DOCUMENT = "DocumentReference-example-document"


def example(name: str) -> Resource:
    """One example, to do with as one likes."""
    return json.loads((FOLDER / f"{name}.json").read_bytes())


def put(path: str, value: Any) -> Change:
    """Set the element at a path such as ``output.0.valueInteger``; a number indexes a list."""
    *way, last = _keys(path)

    def change(resource: Resource) -> None:
        _inside(resource, way)[last] = value

    return change


def drop(path: str) -> Change:
    """Remove the element at the path."""
    *way, last = _keys(path)

    def change(resource: Resource) -> None:
        del _inside(resource, way)[last]

    return change


def add(path: str, value: Any) -> Change:
    """Append to the list at the path."""

    def change(resource: Resource) -> None:
        _inside(resource, _keys(path)).append(value)

    return change


def both(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(resource: Resource) -> None:
        for each in changes:
            each(resource)

    return change


def _keys(path: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in path.split(".")]


def _inside(resource: Resource, keys: list[Any]) -> Any:
    return reduce(lambda inside, key: inside[key], keys, resource)


def output(resource: Resource, code: str) -> Resource:
    """The output of a contact with this code."""
    return next(each for each in resource["output"] if each["type"]["coding"][0]["code"] == code)
