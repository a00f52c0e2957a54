"""What a referral files: its Task, the question for an order, and the order itself where the EHR takes one.

The Task follows SDOH Clinical Care. It claims that guide's profile only where a ServiceRequest goes with it in one
transaction and the one who asks is a PractitionerRole or an Organization, since the profile demands both.
https://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition-SDOHCC-TaskForReferralManagement.html
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import concept
from mappings import dates, pick_lists
from mappings.authorship import Authorship, annotation, instant, patient_reference, user_reference
from mappings.cadence import working_day
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.condition import problems
from mappings.element import as_object, as_text
from mappings.episode import TITLE, open_plan
from mappings.identity import full_url, reference_to, stamp
from mappings.narrative import fixed_line, narrative
from mappings.referral_state import RESUMED
from mappings.referral_time import time_records
from mappings.resource_referral import LINE
from mappings.resource_referral_form import ORDERS, ResourceReferralEntry
from mappings.resource_topic import topic_rules
from mappings.to_do import ToDoEntry, to_do_resource

RESOURCE_SYSTEM = "https://chartside.example/fhir/sid/resource"
SDOH_TASK = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"
_FULFILL = {
    "system": "http://hl7.org/fhir/CodeSystem/task-code",
    "code": "fulfill",
    "display": "Fulfill the focal request",
}
_ORDER_DAYS = 2


def offered_problems(chart: Chart, now: datetime) -> dict[str, str]:
    """The problems of the list that may be the reason: id -> words."""
    return {row.id: row.text for row in problems(chart, now=now).rows if row.id}


def referral_resources(
    entry: ResourceReferralEntry, chart: Chart, author: Authorship, form_id: UUID, *, order: bool = False
) -> tuple[dict[str, Any], ...]:
    """The records of one referral. `order`: a ServiceRequest goes with it, in the same transaction."""
    asks = _asks(chart, author)
    request = _request(entry, chart, author, form_id, asks) if order and not entry.order_of else None
    task = _task(entry, chart, author, form_id, request, asks)
    made = [request, task] if request else [task]
    if entry.order == "needed":
        made.append(_order_to_do(entry, chart, author, form_id))
    said = f"Referral to {entry.resource.name}: {entry.need}"
    return *made, *time_records(entry.minutes, said, chart, author, form_id)


def _asks(chart: Chart, author: Authorship) -> dict[str, Any]:
    """Who asks, as SDOH Clinical Care wants it: the user's role, else the practice; {} where neither is known."""
    if author.user and author.user.startswith("PractitionerRole/"):
        return user_reference(author)
    practice = as_object(chart.patient.get("managingOrganization"))
    named = chart.at_home(practice)
    if not named.startswith("Organization/"):
        return {}
    display_ = as_text(practice.get("display"))
    return {"reference": named, **({"display": display_} if display_ else {})}


def _task(
    entry: ResourceReferralEntry,
    chart: Chart,
    author: Authorship,
    form_id: UUID,
    request: dict[str, Any] | None,
    asks: dict[str, Any],
) -> dict[str, Any]:
    plan = open_plan(chart)
    moment = instant(author.now)
    guide = bool(request and asks)
    facts = _facts(entry, author)
    notes = [annotation(fixed_line(LINE, facts), author)]
    task: dict[str, Any] = {
        "resourceType": "Task",
        **({"basedOn": [reference_to(plan, TITLE)]} if plan else {}),
        "status": RESUMED[entry.begun],
        "businessStatus": concept("referral-state", entry.begun),
        "intent": "order",
        "priority": entry.priority,
        "code": _code(entry, guide=guide),
        "description": entry.need,
        **_focus(entry, request),
        "for": patient_reference(author),
        "authoredOn": moment,
        "lastModified": moment,
        "requester": asks if guide else user_reference(author),
        "owner": owner(entry),
        **_reason(entry, chart, author),
        "note": [*notes, *([annotation(entry.note, author)] if entry.note else [])],
        "restriction": {"period": {"end": entry.due.isoformat()}},
        **_outputs(entry),
    }
    also = (SDOH_TASK,) if guide else ()
    return with_text(
        stamp(task, profile="task-referral", form_id=form_id, slot="resource-referral", also=also)
    )


def _focus(entry: ResourceReferralEntry, request: dict[str, Any] | None) -> dict[str, Any]:
    """The order that the referral is about: the one filed with it, or that of the EHR."""
    if request:
        return {"focus": {"reference": full_url(request), "display": "The order"}}
    held = entry.order_of
    return {"focus": {"reference": held.reference, "display": held.text}} if held else {}


def _code(entry: ResourceReferralEntry, *, guide: bool) -> dict[str, Any]:
    code: dict[str, Any] = concept("task-code", "referral", f"Referral: {entry.need}")
    return {**code, "coding": [*code["coding"], *([dict(_FULFILL)] if guide else [])]}


def owner(entry: ResourceReferralEntry) -> dict[str, Any]:
    """Who is asked: the EHR's record of them where the directory names one, else by their name and our row's id."""
    name = {"display": entry.resource.name}
    if entry.resource.reference:
        return {"reference": entry.resource.reference, **name}
    if entry.in_directory:
        return {"identifier": {"system": RESOURCE_SYSTEM, "value": entry.resource.id}, **name}
    return name


def _reason(entry: ResourceReferralEntry, chart: Chart, author: Authorship) -> dict[str, Any]:
    found = next((row for row in problems(chart, now=author.now).rows if row.id == entry.problem), None)
    if not entry.problem or found is None:
        return {}
    return {"reasonReference": {"reference": f"Condition/{found.id}", "display": found.text}}


def _facts(entry: ResourceReferralEntry, author: Authorship) -> list[tuple[str, str]]:
    """Labels and words of the line that Chartside reads again, and that stands in the text."""
    labels = pick_lists.shared_facts()
    appointment = entry.appointment.isoformat() if entry.appointment else ""
    return [
        ("To", entry.resource.name),
        ("Who", topic_rules().kinds[entry.resource.kind].words),
        ("Topic", topic_rules().topics[entry.topic]),
        ("Directory", entry.resource.id),
        ("Phone", entry.resource.phone),
        ("Told", " / ".join(labels[each] for each in entry.facts) or "nothing: the patient contacts them"),
        ("Permission", entry.permission),
        ("Warm hand-off", entry.hand_off),
        ("Appointment", appointment),
        ("Order", ORDERS[entry.order] if entry.order != "none" else ""),
        ("Ordered on", _ordered(entry)),
    ]


def _ordered(entry: ResourceReferralEntry) -> str:
    return entry.order_of.ordered.isoformat() if entry.order_of and entry.order_of.ordered else ""


def _outputs(entry: ResourceReferralEntry) -> dict[str, Any]:
    found = []
    if entry.hand_off:
        found.append({"type": concept("task-output", "warm-hand-off"), "valueString": entry.hand_off})
    if entry.appointment:
        day = entry.appointment.isoformat()
        found.append({"type": concept("task-output", "appointment-day"), "valueDate": day})
    return {"output": found} if found else {}


def _request(
    entry: ResourceReferralEntry, chart: Chart, author: Authorship, form_id: UUID, asks: dict[str, Any]
) -> dict[str, Any]:
    """The order: what is asked for, of whom, for whom and why."""
    reason = _reason(entry, chart, author)
    made: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "priority": entry.priority,
        "code": {"text": entry.need},
        "subject": patient_reference(author),
        "authoredOn": instant(author.now),
        "requester": asks or user_reference(author),
        "performer": [owner(entry)],
        **({"reasonReference": [reason["reasonReference"]]} if reason else {}),
    }
    facts = [
        ("What", entry.need),
        ("To", entry.resource.name),
        ("Patient", author.patient_name),
        ("Asked by", author.user_name),
        ("On", dates.day_words(author.now.date())),
    ]
    made["text"] = narrative("Referral order", facts)
    return stamp(made, profile="referral-order", form_id=form_id, slot="referral-order")


def _order_to_do(
    entry: ResourceReferralEntry, chart: Chart, author: Authorship, form_id: UUID
) -> dict[str, Any]:
    """The question to the provider, without whose order a supplier delivers nothing."""
    plan = open_plan(chart)
    to_do = ToDoEntry(
        text=f"Order needed: {entry.need}, for {entry.resource.name}",
        due=working_day(author.now.date() + timedelta(days=_ORDER_DAYS)),
        owner="provider",
        priority=entry.priority,
        kind="ask-provider",
    )
    return to_do_resource(
        to_do,
        author,
        form_id,
        slot="supply-order",
        plan=reference_to(plan, TITLE) if plan else None,
        provider=primary_care_provider(chart),
    )


def with_text(task: dict[str, Any]) -> dict[str, Any]:
    """The Task with its narrative made anew from what it says itself."""
    notes = [as_text(each.get("text")) for each in task.get("note", [])]
    state = as_object(task.get("businessStatus"))
    facts = [
        ("What", as_text(task.get("description"))),
        ("Asked", as_text(as_object(task.get("owner")).get("display"))),
        ("Patient", as_text(as_object(task.get("for")).get("display"))),
        ("Where it stands", as_text(state.get("text"))),
        ("Status", as_text(task.get("status"))),
        ("Why", as_text(as_object(task.get("statusReason")).get("text"))),
        ("Sent on", dates.plain_words(task.get("authoredOn"))),
        ("Asked by", as_text(as_object(task.get("requester")).get("display"))),
        ("For", as_text(as_object(task.get("reasonReference")).get("display"))),
        (
            "Hear by",
            dates.plain_words(as_object(as_object(task.get("restriction")).get("period")).get("end")),
        ),
        ("Priority", as_text(task.get("priority"))),
    ]
    return {**task, "text": narrative("Referral", facts, note="\n".join(filter(None, notes)))}
