"""One block of the screen: its rows, or the one true sentence about why there are none.

Promise 5 of the design: "none recorded", "not available", "no access" and "could not be read" are different
facts and a nurse acts differently on each. A fifth is that Chartside's own records are in the EHR and not shown to it
again. The sentences are fixed here, so no template can blur them. A panel made of several reads says which of them is
missing, and never says "None recorded" while one of them is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from mappings.reading import Reading, ReadStatus
from mappings.sight import LASTING, Sight, sight_of

Row = TypeVar("Row")


class Absence(StrEnum):
    """Why a panel has no rows."""

    NONE_RECORDED = "none-recorded"
    NOT_AVAILABLE = "not-available"
    NO_ACCESS = "no-access"
    PROTECTED = "protected"
    COULD_NOT_READ = "could-not-read"
    STILL_LOADING = "still-loading"
    NOT_SHOWN_AGAIN = "not-shown-again"


PROTECTED_NEXT = "Break the glass in the EHR first, then open Chartside again."
"""What to do about a chart, or a part of it, that the EHR opens only to who says why."""

SENTENCES: dict[Absence, str] = {
    Absence.NONE_RECORDED: "None recorded",
    Absence.NOT_AVAILABLE: "Not available from this EHR",
    Absence.NO_ACCESS: "You have no access to this in the EHR",
    Absence.PROTECTED: f"Protected in the EHR. {PROTECTED_NEXT}",
    Absence.COULD_NOT_READ: "Could not be read just now",
    Absence.STILL_LOADING: "Still loading",
    Absence.NOT_SHOWN_AGAIN: "Not shown again by this EHR: look in the chart",
}

# Which reason to name first when several reads of one panel failed: the one that may still change by itself.
_PRECEDENCE = (
    (ReadStatus.STILL_LOADING, Absence.STILL_LOADING),
    (ReadStatus.COULD_NOT_READ, Absence.COULD_NOT_READ),
    (ReadStatus.PROTECTED, Absence.PROTECTED),
    (ReadStatus.NO_ACCESS, Absence.NO_ACCESS),
    (ReadStatus.NOT_AVAILABLE, Absence.NOT_AVAILABLE),
)
# The fifth sentence where the panel shows the EHR's own records too.
_NOT_OURS = {
    ReadStatus.READ: "None of the EHR's own. Those documented with Chartside are not shown again: look in the chart",
    ReadStatus.NO_ACCESS: "You have no access to the EHR's own. Those documented with Chartside are not shown again",
}

PLAIN_WORDS: dict[str, str] = {
    "AllergyIntolerance": "allergies",
    "Appointment": "appointments",
    "CarePlan": "care plans",
    "CareTeam": "care team",
    "Condition": "problems",
    "Consent": "consents",
    "Coverage": "insurance",
    "DocumentReference": "documents",
    "Encounter": "visits",
    "Goal": "goals",
    "Immunization": "immunizations",
    "Medication": "medication names",
    "MedicationRequest": "medication orders",
    "MedicationStatement": "recorded home medications",
    "Observation": "results",
    "Practitioner": "clinicians",
    "PractitionerRole": "clinicians' roles",
    "Procedure": "procedures",
    "QuestionnaireResponse": "questionnaires",
    "RiskAssessment": "risk scores",
    "RelatedPerson": "family and caregivers",
    "ServiceRequest": "referrals",
    "Task": "tasks",
}


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: "goals", "goals and tasks", "plans, goals and tasks"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def seconds_words(seconds: int) -> str:
    """A short wait as it is said: "1 second", "45 seconds", "5 minutes" (rounded up)."""
    number, unit = (seconds, "second") if seconds <= 90 else (-(-seconds // 60), "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


_SINGULAR = frozenset({"CareTeam", "Coverage"})


@dataclass(frozen=True)
class Panel(Generic[Row]):
    """What a template shows of one subject. `sentence` is "" when there are rows; `incomplete` is "" when
    whole. `unseen` says, beside rows, that those documented with Chartside are not shown again; else "".
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    absence: Absence | None
    sentence: str
    incomplete: str
    loading: bool = False
    unseen: str = ""

    @property
    def known_empty(self) -> bool:
        """True only when everything was read and nothing is there."""
        return self.absence is Absence.NONE_RECORDED


def panel(
    name: str, title: str, rows: Iterable[Row], *readings: Reading, only_ours: bool = False
) -> Panel[Row]:
    """A panel from its rows and every read that fed it; `only_ours` where it shows nothing that others recorded.

    A type that this EHR does not offer is silent beside one that was read (an EHR without MedicationStatement
    is the normal case); every other failure beside a success is named in `incomplete`.
    """
    kept = tuple(rows)
    absence = None if kept else _absence(readings)
    return Panel(
        name=name,
        title=title,
        rows=kept,
        absence=absence,
        sentence=_sentence(absence, readings, only_ours=only_ours) if absence else "",
        incomplete=" ".join(_missing(readings, shown=bool(kept))),
        loading=any(reading.status is ReadStatus.STILL_LOADING for reading in readings),
        unseen=_unseen(title, readings, only_ours=only_ours) if kept else "",
    )


def _unseen(title: str, readings: tuple[Reading, ...], *, only_ours: bool) -> str:
    types = [reading.resource_type for reading in readings if reading.ours_unseen]
    words = title.lower() if only_ours else listed([PLAIN_WORDS[kind] for kind in types])
    return f"This EHR does not show again the {words} documented with Chartside." if types else ""


def _sentence(absence: Absence, readings: tuple[Reading, ...], *, only_ours: bool) -> str:
    if absence is Absence.NOT_SHOWN_AGAIN:
        told = (_NOT_OURS[reading.status] for reading in readings if reading.status in _NOT_OURS)
        return SENTENCES[absence] if only_ours else next(told, SENTENCES[absence])
    waits = [reading.retry_after for reading in readings if reading.retry_after]
    if absence is Absence.COULD_NOT_READ and waits:
        return f"{SENTENCES[absence]}: the EHR is too busy, try again in {seconds_words(max(waits))}"
    return SENTENCES[absence]


def _absence(readings: tuple[Reading, ...]) -> Absence:
    statuses = {reading.status for reading in readings}
    answered = ReadStatus.READ in statuses
    hidden = any(sight_of(reading) is Sight.UNSEEN for reading in readings)
    for status, absence in _PRECEDENCE:
        if status in statuses and not (answered and status is ReadStatus.NOT_AVAILABLE):
            return Absence.NOT_SHOWN_AGAIN if hidden and status in LASTING else absence
    if any(_left_out(reading) for reading in readings):
        return Absence.COULD_NOT_READ
    if hidden:
        return Absence.NOT_SHOWN_AGAIN
    return Absence.NONE_RECORDED if answered else Absence.NOT_AVAILABLE


def _left_out(reading: Reading) -> bool:
    """True when something that could be shown was not: what never is stands in a sentence of its own."""
    return replace(reading, ours_unseen=False).withheld


def _missing(readings: tuple[Reading, ...], *, shown: bool) -> list[str]:
    if not shown and not any(reading.status is ReadStatus.READ for reading in readings):
        return []
    return [sentence for reading in readings if (sentence := _what_is_missing(reading))]


def _what_is_missing(reading: Reading) -> str:
    words = PLAIN_WORDS.get(reading.resource_type, reading.resource_type)
    verb = "is" if reading.resource_type in _SINGULAR else "are"
    wait = f" Try again in {seconds_words(reading.retry_after)}." if reading.retry_after else ""
    why = {
        ReadStatus.COULD_NOT_READ: f"The {words} could not be read just now",
        ReadStatus.PROTECTED: f"The {words} {verb} protected in the EHR",
        ReadStatus.NO_ACCESS: f"You have no access to the {words} in the EHR",
        ReadStatus.STILL_LOADING: f"The {words} {verb} still loading",
        ReadStatus.READ: f"The EHR left out some of the {words}" if _left_out(reading) else "",
    }.get(reading.status, "")
    next_step = f" {PROTECTED_NEXT}" if reading.status is ReadStatus.PROTECTED else wait
    return f"{why}, so this list may be incomplete.{next_step}" if why else ""
