"""Reading what a person typed: every value kept as it came, every fault told at its field, nothing guessed.

A form that fails is shown again exactly as it was sent, so `Submitted.values` holds the raw text even where it was
refused; only an entry without any error exists. HTML and emoji are ordinary text here: escaping is the work of
whoever shows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Generic, TypeVar

from mappings import dates
from mappings.narrative import clean

Entry = TypeVar("Entry")

NOTE_LIMIT = 4000
LINE_LIMIT = 300
CHOOSE = "Choose one of the answers shown."
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,6})?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?")


@dataclass(frozen=True)
class Submitted(Generic[Entry]):
    """A form as sent. `entry` is None exactly when there is an error; `errors` is keyed by field name."""

    values: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]
    entry: Entry | None

    def value(self, name: str) -> str:
        """The raw text of a field, or ""."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every raw value of a field that may be ticked more than once."""
        return self.values.get(name, ())


class Fields:
    """One form being read. Each method answers with a clean value, or refuses at the field and answers empty."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self.values = {name: tuple(given) for name, given in values.items()}
        self.errors: dict[str, str] = {}

    def refuse(self, name: str, message: str) -> None:
        """Puts a message at a field; the first one stands."""
        self.errors.setdefault(name, message)

    def text(self, name: str, *, required: str = "", limit: int = LINE_LIMIT) -> str:
        """Trimmed text without invisible characters; `required` is the message for an empty one."""
        text = clean(self._raw(name)).strip()
        if not text and required:
            self.refuse(name, required)
        if len(text) > limit:
            self.refuse(name, too_long(len(text), limit))
            return ""
        return text

    def one_of(self, name: str, allowed: Collection[str], *, required: str = "") -> str:
        """One code out of those offered; any other is refused."""
        code = self._raw(name).strip()
        if not code:
            if required:
                self.refuse(name, required)
            return ""
        if code not in allowed or len(self.values[name]) > 1:
            self.refuse(name, CHOOSE)
            return ""
        return code

    def many_of(self, name: str, allowed: Collection[str]) -> tuple[str, ...]:
        """The codes ticked, in the order sent and each once; one that was not offered refuses the field."""
        ticked = tuple(dict.fromkeys(code.strip() for code in self.values.get(name, ()) if code.strip()))
        if any(code not in allowed for code in ticked):
            self.refuse(name, "Choose from the answers shown; one of those sent is not among them.")
            return ()
        return ticked

    def flag(self, name: str) -> bool:
        """True for a ticked box, whatever value the browser sent for it."""
        return bool(self._raw(name).strip())

    def whole(self, name: str, low: int, high: int, *, message: str, required: bool = True) -> int | None:
        """A whole number from `low` to `high`; `message` says so otherwise."""
        text = self._raw(name).strip()
        if not text and not required:
            return None
        number = int(text) if _WHOLE.fullmatch(text) and text.isascii() else None
        if number is None or not low <= number <= high:
            self.refuse(name, message)
            return None
        return number

    def decimal(self, name: str, low: float, high: float, *, message: str) -> str:
        """A plain decimal number from `low` to `high` as its own text, so that "8.0" is filed as 8.0."""
        text = self._raw(name).strip()
        if not _DECIMAL.fullmatch(text) or not text.isascii() or not low <= float(text) <= high:
            self.refuse(name, message)
            return ""
        return text.lstrip("+")

    def day(
        self, name: str, *, earliest: date, latest: date, required: str = "", too_early: str, too_late: str
    ) -> date | None:
        """A calendar day within bounds, each bound with its own message."""
        text = self._raw(name).strip()
        if not text:
            if required:
                self.refuse(name, required)
            return None
        day = dates.valid_form_date(text)
        if day is None:
            self.refuse(name, "This is not a date in the calendar. Write it as 2026-12-08 or 12/8/2026.")
        elif day < earliest:
            self.refuse(name, too_early)
        elif day > latest:
            self.refuse(name, too_late)
        else:
            return day
        return None

    def clock(self, name: str) -> time | None:
        """A time of day such as 09:05; None when empty."""
        text = self._raw(name).strip()
        found = _CLOCK.fullmatch(text)
        hour, minute = (int(part) for part in found.groups()) if found else (99, 99)
        if text and (hour > 23 or minute > 59):
            self.refuse(name, "This is not a time of day. Write it as 09:05 or 14:30.")
        return time(hour, minute) if hour <= 23 and minute <= 59 else None

    def submitted(self, make: Callable[[], Entry]) -> Submitted[Entry]:
        """The finished form; `make` is called only when nothing was refused."""
        entry = None if self.errors else make()
        return Submitted(values=dict(self.values), errors=dict(self.errors), entry=entry)

    def _raw(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")


def too_long(length: int, limit: int) -> str:
    """What to do about a text over its limit."""
    return (
        f"This has {length:,} characters and the chart takes {limit:,}. "
        f"Shorten it by {length - limit:,}; nothing you typed was lost."
    )
