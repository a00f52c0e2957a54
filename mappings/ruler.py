"""The 1-10 ruler: how important a goal is to the patient, and how confident they are to reach it.

It stands in an extension (the latest) and in one fixed note line each time, `Importance 8/10, confidence 6/10
(2026-11-21)`: servers drop extensions, and the lines together are the trend. HL7 has only temporary codes for it, so
it is not an Observation (https://hl7.org/fhir/us/pco/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhir_profiles import canonical
from mappings import dates
from mappings.element import as_number, as_objects, as_text

_LINE = re.compile(r"Importance (\d{1,2})/10, confidence (\d{1,2})/10 \((\d{4}-\d{2}-\d{2})\)", re.ASCII)


@dataclass(frozen=True)
class Ruler:
    """Importance and confidence, each 1-10, as the patient said them on a day."""

    importance: int
    confidence: int
    day: date

    @property
    def line(self) -> str:
        """The fixed note line."""
        return f"Importance {self.importance}/10, confidence {self.confidence}/10 ({self.day.isoformat()})"

    @property
    def extension(self) -> dict[str, Any]:
        """The same three facts as an extension."""
        parts = [
            {"url": "importance", "valueInteger": self.importance},
            {"url": "confidence", "valueInteger": self.confidence},
            {"url": "date", "valueDate": self.day.isoformat()},
        ]
        return {"url": canonical.extension("ruler"), "extension": parts}


def ruler_of(importance: int | None, confidence: int | None, day: date) -> Ruler | None:
    """A ruler when both numbers were given."""
    return None if importance is None or confidence is None else Ruler(importance, confidence, day)


def is_ruler(extension: dict[str, Any]) -> bool:
    """True for our ruler extension."""
    return as_text(extension.get("url")) == canonical.extension("ruler")


def rulers(notes: Iterable[str], extensions: Any) -> tuple[Ruler, ...]:
    """Every ruler of a goal, oldest first: the note lines, and the extension where its line is gone."""
    found = [ruler for text in notes for match in _LINE.findall(text) if (ruler := _parsed(*match))]
    for extension in filter(is_ruler, as_objects(extensions)):
        parts = {as_text(part.get("url")): part for part in as_objects(extension.get("extension"))}
        importance, confidence, day = (parts.get(name, {}) for name in ("importance", "confidence", "date"))
        ruler = _parsed(importance.get("valueInteger"), confidence.get("valueInteger"), day.get("valueDate"))
        if ruler and ruler not in found:
            found.append(ruler)
    return tuple(sorted(found, key=lambda ruler: ruler.day))


def _parsed(importance: Any, confidence: Any, day: Any) -> Ruler | None:
    first, second, parsed = as_number(importance), as_number(confidence), dates.parse(day)
    if first is None or second is None or parsed is None or parsed.precision < dates.Precision.DAY:
        return None
    within = 1 <= first <= 10 and 1 <= second <= 10
    return Ruler(int(first), int(second), parsed.day) if within else None


def trend(found: Sequence[Ruler]) -> str:
    """ "up", "down" or "same": the last confidence against the one before; "" with fewer than two."""
    if len(found) < 2:
        return ""
    before, last = found[-2].confidence, found[-1].confidence
    return "up" if last > before else "down" if last < before else "same"
