"""Charts for the mapping tests: a moment, and the shortest way to say what was read."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mappings.chart import Chart
from mappings.reading import Reading, ReadStatus

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 21, 9, 14, tzinfo=NEW_YORK)  # a Saturday
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p1"}


def chart_of(
    *resources: dict[str, Any], patient: dict[str, Any] | None = None, **statuses: ReadStatus
) -> Chart:
    """A chart in which these resources were read; `statuses` adds reads of other types that ended otherwise."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in resources:
        found[resource["resourceType"]].append(resource)
    readings = {kind: Reading(kind, ReadStatus.READ, tuple(items)) for kind, items in found.items()}
    readings |= {kind: Reading(kind, status) for kind, status in statuses.items()}
    return Chart(PATIENT if patient is None else patient, readings)


def coded(system: str, code: str, display: str = "") -> dict[str, Any]:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}]}
