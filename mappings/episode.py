"""The CarePlan of one enrolment episode: how ours is found, and how every version of it is worded.

One plan per episode: a draft from consent on, active once agreed, completed or revoked at the close. What others
added to it in the EHR is kept through every update (https://hl7.org/fhir/R4/careplan.html; US Core 6.1 CarePlan).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, coding, display
from mappings import dates
from mappings.authorship import Authorship, instant, patient_reference, user_reference
from mappings.chart import Chart, once
from mappings.element import as_object, as_objects, as_text
from mappings.identity import US_CORE_CARE_PLAN, code_in, own, stamp, updated_key
from mappings.narrative import narrative
from mappings.terminology import status_code, words_of

OPEN = frozenset({"draft", "active", "on-hold"})
ASSESS_PLAN = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"
TITLE = "Care management plan"


@once
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


def with_added(
    plan: dict[str, Any],
    *,
    goals: Sequence[dict[str, Any]] = (),
    activities: Sequence[dict[str, Any]] = (),
    addresses: Sequence[dict[str, Any]] = (),
    supporting: Sequence[dict[str, Any]] = (),
    notes: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The plan with these References (and Annotations) added after what it has, its narrative made anew.

    One that it names already is not added again, so a page may hand in what it is not sure of. `activities` are
    References to Tasks: a plan never holds an activity in words of its own (cpl-3).
    """
    added = {
        "goal": _joined(as_objects(plan.get("goal")), goals),
        "addresses": _joined(as_objects(plan.get("addresses")), addresses),
        "supportingInfo": _joined(as_objects(plan.get("supportingInfo")), supporting),
        "activity": _with_activities(as_objects(plan.get("activity")), activities),
        "note": [*as_objects(plan.get("note")), *notes],
    }
    return with_text({**plan, **{element: items for element, items in added.items() if items}})


def _joined(held: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    joined = list(held)
    for each in new:
        if as_text(each.get("reference")) not in {as_text(known.get("reference")) for known in joined}:
            joined.append(each)
    return joined


def _with_activities(held: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {as_text(as_object(each.get("reference")).get("reference")) for each in held}
    fresh = {as_text(each.get("reference")): {"reference": each} for each in new}
    return [*held, *(activity for key, activity in fresh.items() if key not in known)]


def with_text(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with its narrative made anew from what it says."""
    period = as_object(plan.get("period"))
    addressed = (as_text(ref.get("display")) for ref in as_objects(plan.get("addresses")))
    facts = [
        ("Patient", as_text(as_object(plan.get("subject")).get("display"))),
        ("Status", as_text(plan.get("status"))),
        ("Care type", _care_types(plan)),
        ("From", dates.plain_words(period.get("start"))),
        ("Until", dates.plain_words(period.get("end"))),
        ("Care manager", as_text(as_object(plan.get("author")).get("display"))),
        ("Care team", _displays(plan.get("contributor"))),
        ("What matters most to the patient", as_text(plan.get("description"))),
        ("Conditions", "; ".join(filter(None, addressed))),
        ("Goals", _displays(plan.get("goal"))),
        ("Agreed next", _activities(plan)),
        ("Based on", _displays(plan.get("supportingInfo"))),
    ]
    notes = [text for note in as_objects(plan.get("note")) if isinstance(text := note.get("text"), str)]
    return {**plan, "text": narrative(words_of(plan.get("title")) or TITLE, facts, note="\n".join(notes))}


def _care_types(plan: dict[str, Any]) -> str:
    """Only what the usual care management plan is not."""
    named = (code_in(each, "care-plan-category") for each in as_objects(plan.get("category")))
    return "; ".join(
        display("care-plan-category", code)
        for code in named
        if code in codes("care-plan-category") and code != "care-management"
    )


def _displays(references: Any) -> str:
    return "; ".join(filter(None, (as_text(each.get("display")) for each in as_objects(references))))


def _activities(plan: dict[str, Any]) -> str:
    return _displays([as_object(each.get("reference")) for each in as_objects(plan.get("activity"))])
