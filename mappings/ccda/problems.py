"""The problems and diagnoses of a document: Problem Observations inside concern or diagnosis acts, C-CDA R2.1.

An end date says that the problem itself is over; the status of the concern around it only whether somebody still
watches it. Without a status of its own both are told as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mappings import dates
from mappings.ccda.allergies import concern_status
from mappings.ccda.element import Element, attribute, child, children, descendants, is_true, words_of
from mappings.ccda.source import Source, source_of
from mappings.ccda.templates import has_template
from mappings.ccda.timestamp import Interval, interval

_ANY_PROBLEM = frozenset({"55607006", "404684003", "64572001"})
"""SNOMED CT: problem, clinical finding, disease. Negated, they say that none is known."""


@dataclass(frozen=True)
class DocumentProblem:
    """One problem, or the statement that there is none (`denied`). `codes` are (code system OID, code)."""

    name: str
    codes: frozenset[tuple[str, str]]
    onset: dates.FhirDate | None
    resolved: dates.FhirDate | None
    status: str
    denied: bool
    unread: tuple[str, ...]
    source: Source


def problems_of(entry: Element, *, document: str, section: str) -> Iterator[DocumentProblem | str]:
    """The problems of one `entry`; a text in place of one that could not be read says why."""
    found = [item for item in descendants(entry, "observation") if has_template(item, "problem")]
    if not found:
        yield "holds no problem"
    for item in found:
        yield _problem(item, source_of(item, document=document, section=section))


def _problem(item: Element, source: Source) -> DocumentProblem | str:
    value = child(item, "value")
    denied = is_true(item, "negationInd")
    name = words_of(value)
    if not name and not denied:
        return "names no problem in words"
    span = interval(child(item, "effectiveTime"))
    return DocumentProblem(
        name=_denied_words(name, value) if denied else name,
        codes=_codes(value),
        onset=span.low,
        resolved=span.high,
        status="" if denied else _status(item, span),
        denied=denied,
        unread=tuple(_unread(span)),
        source=source,
    )


def _denied_words(name: str, value: Element | None) -> str:
    is_any = not name or attribute(value, "code") in _ANY_PROBLEM
    return "No known problems" if is_any else f"Not present: {name}"


def _codes(value: Element | None) -> frozenset[tuple[str, str]]:
    said = () if value is None else (value, *children(value, "translation"))
    return frozenset(
        (attribute(item, "codeSystem"), code) for item in said if (code := attribute(item, "code"))
    )


def _status(item: Element, span: Interval) -> str:
    for inner in children(item, "entryRelationship", "observation"):
        if has_template(inner, "problem_status") and (words := words_of(child(inner, "value"))):
            return words.lower()
    return "resolved" if span.high else concern_status(item)


def _unread(span: Interval) -> Iterator[str]:
    if span.unread:
        yield "the dates"
    if span.contradicts_itself:
        yield "the dates, which contradict each other"
