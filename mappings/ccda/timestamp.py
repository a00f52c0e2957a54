"""HL7 v3 points in time and intervals, their precision and offset kept.

"201409171904-0500" is a minute with an offset, "1998" a year: nothing is filled in. A value that is no time is not
guessed at; the reader names it. HL7 v3 Data Types, TS and IVL<TS>.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mappings import dates
from mappings.ccda.element import Element, attribute, child, null_flavor

_TS = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})"
    r"(?:(?P<hour>[0-9]{2})(?:(?P<minute>[0-9]{2})(?:(?P<second>[0-9]{2})(?:\.[0-9]{1,9})?)?)?)?)?)?"
    r"(?P<offset>[+-][0-9]{4}|Z)?"
)


@dataclass(frozen=True)
class Interval:
    """From and to. `unread` is true where a value stands that is no time."""

    low: dates.FhirDate | None = None
    high: dates.FhirDate | None = None
    unread: bool = False

    @property
    def contradicts_itself(self) -> bool:
        """True when it ends before it begins: one of the two is wrong, and nobody can say which."""
        return bool(self.low and self.high and self.high.day < self.low.day)


def point(value: str) -> dates.FhirDate | None:
    """A TS value; None for anything that is not one. An hour without minutes is its day."""
    found = _TS.fullmatch(value.strip())
    if not found:
        return None
    part = found.groupdict()
    text = "-".join(filter(None, (part["year"], part["month"], part["day"])))
    if part["minute"]:
        text += f"T{part['hour']}:{part['minute']}:{part['second'] or '00'}{part['offset'] or ''}"
    return dates.parse(text)


def time_of(element: Element | None) -> dates.FhirDate | None:
    """The point in time that an element's own `value` says."""
    return None if null_flavor(element) else point(attribute(element, "value"))


def interval(element: Element | None) -> Interval:
    """The interval of an `effectiveTime`: its ends; a lone `value` is when it was true, and so its beginning."""
    if element is None or null_flavor(element):
        return Interval()
    low, high = child(element, "low"), child(element, "high")
    if low is None and high is None:
        low = element
    return Interval(time_of(low), time_of(high), unread=_is_unread(low) or _is_unread(high))


def _is_unread(element: Element | None) -> bool:
    said = "" if null_flavor(element) else attribute(element, "value")
    return bool(said) and point(said) is None
