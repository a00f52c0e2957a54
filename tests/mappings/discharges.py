"""Stays, emergency visits, calls and visits for the tests of what follows a discharge, in the fewest words."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fhir_profiles.terminology import concept
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.coding_systems import ACT_CODE, NUBC_DISCHARGE
from mappings.reading import ReadStatus
from tests.mappings.charts import NEW_YORK, chart_of

NUBC = {"home": "01", "health": "06", "snf": "03", "hospital": "02", "died": "20", "hospice": "50"}


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """A moment by the clock on the wall: "2026-11-19 14:30"; noon where no time is said."""
    moment = datetime.fromisoformat(text if ":" in text else f"{text} 12:00")
    return moment.replace(tzinfo=zone)


def encounter(
    start: str, end: str = "", *, klass: str = "IMP", went: str = "home", **more: Any
) -> dict[str, Any]:
    """One visit; a stay has an end and says where the patient went, "" for nothing."""
    period = {"start": at(start).isoformat(), **({"end": at(end).isoformat()} if end else {})}
    disposition = {"coding": [{"system": NUBC_DISCHARGE, "code": NUBC[went]}]} if went and end else None
    hospital = {"hospitalization": {"dischargeDisposition": disposition}} if disposition else {}
    body = {
        "resourceType": "Encounter",
        "id": f"e-{klass}-{start}".replace(" ", "T").replace(":", "").lower(),
        "status": "finished" if end else "in-progress",
        "class": {"system": ACT_CODE, "code": klass},
        "period": period,
        **(hospital if klass not in ("AMB", "VR", "EMER") else {}),
    }
    return body | more


def call(
    start: str, result: str = "talked", *, service: str = "transition", **outputs: str
) -> dict[str, Any]:
    """One contact with the patient by phone."""
    said = {"result": result, "service-type": service, "with": "patient", "mode": "phone", **outputs}
    systems = {
        "result": "contact-result",
        "service-type": "service-type",
        "with": "contact-with",
        "mode": "contact-mode",
        "staff": "staff-kind",
    }
    moment = at(start).isoformat()
    return {
        "resourceType": "Task",
        "id": str(uuid4()),
        "status": "completed" if result in ("talked", "refused") else "failed",
        "intent": "order",
        "code": concept("task-code", "contact"),
        "executionPeriod": {"start": moment, "end": moment},
        "output": [
            {"type": concept("task-output", name), "valueCodeableConcept": concept(systems[name], code)}
            for name, code in said.items()
        ],
    }


def booked(start: str) -> dict[str, Any]:
    """One appointment to come."""
    return {"resourceType": "Appointment", "id": "a1", "status": "booked", "start": at(start).isoformat()}


def discharged(*resources: dict[str, Any], **statuses: ReadStatus) -> Chart:
    """A chart in which visits, tasks and appointments were read."""
    read = {kind: ReadStatus.READ for kind in ("Encounter", "Task", "Appointment")}
    missing = {
        kind: status for kind, status in read.items() if kind not in {r["resourceType"] for r in resources}
    }
    return chart_of(*resources, **(missing | statuses))


def author(now: datetime) -> Authorship:
    """The nurse."""
    return Authorship("p1", "Walter Boone", "Practitioner/nurse", "Dana Whitfield, RN", None, None, now)
