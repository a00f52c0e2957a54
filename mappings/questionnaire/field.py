"""The names of a questionnaire's form fields: derived from the linkIds, so that no page makes up its own."""

from __future__ import annotations

import re

from mappings.questionnaire.definition import Item
from mappings.questionnaire.value import Answers, key_of

NOTE = "note"
"""The nurse's own words about the whole."""

_ODD = re.compile(r"[^A-Za-z0-9_.-]")


def field_of(link_id: str) -> str:
    """The field of one question: "q-44250-9"."""
    return f"q-{_ODD.sub('_', link_id)}"


def other_of(link_id: str) -> str:
    """The field for somebody's own words beside the answers of an open choice."""
    return f"{field_of(link_id)}-other"


def form_values(items: tuple[Item, ...], answers: Answers) -> dict[str, tuple[str, ...]]:
    """The answers as a form holds them."""
    values: dict[str, tuple[str, ...]] = {}
    for item in items:
        given = answers.get(item.link_id, ())
        own = [value for value in given if item.type == "open-choice" and "valueString" in value]
        keys = tuple(key_of(value) for value in given if value not in own)
        if item.type in ("string", "text") and keys:
            keys = ("\n".join(keys),)
        if keys:
            values[field_of(item.link_id)] = keys
        if own:
            values[other_of(item.link_id)] = (key_of(own[0]),)
    return values
