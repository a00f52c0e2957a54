"""The note that carries records in a chart whose EHR takes them in no other form: words for people, then the block.

A clinician who never opens Chartside reads here what was done, for whom, by whom and when, and each record's own
narrative as text. Made as plain text, HTML or XHTML; markup is built by lxml, so what was typed stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from mappings import dates
from mappings.authorship import Authorship
from mappings.errors import NotForABlock
from mappings.filed_block import FiledBlock, find_blocks, to_text
from mappings.identity import kind_words
from mappings.narrative import XHTML, clean, plain_text

PLAIN, HTML, XHTML_MIME = "text/plain", "text/html", "application/xhtml+xml"
NOTE_FORMS = (HTML, XHTML_MIME, PLAIN)
"""The mime types in which a note can be made."""
WRITTEN_WITH = "Written with Chartside from inside the chart."
BEFORE_THE_BLOCK = "The lines below let Chartside read this note back. Please leave them unchanged."


@dataclass(frozen=True)
class FiledNote:
    """One note. `facts` are label and value; `sections` a heading with its lines; `block` the block's text."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    block: str

    @property
    def words(self) -> str:
        """What a person reads, as plain text without the block."""
        head = [self.title, "", *(f"{label}: {value}" for label, value in self.facts)]
        told = [line for heading, lines in self.sections for line in ("", heading.upper(), *lines)]
        return "\n".join((*head, *told))


def filed_note(
    title: str, resources: Sequence[dict[str, Any]], author: Authorship, block: FiledBlock
) -> FiledNote:
    """The note of one save. Raises NotForABlock for what could not be read back exactly."""
    made = FiledNote(clean(title), _facts(author, block), tuple(_sections(resources)), to_text(block))
    # Somebody may have typed or pasted another note's block; only the words for people are changed, not the record.
    return without_markers(made) if find_blocks(made.words) else made


def note_text(note: FiledNote, mime: str) -> str:
    """The note in one of NOTE_FORMS. HTML and XHTML are ASCII, so that no server can take them for another encoding.

    Raises NotForABlock where the note, as made, would not give back its block.
    """
    text = _plain(note) if mime == PLAIN else _markup(note, mime)
    if find_blocks(text) != find_blocks(note.block):
        raise NotForABlock("the note would not give its records back")
    return text


def _facts(author: Authorship, block: FiledBlock) -> tuple[tuple[str, str], ...]:
    when = f"{dates.day_words(author.now.date())}, {author.now:%H:%M}"
    stated = (("Patient", author.patient_name), ("By", author.user_name), ("When", when))
    facts = (*stated, ("Note", f"number {block.number} of this chart. {WRITTEN_WITH}"))
    return tuple((label, " ".join(clean(value).split())) for label, value in facts if value.strip())


def _sections(resources: Iterable[dict[str, Any]]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for resource in resources:
        yield kind_words(resource).capitalize(), told_lines(resource)


def told_lines(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """What a record's own narrative says, line by line; one sentence where it says nothing."""
    # Cleaned again, since an entity in the narrative may have spelled what no XML can hold.
    told = clean(plain_text(resource.get("text"))) or "This record has no text of its own."
    return tuple(told.split("\n"))


def without_markers(note: FiledNote) -> FiledNote:
    """Without brackets, and ampersands that could spell one, no words can look like a marker."""

    def harmless(text: str) -> str:
        return text.replace("[", "(").replace("]", ")").replace("&", "+")

    facts = tuple((label, harmless(value)) for label, value in note.facts)
    sections = tuple((heading, tuple(map(harmless, lines))) for heading, lines in note.sections)
    return replace(note, title=harmless(note.title), facts=facts, sections=sections)


def _plain(note: FiledNote) -> str:
    return f"{note.words}\n\n{BEFORE_THE_BLOCK}\n\n{note.block}\n"


def _markup(note: FiledNote, mime: str) -> str:
    space = f"{{{XHTML}}}" if mime == XHTML_MIME else ""
    root = etree.Element(f"{space}html", nsmap={None: XHTML} if space else None)  # type: ignore[dict-item]  # lxml takes None for the default namespace; its stubs do not.
    head, body = etree.SubElement(root, f"{space}head"), etree.SubElement(root, f"{space}body")
    etree.SubElement(head, f"{space}title").text = note.title
    etree.SubElement(body, f"{space}h1").text = note.title
    _lines(body, [f"{label}: {value}" for label, value in note.facts])
    for heading, lines in note.sections:
        etree.SubElement(body, f"{space}h2").text = heading
        _lines(body, lines)
    etree.SubElement(body, f"{space}p").text = BEFORE_THE_BLOCK
    etree.SubElement(body, f"{space}pre").text = note.block
    made: bytes = etree.tostring(root, method="xml" if space else "html", encoding="ascii")
    return made.decode("ascii")


def _lines(body: etree._Element, lines: Sequence[str]) -> None:
    space = f"{{{XHTML}}}" if body.tag.startswith("{") else ""
    paragraph = etree.SubElement(body, f"{space}p")
    paragraph.text, *rest = lines or [""]
    for line in rest:
        etree.SubElement(paragraph, f"{space}br").tail = line
