"""What to say and write when care management is introduced, with the names filled in, in English and in Spanish.

The texts are `scripts.toml`, in our own words. A name that is not known is spoken of ("your provider"); a phone number
that the practice has not set leaves a line to write it on, never a number of somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from mappings.data_file import DataTable, data_table

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "es": "Spanish"})
BLANK = "______________"
"""Where a number is to be written by hand."""


@dataclass(frozen=True)
class Names:
    """Who takes part; "" for whoever is not known. `patient` is the given name, `name` the whole one.

    `manager` is as it is spoken, `signature` with the credentials, as below a letter.
    """

    patient: str = ""
    name: str = ""
    provider: str = ""
    manager: str = ""
    practice: str = ""
    program: str = ""
    phone: str = ""
    hours: str = ""
    signature: str = ""


@dataclass(frozen=True)
class Script:
    """One thing to say, with names in it: who says it and the words."""

    code: str
    who: str
    words: str


@dataclass(frozen=True)
class Told:
    """One of the four points: the words beside its tick, and how it may be said."""

    code: str
    tick: str
    say: str


@dataclass(frozen=True)
class Letter:
    """The invitation, paragraph by paragraph."""

    language: str
    date: str
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    call: str
    close: str
    signed: str


def language_of(spoken: str) -> str:
    """The language of our texts for a patient who speaks this one ("Spanish"): English where we have none."""
    return next((code for code, words in LANGUAGES.items() if words == spoken), "en")


def scripts(names: Names, language: str) -> tuple[Script, ...]:
    """Every script in a language of LANGUAGES, in the order of the file."""
    known = _known(names, language)
    texts = ((code, who, said[language].format_map(known)) for code, who, said in _texts().scripts)
    return tuple(Script(code, who, _sentence_case(words)) for code, who, words in texts)


def told(names: Names, language: str) -> tuple[Told, ...]:
    """The four points in the order in which they are ticked; the words beside the tick are the user's, in English."""
    known = _known(names, language)
    return tuple(
        Told(code, tick, said[language].format_map(known)) for code, tick, said in _texts().disclosures
    )


def letter(names: Names, language: str, day: date) -> Letter:
    """The invitation for somebody whom nobody reached, dated `day` in its own language."""
    known, text = _known(names, language), _texts().letters[language]
    hours = text.hours.format_map(known) if names.hours else ""
    return Letter(
        language=language,
        date=text.date.format(day=day.day, month=text.months[day.month - 1], year=day.year),
        subject=_sentence_case(text.subject.format_map(known)),
        greeting=text.greeting.format_map(known),
        paragraphs=tuple(_sentence_case(each.format_map(known)) for each in text.paragraphs),
        call=text.call.format_map({**known, "hours": hours}),
        close=text.close,
        signed=names.signature or names.manager,
    )


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _known(names: Names, language: str) -> dict[str, str]:
    said = _texts().unknown[language]
    given = {
        "patient": names.patient,
        "provider": names.provider,
        "manager": names.manager,
        "practice": names.practice,
        # The name of the service is the practice's own, and so is its language.
        "program": names.program if language == "en" else "",
    }
    filled = {key: value or said[key] for key, value in given.items()}
    whole = names.name or filled["patient"]
    return {**filled, "name": whole, "phone": names.phone or BLANK, "hours": names.hours}


@dataclass(frozen=True)
class _LetterText:
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    call: str
    hours: str
    close: str
    date: str
    months: tuple[str, ...]


@dataclass(frozen=True)
class _Texts:
    unknown: Mapping[str, Mapping[str, str]]
    scripts: tuple[tuple[str, str, Mapping[str, str]], ...]
    disclosures: tuple[tuple[str, str, Mapping[str, str]], ...]
    letters: Mapping[str, _LetterText]


@cache
def _texts() -> _Texts:
    table = data_table("scripts.toml")
    table.text("source")
    table.day("checked")
    unknown = table.table("unknown")
    said = {code: _unknown(unknown.table(code)) for code in LANGUAGES}
    letters = dict(table.named_tables("letter"))
    read = _Texts(
        unknown=said,
        scripts=tuple((row.text("code"), row.text("who"), _both(row)) for row in table.tables("script")),
        disclosures=tuple(
            (row.text("code"), row.text("tick"), _both(row)) for row in table.tables("disclosure")
        ),
        letters={code: _letter(letters[code]) for code in LANGUAGES},
    )
    table.done()
    return read


def _unknown(row: DataTable) -> dict[str, str]:
    return {key: row.text(key) for key in ("patient", "provider", "manager", "practice", "program")}


def _both(row: DataTable) -> dict[str, str]:
    return {code: row.text(code) for code in LANGUAGES}


def _letter(row: DataTable) -> _LetterText:
    return _LetterText(
        subject=row.text("subject"),
        greeting=row.text("greeting"),
        paragraphs=row.texts("paragraphs"),
        call=row.text("call"),
        hours=row.text("hours", ""),
        close=row.text("close"),
        date=row.text("date"),
        months=row.texts("months"),
    )
