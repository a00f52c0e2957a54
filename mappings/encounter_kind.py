"""Which kind of visit an Encounter was: emergency, a hospital stay, or something in between.

US EHRs send HL7 classes, classes of their own, SNOMED CT types or only words, and a discharge must be seen in
all of them, since its two-business-day clock starts there. `Encounter.class` is a Coding in R4
(https://hl7.org/fhir/R4/encounter.html) and a list of concepts in R5; both are read. The table is
`encounter_kinds.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mappings.coding_systems import ACT_CODE, SNOMED
from mappings.element import as_object
from mappings.terminology import all_words_of, codes_of, codings, words_of


@dataclass(frozen=True)
class EncounterKind:
    """One kind: its words, and what it means for the two clocks that care managers watch."""

    words: str
    emergency: bool
    stay: bool
    classes: frozenset[str]
    snomed: frozenset[str]
    said: tuple[str, ...]


@cache
def encounter_kinds() -> tuple[EncounterKind, ...]:
    """Every kind, in the order in which they are tried."""
    table = tomllib.loads(files("mappings").joinpath("encounter_kinds.toml").read_text("utf-8"))
    return tuple(
        EncounterKind(
            row["words"],
            row["emergency"],
            row["stay"],
            frozenset(row["classes"]),
            frozenset(row["snomed"]),
            tuple(row["said"]),
        )
        for row in table["kind"]
    )


def kind_of(encounter: Any) -> EncounterKind | None:
    """The kind of an Encounter; None when nothing about it is known.

    An ambulatory class is the weakest word: a telephone call is often filed as one, so a coded type goes
    before it.
    """
    body = as_object(encounter)
    classes = _class_codes(body.get("class"))
    types = codes_of(body.get("type"), SNOMED)
    kinds = encounter_kinds()
    by_class = next((kind for kind in kinds if kind.classes & classes), None)
    if by_class and by_class.words != "Office visit":
        return by_class
    by_type = next((kind for kind in kinds if kind.snomed & types), None)
    return by_type or by_class or _by_words(body)


def _class_codes(value: Any) -> frozenset[str]:
    """The HL7 class codes; a class without a system, or sent as a bare string, is taken at its word."""
    if isinstance(value, str):
        return frozenset({value.strip().upper()})
    return frozenset(
        coding.code.upper() for coding in codings(value) if coding.system in (ACT_CODE, "") and coding.code
    )


def _by_words(body: dict[str, Any]) -> EncounterKind | None:
    said = f"{words_of(body.get('class'))} {all_words_of(body.get('type'))}".casefold()
    return next((kind for kind in encounter_kinds() if any(word in said for word in kind.said)), None)
