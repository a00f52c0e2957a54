"""Knowing our own records again: the identifier of a form, our tag and profile, and what each record is called.

The identifier is uuid5 of the form's id and a slot name, so sending one form twice makes the same identifiers and a
retry can never double a record (https://hl7.org/fhir/R4/http.html#ccreate). A record counts as ours by tag, or
identifier, or profile, or our own code: servers drop any one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid5

from fhir_profiles import canonical
from mappings import dates
from mappings.chart import Chart, once
from mappings.element import as_object, as_objects, as_text, as_texts, relative_reference, type_of
from mappings.terminology import status_code

US_CORE_CARE_PLAN = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan"
US_CORE_GOAL = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-goal"
_URN = "urn:uuid:"


def record_identifier(form_id: UUID, slot: str) -> str:
    """The identifier of the record that fills `slot` ("contact", "goal-1") of one form; the same for every retry."""
    return str(uuid5(form_id, slot))


def stamp(
    resource: dict[str, Any], *, profile: str, form_id: UUID, slot: str, also: Sequence[str] = ()
) -> dict[str, Any]:
    """A new record with our profile (and `also`, such as US Core's), our tag and its identifier."""
    value = record_identifier(form_id, slot)
    return {
        "resourceType": resource["resourceType"],
        "meta": {"profile": [canonical.profile(profile), *also], "tag": [dict(canonical.TAG)]},
        "identifier": [{"system": canonical.IDENTIFIER_SYSTEM, "value": value}],
        **{key: value for key, value in resource.items() if key != "resourceType"},
    }


def identifier_value(resource: Any) -> str:
    """The value of our identifier on a record, or ""."""
    for identifier in as_objects(as_object(resource).get("identifier")):
        if as_text(identifier.get("system")) == canonical.IDENTIFIER_SYSTEM:
            return as_text(identifier.get("value"))
    return ""


def is_ours(resource: Any) -> bool:
    """True when a record bears our tag, our identifier, one of our profiles or a code of our own."""
    meta = as_object(as_object(resource).get("meta"))
    tagged = any(
        as_text(tag.get("system")) == canonical.TAG["system"]
        and as_text(tag.get("code")) == canonical.TAG["code"]
        for tag in as_objects(meta.get("tag"))
    )
    profiled = any(url.startswith(canonical.BASE) for url in as_texts(meta.get("profile")))
    return tagged or profiled or bool(identifier_value(resource)) or bool(task_kind(resource))


def code_in(concept: Any, system_name: str) -> str:
    """The code that a CodeableConcept (or the first of a list) carries from our code system, or ""."""
    system = canonical.code_system(system_name)
    for each in as_objects(concept):
        for coding in as_objects(each.get("coding")):
            if as_text(coding.get("system")) == system:
                return as_text(coding.get("code"))
    return ""


def task_kind(resource: Any) -> str:
    """ "contact", "to-do", "enrolment-state", "assessment" for a Task of ours; "" for everything else.

    The profile decides where a server kept it but not the code.
    """
    if type_of(resource) != "Task":
        return ""
    code = code_in(as_object(resource).get("code"), "task-code")
    if code:
        return code
    profiles = as_texts(as_object(as_object(resource).get("meta")).get("profile"))
    kinds = {
        canonical.profile(f"task-{kind}"): kind
        for kind in (
            "contact",
            "to-do",
            "enrolment-state",
            "eligibility",
            "assessment",
            "plan-review",
            "medication-reconciliation",
            "plan-shared",
            "referral",
            "transition",
            "needs-card",
        )
    }
    return next((kinds[url] for url in profiles if url in kinds), "")


@once
def own(chart: Chart, resource_type: str) -> tuple[dict[str, Any], ...]:
    """Our records of a type, in the order read: none entered in error, and each identifier once (its newest copy)."""
    ours = [item for item in chart.resources(resource_type) if is_ours(item)]
    return tuple(item for item in fold(ours) if status_code(item.get("status")) != "entered-in-error")


def fold(resources: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The same records with copies that bear one identifier folded into the last updated of them."""
    kept: dict[str, dict[str, Any]] = {}
    for number, item in enumerate(resources):
        key = identifier_value(item) or relative_reference(item) or f"#{number}"
        known = kept.get(key)
        if known is None or updated_key(item) > updated_key(known):
            kept[key] = item
    return tuple(kept.values())


def updated_key(resource: Any) -> tuple[float, int, str]:
    """A sort key of `meta.lastUpdated`: oldest first, the undated before all."""
    when = dates.parse(as_object(as_object(resource).get("meta")).get("lastUpdated"))
    return when.sort_key if when else (0.0, 0, "")


def full_url(resource: Any) -> str:
    """`urn:uuid:<identifier>`: what a new record is called by the others of its save; "" without an identifier."""
    value = identifier_value(resource)
    return f"{_URN}{value}" if value else ""


def reference_to(resource: Any, display: str = "") -> dict[str, Any]:
    """A Reference to a record: by type and id once the EHR has given it one, else by its urn."""
    found = {"reference": relative_reference(resource) or full_url(resource)}
    return {**found, "display": display} if display else found


_WORDS = {
    "contact": "contact",
    "to-do": "next task",
    "to-do update": "task update",
    "enrolment-state": "enrollment step",
    "assessment": "assessment",
    "assessment update": "assessment update",
    "eligibility": "eligibility decision",
    "plan-review": "plan review",
    "medication-reconciliation": "medication reconciliation",
    "plan-shared": "copy of the plan given",
    "referral": "referral",
    "referral update": "referral update",
    "ServiceRequest": "order of the referral",
    "ServiceRequest update": "update of the order",
    "transition": "checklist after the discharge",
    "needs-card": "needs card",
    "CarePlan": "care plan",
    "CarePlan update": "care plan update",
    "Goal": "goal",
    "Goal update": "goal update",
    "Consent": "consent",
    "Consent update": "consent update",
}


_NEW_TO_DOS = {
    "look-at-referral": "referral",
    "attest-eligibility": "task for the provider",
    "sbar-question": "question to the provider",
    "tell-provider": "note to the provider",
    "discharge-call": "call after the discharge",
    "discharge-visit": "visit after the discharge",
    "discharge-medicines": "medicines after the discharge",
    "ed-follow-up": "follow-up of the ED visit",
    "coordination": "task with somebody outside",
    "carry-out": "task",
    "here-now": "flag of today",
}
"""New to-dos that are not the next thing for the care manager herself."""


def kind_words(resource: Any) -> str:
    """What a record is called on screen: "contact", "goal update", "next task", "referral", "care plan"."""
    kind = code_in(as_object(resource).get("code"), "to-do-kind")
    new = not as_object(resource).get("id")
    return _NEW_TO_DOS.get(kind, "") if new and kind in _NEW_TO_DOS else _WORDS.get(_kind(resource), "record")


def _kind(resource: Any) -> str:
    kind = task_kind(resource) or type_of(resource)
    updated = f"{kind} update"
    return updated if as_object(resource).get("id") and updated in _WORDS else kind
