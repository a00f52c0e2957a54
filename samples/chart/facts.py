"""What a row of the chart says about a resource: its heading, its status, its own date and a few facts.

One function for each type that the tabs show; the raw JSON stands below every row, so this may stay short.
https://hl7.org/fhir/R4/resourcelist.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Final

from samples.chart.words import choice, concept, concepts, day, listed, mapping, period, quantity, text

Resource = Mapping[str, Any]
Facts = tuple[tuple[str, str], ...]

DATES: Final[dict[str, tuple[str, ...]]] = {
    # The elements that say when it was, the first one that is there counts; a dot goes into an element.
    "Condition": ("recordedDate", "onsetDateTime", "onsetPeriod.start"),
    "MedicationStatement": ("dateAsserted", "effectiveDateTime", "effectivePeriod.start"),
    "MedicationRequest": ("authoredOn",),
    "Encounter": ("period.start",),
    "CarePlan": ("created", "period.start"),
    "Goal": ("statusDate", "startDate"),
    "Task": ("executionPeriod.start", "authoredOn", "lastModified"),
    "Consent": ("dateTime",),
    "AllergyIntolerance": ("recordedDate", "onsetDateTime"),
    "Observation": ("effectiveDateTime", "effectivePeriod.start", "issued"),
}


def own_date(resource: Resource) -> str:
    """When it was, as FHIR writes it; "" when the resource does not say."""
    for path in DATES.get(text(resource.get("resourceType")), ()):
        found: Any = resource
        for name in path.split("."):
            found = mapping(found).get(name)
        if text(found):
            return text(found)
    return ""


def heading(resource: Resource) -> str:
    """What it is about, in words."""
    kind = text(resource.get("resourceType"))
    found = {
        "Encounter": lambda: concepts(resource.get("type")) or concept(resource.get("class")),
        "CarePlan": lambda: text(resource.get("title")) or concepts(resource.get("category")),
        "Goal": lambda: concept(resource.get("description")),
        "Task": lambda: text(resource.get("description")) or concept(resource.get("code")),
        "Consent": lambda: concepts(resource.get("category")) or concept(resource.get("scope")),
        "MedicationStatement": lambda: medicine(resource),
        "MedicationRequest": lambda: medicine(resource),
    }.get(kind, lambda: concept(resource.get("code")))()
    return found or f"{kind} without words"


def medicine(resource: Resource) -> str:
    """The medicine of a statement or an order: its concept, its contained Medication, or what the reference says."""
    reference = mapping(resource.get("medicationReference"))
    contained = [mapping(inner) for inner in listed(resource.get("contained"))]
    named = [inner for inner in contained if f"#{inner.get('id')}" == reference.get("reference")]
    return (
        concept(resource.get("medicationCodeableConcept"))
        or text(reference.get("display"))
        or next((concept(inner.get("code")) for inner in named), "")
        or text(reference.get("reference"))
    )


def medicine_source(resource: Resource) -> str:
    """Where a medicine is known from: what the patient says, or an order; "" for what is no medicine."""
    return {"MedicationStatement": "patient's list", "MedicationRequest": "order"}.get(
        text(resource.get("resourceType")), ""
    )


def status(resource: Resource) -> str:
    """Its status in its own code: `clinicalStatus`, `lifecycleStatus` or `status`."""
    return (
        concept(resource.get("clinicalStatus"))
        or text(resource.get("lifecycleStatus"))
        or text(resource.get("status"))
    )


def facts(resource: Resource, zone: tzinfo) -> Facts:
    """A few facts as (label, words), those without words left out; moments in `zone`."""
    made = _BY_TYPE.get(text(resource.get("resourceType")), _nothing)(resource, zone)
    return tuple((label, words) for label, words in made if words)


def _nothing(_resource: Resource, _zone: tzinfo) -> Facts:
    return ()


def _condition(found: Resource, zone: tzinfo) -> Facts:
    return (
        ("Onset", choice(found, "onset", zone)),
        ("Ended", choice(found, "abatement", zone)),
        ("Certainty", concept(found.get("verificationStatus"))),
        ("Kind", concepts(found.get("category"))),
    )


def _medication(found: Resource, zone: tzinfo) -> Facts:
    dosages = listed(found.get("dosage")) + listed(found.get("dosageInstruction"))
    return (
        ("Source", medicine_source(found)),
        ("How taken", "; ".join(filter(None, (text(mapping(dose).get("text")) for dose in dosages)))),
        ("When", day(own_date(found), zone)),
        ("Period", period(found.get("effectivePeriod"), zone)),
    )


def _encounter(found: Resource, zone: tzinfo) -> Facts:
    return (
        ("When", period(found.get("period"), zone)),
        ("Class", concept(found.get("class"))),
        ("Reason", concepts(found.get("reasonCode"))),
        ("Discharged to", concept(mapping(found.get("hospitalization")).get("dischargeDisposition"))),
    )


def _care_plan(found: Resource, zone: tzinfo) -> Facts:
    return (
        ("Intent", text(found.get("intent"))),
        ("Period", period(found.get("period"), zone)),
        ("Category", concepts(found.get("category"))),
        ("Goals", _count(found.get("goal"))),
    )


def _goal(found: Resource, zone: tzinfo) -> Facts:
    target = mapping(next(iter(listed(found.get("target"))), None))
    return (
        ("Progress", concept(found.get("achievementStatus"))),
        ("Target", " ".join(filter(None, (concept(target.get("measure")), choice(target, "detail", zone))))),
        ("Due", choice(target, "due", zone)),
        ("Since", choice(found, "start", zone)),
    )


def _task(found: Resource, zone: tzinfo) -> Facts:
    due = mapping(mapping(found.get("restriction")).get("period")).get("end")
    outputs = [mapping(output) for output in listed(found.get("output"))]
    # Concatenated, because how many outputs a contact has is up to who filed it.
    return (
        ("Kind", concept(found.get("code")) if text(found.get("description")) else ""),
        ("When", period(found.get("executionPeriod"), zone)),
        ("Due", day(due, zone)),
        ("Owner", text(mapping(found.get("owner")).get("display"))),
        ("Why", concept(found.get("statusReason"))),
        *((concept(output.get("type")).capitalize(), choice(output, "value", zone)) for output in outputs),
    )


def _consent(found: Resource, zone: tzinfo) -> Facts:
    provision = mapping(found.get("provision"))
    people = [text(mapping(person).get("display")) for person in listed(found.get("performer"))]
    return (
        ("Given on", day(found.get("dateTime"), zone)),
        ("By", ", ".join(filter(None, people))),
        ("Scope", concept(found.get("scope"))),
        ("Valid", period(provision.get("period"), zone)),
    )


def _observation(found: Resource, zone: tzinfo) -> Facts:
    parts = [mapping(part) for part in listed(found.get("component"))]
    pieces = [f"{concept(part.get('code'))} {quantity(part.get('valueQuantity'))}" for part in parts]
    return (
        ("Value", choice(found, "value", zone) or "; ".join(pieces)),
        ("When", day(own_date(found), zone)),
    )


def _allergy(found: Resource, zone: tzinfo) -> Facts:
    reactions = [
        concepts(mapping(reaction).get("manifestation")) for reaction in listed(found.get("reaction"))
    ]
    return (("Reaction", ", ".join(filter(None, reactions))), ("Recorded", day(own_date(found), zone)))


def _count(values: Any) -> str:
    return str(len(listed(values))) if values else ""


_BY_TYPE: Final[dict[str, Callable[[Resource, tzinfo], Facts]]] = {
    "Condition": _condition,
    "MedicationStatement": _medication,
    "MedicationRequest": _medication,
    "Encounter": _encounter,
    "CarePlan": _care_plan,
    "Goal": _goal,
    "Task": _task,
    "Consent": _consent,
    "Observation": _observation,
    "AllergyIntolerance": _allergy,
}
