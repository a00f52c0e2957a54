"""Reading one element of a resource that may hold anything.

EHRs send numbers as strings, one object where a list belongs, and lists where one object belongs. Each
function here takes any JSON value and answers with the wanted type or its empty value, so that no mapping
ever raises on a chart and none needs a guard of its own. Shapes: https://hl7.org/fhir/R4/datatypes.html
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
# Controls and lone surrogates break a page; direction overrides can make a dose read as another.
_UNSHOWABLE = frozenset({"Cc", "Cs"})
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


# Named once: `list | tuple` would be built anew at each of the hundred thousand calls that one chart makes.
_LISTS = (list, tuple)


def as_object(value: Any) -> dict[str, Any]:
    """The object, or the first object of a list, or an empty one."""
    if isinstance(value, dict):
        return value
    if isinstance(value, _LISTS):
        return next((item for item in value if isinstance(item, dict)), {})
    return {}


def as_objects(value: Any) -> tuple[dict[str, Any], ...]:
    """The objects of a list; a lone object counts as a list of one."""
    if isinstance(value, dict):
        return (value,)
    if isinstance(value, _LISTS):
        return tuple(item for item in value if isinstance(item, dict))
    return ()


def as_text(value: Any) -> str:
    """One line of showable text (white space collapsed, controls and direction overrides dropped), or ""."""
    if not isinstance(value, str):
        value = _first_text(value)
    if not (value.isascii() and value.isprintable()):
        value = "".join(map(_showable, value))
    # Nearly every text of a chart is one plain word or line already; splitting those took a third of the time.
    return value if "  " not in value and value == value.strip() else " ".join(value.split())


def _first_text(value: Any) -> str:
    if isinstance(value, _LISTS):
        return next((item for item in value if isinstance(item, str) and item.strip()), "")
    return ""


def _showable(character: str) -> str:
    if character.isspace():
        return " "
    if character in _OVERRIDES or unicodedata.category(character) in _UNSHOWABLE:
        return ""
    return character


def as_texts(value: Any) -> tuple[str, ...]:
    """Every non-empty text of a list; a lone string counts as a list of one."""
    items = value if isinstance(value, _LISTS) else (value,)
    return tuple(text for text in map(as_text, items) if text)


def as_number(value: Any) -> float | None:
    """A finite number, also from a string that is plainly one; a boolean is no number."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = value.strip()
    elif not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_flag(value: Any) -> bool | None:
    """True or False, also from the words "true" and "false"; anything else is None."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def type_of(resource: Any) -> str:
    """The resource type, or ""."""
    return as_text(as_object(resource).get("resourceType"))


def reference_text(value: Any) -> str:
    """The `reference` of a Reference, or ""."""
    return as_text(as_object(value).get("reference"))


def relative_reference(resource: Any) -> str:
    """`Type/id` of a resource, or "" when either is missing."""
    kind, identity = type_of(resource), as_text(as_object(resource).get("id"))
    return f"{kind}/{identity}" if kind and identity else ""
