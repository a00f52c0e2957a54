"""Goal attainment scaling: what five outcomes would look like, agreed beforehand, and which of them is reached.

Levels go from -2 (much less than expected) over 0 (as expected) to +2. The scale stands in an extension with the LOINC
code of such a scale and in one fixed note line, each rating in a note line of its own, since servers drop extensions.
LOINC 107332-9 and the five steps: HL7 Patient-Centered Outcomes guide (https://hl7.org/fhir/us/pco/), domain notes C.3.
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
from mappings.form import Fields

STEPS = (-2, -1, 0, 1, 2)
STEP_WORDS = {
    -2: "Much less than expected",
    -1: "Less than expected",
    0: "As expected",
    1: "More than expected",
    2: "Much more than expected",
}
LEVEL_FIELDS = tuple(f"level_{number}" for number in range(1, 6))
LEVEL_LIMIT = 200
LOINC = "107332-9"
SCALE_LINE = "Attainment scale: "
RATING_LINE = "Attainment "
_PART = re.compile(r"([+-]?[0-2]) = (.*?)(?=; [+-]?[0-2] = |$)")
_RATING = re.compile(r"Attainment ([+-]?[0-2]) \((\d{4}-\d{2}-\d{2})\)", re.ASCII)


@dataclass(frozen=True)
class Rating:
    """The level that was reached on a day."""

    step: int
    day: date

    @property
    def line(self) -> str:
        """The fixed note line: "Attainment +1 (2026-11-21)"."""
        return f"{RATING_LINE}{signed(self.step)} ({self.day.isoformat()})"


def signed(step: int) -> str:
    """ "-1", "0", "+2"."""
    return f"{step:+d}" if step else "0"


def read_levels(fields: Fields, prefix: str = "", *, required: bool = False) -> tuple[str, ...]:
    """The five levels in words, worst first; () when none is filled in, unless that is `required`.

    One that is missing is told at its field.
    """
    names = [f"{prefix}{name}" for name in LEVEL_FIELDS]
    levels = tuple(fields.text(name, limit=LEVEL_LIMIT) for name in names)
    if not any(levels) and not required:
        return ()
    for name, level, step in zip(names, levels, STEPS, strict=True):
        if not level:
            fields.refuse(
                name, f"Say what “{STEP_WORDS[step].lower()}” would look like, or empty all five levels."
            )
    same = {level.casefold() for level in levels if level}
    if all(levels) and len(same) < len(STEPS):
        fields.refuse(names[0], "Two levels say the same. Make each of the five different from the others.")
    return levels


def scale_line(levels: Sequence[str]) -> str:
    """The fixed note line of a scale."""
    # A semicolon parts the levels.
    said = (" ".join(level.replace(";", ",").split()) for level in levels)
    return SCALE_LINE + "; ".join(
        f"{signed(step)} = {words}" for step, words in zip(STEPS, said, strict=True)
    )


def scale_extension(levels: Sequence[str]) -> dict[str, Any]:
    """The same as an extension, coded."""
    code = {"url": "code", "valueCoding": {"system": "http://loinc.org", "code": LOINC}}
    parts = [
        {
            "url": "level",
            "extension": [{"url": "step", "valueInteger": step}, {"url": "words", "valueString": words}],
        }
        for step, words in zip(STEPS, levels, strict=True)
    ]
    return {"url": canonical.extension("attainment-scale"), "extension": [code, *parts]}


def is_scale(extension: dict[str, Any]) -> bool:
    """True for our extension of a scale."""
    return as_text(extension.get("url")) == canonical.extension("attainment-scale")


def levels_of(notes: Iterable[str], extensions: Any) -> tuple[str, ...]:
    """The five levels as they stand in the extension, else in the last line; () where a goal is not scaled."""
    for extension in filter(is_scale, as_objects(extensions)):
        found = dict(filter(None, map(_level, as_objects(extension.get("extension")))))
        if set(found) == set(STEPS):
            return tuple(found[step] for step in STEPS)
    lines = [text for text in notes if text.startswith(SCALE_LINE)]
    parts = {int(step): words for step, words in _PART.findall(lines[-1])} if lines else {}
    return tuple(parts[step] for step in STEPS) if set(parts) == set(STEPS) else ()


def _level(part: dict[str, Any]) -> tuple[int, str] | None:
    inside = {as_text(each.get("url")): each for each in as_objects(part.get("extension"))}
    step = as_number(inside.get("step", {}).get("valueInteger"))
    words = as_text(inside.get("words", {}).get("valueString"))
    return (int(step), words) if step is not None and step in STEPS and words else None


def ratings(notes: Iterable[str]) -> tuple[Rating, ...]:
    """Every rating of a goal, oldest first."""
    found = []
    for text in notes:
        for step, day in _RATING.findall(text):
            parsed = dates.parse(day)
            if parsed is not None:
                found.append(Rating(int(step), parsed.day))
    return tuple(sorted(found, key=lambda rating: rating.day))
