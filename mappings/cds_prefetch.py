"""What a CDS Hooks client brings with a call, as a chart; and the queries that ask for it.

A call is answered from this alone, so that it is quick and needs no access to the EHR. What was not brought, what
failed and what is there but empty stay apart here as on every page: a card is never made of what was not seen.
https://cds-hooks.hl7.org/2.0/#providing-fhir-resources-to-a-cds-service
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mappings.chart import Chart
from mappings.element import as_number, as_object, as_objects, as_text, type_of
from mappings.reading import Reading, ReadStatus, withholds
from mappings.vendor_facts import Vendor
from mappings.write_ladder import READS, WRITTEN

PATIENT = "patient"
KEYS: Mapping[str, str] = {
    "conditions": "Condition",
    "encounters": "Encounter",
    "carePlans": "CarePlan",
    "tasks": "Task",
    "consents": "Consent",
}
"""Every prefetch key that is a search, with the type it asks for."""
NEEDED = (PATIENT, "tasks")
"""Without these no card can be made: whose chart it is, and what was documented of care management."""


def prefetch_templates(vendor: Vendor) -> dict[str, str]:
    """The queries to prefetch, by their keys, with the parameters that the vendor's EHRs demand.

    They keep to the subset that the specification recommends: reads, and searches by reference, token and date.
    """
    searches = {key: _search(kind, vendor) for key, kind in KEYS.items()}
    return {PATIENT: "Patient/{{context.patientId}}", **searches}


def _search(kind: str, vendor: Vendor) -> str:
    more = "".join(f"&{name}={value}" for name, value in vendor.required_search.get(kind, ()))
    return f"{kind}?patient={{{{context.patientId}}}}{more}"


def kept_in_notes(vendor: Vendor) -> frozenset[str]:
    """The types that, by what is known of the vendor, its EHRs do not keep as records of ours that a search finds.

    None where nothing is known of the vendor: then the administrator says it.
    """
    if not vendor.interactions:
        return frozenset()
    offered = {kind: vendor.interactions.get(kind, frozenset()) for kind in WRITTEN}
    return frozenset(kind for kind, codes in offered.items() if "create" not in codes or not codes & READS)


def lacking(prefetch: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that every card needs and that were not brought; a Patient that is none counts as not brought."""
    found = [key for key in NEEDED if key not in prefetch]
    no_patient = PATIENT not in found and _patient(prefetch[PATIENT]) is None
    return (*([PATIENT] if no_patient else []), *found)


def is_of(prefetch: Mapping[str, Any], patient_id: str) -> bool:
    """Whether the Patient that was brought is the one whose chart was opened."""
    found = as_text(as_object(_patient(prefetch.get(PATIENT))).get("id"))
    return bool(found) and found == patient_id


def chart_of(prefetch: Mapping[str, Any], *, base: str = "", in_notes: Iterable[str] = ()) -> Chart:
    """The chart that a call brought. `base` is the EHR's FHIR base; records of the types `in_notes` are not in it."""
    unseen = frozenset(in_notes)
    readings = {kind: _reading(kind, prefetch, key, unseen=kind in unseen) for key, kind in KEYS.items()}
    return Chart(patient=as_object(_patient(prefetch.get(PATIENT))), readings=readings, base=base)


def _patient(value: Any) -> dict[str, Any] | None:
    """The Patient, also as the one match of a search."""
    found = [each for each in _entries(value) if type_of(each) == "Patient"]
    return found[0] if len(found) == 1 else None


def _reading(kind: str, prefetch: Mapping[str, Any], key: str, *, unseen: bool) -> Reading:
    """One value as the outcome of a read: null is "no data", a key that is not there was not asked for."""
    if key not in prefetch:
        return Reading(kind, ReadStatus.NOT_AVAILABLE, ours_unseen=unseen)
    value = prefetch[key]
    if value is None:
        return Reading(kind, ReadStatus.READ, ours_unseen=unseen)
    if not isinstance(value, dict) or type_of(value) not in ("Bundle", kind):
        return Reading(kind, ReadStatus.COULD_NOT_READ, ours_unseen=unseen)
    found = tuple(each for each in _entries(value) if not _says_nothing(each))
    return Reading(kind, ReadStatus.READ, found, incomplete=_incomplete(value), ours_unseen=unseen)


def _entries(value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, dict) or type_of(value) != "Bundle":
        return (value,) if isinstance(value, dict) else ()
    entries: Iterable[Any] = (each.get("resource") for each in as_objects(value.get("entry")))
    return tuple(each for each in entries if isinstance(each, dict))


def _says_nothing(resource: dict[str, Any]) -> bool:
    return type_of(resource) == "OperationOutcome" and not withholds(resource)


def _incomplete(value: Any) -> bool:
    """True for a page of a longer list: nothing is fetched, so the rest is not seen."""
    bundle = as_object(value)
    if type_of(bundle) != "Bundle":
        return False
    further = any(as_text(link.get("relation")) == "next" for link in as_objects(bundle.get("link")))
    entries = as_objects(bundle.get("entry"))
    matches = [each for each in entries if as_text(as_object(each.get("search")).get("mode")) != "outcome"]
    broken = any(not isinstance(each.get("resource"), dict) for each in entries)
    return further or broken or (as_number(bundle.get("total")) or 0) > len(matches)
