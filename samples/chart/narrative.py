"""A resource's narrative made safe to show: only what FHIR's XHTML allows, and nothing that reaches outside.

A narrative comes from whoever wrote the resource, so the tree is built anew from a list of what is allowed instead of
being cleaned of what is known to be bad. Links lose their target and pictures must carry their own data: the chart
of one patient must not tell another server that it was opened.
https://hl7.org/fhir/R4/narrative.html#Narrative, https://hl7.org/fhir/R4/narrative.html#security
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree, html
from markupsafe import Markup

ALLOWED: Final = frozenset({
    "p", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "span", "b", "em", "i", "strong", "small", "big",
    "tt", "dfn", "q", "var", "abbr", "acronym", "cite", "blockquote", "hr", "address", "bdo", "kbd", "sub",
    "sup", "ul", "ol", "li", "dl", "dt", "dd", "pre", "table", "caption", "colgroup", "col", "thead",
    "tbody", "tfoot", "tr", "th", "td", "code", "samp", "ins", "del",
})  # fmt: skip
DROPPED_WHOLE: Final = frozenset({
    # Their content is not text for a reader: it is code, another document or a control.
    "script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "svg", "math",
    "template", "noscript", "noembed", "noframes", "head", "title", "link", "meta", "base", "xml",
    "textarea", "select", "option", "button", "input", "audio", "video", "canvas",
})  # fmt: skip
ATTRIBUTES: Final = frozenset({"title", "lang", "dir", "abbr", "scope", "align", "valign"})
NUMBERS: Final = frozenset({"colspan", "rowspan", "span"})
DEEPEST = 60
LONGEST = 400_000

_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]+")
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER = re.compile(r"[0-9]{1,3}")
_TOO_LONG = Markup("<p>The narrative is too long to show here.</p>")


def safe_narrative(resource: Mapping[str, Any]) -> Markup:
    """The resource's `text.div` as markup that is safe in a page; empty when there is none."""
    narrative = resource.get("text")
    div = narrative.get("div") if isinstance(narrative, Mapping) else None
    if not isinstance(div, str) or not div.strip():
        return Markup()
    if len(div) > LONGEST:
        return _TOO_LONG
    root = _parsed(_NOT_IN_XML.sub("", div))
    if root is None:
        return Markup()
    clean = etree.Element("div")
    _copy(root, clean, depth=0)
    shown = etree.tostring(clean, encoding="unicode", method="html", with_tail=False)
    # What lxml serialises from a tree that was built from the list above is the only markup let through.
    return Markup(shown)  # noqa: S704  # cleaned above


def _parsed(div: str) -> etree._Element | None:
    """The narrative's tree: as the XHTML it should be, else as the HTML it may be."""
    strict = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(div.encode("utf-8", "replace"), strict)
    except (etree.XMLSyntaxError, ValueError):
        pass
    lenient = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        return etree.fromstring(div.encode("utf-8", "replace"), lenient)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _copy(source: etree._Element, target: etree._Element, *, depth: int) -> None:
    """Copies the content of `source` into `target`; below the deepest level only the words go on."""
    _add_text(target, source.text)
    if depth > DEEPEST:
        return
    for child in source:
        name = _local_name(child)
        if name in ALLOWED or (name == "img" and _has_own_picture(child)):
            _copy(child, _like(child, name, target), depth=depth + 1)
        elif name and name not in DROPPED_WHOLE:
            _copy(child, target, depth=depth + 1)
        _add_text(target, child.tail)


def _like(source: etree._Element, name: str, parent: etree._Element) -> etree._Element:
    made = etree.SubElement(parent, name)
    attributes = {str(key): _NOT_IN_XML.sub("", str(value)) for key, value in source.attrib.items()}
    for key, value in attributes.items():
        if key in ATTRIBUTES or (key in NUMBERS and _NUMBER.fullmatch(value)):
            made.set(key, value)
    if name == "img":
        made.set("src", attributes["src"])
        made.set("alt", attributes.get("alt", ""))
    return made


def _has_own_picture(element: etree._Element) -> bool:
    return _PICTURE.fullmatch(str(element.get("src") or "")) is not None


def _local_name(element: etree._Element) -> str:
    """The element's name without its namespace, in lower case; "" for what is no element."""
    # By hand, because lxml's own QName refuses the names that its HTML parser makes of nonsense.
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _add_text(target: etree._Element, words: str | None) -> None:
    if not words:
        return
    words = _NOT_IN_XML.sub("", words)
    if len(target):
        target[-1].tail = (target[-1].tail or "") + words
    else:
        target.text = (target.text or "") + words
