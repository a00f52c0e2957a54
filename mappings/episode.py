"""The CarePlan of one enrolment episode: how ours is found, and how every version of it is worded.

One plan per episode: a draft from consent on, active once agreed, completed or revoked at the close. What others
added to it in the EHR is kept through every update (https://hl7.org/fhir/R4/careplan.html; US Core 6.1 CarePlan).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import coding
from mappings import dates
from mappings.authorship import Authorship, instant, patient_reference, user_reference
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.identity import US_CORE_CARE_PLAN, own, stamp, updated_key
from mappings.narrative import narrative
from mappings.terminology import status_code, words_of

OPEN = frozenset({"draft", "active", "on-hold"})
ASSESS_PLAN = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"
TITLE = "Care management plan"


def own_plans(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Our CarePlans, the latest episode first."""
    plans = sorted(own(chart, "CarePlan"), key=updated_key, reverse=True)
    return tuple(sorted(plans, key=lambda plan: dates.newest_first_key(_start(plan))))


def open_plan(chart: Chart) -> dict[str, Any] | None:
    """Our plan that has not ended: an active one before a resting one before a draft; None where there is none."""
    order = ("active", "on-hold", "draft")
    found = [plan for plan in own_plans(chart) if status_code(plan.get("status")) in OPEN]
    return min(found, key=lambda plan: order.index(status_code(plan.get("status"))), default=None)


def _start(plan: dict[str, Any]) -> dates.FhirDate | None:
    period = as_object(plan.get("period"))
    return dates.parse(period.get("start")) or dates.parse(plan.get("created"))


def new_plan(
    author: Authorship,
    form_id: UUID,
    *,
    start: str,
    status: str,
    supporting: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A new CarePlan without goals yet; `start` is a FHIR date or instant, `supporting` References."""
    assess = {
        "coding": [{"system": ASSESS_PLAN, "code": "assess-plan"}],
        "text": "Assessment and plan of treatment",
    }
    ours = {"coding": [coding("care-plan-category", "care-management")]}
    plan = {
        "resourceType": "CarePlan",
        "status": status,
        "intent": "plan",
        "category": [assess, ours],
        "title": TITLE,
        "subject": patient_reference(author),
        "period": {"start": start},
        "created": instant(author.now),
        "author": user_reference(author),
        **({"supportingInfo": list(supporting)} if supporting else {}),
    }
    return with_text(
        stamp(plan, profile="care-plan", form_id=form_id, slot="care-plan", also=(US_CORE_CARE_PLAN,))
    )


def with_text(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with its narrative made anew from what it says."""
    period = as_object(plan.get("period"))
    addressed = (as_text(ref.get("display")) for ref in as_objects(plan.get("addresses")))
    facts = [
        ("Patient", as_text(as_object(plan.get("subject")).get("display"))),
        ("Status", as_text(plan.get("status"))),
        ("From", dates.plain_words(period.get("start"))),
        ("Until", dates.plain_words(period.get("end"))),
        ("Care manager", as_text(as_object(plan.get("author")).get("display"))),
        ("What matters most to the patient", as_text(plan.get("description"))),
        ("Conditions", "; ".join(filter(None, addressed))),
        ("Goals", _displays(plan.get("goal"))),
        ("Agreed next", _activities(plan)),
        ("Based on", _displays(plan.get("supportingInfo"))),
    ]
    notes = [text for note in as_objects(plan.get("note")) if isinstance(text := note.get("text"), str)]
    return {**plan, "text": narrative(words_of(plan.get("title")) or TITLE, facts, note="\n".join(notes))}


def _displays(references: Any) -> str:
    return "; ".join(filter(None, (as_text(each.get("display")) for each in as_objects(references))))


def _activities(plan: dict[str, Any]) -> str:
    return _displays([as_object(each.get("reference")) for each in as_objects(plan.get("activity"))])
