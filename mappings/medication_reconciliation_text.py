"""What was typed into a reconciliation, in words: for a text that somebody copies by hand, where keys help nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fhir_profiles.terminology import codes, display
from mappings.medication_reconciliation_form import ANSWER, HOW, NAME, SAME, SAME_OR_NOT

_UNTOLD = ("document", "mode", "tell")
_REST = ("All others are taken as listed", ("yes",))


def in_words(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Field -> the medicine and what was said of it; {} for the form of anything else."""
    names = {field.removeprefix(NAME): given[0] for field, given in values.items() if field.startswith(NAME)}
    if not names:
        return {}
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for field, given in values.items():
        prefix, colon, key = field.partition(":")
        if colon and key in names:
            found[field] = _told(f"{prefix}:", names[key], given)
        elif field in _UNTOLD:
            found[field] = ("", ())
        elif field == "rest" and any(given):
            found[field] = _REST
    return found


def _told(prefix: str, name: str, given: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    said = tuple(each for each in given if each.strip())
    if prefix == ANSWER:
        return name, tuple(
            display("medication-answer", each) if each in codes("medication-answer") else each
            for each in said
        )
    if prefix == HOW:
        return f"{name}, how or why not", said
    if prefix == SAME:
        return f"{name}, one medicine on both lists", tuple(SAME_OR_NOT.get(each, each) for each in said)
    return "", ()
