"""The text of one save for a person to paste into the EHR's own note, where the EHR takes it from Chartside in no form.

Made from the same narratives as the notes that Chartside files (mappings.filed_note), with the patient's name and birth
date first, so that nobody pastes it into another chart unseen. It holds no block and no sentence by which Chartside
knows its own notes: what a person has pasted is theirs, and is never read back or taken for a damaged note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mappings import dates
from mappings.authorship import Authorship
from mappings.difference import Difference, difference
from mappings.element import relative_reference, type_of
from mappings.filed_block import find_blocks
from mappings.filed_document import DocumentKind, document_kind
from mappings.filed_note import FiledNote, told_lines, without_markers
from mappings.identity import kind_words
from mappings.narrative import clean
from mappings.take_back import record_words

MADE_BY_HAND = "Made with Chartside and pasted by hand."
_NO_BIRTH_DATE = "date of birth not recorded"

Resource = Mapping[str, Any]


def copy_ready(
    resources: Sequence[dict[str, Any]], author: Authorship, *, born: str, read: Sequence[dict[str, Any]]
) -> str:
    """The text, in plain lines without codes.

    `resources` are the records of one save that are in the chart in no form; those that bear an id are changes, told as
    what is to be changed in what was `read`. `born` is the birth date in words ("3 Nov 1959", "born 1959", "").
    `author.now` is in the EHR's time zone.
    """
    held = {relative_reference(each): each for each in read}
    sections = tuple(_section(each, held.get(relative_reference(each))) for each in resources)
    note = FiledNote(_title(resources), tuple(_facts(author, born)), sections, block="")
    # A block that somebody typed or pasted must not come back as a record of this chart.
    return (without_markers(note) if find_blocks(note.words) else note).words


def _title(resources: Sequence[dict[str, Any]]) -> str:
    """As the note's, but a consent is called one although it brings a draft plan along."""
    kind = document_kind(resources)
    consented = any(type_of(each) == "Consent" and not each.get("id") for each in resources)
    return (DocumentKind.CONSENT if kind is DocumentKind.PLAN and consented else kind).value.title


def _facts(author: Authorship, born: str) -> Iterator[tuple[str, str]]:
    birth = born if born.startswith("born") else f"born {born}" if born else _NO_BIRTH_DATE
    when = f"{dates.day_words(author.now.date())}, {author.now:%H:%M}"
    yield "Patient", f"{_one_line(author.patient_name) or 'name not recorded'}, {birth}"
    yield "By", _one_line(author.user_name) or "Care manager"
    yield "When", f"{when}. {MADE_BY_HAND}"


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _section(resource: dict[str, Any], before: dict[str, Any] | None) -> tuple[str, tuple[str, ...]]:
    if not resource.get("id"):
        return kind_words(resource).capitalize(), told_lines(resource)
    called = _one_line(record_words(before or resource))
    heading = f"To be changed: {called.partition(':')[0].lower()}"
    changes = tuple(map(_change, difference(before, resource))) if before else ()
    return heading, (called, *changes) if changes else told_lines(resource)


def _change(found: Difference) -> str:
    """One field of a record as a sentence for the person who changes it by hand."""
    theirs, mine = _one_line(found.theirs), _one_line(found.mine)
    if theirs and mine:
        return f"{found.label}: changed from “{theirs}” to “{mine}”"
    return f"{found.label}: now “{mine}”" if mine else f"{found.label}: no longer “{theirs}”"
