"""What a C-CDA document and its sections are recognised by, from `templates.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from mappings.ccda.element import Element, attribute, children, codes_of
from mappings.data_file import DataTable, data_table

LOINC_OID = "2.16.840.1.113883.6.1"


class Facts(StrEnum):
    """Which reader a section's entries are for."""

    MEDICATIONS = "medications"
    ALLERGIES = "allergies"
    PROBLEMS = "problems"


@dataclass(frozen=True)
class Kind:
    """One kind of document or section. `facts` is None for a document."""

    words: str
    roots: frozenset[str]
    loinc: frozenset[str]
    facts: Facts | None = None
    compared: bool = False


@dataclass(frozen=True)
class Templates:
    """The whole data file."""

    documents: tuple[Kind, ...]
    sections: tuple[Kind, ...]
    known_versions: frozenset[str]
    entry: Mapping[str, str]
    null_words: Mapping[str, str]
    event_words: Mapping[str, str]
    status_words: Mapping[str, str]


@cache
def templates() -> Templates:
    """The data file, read once."""
    table = data_table("ccda/templates.toml")
    table.day("checked")
    found = Templates(
        documents=tuple(_kind(row, section=False) for row in table.tables("document")),
        sections=tuple(_kind(row, section=True) for row in table.tables("section")),
        known_versions=frozenset(table.texts("known_versions")),
        entry=_words(table.table("entry"), _ENTRIES),
        null_words=_words(table.table("null"), _NULLS),
        event_words=_words(table.table("event"), _EVENTS),
        status_words=_words(table.table("status"), _STATUSES),
    )
    table.done()
    return found


_ENTRIES = (
    "free_text_sig", "as_needed", "allergy", "reaction", "severity", "allergy_status", "problem", "problem_status",
)  # fmt: skip
_NULLS = ("NI", "NA", "UNK", "ASKU", "NAV", "NASK", "MSK", "NP")
_EVENTS = (
    "AC", "ACD", "ACM", "ACV", "C", "CD", "CM", "CV", "HS", "IC", "ICD", "ICM", "ICV", "PC", "PCD", "PCM", "PCV",
    "WAKE",
)  # fmt: skip
_STATUSES = ("active", "suspended", "held", "aborted", "cancelled", "completed", "nullified", "new")


def kind_of(element: Element, kinds: tuple[Kind, ...]) -> Kind | None:
    """The kind of a ClinicalDocument or section: by its templateIds, else by its LOINC code."""
    roots = {attribute(item, "root") for item in children(element, "templateId")}
    by_root = next((kind for kind in kinds if roots & kind.roots), None)
    if by_root:
        return by_root
    codes = {code for item in children(element, "code") for code in codes_of(item, LOINC_OID)}
    return next((kind for kind in kinds if codes & kind.loinc), None)


def has_template(element: Element, name: str) -> bool:
    """True when the element claims the entry template of that name in the data file, in any version."""
    root = templates().entry[name]
    return any(attribute(item, "root") == root for item in children(element, "templateId"))


def _kind(row: DataTable, *, section: bool) -> Kind:
    kind = Kind(
        words=row.text("words"),
        roots=frozenset(row.texts("roots")),
        loinc=frozenset(row.texts("loinc")),
        facts=row.choice("facts", Facts) if section else None,
        compared=row.flag("compared") if section else False,
    )
    row.done()
    return kind


def _words(table: DataTable, names: tuple[str, ...]) -> dict[str, str]:
    found = {name: table.text(name) for name in names}
    table.done()
    return found
