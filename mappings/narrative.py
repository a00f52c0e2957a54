"""The readable text of a record, and the one fixed line in it that we can read back.

Servers drop extensions, and many clinicians will read only this text, so it holds every fact that matters. It is made
as an XML tree by lxml, never by joining strings, so whatever was typed stays text
(https://hl7.org/fhir/R4/narrative.html#xhtml).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from lxml import etree, html

from mappings.element import as_object

XHTML = "http://www.w3.org/1999/xhtml"
PLAIN_LIMIT = 20_000
_NAMESPACES: Any = {None: XHTML}  # lxml takes None for the default namespace; its stubs do not.
_HIDDEN = frozenset({"Cc", "Cs"})
_BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_NOT_IN_XML = frozenset("\ufffe\uffff")
_BLOCK_NAMES = (
    "blockquote br caption dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tbody tfoot thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SILENT_NAMES = "head iframe math noscript object script style svg template title"
_SILENT = frozenset(_SILENT_NAMES.split())


def clean(text: str) -> str:
    """Text without what nobody can see: control characters, lone surrogates, direction overrides.

    Line ends become "\\n"; tabs, emoji and every script stay. Nobody can be asked to mend a character they cannot see,
    XML forbids most of these, and an override can make a dose read backwards.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    if unified.isascii() and unified.isprintable():
        return unified
    return "".join(character for character in unified if _visible(character))


def _visible(character: str) -> bool:
    if character in "\n\t":
        return True
    hidden = (
        character in _BIDI_OVERRIDES or character in _NOT_IN_XML or unicodedata.category(character) in _HIDDEN
    )
    return not hidden


def narrative(title: str, facts: Iterable[tuple[str, str]], *, note: str = "") -> dict[str, Any]:
    """A FHIR Narrative: a title, a list of "label: value" (empty values left out), then the note in its own lines."""
    div = etree.Element(f"{{{XHTML}}}div", nsmap=_NAMESPACES)
    etree.SubElement(_child(div, "p"), f"{{{XHTML}}}b").text = clean(title)
    stated = [(label, value) for label, value in facts if value.strip()]
    if stated:
        items = _child(div, "ul")
        for label, value in stated:
            item = _child(items, "li")
            name = _child(item, "b")
            name.text, name.tail = clean(label), f": {clean(value)}"
    if note.strip():
        _lines(_child(div, "p"), clean(note))
    return {"status": "generated", "div": etree.tostring(div, encoding="unicode")}


def _child(parent: etree._Element, tag: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{XHTML}}}{tag}")


def _lines(parent: etree._Element, text: str) -> None:
    first, *rest = text.split("\n")
    parent.text = first
    for line in rest:
        _child(parent, "br").tail = line


def plain_text(text: Any) -> str:
    """The words of somebody's Narrative as plain lines; scripts, styles and markup are left behind. Never raises."""
    div = as_object(text).get("div")
    if not isinstance(div, str) or not div.strip():
        return ""
    try:
        root = html.fragment_fromstring(clean(div)[: PLAIN_LIMIT * 5], create_parent="div")
    except (etree.ParserError, ValueError):
        return ""
    pieces: list[str] = []
    _gather(root, pieces)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)[:PLAIN_LIMIT]


def _gather(root: etree._Element, pieces: list[str]) -> None:
    """Walks without recursion: a hostile narrative may be nested ten thousand deep."""
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        spoken = isinstance(element.tag, str) and element.tag not in _SILENT
        if event == "start":
            pieces.append(_break(element) + (element.text or "").replace("\n", " ") if spoken else "")
            if not spoken:
                walk.skip_subtree()
        else:
            pieces.append(_break(element) + (element.tail or "").replace("\n", " "))


def _break(element: etree._Element) -> str:
    if element.tag in ("td", "th"):
        return " "
    return "\n" if element.tag in _BLOCKS else ""


def fixed_line(title: str, facts: Iterable[tuple[str, str]]) -> str:
    """One line that a person reads and `read_fixed_line` parses: "Title. Mode: phone; Minutes: 12"."""
    stated = [f"{label}: {_in_line(value)}" for label, value in facts if value.strip()]
    return f"{title}. {'; '.join(stated)}"


def _in_line(value: str) -> str:
    return " ".join(clean(value).replace(";", ",").split())


def read_fixed_line(text: str, title: str) -> dict[str, str]:
    """The facts of a fixed line with this title, keyed by label; {} where there is no such line in the text."""
    for line in text.split("\n"):
        found = re.match(rf"\s*{re.escape(title)}\. (.+)", line)
        if found:
            pairs = (part.partition(": ") for part in found.group(1).split("; "))
            return {label.strip(): value.strip() for label, colon, value in pairs if colon}
    return {}
