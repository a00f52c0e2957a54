"""The words of the patient's copy in English and Spanish, from `patient_copy.toml`, and days as people say them."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = {"en": "English", "es": "Español"}
"""The languages of the copy, each by its own name."""
LANGUAGE_WORDS = {"en": "English", "es": "Spanish"}
"""The same as the record and the practice call them."""
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class WarningSigns:
    """The warning signs of some illnesses: when to call the practice, and when 911."""

    title: str
    call_us: tuple[str, ...]
    call_911: tuple[str, ...]


@dataclass(frozen=True)
class CopyWords:
    """The words of one copy: its language, whether a caregiver reads it, and the patient's first name."""

    language: str
    caregiver: bool = False
    name: str = ""

    def label(self, key: str, **more: str) -> str:
        """A heading or sentence; the caregiver's own wording where there is one. Raises KeyError for an unknown key."""
        labels = file_words()["label"]
        own = labels.get(f"{key}-caregiver") if self.caregiver else None
        said: str = (own or labels[key])[self.language]
        return said.format(name=self.name, **more)

    def day(self, day: date) -> str:
        """ "December 3, 2026", "3 de diciembre de 2026"."""
        month = _MONTHS[self.language][day.month - 1]
        return (
            f"{day.day} de {month} de {day.year}"
            if self.language == "es"
            else f"{month} {day.day}, {day.year}"
        )

    def help(self) -> tuple[str, ...]:
        """What the person who helps may do."""
        return tuple(each.format(name=self.name) for each in file_words()["help"][self.language])

    def measure(self, code: str) -> str:
        """A measure of pick_lists in plain words; "" for one without them."""
        return str(file_words()["measure"].get(code, {}).get(self.language, ""))

    def compared(self, comparator: str, value: str) -> str:
        """ "8 or less"; the value alone without a comparator."""
        said = file_words()["comparator"].get(comparator, {}).get(self.language, "{value}")
        return str(said).format(value=value)

    def part(self, resource_type: str) -> str:
        """What a part of the plan is called where it could not be read."""
        return str(file_words()["part"][resource_type][self.language])

    def warnings(self, groups: Collection[str]) -> tuple[WarningSigns, ...]:
        """The warning signs of these chronic condition groups, and those for everyone at the end."""
        rows = file_words()["warning"]
        found = [row for row in rows if set(row["groups"]) & set(groups)]
        return tuple(map(self._signs, (*found, *(row for row in rows if not row["groups"]))))

    def _signs(self, row: dict[str, Any]) -> WarningSigns:
        us, emergency = row["call-us"][self.language], row["call-911"][self.language]
        return WarningSigns(row["title"][self.language], tuple(us), tuple(emergency))


def default_language(spoken: str) -> str:
    """The language of the copy for what the chart says the patient speaks ("Spanish"): English for any other."""
    return "es" if spoken == "Spanish" else "en"


@cache
def file_words() -> Mapping[str, Any]:
    """The whole data file as it is. It is shared: never change it."""
    return tomllib.loads(files("mappings").joinpath("patient_copy.toml").read_text("utf-8"))
