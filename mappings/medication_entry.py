"""What one MedicationStatement or MedicationRequest says, before the sources are laid together.

Both resources may name the drug by code, by contained or by separate Medication, and both may be taken back.
An order made for a hospital stay ends with that stay: left on "active", as many EHRs do, it would put
intravenous drips on a home list. https://hl7.org/fhir/us/core/medication-list.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.coding_systems import RXNORM, SNOMED
from mappings.dosage import dosage_words
from mappings.element import (
    as_flag,
    as_object,
    as_objects,
    as_text,
    reference_text,
    relative_reference,
    type_of,
)
from mappings.terminology import all_words_of, codes_of, codings, status_code, status_words, words_of

NOT_NAMED = "Medication without a name"
NAME_NOT_READ = "Medication whose name could not be read"
_NOT_MEDICATIONS = frozenset({"proposal", "option"})
_ACTIVE = frozenset({"", "active", "on-hold", "intended", "unknown"})
_OTHERS = (("NDC", "http://hl7.org/fhir/sid/ndc"), ("SNOMED CT", SNOMED))
_NUMBER_AND_UNIT = re.compile(r"(?<=[0-9])(?=[a-z%])")
_NOT_A_WORD = re.compile(r"[^\w%./]+")


@dataclass(frozen=True)
class MedicationEntry:
    """One source's word on one drug. `kind` is "statement", "order", "plan", "reported" or "hospital order".

    `coded_names` are what RxNorm calls it, as the record itself says; `parts` the names of its ingredients where a
    Medication lists them, `part_codes` their RxNorm codes; `other_codes` are its codes of NDC and SNOMED CT.
    """

    text: str
    key: str
    rxnorm: frozenset[str]
    kind: str
    status: str
    active: bool
    dose: str
    when: dates.FhirDate | None
    reported: bool
    reference: str
    coded_names: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    part_codes: frozenset[str] = frozenset()
    other_codes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Drug:
    text: str
    rxnorm: frozenset[str]
    coded_names: tuple[str, ...]
    parts: tuple[str, ...]
    part_codes: frozenset[str]
    other_codes: frozenset[str]


def medication_entries(chart: Chart) -> list[MedicationEntry]:
    """Every statement and order of the chart that is about a medication; entered-in-error is left out."""
    resources = (*chart.resources("MedicationStatement"), *chart.resources("MedicationRequest"))
    return [_entry(chart, resource) for resource in resources if _counts(resource)]


def normalised_name(text: str) -> str:
    """The name for comparing: case, spacing and punctuation apart, "500MG" as "500 mg"; strengths stay."""
    words = _NOT_A_WORD.sub(" ", text.casefold())
    return " ".join(_NUMBER_AND_UNIT.sub(" ", words).split())


def _counts(resource: dict[str, Any]) -> bool:
    if status_code(resource.get("status")) == "entered-in-error":
        return False
    return as_text(resource.get("intent")).lower() not in _NOT_MEDICATIONS


def _entry(chart: Chart, resource: dict[str, Any]) -> MedicationEntry:
    drug = _drug(chart, resource)
    is_order = type_of(resource) == "MedicationRequest"
    over = is_order and _is_of_ended_stay(chart, resource)
    forbidden = as_flag(resource.get("doNotPerform")) is True
    status = status_code(resource.get("status"))
    return MedicationEntry(
        text=drug.text,
        key="" if drug.text in (NOT_NAMED, NAME_NOT_READ) else normalised_name(drug.text),
        rxnorm=drug.rxnorm,
        kind=_kind(resource) if is_order else "statement",
        status="do not give" if forbidden else "hospital stay ended" if over else _status_words(status),
        active=status in _ACTIVE and not over and not forbidden,
        dose=dosage_words(resource.get("dosageInstruction") or resource.get("dosage")),
        when=_when(resource),
        reported=_is_reported(resource),
        reference=relative_reference(resource),
        coded_names=drug.coded_names,
        parts=drug.parts,
        part_codes=drug.part_codes,
        other_codes=drug.other_codes,
    )


def _status_words(status: str) -> str:
    return status_words(status) or "status not recorded"


def _drug(chart: Chart, resource: dict[str, Any]) -> _Drug:
    """The drug's name, codes and ingredients, from the concept, the Medication it points to, or the reference's
    text.
    """
    concept = resource.get("medicationCodeableConcept")
    reference = resource.get("medicationReference")
    medication = as_object(chart.resolve(reference, resource))
    code = concept if codings(concept) or words_of(concept) else medication.get("code")
    ingredients = [item.get("itemCodeableConcept") for item in as_objects(medication.get("ingredient"))]
    text = words_of(code) or as_text(as_object(reference).get("display")) or all_words_of(ingredients)
    missing = NAME_NOT_READ if reference_text(reference) and not medication else NOT_NAMED
    coded = (each.display for each in codings(code) if each.system == RXNORM and each.code and each.display)
    return _Drug(
        text=text or missing,
        rxnorm=codes_of(code, RXNORM),
        coded_names=tuple(dict.fromkeys(coded)),
        parts=tuple(filter(None, map(words_of, ingredients))),
        part_codes=frozenset().union(*(codes_of(each, RXNORM) for each in ingredients)),
        other_codes=frozenset(f"{name} {each}" for name, url in _OTHERS for each in codes_of(code, url)),
    )


def _kind(request: dict[str, Any]) -> str:
    if _is_reported(request):
        return "reported"
    if _is_hospital_order(request):
        return "hospital order"
    return "plan" if as_text(request.get("intent")).lower() == "plan" else "order"


def _is_reported(resource: dict[str, Any]) -> bool:
    """`reported[x]` of an order, or a statement's information source being no clinician."""
    if as_flag(resource.get("reportedBoolean")) is not None:
        return as_flag(resource.get("reportedBoolean")) is True
    source = reference_text(resource.get("reportedReference")) or reference_text(
        resource.get("informationSource")
    )
    return (
        bool(reference_text(resource.get("reportedReference")))
        or "Patient/" in source
        or "RelatedPerson/" in source
    )


def _is_hospital_order(request: dict[str, Any]) -> bool:
    said = {coding.code for coding in codings(request.get("category"))}
    return "inpatient" in said and not said & {"outpatient", "community", "discharge"}


def _is_of_ended_stay(chart: Chart, request: dict[str, Any]) -> bool:
    if not _is_hospital_order(request):
        return False
    stay = as_object(chart.resolve(request.get("encounter"), request))
    return status_code(stay.get("status")) in ("finished", "completed", "discharged")


def _when(resource: dict[str, Any]) -> dates.FhirDate | None:
    """When it was ordered or asserted; else since when it is taken."""
    period = as_object(resource.get("effectivePeriod"))
    said = ("authoredOn", "dateAsserted", "effectiveDateTime")
    values = (*(resource.get(name) for name in said), period.get("start"))
    return next((when for value in values if (when := dates.parse(value))), None)


def newest(entries: list[MedicationEntry]) -> list[MedicationEntry]:
    """The entries, newest first, undated last."""
    return sorted(entries, key=lambda entry: dates.newest_first_key(entry.when))


def dated_words(entry: MedicationEntry, now: datetime) -> str:
    """As "order, 3 Nov 2026", and the status where it says the drug is not taken: "statement: stopped, 2026"."""
    label = entry.kind if entry.active else f"{entry.kind}: {entry.status}"
    when = dates.plain_words(entry.when, now.tzinfo)
    return f"{label}, {when}" if when else label
