"""Stays, emergency visits, calls and visits for the tests of what follows a discharge, in the fewest words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fhir_profiles.terminology import concept
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.coding_systems import ACT_CODE, NUBC_DISCHARGE
from mappings.coordination import coordination_defaults, coordination_resources, parse_coordination
from mappings.reading import Reading, ReadStatus
from mappings.transition_form import checklist_resources, parse_checklist
from tests.mappings.charts import NEW_YORK, NOW, chart_of

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


def gone_through(chart: Chart, form_id: UUID) -> tuple[dict[str, Any], ...]:
    """What the two forms file after a discharge of 19 Nov 2026 at the usual moment of the tests, everything ticked."""
    stay = Reading("Encounter", ReadStatus.READ, (encounter("2026-11-16", "2026-11-19 14:30"),))
    of = replace(chart, readings={**chart.readings, "Encounter": stay})
    kinds = ("discharge-call", "discharge-visit", "discharge-medicines")
    ticks = {"done": ("symptoms", "warning-signs"), "teach_back": ("partly",), "note": ("Sleeps in a chair",)}
    signs = {"signs": ("more swelling",), "plan": kinds}
    checklist = parse_checklist({**ticks, **signs}, chart=of, now=NOW).entry
    asked = {"name": ("Lakeside Cardiology",), "phone": ("513-555-0100",), "text": ("Send the echo",)}
    task = parse_coordination({**coordination_defaults(of, now=NOW), **asked}, chart=of, now=NOW).entry
    assert checklist is not None
    assert task is not None
    made = author(NOW)
    return (
        *checklist_resources(checklist, of, made, form_id),
        *coordination_resources(task, of, made, form_id),
    )
