"""Opens the bytes of a document that anybody may have written, without letting it do anything.

No entity is expanded, no DTD is read, nothing is fetched, no processing instruction is kept; size, depth and the number
of elements have limits. A document that needs one of those is refused by name.
https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from mappings.ccda.element import HL7, Element

MOST_BYTES = 10_000_000
"""The published examples are below 200 kB; a CCD of a long life is a few megabytes."""
MOST_DEEP = 100
"""Elements inside one another; C-CDA needs about 30."""
MOST_ELEMENTS = 300_000

_ENCODINGS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "utf-16", "utf-16le", "utf-16be"}
)
# Each of them spells markup as ASCII does, but for UTF-16's zero bytes, which are dropped before looking.
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']")
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class Unread:
    """Why a document was not read. `words` is one fixed sentence that holds nothing of the document."""

    words: str


EMPTY = Unread("The document is empty.")
TOO_LARGE = Unread("The document is larger than Chartside reads (10 MB).")
NOT_XML = Unread("The document is damaged: it is no complete XML.")
NOT_ALLOWED = Unread(
    "The document holds a document type or entities, which Chartside does not read for safety."
)
ENCODING = Unread("The document is written in a character encoding that Chartside does not read.")
TOO_DEEP = Unread("The document is nested more deeply, or has more parts, than Chartside reads.")
NOT_CDA = Unread("The document is XML, but no C-CDA document.")


def open_document(data: bytes) -> Element | Unread:
    """The ClinicalDocument in `data`, or why it was not read. Never raises."""
    refused = _refused(data)
    if refused:
        return refused
    try:
        root = etree.fromstring(data, _parser())
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return NOT_XML
    docinfo: Any = root.getroottree().docinfo  # lxml's stubs leave its members out.
    if docinfo.doctype:
        return NOT_ALLOWED
    if not _is_within_limits(root):
        return TOO_DEEP
    return root if root.tag == f"{{{HL7}}}ClinicalDocument" else NOT_CDA


def _parser() -> etree.XMLParser:
    """One for each document: lxml's parsers are not to be shared between threads."""
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )


def _refused(data: bytes) -> Unread | None:
    if not data.strip():
        return EMPTY
    if len(data) > MOST_BYTES:
        return TOO_LARGE
    plain = data.replace(b"\0", b"")
    declared = _DECLARED.search(plain[:400])
    if declared and declared.group(1).decode("latin-1").lower() not in _ENCODINGS:
        return ENCODING
    return NOT_ALLOWED if _DOCTYPE.search(plain) else None


def _is_within_limits(root: Element) -> bool:
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MOST_DEEP or count > MOST_ELEMENTS:
            return False
    return True
