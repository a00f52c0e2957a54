"""Narratives: what FHIR allows in them, and whether one keeps to it.

A narrative that we write ends up inside other people's pages, so it is checked by a list of what is allowed and never
by a list of what is bad.
Spec: https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)
"""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

from fhir_profiles.problem import NARRATIVE, Problem

NAMESPACE: Final = "http://www.w3.org/1999/xhtml"
SIZE_LIMIT: Final = 1_000_000
"""Characters of a narrative that are parsed at all; the longest in public charts have a tenth of it."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_ALLOWED: Final = _words(
    "p br div h1 h2 h3 h4 h5 h6 span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address"
    " bdo kbd sub sup ins del ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp"
    " a img map area"
)
_COMMON_ATTRIBUTES: Final = _words("title style class id lang dir accesskey tabindex")
_ALIGNED: Final = _words("span width align valign char charoff")
_CELL: Final = _ALIGNED | _words("abbr axis headers scope rowspan colspan nowrap height bgcolor")
_ATTRIBUTES: Final = {
    "a": _words("href name charset hreflang rel rev shape coords type"),
    "area": _words("alt coords href nohref shape"),
    "img": _words("src alt border height width hspace vspace longdesc usemap align"),
    "map": _words("name"),
    "q": _words("cite"),
    "blockquote": _words("cite"),
    "ins": _words("cite datetime"),
    "del": _words("cite datetime"),
    "br": _words("clear"),
    "hr": _words("align noshade size width"),
    "ol": _words("type start compact"),
    "ul": _words("type compact"),
    "li": _words("type value"),
    "pre": _words("width"),
    "table": _words("summary width border frame rules cellspacing cellpadding align bgcolor"),
    "td": _CELL,
    "th": _CELL,
    **dict.fromkeys(_words("thead tbody tfoot tr col colgroup"), _ALIGNED),
}
_SAFE_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:|#|(?:[A-Za-z]+/)*[A-Za-z0-9\-.]+$)", re.IGNORECASE)
_SAFE_IMAGE: Final = re.compile(r"#|data:image/(?:png|gif|jpeg);base64,", re.IGNORECASE)
_STYLE_THAT_LOADS: Final = re.compile(r"url\s*\(|expression|@import|javascript|behavior|\\", re.IGNORECASE)


def narrative_problems(path: str, div: Any) -> list[Problem]:
    """What FHIR does not allow in a narrative ``div``. Never raises, opens no file and no connection."""
    root = _parsed(div) if isinstance(div, str) else None
    if root is None:
        return [Problem(path, NARRATIVE, "must be well-formed XHTML without DOCTYPE or entities (txt-1)")]
    if root.tag != f"{{{NAMESPACE}}}div":
        return [Problem(path, NARRATIVE, f"must be one div in the namespace {NAMESPACE} (txt-1)")]
    found = []
    for element in root.iter():
        found += [Problem(path, NARRATIVE, each) for each in _faults(element)]
    if not _text(root) and root.find(f".//{{{NAMESPACE}}}img") is None:
        found.append(Problem(path, "txt-2", "must hold some text"))
    return found


def _parsed(xhtml: str) -> Any:
    """The root of well-formed XHTML, or None; entities and DTDs are refused, since they can read files."""
    if len(xhtml) > SIZE_LIMIT or "<!DOCTYPE" in xhtml.upper() or "<!ENTITY" in xhtml.upper():
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(xhtml, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _faults(element: Any) -> list[str]:
    if element.tag is etree.Comment:
        return []
    if not isinstance(element.tag, str):
        return ["must hold no processing instructions or entities (txt-1)"]
    name = etree.QName(element)
    if name.namespace != NAMESPACE or name.localname not in _ALLOWED:
        return [f"must hold only formatting elements, not {name.localname} (txt-1)"]
    allowed = _COMMON_ATTRIBUTES | _ATTRIBUTES.get(name.localname, frozenset())
    return [
        each
        for key, value in element.attrib.items()
        for each in _attribute_faults(str(key), str(value), allowed)
    ]


def _attribute_faults(key: str, value: str, allowed: frozenset[str]) -> list[str]:
    key = "lang" if key == "{http://www.w3.org/XML/1998/namespace}lang" else key
    if key not in allowed:
        return [f"must hold no attribute {etree.QName(key).localname} here (txt-1)"]
    if key in {"href", "cite", "longdesc", "usemap"} and not _SAFE_LINK.match(value.strip()):
        return ["must hold only links by http, https, mailto, tel or to the record itself"]
    if key == "src" and not _SAFE_IMAGE.match(value.strip()):
        return ["must hold no external image, only one contained here or inline"]
    if key == "style" and _STYLE_THAT_LOADS.search(value):
        return ["must hold no style that loads or runs anything"]
    return []


def _text(element: Any) -> str:
    return "".join(str(each) for each in element.itertext()).strip()
