"""Codes and words of coded elements: CodeableConcept, Coding or the plain string that some EHRs send instead.

The words shown are the clinician's own (`text`) before the terminology's (`display`), and the bare code only
when there is nothing else (https://hl7.org/fhir/R4/datatypes.html#CodeableConcept). Unknown codes are kept,
never dropped: a problem that we cannot classify is still a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mappings.coding_systems import DATA_ABSENT_REASON, canonical_system
from mappings.element import as_flag, as_object, as_objects, as_text

# SNOMED CT's semantic tags tell terminologists what kind of concept a name is; a nurse reads them as noise.
_SEMANTIC_TAG = re.compile(
    r"\s*\((disorder|finding|situation|procedure|substance|organism|product|medicinal product|qualifier value"
    r"|regime/therapy|event|environment|observable entity|morphologic abnormality|physical object)\)$"
)


@dataclass(frozen=True)
class Coding:
    """One code in one system; any part may be ""."""

    system: str
    code: str
    display: str
    chosen: bool = False


def codings(concept: Any) -> tuple[Coding, ...]:
    """Every coding of a CodeableConcept, a list of them, or a lone Coding."""
    return tuple(_codings(concept))


def _codings(concept: Any) -> Iterator[Coding]:
    for item in as_objects(concept):
        for raw in as_objects(item["coding"]) if "coding" in item else (item,):
            coding = Coding(
                canonical_system(as_text(raw.get("system"))),
                as_text(raw.get("code")),
                as_text(raw.get("display")),
                as_flag(raw.get("userSelected")) is True,
            )
            if coding.code or coding.display:
                yield coding


def words_of(concept: Any) -> str:
    """What to show for a coded element; "" when it says nothing at all."""
    if not isinstance(concept, dict | list | tuple):
        return as_text(concept)
    said = next((text for item in as_objects(concept) if (text := as_text(item.get("text")))), "")
    if said:
        return without_semantic_tag(said)
    known = [coding for coding in codings(concept) if coding.system != DATA_ABSENT_REASON]
    known.sort(key=lambda coding: (not coding.chosen, not coding.display))
    return without_semantic_tag(known[0].display or known[0].code) if known else as_text(concept)


def all_words_of(concepts: Any) -> str:
    """The words of each of several coded elements, once each, separated by commas."""
    items = concepts if isinstance(concepts, list | tuple) else (concepts,)
    return ", ".join(dict.fromkeys(text for text in map(words_of, items) if text))


def without_semantic_tag(text: str) -> str:
    """The text without SNOMED CT's closing tag: "Hypoxemia (disorder)" is "Hypoxemia"."""
    return _SEMANTIC_TAG.sub("", text) or text


def codes_of(concept: Any, system: str) -> frozenset[str]:
    """The codes that a coded element has in one system (its canonical URL)."""
    return frozenset(coding.code for coding in codings(concept) if coding.system == system and coding.code)


def has_code(concept: Any, system: str, codes: frozenset[str]) -> bool:
    """True when the element has one of the codes in that system."""
    return any(coding.code in codes and coding.system == system for coding in codings(concept))


def status_code(value: Any) -> str:
    """A status as its lower-case code, from a code, a CodeableConcept or its text; "" when none was said.

    Coded or not, a status must be understood: "Entered in Error" as text counts like `entered-in-error`.
    """
    coded = next((coding.code for coding in codings(value) if coding.code), "")
    text = coded or as_text(value) or as_text(as_object(value).get("text"))
    return "-".join(text.lower().replace("_", " ").split())


def status_words(code: str) -> str:
    """A status code as a word to read: "entered-in-error" is "entered in error"."""
    return code.replace("-", " ")
