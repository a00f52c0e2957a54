"""One document as its page shows it: every time in words, every row with where it comes from.

Made only of a document that passed `same_patient`; of any other nothing but the reasons is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mappings import dates
from mappings.ccda.allergies import DocumentAllergy
from mappings.ccda.comparison import ComparedMedicine, compared, home_list
from mappings.ccda.document import ClinicalDocument, Section
from mappings.ccda.header import Header
from mappings.ccda.medications import DocumentMedication
from mappings.ccda.problems import DocumentProblem
from mappings.ccda.source import Source
from mappings.ccda.templates import Facts
from mappings.medication import Medication
from mappings.panel import Panel

_LONGEST_KIND = 60
"""Billing codes describe a visit in paragraphs; those are no name of a visit."""


@dataclass(frozen=True)
class Row:
    """One fact: what it is, more about it in words, and its source."""

    text: str
    more: str
    source: str


@dataclass(frozen=True)
class ComparedRow:
    """One line of the comparison. A side that does not have the medicine is ""."""

    verdict: str
    words: str
    document: str
    document_more: str
    chart: str
    chart_more: str


@dataclass(frozen=True)
class DocumentView:
    """The page. `not_compared` says why there is no comparison, `caution` what it may miss.

    `narratives` are the sections whose entries do not tell all.
    """

    kind: str
    about: str
    stay: str
    comparison: tuple[ComparedRow, ...]
    not_compared: str
    caution: str
    other_medicines: tuple[Row, ...]
    allergies: tuple[Row, ...]
    problems: tuple[Row, ...]
    unread: tuple[str, ...]
    narratives: tuple[Section, ...]
    other_sections: tuple[str, ...]


def document_view(document: ClinicalDocument, medicines: Panel[Medication], *, now: datetime) -> DocumentView:
    """The view of a document that is this patient's; `medicines` is the chart's own list."""
    header = document.header
    not_compared = _not_compared(document, medicines)
    may_compare = not not_compared
    rows = compared(document, medicines.rows) if may_compare else ()
    listed = home_list(document)
    shown = set(listed) if may_compare else set()
    return DocumentView(
        kind=header.kind,
        about=_joined(header.custodian, *header.authors[:1], dates.words(header.written, now)),
        stay=_stay(header, now),
        comparison=tuple(_compared_row(row, now) for row in rows),
        not_compared=not_compared,
        caution=_caution(document) if may_compare else "",
        other_medicines=tuple(_medicine(item, now) for item in document.medications if item not in shown),
        allergies=tuple(_allergy(item, now) for item in document.allergies),
        problems=tuple(_problem(item, now) for item in document.problems),
        unread=_unread(document),
        narratives=tuple(section for section in document.sections if section.text),
        other_sections=document.other_sections,
    )


def _not_compared(document: ClinicalDocument, medicines: Panel[Medication]) -> str:
    """Why the lists cannot be compared: a side that nobody could read would make every row of the other stand alone."""
    if medicines.absence is not None and not medicines.known_empty:
        return f"The chart’s own list: {medicines.sentence.lower()}."
    if not any(item.compared for item in document.medications):
        return "The document lists no medicine that could be read."
    return ""


def _caution(document: ClinicalDocument) -> str:
    lost = any(section.unread for section in document.sections if section.facts is Facts.MEDICATIONS)
    if not lost:
        return ""
    return "Not all of the document’s medicines could be read, so one that is only in the chart may be in it too."


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _stay(header: Header, now: datetime) -> str:
    stay = header.stay
    if stay is None:
        return ""
    kind = stay.kind if len(stay.kind) <= _LONGEST_KIND else ""
    start, end = dates.words(stay.start, now), dates.words(stay.end, now)
    return _joined(
        kind,
        f"from {start}" if start else "",
        f"to {end}" if end else "",
        f"afterwards: {stay.disposition}" if stay.disposition else "",
    )


def _compared_row(row: ComparedMedicine, now: datetime) -> ComparedRow:
    item, chart = row.document, row.chart
    return ComparedRow(
        verdict=row.verdict.value,
        words=row.words,
        document=item.name if item else "",
        document_more=_how(item, now) if item else "",
        chart=chart.text if chart else "",
        chart_more=_joined(chart.dose, *chart.other_doses, chart.status_words) if chart else "",
    )


def _how(item: DocumentMedication, now: datetime) -> str:
    stop = dates.words(item.stop, now)
    start = dates.words(item.start, now)
    return _joined(
        item.dose_words, item.status, f"since {start}" if start else "", f"until {stop}" if stop else ""
    )


def _medicine(item: DocumentMedication, now: datetime) -> Row:
    return Row(item.name, "" if item.none_known else _how(item, now), _source(item.source, now))


def _allergy(item: DocumentAllergy, now: datetime) -> Row:
    onset = dates.words(item.onset, now)
    more = _joined(
        ", ".join(item.reactions),
        f"severity {item.severity.lower()}" if item.severity else "",
        item.status,
        f"since {onset}" if onset and not item.denied else "",
    )
    return Row(item.substance, more, _source(item.source, now))


def _problem(item: DocumentProblem, now: datetime) -> Row:
    onset, resolved = dates.words(item.onset, now), dates.words(item.resolved, now)
    more = _joined(item.status, f"since {onset}" if onset else "", f"resolved {resolved}" if resolved else "")
    return Row(item.name, "" if item.denied else more, _source(item.source, now))


def _source(source: Source, now: datetime) -> str:
    return _joined(source.section, source.author, dates.words(source.when, now))


def _unread(document: ClinicalDocument) -> tuple[str, ...]:
    said = [f"{section.title}: {section.null_words}." for section in document.sections if section.null_words]
    version = document.header.version_note
    return tuple((*filter(None, (version,)), *said, *document.unread))


def empty_sections(document: ClinicalDocument, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names for which the document has no section at all."""
    there = {section.facts.value for section in document.sections}
    return tuple(name for name in names if name not in there)
