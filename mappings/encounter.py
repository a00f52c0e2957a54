"""Visits, newest first, with emergency visits and hospital discharges marked.

A discharge is a hospital or observation stay that is finished and has an end that is not in the future; its
age in days is what a transition-of-care call is reckoned from. Cancelled and planned visits never count as
either. https://hl7.org/fhir/us/core/StructureDefinition-us-core-encounter.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart, once
from mappings.coding_systems import DISCHARGE_DISPOSITION, NUBC_DISCHARGE
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.encounter_kind import EncounterKind, kind_of
from mappings.panel import Panel, panel
from mappings.practitioner import actor_name
from mappings.terminology import all_words_of, codings, has_code, status_code, status_words, words_of

_OVER = frozenset({"finished", "completed", "discharged"})
_NOT_HAPPENED = frozenset({"planned", "cancelled"})
# Expired: HL7's code, and NUBC's for a death in hospital, at home (hospice), in a facility, or in an unknown place.
_DIED = {DISCHARGE_DISPOSITION: frozenset({"exp"}), NUBC_DISCHARGE: frozenset({"20", "40", "41", "42"})}
_DIED_WORDS = frozenset({"expired", "died", "deceased"})
_ATTENDING = ("ATND", "PPRF", "SPRF", "DIS", "ADM")


@dataclass(frozen=True)
class Visit:
    """One visit; times are in the EHR's zone. `when` and `end` are None unless at least the day is known."""

    id: str
    reference: str
    kind_words: str
    is_emergency: bool
    is_discharge: bool
    start_words: str
    end_words: str
    when: datetime | None
    reason: str
    provider: str
    disposition: str
    end: datetime | None = None
    status: str = ""
    is_stay: bool = False
    place: str = ""


@once
def visits(chart: Chart, *, now: datetime) -> Panel[Visit]:
    """The panel of visits, newest first, undated last; entered-in-error is left out."""
    encounters = [
        item for item in chart.resources("Encounter") if status_code(item.get("status")) != "entered-in-error"
    ]
    encounters.sort(key=lambda item: dates.newest_first_key(_edge(item, "start") or _edge(item, "end")))
    rows = [_visit(chart, item, now) for item in encounters]
    return panel("visits", "Visits", rows, chart.reading("Encounter"))


def _edge(encounter: dict[str, Any], side: str) -> dates.FhirDate | None:
    return dates.parse(as_object(encounter.get("period")).get(side))


def _visit(chart: Chart, encounter: dict[str, Any], now: datetime) -> Visit:
    kind = kind_of(encounter)
    status = status_code(encounter.get("status"))
    start, end = _edge(encounter, "start"), _edge(encounter, "end")
    happened = status not in _NOT_HAPPENED
    hospital = as_object(encounter.get("hospitalization"))
    disposition = hospital.get("dischargeDisposition")
    ended = bool(kind and kind.stay) and _is_over(status, end, now)
    ending = "" if not ended else "died" if _died(disposition) else "discharged"
    return Visit(
        id=as_text(encounter.get("id")),
        reference=relative_reference(encounter),
        kind_words=_kind_words(
            encounter, kind, status, f"{ending} {dates.words(end, now)}" if ending else ""
        ),
        is_emergency=happened and bool(kind and kind.emergency),
        is_discharge=ending == "discharged",
        start_words=dates.words(start, now),
        end_words=dates.words(end, now),
        when=_moment(start, now),
        reason=_reason(chart, encounter),
        provider=_provider(chart, encounter),
        disposition=words_of(disposition),
        end=_moment(end, now),
        status=status_words(status),
        is_stay=bool(kind and kind.stay),
        place=actor_name(chart, encounter.get("serviceProvider"), encounter),
    )


def _moment(when: dates.FhirDate | None, now: datetime) -> datetime | None:
    known = when is not None and when.precision >= dates.Precision.DAY
    return when.start(now.tzinfo) if when and known else None


def _is_over(status: str, end: dates.FhirDate | None, now: datetime) -> bool:
    """Finished, with an end up to now; an EHR that sends no status is believed by the end alone."""
    return end is not None and (status in _OVER or not status) and end.start(now.tzinfo) <= now


def _died(disposition: Any) -> bool:
    coded = any(has_code(disposition, system, codes) for system, codes in _DIED.items())
    return coded or words_of(disposition).casefold() in _DIED_WORDS


def _kind_words(encounter: dict[str, Any], kind: EncounterKind | None, status: str, ending: str) -> str:
    """As "ED visit", "Hospital stay, discharged yesterday", "Office visit, cancelled"."""
    words = _plain_kind(encounter, kind)
    still_there = bool(kind and kind.stay) and status == "in-progress"
    more = status if status in ("planned", "cancelled") else ending or ("still there" if still_there else "")
    return f"{words}, {more}" if more else words


def _plain_kind(encounter: dict[str, Any], kind: EncounterKind | None) -> str:
    """The kind's words; for an ordinary visit the EHR's own name of it, which says more."""
    named = all_words_of(encounter.get("type"))
    if kind and kind.words != "Office visit":
        return kind.words
    return named or (kind.words if kind else words_of(encounter.get("class")) or "Visit")


def _reason(chart: Chart, encounter: dict[str, Any]) -> str:
    """Why: the coded reason, the problem it points to, or the visit's first diagnosis."""
    said = all_words_of(encounter.get("reasonCode"))
    if said:
        return said
    diagnoses = tuple(item.get("condition") for item in as_objects(encounter.get("diagnosis")))
    for reference in (*as_objects(encounter.get("reasonReference")), *diagnoses):
        target = as_object(chart.resolve(reference, encounter))
        text = words_of(target.get("code")) or as_text(as_object(reference).get("display"))
        if text:
            return text
    return ""


def _provider(chart: Chart, encounter: dict[str, Any]) -> str:
    """Who saw the patient: the attending clinician before any other; else the organisation."""
    participants = list(as_objects(encounter.get("participant")))
    participants.sort(key=_participant_rank)
    for participant in participants:
        name = actor_name(chart, participant.get("individual") or participant.get("actor"), encounter)
        if name:
            return name
    return actor_name(chart, encounter.get("serviceProvider"), encounter)


def _participant_rank(participant: dict[str, Any]) -> int:
    said = {coding.code for coding in codings(participant.get("type"))}
    return next((rank for rank, code in enumerate(_ATTENDING) if code in said), len(_ATTENDING))
