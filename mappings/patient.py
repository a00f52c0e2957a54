"""The patient banner: who this is, in at most a line, so that nobody writes in the wrong chart.

`need_patient_banner` asks for name, birth date, sex and record number
(https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#need_patient_banner). A partial birth
date gives "about 67 y" and "born 1959", never an invented day; a record number is shown only when the EHR
calls it one, because a driver's licence number read out as an MRN finds somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.coding_systems import IDENTIFIER_TYPE
from mappings.element import as_flag, as_number, as_object, as_objects, as_text
from mappings.human_name import person_name
from mappings.language import language_words
from mappings.practitioner import actor_name
from mappings.terminology import codes_of, codings, words_of

_SEX_WORDS = {"female": "Female", "male": "Male", "other": "Other", "unknown": "Unknown"}
_BIRTH_SEX = {"F": "Female", "M": "Male", "OTH": "Other", "UNK": "Unknown"}
_BIRTH_SEX_URL = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_INTERPRETER_URLS = frozenset(
    {
        "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed",
        "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
    }
)
_YES = frozenset({"373066001", "LA33-6", "Y", "yes", "true"})
_NO = frozenset({"373067005", "LA32-8", "N", "no", "false"})
_MRN_WORDS = frozenset({"mr", "mrn", "medical record number"})
_USE_ORDER = ("usual", "official", "", "secondary", "temp", "old")
_PRIMARY_CARE_PROVIDER = "453231000124104"


@dataclass(frozen=True)
class PatientBanner:
    """At most seven facts; "" where the EHR does not say, None where a yes or no was not recorded."""

    id: str
    name: str
    family: str
    given: str
    birth_date_words: str
    age_words: str
    sex: str
    mrn: str
    deceased: bool
    deceased_words: str
    language: str
    interpreter_needed: bool | None
    phone: str
    pcp_name: str | None
    birth_date: date | None = None


def patient_banner(chart: Chart, *, today: date) -> PatientBanner:
    """The banner of the chart's patient, with the age on `today` (a day in the EHR's time zone) or at death."""
    patient = as_object(chart.patient)
    name = person_name(patient.get("name"), today)
    birth = dates.parse(patient.get("birthDate"))
    deceased, died = _death(patient)
    return PatientBanner(
        id=chart.patient_id,
        name=name.text,
        family=name.family,
        given=name.given,
        birth_date_words=_birth_words(birth),
        age_words=_age_words(birth, deceased, died, today),
        sex=_sex(patient),
        mrn=_mrn(patient, today),
        deceased=deceased,
        deceased_words=_deceased_words(deceased, died),
        language=_language(patient),
        interpreter_needed=_interpreter_needed(patient),
        phone=_phone(patient, today),
        pcp_name=_pcp_name(chart, patient),
        birth_date=birth.local_day() if birth else None,
    )


def _birth_words(birth: dates.FhirDate | None) -> str:
    if birth is None:
        return "Birth date not recorded"
    said = dates.day_words(birth.day) if birth.precision >= dates.Precision.DAY else dates.plain_words(birth)
    return said if birth.precision >= dates.Precision.DAY else f"born {said}"


def _death(patient: dict[str, Any]) -> tuple[bool, dates.FhirDate | None]:
    """Whether the patient has died, and when. A deceasedDateTime that cannot be read still means dead."""
    said = as_text(patient.get("deceasedDateTime"))
    return bool(said) or as_flag(patient.get("deceasedBoolean")) is True, dates.parse(said)


def _deceased_words(deceased: bool, died: dates.FhirDate | None) -> str:
    if not deceased:
        return ""
    return f"Died {dates.plain_words(died, _own_zone(died))}" if died else "Deceased, date not recorded"


def _own_zone(when: dates.FhirDate) -> Any:
    """A day of death is the day that was written, whatever the zone it was written in."""
    return when.moment.tzinfo if when.moment else None


def _age_words(birth: dates.FhirDate | None, deceased: bool, died: dates.FhirDate | None, today: date) -> str:
    if not deceased:
        return dates.age_words(birth, today)
    at_death = dates.age_words(birth, died.day) if died and died.precision >= dates.Precision.DAY else ""
    return f"died at {at_death}" if at_death else ""


def _sex(patient: dict[str, Any]) -> str:
    said = _SEX_WORDS.get(as_text(patient.get("gender")).lower(), "")
    if said:
        return said
    for extension in as_objects(patient.get("extension")):
        if extension.get("url") == _BIRTH_SEX_URL:
            return _BIRTH_SEX.get(as_text(extension.get("valueCode")), "")
    return ""


def _mrn(patient: dict[str, Any], today: date) -> str:
    numbers = [item for item in as_objects(patient.get("identifier")) if _is_mrn(item)]
    numbers.sort(key=lambda item: (_ended(item, today), _use_rank(item)))
    return as_text(numbers[0].get("value")) if numbers else ""


def _is_mrn(identifier: dict[str, Any]) -> bool:
    kind = identifier.get("type")
    named = words_of(kind).lower() in _MRN_WORDS
    return bool(as_text(identifier.get("value"))) and (named or "MR" in codes_of(kind, IDENTIFIER_TYPE))


def _use_rank(item: dict[str, Any]) -> int:
    use = as_text(item.get("use")).lower()
    return _USE_ORDER.index(use) if use in _USE_ORDER else _USE_ORDER.index("")


def _ended(item: dict[str, Any], today: date) -> bool:
    end = dates.parse(as_object(item.get("period")).get("end"))
    return bool(end and end.day < today)


def _language(patient: dict[str, Any]) -> str:
    spoken = list(as_objects(patient.get("communication")))
    spoken.sort(key=lambda item: as_flag(item.get("preferred")) is not True)
    return next((words for item in spoken if (words := language_words(item.get("language")))), "")


def _interpreter_needed(patient: dict[str, Any]) -> bool | None:
    for extension in as_objects(patient.get("extension")):
        if as_text(extension.get("url")) not in _INTERPRETER_URLS:
            continue
        said = as_flag(extension.get("valueBoolean"))
        codes = {coding.code for coding in codings(extension.get("valueCoding"))}
        codes |= {coding.code for coding in codings(extension.get("valueCodeableConcept"))}
        if said is not None or codes & (_YES | _NO):
            return said if said is not None else bool(codes & _YES)
    return None


def _phone(patient: dict[str, Any], today: date) -> str:
    numbers = [item for item in as_objects(patient.get("telecom")) if _can_ring(item)]
    numbers.sort(key=lambda item: (_ended(item, today), as_number(item.get("rank")) or 99, _phone_rank(item)))
    return as_text(numbers[0].get("value")) if numbers else ""


def _can_ring(contact: dict[str, Any]) -> bool:
    is_phone = as_text(contact.get("system")).lower() in ("phone", "sms")
    return is_phone and bool(as_text(contact.get("value"))) and as_text(contact.get("use")) != "old"


def _phone_rank(contact: dict[str, Any]) -> int:
    order = ("mobile", "home", "", "temp", "work")
    use = as_text(contact.get("use")).lower()
    return order.index(use) if use in order else order.index("")


def _pcp_name(chart: Chart, patient: dict[str, Any]) -> str | None:
    """The patient's general practitioner; else the care-team member whose role is primary care."""
    for reference in as_objects(patient.get("generalPractitioner")):
        if name := actor_name(chart, reference, patient):
            return name
    for team in chart.resources("CareTeam"):
        for participant in as_objects(team.get("participant")):
            if _is_primary_care(participant) and (name := actor_name(chart, participant.get("member"), team)):
                return name
    return None


def _is_primary_care(participant: dict[str, Any]) -> bool:
    role = participant.get("role")
    coded = {coding.code for coding in codings(role)}
    return _PRIMARY_CARE_PROVIDER in coded or "primary care" in words_of(role).lower()
