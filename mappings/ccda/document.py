"""A whole C-CDA document: its header, its medicines, allergies and problems, and what of it could not be read.

Pure: bytes in, frozen values out. Whose document it is must be settled by `same_patient` before anything is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mappings.ccda.allergies import DocumentAllergy, allergies_of
from mappings.ccda.element import Element, attribute, child, children, descendants, null_flavor, text_of
from mappings.ccda.header import Header, header_of
from mappings.ccda.medications import DocumentMedication, medications_of
from mappings.ccda.narrative import narrative_text
from mappings.ccda.problems import DocumentProblem, problems_of
from mappings.ccda.secure_xml import Unread, open_document
from mappings.ccda.templates import Facts, Kind, kind_of, templates

Fact = DocumentMedication | DocumentAllergy | DocumentProblem


@dataclass(frozen=True)
class Section:
    """One section that Chartside reads. `text` is its narrative where the entries do not tell all of it.

    `unread` are sentences; `null_words` says that the author gave no information.
    """

    title: str
    facts: Facts
    text: str
    read: int
    unread: tuple[str, ...]
    null_words: str


@dataclass(frozen=True)
class ClinicalDocument:
    """What a document says. `other_sections` are the titles of those that Chartside does not read."""

    header: Header
    medications: tuple[DocumentMedication, ...]
    allergies: tuple[DocumentAllergy, ...]
    problems: tuple[DocumentProblem, ...]
    sections: tuple[Section, ...]
    other_sections: tuple[str, ...]

    @property
    def unread(self) -> tuple[str, ...]:
        """Everything that could not be read, as sentences."""
        return tuple(sentence for section in self.sections for sentence in section.unread)


def read_document(data: bytes) -> ClinicalDocument | Unread:
    """The document in the bytes of an attachment, or why it was not read. Never raises."""
    root = open_document(data)
    if isinstance(root, Unread):
        return root
    header = header_of(root)
    facts: list[Fact] = []
    sections: list[Section] = []
    others: list[str] = []
    for element in descendants(root, "section"):
        kind = kind_of(element, templates().sections)
        if kind is None:
            others.append(text_of(child(element, "title")) or "Section without a title")
            continue
        found, section = _section(element, kind, header.kind)
        facts += found
        sections.append(section)
    return ClinicalDocument(
        header=header,
        medications=tuple(fact for fact in facts if isinstance(fact, DocumentMedication)),
        allergies=tuple(fact for fact in facts if isinstance(fact, DocumentAllergy)),
        problems=tuple(fact for fact in facts if isinstance(fact, DocumentProblem)),
        sections=tuple(sections),
        other_sections=tuple(dict.fromkeys(others)),
    )


def _section(element: Element, kind: Kind, document: str) -> tuple[list[Fact], Section]:
    entries = [entry for entry in children(element, "entry") if not null_flavor(entry)]
    outcomes = [fact for entry in entries for fact in _facts(entry, kind, document)]
    found = list(_once(fact for fact in outcomes if not isinstance(fact, str)))
    reasons = [fact for fact in outcomes if isinstance(fact, str)]
    partly = any(fact.unread for fact in found)
    null = null_flavor(element)
    return found, Section(
        title=kind.words,
        facts=kind.facts or Facts.PROBLEMS,
        text=narrative_text(child(element, "text")) if reasons or partly or not found else "",
        read=len(found),
        unread=tuple(_sentences(kind.words, found, reasons)),
        null_words=templates().null_words.get(null, attribute(element, "nullFlavor")) if null else "",
    )


def _once(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Concerns repeat a problem, word for word, where one points to another. A medicine listed twice stays twice."""
    seen: set[Fact] = set()
    for fact in facts:
        if fact not in seen or isinstance(fact, DocumentMedication):
            seen.add(fact)
            yield fact


def _facts(entry: Element, kind: Kind, document: str) -> Iterator[Fact | str]:
    match kind.facts:
        case Facts.MEDICATIONS:
            yield from medications_of(entry, document=document, section=kind.words, compared=kind.compared)
        case Facts.ALLERGIES:
            yield from allergies_of(entry, document=document, section=kind.words)
        case _:
            yield from problems_of(entry, document=document, section=kind.words)


def _sentences(section: str, found: list[Fact], reasons: list[str]) -> Iterator[str]:
    """As "2 entries of Medications could not be read: each names no medicine.", and what of a fact is missing."""
    for reason, count in Counter(reasons).items():
        noun, each = ("entry", "it") if count == 1 else ("entries", "each")
        yield f"{count} {noun} of {section} could not be read: {each} {reason}."
    for fact in found:
        if fact.unread:
            name = fact.substance if isinstance(fact, DocumentAllergy) else fact.name
            yield f"Of {name} ({section}), these could not be read: {', '.join(fact.unread)}."
