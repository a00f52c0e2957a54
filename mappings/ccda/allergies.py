"""The allergies of a document: Allergy - Intolerance Observations inside Allergy Concern Acts, C-CDA R2.1.

A negated observation without a substance is "no known allergies" (or of its kind); with one, "not allergic to" it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mappings import dates
from mappings.ccda.element import (
    Element,
    attribute,
    child,
    children,
    descendants,
    is_true,
    name_of,
    text_of,
    words_of,
)
from mappings.ccda.source import Source, source_of
from mappings.ccda.templates import has_template, templates
from mappings.ccda.timestamp import interval

_NONE_KNOWN = {
    "416098002": "No known drug allergies",
    "414285001": "No known food allergies",
    "419199007": "No known allergies",
}
"""SNOMED CT: allergy to drug, to food, to a substance. What exactly was denied."""


@dataclass(frozen=True)
class DocumentAllergy:
    """One allergy, or one denial (`denied`). `reactions` bear their own severity where it was said."""

    substance: str
    reactions: tuple[str, ...]
    severity: str
    status: str
    onset: dates.FhirDate | None
    denied: bool
    unread: tuple[str, ...]
    source: Source


def allergies_of(entry: Element, *, document: str, section: str) -> Iterator[DocumentAllergy | str]:
    """The allergies of one `entry`; a text in place of one that could not be read says why."""
    found = [item for item in descendants(entry, "observation") if has_template(item, "allergy")]
    if not found:
        yield "holds no allergy"
    for item in found:
        yield _allergy(item, source_of(item, document=document, section=section))


def _allergy(item: Element, source: Source) -> DocumentAllergy | str:
    denied = is_true(item, "negationInd")
    substance = _substance(item)
    kind = child(item, "value")
    if not substance and not denied:
        return "names no substance"
    onset = interval(child(item, "effectiveTime"))
    return DocumentAllergy(
        substance=_denied_words(substance, kind) if denied else substance,
        reactions=tuple(dict.fromkeys(_reactions(item))),
        severity=_severity(item),
        status="" if denied else _status(item),
        onset=onset.low,
        denied=denied,
        unread=("the onset",) if onset.unread else (),
        source=source,
    )


def _substance(item: Element) -> str:
    for entity in children(item, "participant", "participantRole", "playingEntity"):
        name = words_of(child(entity, "code")) or text_of(child(entity, "name"))
        if name:
            return name
    return ""


def _denied_words(substance: str, kind: Element | None) -> str:
    if substance:
        return f"Not allergic to {substance}"
    return _NONE_KNOWN.get(attribute(kind, "code"), "No known allergies of this kind: " + words_of(kind))


def _reactions(item: Element) -> Iterator[str]:
    for reaction in children(item, "entryRelationship", "observation"):
        if has_template(reaction, "reaction") and (words := words_of(child(reaction, "value"))):
            severity = _severity(reaction)
            yield f"{words} ({severity.lower()})" if severity else words


def _severity(item: Element) -> str:
    for inner in children(item, "entryRelationship", "observation"):
        if has_template(inner, "severity"):
            return words_of(child(inner, "value"))
    return ""


def _status(item: Element) -> str:
    """The observation's own clinical status, else that of the concern around it."""
    for inner in children(item, "entryRelationship", "observation"):
        if has_template(inner, "allergy_status") and (words := words_of(child(inner, "value"))):
            return words.lower()
    return concern_status(item)


def concern_status(item: Element) -> str:
    """The status of the concern act that an observation is the subject of, in words; "" where there is none."""
    relation = item.getparent()
    act = relation.getparent() if relation is not None and attribute(relation, "typeCode") == "SUBJ" else None
    if act is None or name_of(act) != "act":
        return ""
    words = templates().status_words.get(attribute(child(act, "statusCode"), "code"), "")
    return "no longer a concern" if words == "completed" else words
