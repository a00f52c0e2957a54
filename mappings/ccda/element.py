"""Reading one element of a C-CDA document that may hold anything.

Every function takes an element or None and answers with the wanted value or its empty one, so that no reader raises on
a document. `nullFlavor` says that a value is not there: such an element has no value and no code, whatever stands
beside it. https://www.hl7.org/implement/standards/product_brief.cfm?product_id=7 (CDA R2), data types of HL7 v3
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element

from mappings.element import as_number, as_text

Element = _Element
HL7 = "urn:hl7-org:v3"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MOST_TEXT = 500


def name_of(element: Element) -> str:
    """The local name of an element of HL7's namespace; "" for one of another."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) and tag.startswith(f"{{{HL7}}}") else ""


def children(element: Element | None, *path: str) -> tuple[Element, ...]:
    """The elements at the end of a path of names: `children(act, "entryRelationship", "observation")`."""
    found: tuple[Element, ...] = () if element is None else (element,)
    for name in path:
        found = tuple(child for item in found for child in item if name_of(child) == name)
    return found


def child(element: Element | None, *path: str) -> Element | None:
    """The first of `children`, or None."""
    return next(iter(children(element, *path)), None)


def descendants(element: Element, name: str) -> Iterator[Element]:
    """Every element of that name below, in the order of the document."""
    return (item for item in element.iter(f"{{{HL7}}}{name}") if item is not element)


def attribute(element: Element | None, name: str) -> str:
    """One line of showable text, or ""."""
    return "" if element is None else as_text(element.get(name) or "")[:_MOST_TEXT]


def null_flavor(element: Element | None) -> str:
    """The code that says why there is no value, or ""."""
    return attribute(element, "nullFlavor")


def value_of(element: Element | None) -> str:
    """The `value` of an element that is not null."""
    return "" if null_flavor(element) else attribute(element, "value")


def xsi_type(element: Element) -> str:
    """The data type that `xsi:type` says, without its prefix."""
    return as_text(element.get(_XSI_TYPE) or "").rpartition(":")[2]


def is_true(element: Element | None, name: str) -> bool:
    """A boolean attribute; XML Schema spells it "true" or "1"."""
    return attribute(element, name).lower() in ("true", "1")


def text_of(element: Element | None) -> str:
    """All text below, as one line; what `<reference value="#id"/>` points to where there is none."""
    if element is None:
        return ""
    own = as_text("".join(part for part in element.itertext() if isinstance(part, str)))[:_MOST_TEXT]
    return own or _referenced(element)


def _referenced(element: Element) -> str:
    """The words of the narrative that the element points to. The exact ID only: a near miss is another row."""
    wanted = attribute(child(element, "reference"), "value").removeprefix("#")
    if not wanted:
        return ""
    section: Element | None = element
    while section is not None and name_of(section) != "section":
        section = section.getparent()
    narrative = child(section, "text")
    if narrative is None:
        return ""
    for item in narrative.iter():
        if isinstance(item.tag, str) and item.get("ID") == wanted:
            return as_text(" ".join(part.strip() for part in item.itertext() if isinstance(part, str)))[
                :_MOST_TEXT
            ]
    return ""


def words_of(code: Element | None) -> str:
    """A coded value in words: its display, the author's own words, or a translation's display. Never the code."""
    if code is None:
        return ""
    if xsi_type(code) in ("ST", "ED"):
        return "" if null_flavor(code) else text_of(code)
    said = "" if null_flavor(code) else attribute(code, "displayName")
    said = said or text_of(child(code, "originalText"))
    translated = (
        attribute(item, "displayName") for item in children(code, "translation") if not null_flavor(item)
    )
    return said or next(filter(None, translated), "")


def codes_of(code: Element | None, system: str) -> frozenset[str]:
    """The codes of one code system (its OID) in a coded value and its translations."""
    if code is None:
        return frozenset()
    said = (
        attribute(item, "code") for item in (code, *children(code, "translation")) if _is_of(item, system)
    )
    return frozenset(filter(None, said))


def _is_of(item: Element, system: str) -> bool:
    return not null_flavor(item) and attribute(item, "codeSystem") == system


def quantity_words(quantity: Element | None) -> str:
    """As "2 mg" or "4 to 6 h": value and unit as sent; "" without a value."""
    low, high = child(quantity, "low"), child(quantity, "high")
    if low is not None or high is not None:
        ends = [words for end in (low, high) if (words := quantity_words(end))]
        return " to ".join(ends) if len(ends) == 2 else ""
    value = value_of(quantity)
    if as_number(value) is None:
        return ""
    unit = attribute(quantity, "unit").strip("{}")
    return value if unit in ("", "1") else f"{value} {unit}"
