"""Narratives: what FHIR allows in them, whether one keeps to it, and an EHR's made safe to show.

A narrative is markup from somebody else's system that ends up inside a page, so both ways are by list of what is
allowed and never by list of what is bad. Links, images and styles are legal in FHIR but are not shown: a link leads
out of the chart, an image tells a stranger who reads it, and a style can cover what the user must see.
Spec: https://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)
"""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree, html

from fhir_profiles.problem import NARRATIVE, Problem

NAMESPACE: Final = "http://www.w3.org/1999/xhtml"
SIZE_LIMIT: Final = 1_000_000
"""Characters of a narrative that are parsed at all; the longest in public charts have a tenth of it."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_FORMAT: Final = _words(
    "p br div h1 h2 h3 h4 h5 h6 span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address"
    " bdo kbd sub sup ins del ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp"
)
_ALLOWED: Final = _FORMAT | _words("a img map area")
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
_SHOWN_ATTRIBUTES: Final = {
    "td": _words("colspan rowspan"),
    "th": _words("colspan rowspan scope"),
    "ol": _words("start"),
    "li": _words("value"),
}
_HIDDEN: Final = _words(
    "script style head title template iframe frame frameset noframes object embed applet noscript svg math audio"
    " video canvas form input button select textarea option link meta base xmp plaintext noembed"
)
_SAFE_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:|#|(?:[A-Za-z]+/)*[A-Za-z0-9\-.]+$)", re.IGNORECASE)
_SAFE_IMAGE: Final = re.compile(r"#|data:image/(?:png|gif|jpeg);base64,", re.IGNORECASE)
_STYLE_THAT_LOADS: Final = re.compile(r"url\s*\(|expression|@import|javascript|behavior|\\", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d{1,3}")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_IN_XML: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEPTH_LIMIT: Final = 100
"""Deeper levels are not shown: no clinician's table is that deep, a hostile one is deeper."""


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


def sanitise(xhtml: Any) -> str | None:
    """An EHR's narrative as HTML that is safe to put into a page, or None where nothing readable is left.

    Kept are text and the formatting elements of FHIR's list without their attributes but for spans of cells and
    numbers of lists. Broken markup is read as a browser would read it. Never raises; what is longer than
    ``SIZE_LIMIT`` is not read.
    """
    if not isinstance(xhtml, str) or not xhtml.strip() or len(xhtml) > SIZE_LIMIT:
        return None
    text = _NOT_IN_XML.sub("", _DECLARATION.sub("", xhtml))
    source = _parsed(text)
    if source is None:
        source = _lenient(text)
    if source is None:
        return None
    shown = etree.Element("div")
    if _name(source) in {"div", "html"}:
        _copy_content(source, shown, 0)
    else:
        _copy(source, shown, 0)
    if not _text(shown):
        return None
    return etree.tostring(shown, encoding="unicode", method="html")


def _parsed(xhtml: str) -> Any:
    """The root of well-formed XHTML, or None; entities and DTDs are refused, since they can read files."""
    if len(xhtml) > SIZE_LIMIT or "<!DOCTYPE" in xhtml.upper() or "<!ENTITY" in xhtml.upper():
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(xhtml, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _lenient(xhtml: str) -> Any:
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(xhtml, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
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


def _name(element: Any) -> str:
    """The local name in small letters; empty for a comment and the like. HTML may hold names that QName refuses."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _copy_content(source: Any, target: Any, depth: int) -> None:
    if depth <= _DEPTH_LIMIT:
        _add_text(target, source.text)
        for child in source:
            _copy(child, target, depth + 1)
            _add_text(target, child.tail)


def _copy(element: Any, target: Any, depth: int) -> None:
    """Copy what may be shown; an element that may not is replaced by its content, or left out with it."""
    name = _name(element)
    if name in _FORMAT:
        _copy_content(element, _shown(target, name, element), depth)
    elif name == "img":
        _add_text(target, element.get("alt"))
    elif name and name not in _HIDDEN:
        _copy_content(element, target, depth)


def _shown(target: Any, name: str, child: Any) -> Any:
    kept = {
        key: value
        for key, value in ((str(key), str(value)) for key, value in child.attrib.items())
        if key in _SHOWN_ATTRIBUTES.get(name, frozenset())
        and (_NUMBER.fullmatch(value) or value in {"row", "col", "rowgroup", "colgroup"})
    }
    return etree.SubElement(target, name, kept)


def _add_text(target: Any, text: str | None) -> None:
    if not text:
        return
    if len(target):
        target[-1].tail = (target[-1].tail or "") + text
    else:
        target.text = (target.text or "") + text
