"""Allergies and intolerances, and the difference between "none known" and "nobody asked".

A coded "no known allergy" is a fact that somebody recorded and so a row of its own; an empty list only says
that none is recorded (https://hl7.org/fhir/R4/allergyintolerance.html#9.1.3.2). Where real allergies stand
beside such a row, the row says so: the two cannot both be true.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.coding_systems import SNOMED
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.panel import Panel, panel
from mappings.terminology import all_words_of, has_code, status_code, status_words, words_of

# No known: allergy, drug allergy, food allergy, environmental allergy, insect allergy, latex allergy.
_NONE_KNOWN = frozenset({"716186003", "409137002", "429625007", "428607008", "428197003", "1003774007"})
_NONE_KNOWN_WORDS = ("no known", "nka", "nkda", "nkfa")
_ACTIVE = frozenset({"", "active"})
_CONTRADICTED = "contradicted by an allergy on this list"


@dataclass(frozen=True)
class Allergy:
    """One allergy, or one record that none is known (`none_known`)."""

    text: str
    reaction: str
    criticality: str
    status: str
    active: bool = True
    none_known: bool = False
    kind: str = ""
    recorded_words: str = ""
    reference: str = ""


def allergies(chart: Chart, *, now: datetime | None = None) -> Panel[Allergy]:
    """The panel of allergies: active first, high criticality first, "none known" after real allergies.

    `now` only lends its time zone to the recorded dates (UTC without it).
    """
    zone = now.tzinfo if now else None
    rows = [_allergy(item, zone) for item in chart.resources("AllergyIntolerance") if not _is_error(item)]
    rows.sort(
        key=lambda row: (not row.active, row.none_known, row.criticality != "high", row.text.casefold())
    )
    if any(row.active and not row.none_known for row in rows):
        rows = [_contradicted(row) for row in rows]
    return panel("allergies", "Allergies", rows, chart.reading("AllergyIntolerance"))


def _allergy(resource: dict[str, Any], zone: tzinfo | None) -> Allergy:
    code = resource.get("code")
    clinical = status_code(resource.get("clinicalStatus"))
    verification = status_code(resource.get("verificationStatus"))
    text = words_of(code) or all_words_of([item.get("substance") for item in _reactions(resource)])
    said = text.casefold()
    none_known = has_code(code, SNOMED, _NONE_KNOWN) or said.startswith(_NONE_KNOWN_WORDS[0])
    none_known = none_known or said in _NONE_KNOWN_WORDS
    return Allergy(
        text=_none_known_words(text) if none_known else text or "Allergy without a name",
        reaction=_reaction_words(resource),
        criticality=_criticality(resource),
        status=_status_words(clinical, verification),
        active=clinical in _ACTIVE and verification != "refuted",
        none_known=none_known,
        kind=status_words(as_text(resource.get("type"))),
        recorded_words=dates.plain_words(dates.parse(resource.get("recordedDate")), zone),
        reference=relative_reference(resource),
    )


def _is_error(resource: dict[str, Any]) -> bool:
    statuses = (resource.get("verificationStatus"), resource.get("clinicalStatus"))
    return "entered-in-error" in map(status_code, statuses)


def _none_known_words(text: str) -> str:
    return {"nka": "No known allergies", "nkda": "No known drug allergies", "": "No known allergies"}.get(
        text.casefold(), text
    )


def _status_words(clinical: str, verification: str) -> str:
    """The clinical status, and the verification where it takes something back: "active, unconfirmed"."""
    doubt = verification if verification not in ("", "confirmed") else ""
    return ", ".join(status_words(part) for part in (clinical, doubt) if part)


def _criticality(resource: dict[str, Any]) -> str:
    said = as_text(resource.get("criticality")).lower()
    return "" if said == "unable-to-assess" else said


def _reactions(resource: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return as_objects(resource.get("reaction"))


def _reaction_words(resource: dict[str, Any]) -> str:
    """As "hives, wheezing (severe)", once each; "" when none is recorded."""
    parts = []
    for reaction in _reactions(resource):
        shown = all_words_of(reaction.get("manifestation")) or as_text(reaction.get("description"))
        severity = as_text(as_object(reaction).get("severity"))
        if shown:
            parts.append(f"{shown} ({severity})" if severity else shown)
    return ", ".join(dict.fromkeys(parts))


def _contradicted(row: Allergy) -> Allergy:
    return replace(row, status=_CONTRADICTED, active=False) if row.none_known and row.active else row
