"""The services that an EHR itself lists (HealthcareService), as rows of the directory beside the practice's own.

What such a record says is taken as it is; what it does not say stays empty. It is asked as an agency would be, since a
listing tells nothing of who may be told what. https://hl7.org/fhir/R4/healthcareservice.html; the categories are those
of SDOH Clinical Care.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mappings.element import as_object, as_objects, as_text, relative_reference, type_of
from mappings.narrative import clean
from mappings.resource_directory import Resource
from mappings.terminology import words_of

PREFIX = "ehr-"
_NAME_LIMIT = 120
_SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
_TOPICS: Mapping[str, str] = {
    "food-insecurity": "nutrition",
    "transportation-insecurity": "transportation",
    "financial-insecurity": "financial",
    "medical-cost-burden": "financial",
    "material-hardship": "financial",
    "utility-insecurity": "financial",
    "health-insurance-coverage-status": "financial",
    "stress": "mental-health",
    "social-connection": "mental-health",
}


def ehr_services(services: Iterable[dict[str, Any]]) -> tuple[Resource, ...]:
    """The active ones that bear a name, in alphabetical order; each once."""
    rows = {row.id: row for each in services if (row := _row(each))}
    return tuple(sorted(rows.values(), key=lambda row: row.name.casefold()))


def _row(service: dict[str, Any]) -> Resource | None:
    name = _words(service.get("name"))[:_NAME_LIMIT]
    identity = as_text(service.get("id"))
    if type_of(service) != "HealthcareService" or not name or not identity or service.get("active") is False:
        return None
    return Resource(
        id=f"{PREFIX}{identity}",
        name=name,
        topics=_topics(service),
        group="health-system",
        about=_words(service.get("comment")),
        who_qualifies=", ".join(filter(None, map(_eligible, as_objects(service.get("eligibility"))))),
        how_to_refer=", ".join(filter(None, map(words_of, as_objects(service.get("referralMethod"))))),
        contact=_words(as_object(service.get("providedBy")).get("display")),
        phone=_phone(service),
        languages=tuple(filter(None, map(words_of, as_objects(service.get("communication"))))),
        reference=relative_reference(service),
    )


def _words(value: Any) -> str:
    """A text in one line, without what nobody can see."""
    return " ".join(clean(as_text(value)).split())


def _eligible(eligibility: dict[str, Any]) -> str:
    return _words(eligibility.get("comment")) or words_of(eligibility.get("code"))


def _phone(service: dict[str, Any]) -> str:
    numbers = (each for each in as_objects(service.get("telecom")) if as_text(each.get("system")) == "phone")
    return next(filter(None, (_words(each.get("value")) for each in numbers)), "")


def _topics(service: dict[str, Any]) -> tuple[str, ...]:
    codings = [
        coding for each in as_objects(service.get("category")) for coding in as_objects(each.get("coding"))
    ]
    found = [
        _TOPICS.get(as_text(each.get("code")), "other") for each in codings if each.get("system") == _SDOH
    ]
    return tuple(dict.fromkeys(found)) or ("other",)
