"""FHIR values in the words of a chart: names, dates, codes, amounts. Partial and missing data is ordinary input.

A partial date stays partial ("Mar 1959"), a moment is told in the practice's time zone, a code without words is
shown as the code. Nothing here fails on a value of the wrong type: a chart that will not open helps nobody.
https://hl7.org/fhir/R4/datatypes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any, Final

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAME_ORDER: Final = ("official", "usual", "", "temp", "nickname", "anonymous", "maiden", "old")


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    """The value as a list: a list as it is, nothing as none, anything else as one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """The value if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def concept(value: Any) -> str:
    """A CodeableConcept or Coding in words: its text, else a display, else a code; "" for none."""
    found = mapping(value)
    codings = [mapping(coding) for coding in listed(found.get("coding"))] or [found]
    displays = [text(coding.get("display")) for coding in codings]
    codes = [text(coding.get("code")) for coding in codings]
    return next((words for words in (text(found.get("text")), *displays, *codes) if words), "")


def concepts(values: Any) -> str:
    """Several CodeableConcepts in words, each once, with commas."""
    return ", ".join(dict.fromkeys(filter(None, map(concept, listed(values)))))


def human_name(resource: Mapping[str, Any], *, family_first: bool = False) -> str:
    """The name of a Patient or Practitioner as a chart heads it; "Name not recorded" for none."""
    names = [mapping(name) for name in listed(resource.get("name"))]
    names.sort(
        key=lambda name: _NAME_ORDER.index(use) if (use := text(name.get("use"))) in _NAME_ORDER else 2
    )
    return next(filter(None, (_one_name(name, family_first) for name in names)), "Name not recorded")


def _one_name(name: Mapping[str, Any], family_first: bool) -> str:
    family = text(name.get("family")).strip()
    given = _joined(name.get("given"))
    if family_first and family:
        return ", ".join(filter(None, (family, given)))
    suffix = ", ".join(filter(None, map(text, listed(name.get("suffix")))))
    spoken = " ".join(filter(None, (_joined(name.get("prefix")), given, family)))
    return (f"{spoken}, {suffix}" if suffix and spoken else spoken) or text(name.get("text")).strip()


def _joined(parts: Any) -> str:
    return " ".join(filter(None, map(text, listed(parts))))


def day(value: Any, zone: tzinfo) -> str:
    """A FHIR date, dateTime or instant in words: "1959", "Mar 1959", "12 Mar 1959", "21 Nov 2026, 18:40"."""
    written = text(value)
    moment = _moment(written)
    if moment is not None:
        return f"{_day(moment.astimezone(zone).date())}, {moment.astimezone(zone):%H:%M}"
    try:
        numbers = [int(part) for part in written.split("T")[0].split("-")]
        if len(numbers) == 3:
            return _day(date(*numbers))
        return " ".join([MONTHS[numbers[1] - 1]] * (len(numbers) == 2) + [f"{numbers[0]:04}"])
    except (ValueError, IndexError, TypeError):
        return written


def _day(when: date) -> str:
    return f"{when.day} {MONTHS[when.month - 1]} {when.year:04}"


def _moment(written: str) -> datetime | None:
    """An instant with its offset; None for a date, a local time or nonsense."""
    if "T" not in written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def period(value: Any, zone: tzinfo) -> str:
    """A Period in words; "since ..." while it has no end."""
    start, end = (day(mapping(value).get(key), zone) for key in ("start", "end"))
    if start and end:
        date_part = end.rpartition(",")[0]
        same_day = date_part and start.startswith(f"{date_part},")
        return start if start == end else f"{start} to {end[len(date_part) + 2 :] if same_day else end}"
    if start:
        return f"since {start}"
    return f"until {end}" if end else ""


def age(patient: Mapping[str, Any], today: date) -> str:
    """Whole years in words ("67 y"), at death for a patient who died; "" when the birth date is not a full date."""
    died = text(patient.get("deceasedDateTime"))[:10]
    try:
        born = date.fromisoformat(text(patient.get("birthDate")))
        until = date.fromisoformat(died) if died else today
    except ValueError:
        return ""
    years = until.year - born.year - ((until.month, until.day) < (born.month, born.day))
    return f"{years} y" if years >= 0 else ""


def quantity(value: Any) -> str:
    """A Quantity in words: "8.6 %"."""
    found = mapping(value)
    parts = (
        text(found.get("comparator")),
        found.get("value"),
        text(found.get("unit")) or text(found.get("code")),
    )
    return " ".join(str(part) for part in parts if part not in (None, ""))


def choice(element: Mapping[str, Any], name: str, zone: tzinfo) -> str:
    """A `name[x]` element in words, whichever type it has."""
    for key, value in element.items():
        if key.startswith(name) and key[len(name) :][:1].isupper():
            return _of_type(key[len(name) :], value, zone)
    return ""


def _of_type(kind: str, value: Any, zone: tzinfo) -> str:
    if kind in _WITH_ZONE:
        return _WITH_ZONE[kind](value, zone)
    if kind in _PLAIN:
        return _PLAIN[kind](value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""


def _reference(value: Any) -> str:
    return text(mapping(value).get("display")) or text(mapping(value).get("reference"))


_WITH_ZONE: Final = {"Period": period, "Date": day, "DateTime": day, "Instant": day}
_PLAIN: Final = {
    "CodeableConcept": concept,
    "Coding": concept,
    "Quantity": quantity,
    "Duration": quantity,
    "Age": quantity,
    "Reference": _reference,
}
