"""Which of a person's names to show, and how.

A patient may have an official, a usual, a maiden and several old names, in any order and with any part
missing (https://hl7.org/fhir/R4/datatypes.html#HumanName). One is chosen by its use and period; nothing is
invented: a person without a name is shown as such, so that nobody takes the record for someone else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from mappings import dates
from mappings.element import as_object, as_objects, as_text, as_texts

NOT_RECORDED = "Name not recorded"
_USE_ORDER = ("official", "usual", "", "temp", "nickname", "anonymous", "maiden", "old")


@dataclass(frozen=True)
class PersonName:
    """The name to show, and its parts where they are known."""

    text: str
    family: str = ""
    given: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def recorded(self) -> bool:
        """False when the text is only the sentence that there is no name."""
        return self.text != NOT_RECORDED

    @property
    def formal(self) -> str:
        """With title and degrees, as clinicians are named: "Dr. Luis Alvarez, MD"."""
        named = f"{self.prefix} {self.text}" if self.prefix and self.prefix not in self.text else self.text
        return f"{named}, {self.suffix}" if self.suffix and self.suffix not in named else named


def person_name(names: Any, on: date | None = None) -> PersonName:
    """The best of a resource's `name` list, in force on that day; "Name not recorded" when none says
    anything.
    """
    if isinstance(names, str):
        return PersonName(as_text(names) or NOT_RECORDED)
    candidates = [name for name in as_objects(names) if _text(name)]
    if not candidates:
        plain = as_text(names)
        return PersonName(plain or NOT_RECORDED)
    name = min(candidates, key=lambda name: (_ended(name, on), _rank(name)))
    return PersonName(
        text=_text(name),
        family=as_text(name.get("family")),
        given=" ".join(as_texts(name.get("given"))),
        prefix=" ".join(as_texts(name.get("prefix"))),
        suffix=" ".join(as_texts(name.get("suffix"))),
    )


def _text(name: dict[str, Any]) -> str:
    parts = (*as_texts(name.get("given")), as_text(name.get("family")))
    composed = " ".join(part for part in parts if part)
    complete = as_text(name.get("family")) and as_texts(name.get("given"))
    return composed if complete else as_text(name.get("text")) or composed


def _rank(name: dict[str, Any]) -> int:
    use = as_text(name.get("use")).lower()
    return _USE_ORDER.index(use) if use in _USE_ORDER else _USE_ORDER.index("")


def _ended(name: dict[str, Any], on: date | None) -> bool:
    end = dates.parse(as_object(name.get("period")).get("end"))
    return bool(on and end and end.day < on)
