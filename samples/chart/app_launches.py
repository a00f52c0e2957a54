"""The ways from one row of the chart into the app: for a visit, after a discharge, for a task.

Each is a launch with what SMART lets an EHR say of it. An Encounter stands in `fhirContext` only with a role other
than `launch` (https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#fhir-context); a Task that
asks for a launch brings its own appContext (https://hl7.org/fhir/smart-app-launch/STU2.2/task-launch.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from samples.chart.words import listed, mapping, text

PARAMETERS: Final = (
    "encounter", "intent", "fhirContext", "appContext", "tenant", "need_patient_banner", "smart_style_url",
)  # fmt: skip
"""What the address of a chart may carry into a launch."""

DISCHARGE_ROLE: Final = "https://riverbend.example/smart/role/discharge"
RECONCILE: Final = "reconcile-medications"
"""The word that the guide itself uses for this intent."""

_STAYS: Final = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS"})
_DIED: Final = frozenset({"exp", "20"})
_APP_CONTEXT: Final = "smartonfhir-appcontext"


@dataclass(frozen=True)
class AppLaunch:
    """One link: its words, and what the launch carries beside patient and user."""

    words: str
    parameters: Mapping[str, str]


def launches_of(resource: Mapping[str, Any]) -> tuple[AppLaunch, ...]:
    """The launches that a row of the chart offers; none for what is in error."""
    resource_id = text(resource.get("id"))
    if text(resource.get("status")) == "entered-in-error" or not resource_id:
        return ()
    if resource.get("resourceType") == "Encounter":
        return _of_visit(resource, resource_id)
    return (_of_task(resource, resource_id),) if resource.get("resourceType") == "Task" else ()


def _of_visit(resource: Mapping[str, Any], resource_id: str) -> tuple[AppLaunch, ...]:
    visit = AppLaunch("Open Chartside for this visit", {"encounter": resource_id})
    if not _is_discharge_home(resource):
        return (visit,)
    context = [{"reference": f"Encounter/{resource_id}", "role": DISCHARGE_ROLE}]
    discharge = {"encounter": resource_id, "intent": RECONCILE, "fhirContext": orjson.dumps(context).decode()}
    return (AppLaunch("Reconcile medicines in Chartside", discharge), visit)


def _is_discharge_home(resource: Mapping[str, Any]) -> bool:
    """True for a stay that is over and that the patient survived."""
    stay = text(mapping(resource.get("class")).get("code")) in _STAYS
    disposition = mapping(mapping(resource.get("hospitalization")).get("dischargeDisposition"))
    codes = {text(mapping(coding).get("code")) for coding in listed(disposition.get("coding"))}
    over = bool(text(mapping(resource.get("period")).get("end")))
    return text(resource.get("status")) == "finished" and stay and over and not codes & _DIED


def _of_task(resource: Mapping[str, Any], resource_id: str) -> AppLaunch:
    carried = {"fhirContext": orjson.dumps([{"reference": f"Task/{resource_id}"}]).decode()}
    kind, _, encounter = text(mapping(resource.get("encounter")).get("reference")).rpartition("/")
    if kind == "Encounter":
        carried["encounter"] = encounter
    for each in map(mapping, listed(resource.get("input"))):
        codes = {
            text(mapping(coding).get("code")) for coding in listed(mapping(each.get("type")).get("coding"))
        }
        if _APP_CONTEXT in codes and text(each.get("valueString")):
            carried["appContext"] = text(each.get("valueString"))
    return AppLaunch("Open in Chartside", carried)
