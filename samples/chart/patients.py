"""The practice's patients as a list to choose from: found by name, MRN or birth date, a page at a time.

The cast's patients carry the one line that says what their chart is about, so that a newcomer knows whom to open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from samples.cast import STORIES
from samples.chart.records import Params, window
from samples.chart.words import age, day, human_name, listed, mapping, text
from samples.fhir.errors import BadRequest
from samples.fhir.store import Store
from samples.sandbox import Sandbox

PAGE_SIZE: Final = 25
SORTED_HERE: Final = 1_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_STORIES: Final = {story.patient_id: story for story in STORIES}


@dataclass(frozen=True)
class ListedPatient:
    """One line of the list, in words."""

    id: str
    name: str
    born: str
    age: str
    sex: str
    mrn: str
    deceased: bool
    deceased_on: str
    story_title: str
    story: str


@dataclass(frozen=True)
class PatientPage:
    """One page of the list, and how many patients there are in all."""

    patients: tuple[ListedPatient, ...]
    total: int
    page: int
    last_page: int


def practice_zone(sandbox: Sandbox) -> ZoneInfo:
    """The time zone of the practice, in which its days and clocks are told."""
    return ZoneInfo(sandbox.settings.time_zone)


def find_patients(sandbox: Sandbox, query: str, *, page: int) -> PatientPage:
    """The patients who fit `query` (all of them for ""), by family name; `page` counts from 1."""
    page = max(1, page)
    try:
        found, total = _search(sandbox.store, query.strip(), (page - 1) * PAGE_SIZE)
    except BadRequest:
        # Typed by a person: a date that no calendar has fits nobody, and is no error.
        found, total = [], 0
    lines = tuple(listed_patient(sandbox, patient, family_first=True) for patient in found)
    return PatientPage(lines, total, page, max(1, -(-total // PAGE_SIZE)))


def _search(store: Store, query: str, start: int) -> tuple[list[dict[str, Any]], int]:
    if _DATE.fullmatch(query):
        return _by_name(store, [("birthdate", query)], start)
    if any(character.isdigit() for character in query):
        by_number = _by_name(store, [("identifier", _escaped(query))], start)
        if by_number[1]:
            return by_number
    return _by_name(store, [("name", _escaped(word)) for word in query.replace(",", " ").split()], start)


def _by_name(store: Store, params: Params, start: int) -> tuple[list[dict[str, Any]], int]:
    """One page of the patients found, in the order of the names that are shown.

    FHIR sorts a patient of several names by the first of all of them, a maiden name included, which looks unsorted; so
    the list of a practice is sorted here, and only one too long for that is left in the store's order.
    """
    found, total = window(store, "Patient", [*params, ("_sort", "family,given")], 0, SORTED_HERE)
    if total > SORTED_HERE:
        return window(store, "Patient", [*params, ("_sort", "family,given")], start, PAGE_SIZE)
    found.sort(key=lambda patient: _sort_key(human_name(patient, family_first=True)))
    return found[start : start + PAGE_SIZE], total


def _sort_key(name: str) -> str:
    """The name without accents and in one case: Á stands with A."""
    return "".join(letter for letter in normalize("NFKD", name.casefold()) if not combining(letter))


def _escaped(value: str) -> str:
    """The value with the characters that mean something in a search parameter escaped (R4 search, section 3.1.1.3)."""
    return re.sub(r"([\\,|$])", r"\\\1", value)


def stories(sandbox: Sandbox) -> tuple[ListedPatient, ...]:
    """The cast's patients who are in the store, in the order in which a newcomer should meet them."""
    found = (sandbox.store.read("Patient", story.patient_id) for story in STORIES)
    return tuple(listed_patient(sandbox, patient) for patient in found if patient is not None)


def listed_patient(
    sandbox: Sandbox, patient: Mapping[str, Any], *, family_first: bool = False
) -> ListedPatient:
    """A Patient resource in words, with the cast's line about it where it has one."""
    zone = practice_zone(sandbox)
    story = _STORIES.get(text(patient.get("id")))
    died = text(patient.get("deceasedDateTime"))
    return ListedPatient(
        id=text(patient.get("id")),
        name=human_name(patient, family_first=family_first),
        born=day(patient.get("birthDate"), zone),
        age=age(patient, sandbox.now().astimezone(zone).date()),
        sex=text(patient.get("gender")),
        mrn=_mrn(patient),
        deceased=bool(died) or patient.get("deceasedBoolean") is True,
        deceased_on=_died_on(died, zone),
        story_title=story.title if story else "",
        story=story.sentence if story else "",
    )


def _died_on(died: str, zone: tzinfo) -> str:
    return day(died[:10], zone) if died else ""


def _mrn(patient: Mapping[str, Any]) -> str:
    """The medical record number: the first identifier whose type is MR; "" where there is none."""
    numbers = [mapping(number) for number in listed(patient.get("identifier"))]
    return next((text(number.get("value")) for number in numbers if "MR" in _type_codes(number)), "")


def _type_codes(identifier: Mapping[str, Any]) -> list[str]:
    return [
        text(mapping(coding).get("code")) for coding in listed(mapping(identifier.get("type")).get("coding"))
    ]
