"""On which page a launch lands: what the EHR, a CDS card or a task asked for, else where this user likes to begin.

Everything here came from outside. A word is compared with the words that are known and goes no further; a reference is
followed only to this EHR, only to this patient's records, and only to look what kind of thing it is.
https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#fhircontext
https://hl7.org/fhir/smart-app-launch/STU2.2/task-launch.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import orjson
from flask import url_for

from app.current import current_gateway
from app.ehr.compartment import names_patient
from app.launches import Launch
from app.logs import log_failure, short_hash
from mappings.launch_reason import is_discharge, is_open_to_do
from mappings.provider_question import parts_of
from smart_launch.errors import SmartError
from smart_launch.launch_context import ContextItem

PAGES: Mapping[str, str] = {
    "today": "today.show",
    "enrollment": "enrolment.show",
    "eligibility": "eligibility.show",
    "introduce": "introduce.show",
    "consent": "consent.show",
    "care-plan": "care_plan.show",
    "contact": "contact.show",
    "discharge": "transition.show",
}
"""What `intent`, or `page` in an appContext, may say, and the page it leads to. All else is ignored, as SMART asks."""

STEPS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "contact": {"discharge": re.compile(r"[A-Za-z0-9.-]{1,64}"), "template": re.compile(r"[a-z-]{1,40}")},
}
"""What an appContext may say beside `page`, for the page that takes it: the exact step that a card asks for."""

_REFERENCE = re.compile(r"(Encounter|Task|List)/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?")
_MEDICINES_ROLES = ("at-home", "at-hospital")
"""How the roles of the two medication lists end that a discharge is reconciled from; servers differ in the rest."""


def landing(launch: Launch, *, otherwise: Callable[[], str]) -> str:
    """The address of the first page; `otherwise` names the one to open where nothing known was asked for."""
    context = launch.grant.context
    told = _told(context.app_context)
    asked = next((page for page in (context.intent, told.get("page")) if page in PAGES), "")
    if asked:
        step = _step(told) if told.get("page") == asked else {}
        return url_for(PAGES[asked], launch_id=launch.id, **step)
    for item in context.fhir_context:
        address = _page_for(launch, item)
        if address:
            return address
    return url_for(PAGES.get(otherwise(), PAGES["today"]), launch_id=launch.id)


def _told(app_context: str | None) -> dict[str, str]:
    """The texts of an appContext that is a JSON object; {} for everything else."""
    try:
        told = orjson.loads(app_context or "")
    except orjson.JSONDecodeError:
        return {}
    found = told.items() if isinstance(told, dict) else ()
    return {name: value for name, value in found if isinstance(value, str)}


def _step(told: Mapping[str, str]) -> dict[str, Any]:
    """What of an appContext the page's address takes on; whose a discharge is, the page itself looks at."""
    known = STEPS.get(told["page"], {})
    return {name: told[name] for name, form in known.items() if form.fullmatch(told.get(name, ""))}


def _page_for(launch: Launch, item: ContextItem) -> str:
    found = _REFERENCE.fullmatch((item.reference or "").removeprefix(f"{launch.ehr.iss.rstrip('/')}/"))
    if found is None:
        return ""
    kind, resource_id = found[1], found[2]
    if kind == "List":
        medicines = item.role.endswith(_MEDICINES_ROLES)
        return url_for("today.show", launch_id=launch.id, at="medicines") if medicines else ""
    if item.role != "launch":
        return ""
    resource = _own(launch, kind, resource_id)
    if resource is None:
        return ""
    return (
        _page_for_visit(launch, resource_id, resource)
        if kind == "Encounter"
        else _page_for_task(launch, resource_id, resource)
    )


def _page_for_visit(launch: Launch, visit_id: str, encounter: dict[str, Any]) -> str:
    if not is_discharge(encounter):
        return ""
    return url_for("transition.show", launch_id=launch.id, visit=visit_id)


def _page_for_task(launch: Launch, task_id: str, task: dict[str, Any]) -> str:
    """A question opens where it is answered, another to-do of ours the contact form; other tasks stand on Today."""
    if is_open_to_do(task) and parts_of(task):
        return url_for("sbar_answer.show", launch_id=launch.id, task=task_id)
    if is_open_to_do(task):
        return url_for("contact.show", launch_id=launch.id, form=str(uuid4()), answers=task_id)
    return url_for("today.show", launch_id=launch.id, at="tasks", task=task_id)


def _own(launch: Launch, kind: str, resource_id: str) -> dict[str, Any] | None:
    """The resource, once it is seen to be this patient's; None where it is not, or may not be read."""
    try:
        resource = current_gateway().read(kind, resource_id)
    except SmartError as error:
        log_failure("context-not-read", error, launch=short_hash(launch.id), kind=kind)
        return None
    return resource if names_patient(resource, launch.patient_id, base=launch.ehr.iss) else None
