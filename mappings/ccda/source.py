"""Where a fact of a document comes from: the document, its section, who wrote it and when."""

from __future__ import annotations

from dataclasses import dataclass

from mappings import dates
from mappings.ccda.element import Element, attribute, child, children, name_of, text_of
from mappings.ccda.timestamp import time_of


@dataclass(frozen=True)
class Source:
    """As "Discharge summary · Allergies · Henry Seven · 17 Sep 2014" once its parts are joined."""

    document: str
    section: str
    author: str
    when: dates.FhirDate | None


def source_of(statement: Element, *, document: str, section: str) -> Source:
    """The source of an entry: the nearest author above it, in the section or in the document's header."""
    for place in (statement, *statement.iterancestors()):
        for author in children(place, "author"):
            if name := author_name(author):
                return Source(document, section, name, time_of(child(author, "time")))
    return Source(document, section, "", None)


def author_name(author: Element) -> str:
    """A person before an organisation; "" where only a device or nobody is named."""
    assigned = child(author, "assignedAuthor")
    person = person_words(child(assigned, "assignedPerson", "name"))
    return person or text_of(child(assigned, "representedOrganization", "name"))


def person_words(name: Element | None) -> str:
    """A person's name as it is said: prefix, given, family; a call-me name is left to the chart."""
    if name is None or attribute(name, "nullFlavor"):
        return ""
    parts = [text_of(item) for item in name if name_of(item) in ("prefix", "family") or is_given(item)]
    suffix = next((text_of(item) for item in children(name, "suffix")), "")
    said = " ".join(filter(None, parts)) or text_of(name)
    return f"{said}, {suffix}" if suffix and parts else said


def is_given(item: Element) -> bool:
    """A given name that is no nickname (qualifier CL)."""
    return name_of(item) == "given" and attribute(item, "qualifier") != "CL"
