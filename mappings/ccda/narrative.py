"""A section's narrative as plain text: what a human wrote, where the entries are missing or could not be read.

CDA's narrative is its own small markup, not HTML. Rows and list items become lines; markup that is not CDA's (script,
style and the like) is left out with what it holds; what the author struck out is said to be struck out.
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.ccda.element import Element, attribute, name_of
from mappings.element import as_text

MOST_CHARACTERS = 4_000
_SHORTENED = "(shortened here: open the document in the EHR for the rest)"
_LINES = frozenset({"paragraph", "tr", "item", "list", "table", "caption", "text"})
_WITHIN = frozenset(
    {
        "content",
        "thead",
        "tbody",
        "tfoot",
        "td",
        "th",
        "linkHtml",
        "sub",
        "sup",
        "col",
        "colgroup",
        "br",
        "footnote",
    }
)
_CELLS = frozenset({"td", "th"})
_BREAK = "\n"


def narrative_text(text: Element | None) -> str:
    """The lines of a section's `text`; "" when there is none."""
    if text is None:
        return ""
    said = "".join(_parts(text))
    lines = (as_text(line).strip(" ·") for line in said.split(_BREAK))
    whole = _BREAK.join(line for line in lines if line)
    return whole if len(whole) <= MOST_CHARACTERS else f"{whole[:MOST_CHARACTERS]}…\n{_SHORTENED}"


def _parts(element: Element) -> Iterator[str]:
    name = name_of(element)
    ends = _BREAK if name in _LINES or name == "br" else " · " if name in _CELLS else ""
    struck = attribute(element, "revised") == "delete"
    if name in _LINES:
        yield _BREAK
    if struck:
        yield "(struck out: "
    yield _line(element.text)
    for item in element:
        if name_of(item) in _LINES | _WITHIN:
            yield from _parts(item)
        yield _line(item.tail)
    if struck:
        yield ")"
    yield ends


def _line(text: str | None) -> str:
    """The author's own line ends are only how the file is laid out."""
    return " ".join((text or " ").splitlines())
