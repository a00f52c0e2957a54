"""The header of a document: whose it is, what it is, who wrote it, and the stay it tells of.

US Realm Header, C-CDA R2.1. A document may name more than one patient (it must not); the wrong-patient guard is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings import dates
from mappings.ccda.element import Element, attribute, child, children, null_flavor, text_of, words_of
from mappings.ccda.source import author_name, is_given, person_words
from mappings.ccda.templates import kind_of, templates
from mappings.ccda.timestamp import interval, time_of
from mappings.element import as_text

_SEX = {"F": "Female", "M": "Male", "UN": "Undifferentiated"}


@dataclass(frozen=True)
class DocumentPatient:
    """Who the document says it is about. `families` are all family names given; `ids` are (root, extension)."""

    name: str
    families: tuple[str, ...]
    givens: tuple[str, ...]
    birth: dates.FhirDate | None
    sex: str
    ids: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Stay:
    """The visit or stay that the document tells of; `disposition` is where the patient went afterwards."""

    start: dates.FhirDate | None
    end: dates.FhirDate | None
    kind: str
    disposition: str
    place: str


@dataclass(frozen=True)
class Header:
    """The header. `kind` is in words; `patients` holds one, unless the document is wrong."""

    kind: str
    title: str
    written: dates.FhirDate | None
    patients: tuple[DocumentPatient, ...]
    authors: tuple[str, ...]
    custodian: str
    stay: Stay | None
    version_note: str


def header_of(root: Element) -> Header:
    """The header of a ClinicalDocument."""
    kind = kind_of(root, templates().documents)
    return Header(
        kind=kind.words if kind else words_of(child(root, "code")) or "Document",
        title=text_of(child(root, "title")),
        written=time_of(child(root, "effectiveTime")),
        patients=tuple(_patient(role) for role in children(root, "recordTarget", "patientRole")),
        authors=tuple(dict.fromkeys(filter(None, (author_name(item) for item in children(root, "author"))))),
        custodian=text_of(
            child(root, "custodian", "assignedCustodian", "representedCustodianOrganization", "name")
        ),
        stay=_stay(child(root, "componentOf", "encompassingEncounter")),
        version_note=_version_note(root),
    )


def _patient(role: Element) -> DocumentPatient:
    person = child(role, "patient")
    names = children(person, "name")
    sex = child(person, "administrativeGenderCode")
    said = "" if null_flavor(sex) else attribute(sex, "code")
    return DocumentPatient(
        name=next(filter(None, map(person_words, names)), ""),
        families=_texts(names, "family"),
        givens=_texts(names, "given"),
        birth=time_of(child(person, "birthTime")),
        sex=_SEX.get(said, words_of(sex)),
        ids=tuple(
            (root, attribute(item, "extension"))
            for item in children(role, "id")
            if (root := attribute(item, "root")) and not null_flavor(item)
        ),
    )


def _texts(names: tuple[Element, ...], part: str) -> tuple[str, ...]:
    found = (
        text_of(item) for name in names for item in children(name, part) if part != "given" or is_given(item)
    )
    return tuple(dict.fromkeys(as_text(text) for text in found if text))


def _stay(encounter: Element | None) -> Stay | None:
    if encounter is None:
        return None
    span = interval(child(encounter, "effectiveTime"))
    facility = child(encounter, "location", "healthCareFacility")
    place = child(facility, "location", "name"), child(facility, "serviceProviderOrganization", "name")
    return Stay(
        start=span.low,
        end=span.high,
        kind=words_of(child(encounter, "code")),
        disposition=words_of(child(encounter, "dischargeDispositionCode")),
        place=text_of(place[0]) or text_of(place[1]),
    )


def _version_note(root: Element) -> str:
    """Says so when a template is of a version that nobody has read yet."""
    ours = {name for kind in templates().documents for name in kind.roots}
    versions = {
        attribute(item, "extension")
        for item in children(root, "templateId")
        if attribute(item, "root") in ours
    }
    unknown = sorted(versions - templates().known_versions - {""})
    if not unknown:
        return ""
    return f"This document follows a version of C-CDA that Chartside does not know ({', '.join(unknown)})."
