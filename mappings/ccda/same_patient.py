"""The wrong-patient guard of documents: nothing of a document is used unless it is this chart's patient's.

Birth date and family name must both agree; a record number of the same system that differs is told, and one that agrees
never outweighs a birth date that does not. A document that names two patients, or none, is nobody's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mappings import dates
from mappings.ccda.header import DocumentPatient, Header
from mappings.element import as_object, as_objects, as_text

_OID = "urn:oid:"


@dataclass(frozen=True)
class Match:
    """Whether the document is this patient's; `reasons` are sentences, also about what only makes one look twice."""

    same: bool
    reasons: tuple[str, ...]


def same_patient(header: Header, patient: Any) -> Match:
    """Compares the header with the chart's Patient resource."""
    if len(header.patients) != 1:
        said = "more than one patient" if header.patients else "no patient"
        return Match(False, (f"The document names {said}.",))
    about, chart = header.patients[0], as_object(patient)
    differences = tuple(_differences(about, chart))
    return Match(not differences, differences or tuple(_doubts(about, chart)))


def _differences(about: DocumentPatient, chart: dict[str, Any]) -> Iterator[str]:
    birth = dates.parse(chart.get("birthDate"))
    if about.birth is None or about.birth.precision < dates.Precision.DAY:
        yield "The document gives no full birth date."
    elif birth is None or birth.precision < dates.Precision.DAY:
        yield "The chart gives no full birth date to compare with."
    elif about.birth.day != birth.day:
        yield (
            f"The document’s birth date is {dates.day_words(about.birth.day)}, "
            f"the chart’s is {dates.day_words(birth.day)}."
        )
    if not about.families:
        yield "The document gives no family name."
    elif not _folded(about.families) & _folded(_families(chart)):
        yield f"The document’s family name is {' or '.join(about.families)}."


def _doubts(about: DocumentPatient, chart: dict[str, Any]) -> Iterator[str]:
    """What does not make it another patient, but is worth a look: first names, and numbers of the same system."""
    givens = [text for name in as_objects(chart.get("name")) for text in _list(name.get("given"))]
    if about.givens and givens and not _folded(about.givens) & _folded(givens):
        yield f"The document’s first name is {about.givens[0]}. Make sure that it is the same person."
    theirs = dict(about.ids)
    for identifier in as_objects(chart.get("identifier")):
        root = as_text(identifier.get("system")).removeprefix(_OID)
        value = as_text(identifier.get("value"))
        if theirs.get(root) and value and theirs[root] != value:
            yield "A record number of the same system differs. Make sure that it is the same person."


def _families(chart: dict[str, Any]) -> tuple[str, ...]:
    return tuple(filter(None, (as_text(name.get("family")) for name in as_objects(chart.get("name")))))


def _list(value: Any) -> list[str]:
    return [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]


def _folded(names: Any) -> set[str]:
    """Case, accents, hyphens and spaces apart: "García-López" is "GARCIA LOPEZ"."""
    found = set()
    for name in names:
        plain = unicodedata.normalize("NFKD", name)
        found.add("".join(letter for letter in plain.casefold() if letter.isalnum()))
    return found - {""}
