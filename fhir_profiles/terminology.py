"""Codes and their words, read from our own CodeSystems and ValueSets.

One place holds the words, so the label on a button, the text in the EHR's narrative and the coding that a report
counts cannot disagree. Only our systems are known here; SNOMED, LOINC and the like are the EHR's business.
Spec: https://hl7.org/fhir/R4/terminology-module.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from fhir_profiles import canonical
from fhir_profiles.definitions import definition
from fhir_profiles.errors import UnknownCodeError


def codes(system_name: str) -> tuple[str, ...]:
    """The codes of our code system, in its own order (the order of pick-lists). Raises UnknownCodeError."""
    return tuple(_displays(system_name))


def display(system_name: str, code: str) -> str:
    """The words for a code of our code system. Raises UnknownCodeError."""
    try:
        return _displays(system_name)[code]
    except KeyError as error:
        raise UnknownCodeError(f"code system {system_name} has no such code") from error


def coding(system_name: str, code: str) -> dict[str, Any]:
    """A fresh FHIR Coding with system, code and display. Raises UnknownCodeError."""
    return {
        "system": canonical.code_system(system_name),
        "code": code,
        "display": display(system_name, code),
    }


def concept(system_name: str, code: str, text: str | None = None) -> dict[str, Any]:
    """A fresh FHIR CodeableConcept; its text is ``text``, else the code's own words. Raises UnknownCodeError."""
    one = coding(system_name, code)
    return {"coding": [one], "text": text or one["display"]}


@cache
def _displays(system_name: str) -> Mapping[str, str]:
    found = definition(canonical.code_system(system_name))
    if found is None:
        raise UnknownCodeError(f"there is no code system {system_name}")
    return MappingProxyType({each["code"]: each["display"] for each in found["concept"]})


@cache
def members(value_set_url: str) -> frozenset[tuple[str, str]] | None:
    """All (system, code) pairs of a value set of ours, or None where the value set is not ours.

    Ours list their codes, or take a whole code system of ours; no filters, so no terminology server is needed.
    """
    found = definition(value_set_url)
    if found is None:
        return None
    pairs: set[tuple[str, str]] = set()
    for include in found["compose"]["include"]:
        listed = include.get("concept")
        if listed is None:
            listed = (definition(include["system"]) or {}).get("concept", ())
        pairs.update((include["system"], each["code"]) for each in listed)
    return frozenset(pairs)
