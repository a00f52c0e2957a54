"""Shortest ways to say what a chart holds about who belongs in the program: problems, visits, medicines, results."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mappings.chart import Chart
from mappings.coding_systems import ICD10CM, LOINC, SNOMED
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW, chart_of

Resource = dict[str, Any]
ALL = ("Condition", "Encounter", "MedicationStatement", "MedicationRequest", "Observation", "Task")


def condition(number: int, code: str = "", text: str = "", *, system: str = ICD10CM, **more: Any) -> Resource:
    """An active problem; a code of digits alone is a SNOMED CT concept."""
    system = SNOMED if code.isdigit() else system
    coding = [{"system": system, "code": code}] if code else []
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "category": [{"coding": [{"code": "problem-list-item"}]}],
        "code": {"coding": coding, "text": text or code or f"Problem {number}"},
        **more,
    }


def visit(number: int, kind: str, days_ago: float, *, hours: float = 2, **more: Any) -> Resource:
    """A finished visit of a class (EMER, IMP, AMB) that began so many days before NOW."""
    start = NOW - timedelta(days=days_ago)
    return {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "status": "finished",
        "class": {"code": kind},
        "period": {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat()},
        **more,
    }


def at(number: int, kind: str, moment: datetime | str) -> Resource:
    """A finished visit that began at a moment, or on a day of which nothing more is known."""
    start = moment if isinstance(moment, str) else moment.isoformat()
    return {**visit(number, kind, 0), "period": {"start": start, "end": start}}


def medicine(number: int, **more: Any) -> Resource:
    """An active order."""
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": f"Medicine {number}"},
        **more,
    }


def a1c(value: float, *, days_ago: int = 10, unit: str = "%") -> Resource:
    """A final A1c."""
    return {
        "resourceType": "Observation",
        "id": f"o{value:g}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "4548-4"}]},
        "effectiveDateTime": (NOW - timedelta(days=days_ago)).isoformat(),
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }


def pressure(value: float) -> Resource:
    """A final systolic pressure."""
    return {
        "resourceType": "Observation",
        "id": f"bp{value:g}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
        "effectiveDateTime": (NOW - timedelta(days=5)).isoformat(),
        "component": [
            {
                "code": {"coding": [{"system": LOINC, "code": code}]},
                "valueQuantity": {"value": number, "unit": "mm[Hg]"},
            }
            for code, number in (("8480-6", value), ("8462-4", 80))
        ],
    }


def read_chart(*resources: Resource, patient: Resource | None = None, **statuses: ReadStatus) -> Chart:
    """A chart of which everything was read but what `statuses` says otherwise of."""
    there = {each["resourceType"] for each in resources}
    missing = {kind: ReadStatus.READ for kind in ALL if kind not in there}
    return chart_of(*resources, patient=patient, **{**missing, **statuses})
