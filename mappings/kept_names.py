"""What a part of a record is called on a receipt, and where else the record says the same: the table `kept.toml`.

A path is a tuple of steps, the record's kind first: ("Goal", "extension:ruler", "extension:confidence"). A step of the
table without what follows the colon stands for every item of that list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir_profiles import canonical
from mappings.data_file import DataTable, data_table
from mappings.element import as_object, as_objects, as_text
from mappings.identity import code_in
from mappings.narrative import clean, read_fixed_line

Path = tuple[str, ...]
_ANY = "*"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OURS = canonical.extension("")
_HL7 = "http://hl7.org/fhir/StructureDefinition/"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True)
class Part:
    """One row: `what` it is called, the line that says the same (and its label there), and what it means to lose it."""

    path: Path
    what: str
    line: str = ""
    label: str = ""
    within: str = "note"
    in_text: bool = False
    minor: bool = False

    def says(self, resource: Mapping[str, Any]) -> tuple[str, ...]:
        """What the record's lines say of this part; () where none does."""
        if not self.line:
            return ()
        texts = _texts(resource, self.within)
        if self.label:
            found = (read_fixed_line(text, self.line).get(self.label, "") for text in texts)
            return tuple(filter(None, found))
        return tuple(" ".join(text.split()) for text in texts if text.startswith(self.line))


def _texts(resource: Mapping[str, Any], element: str) -> list[str]:
    found = (each.get("text") for each in as_objects(resource.get(element)))
    return [clean(text).strip() for text in found if isinstance(text, str)]


@cache
def _table() -> tuple[tuple[Part, ...], tuple[tuple[str, str], ...]]:
    table = data_table("kept.toml")
    table.text("source")
    table.day("checked")
    lines = tuple(_line(row) for row in table.tables("line"))
    parts = tuple(_part(row) for row in table.tables("part"))
    table.done()
    return parts, lines


def _line(row: DataTable) -> tuple[str, str]:
    made = row.text("begins"), row.text("name")
    row.done()
    return made


def _part(row: DataTable) -> Part:
    made = Part(
        path=tuple(row.text("path").split(".")),
        what=row.text("what"),
        line=row.text("line", default=""),
        label=row.text("label", default=""),
        within=row.text("in", default="note"),
        in_text=row.flag("in_text", default=False),
        minor=row.flag("minor", default=False),
    )
    row.done()
    return made


def parts() -> tuple[Part, ...]:
    """Every row. Raises DataFileError where our own file is wrong."""
    return _table()[0]


def line_name(text: Any) -> str:
    """What the line is called that a note begins with; "" for a note in somebody's own words."""
    words = clean(text).strip() if isinstance(text, str) else ""
    return next((name for begins, name in _table()[1] if words.startswith(begins)), "")


def parts_of(path: Path, value: Any) -> tuple[Part, ...]:
    """What is lost with the whole of `value` at `path`: its own row, or those of what is in it, or the row above.

    A part that no row stands for is called by its elements' names.
    """
    own = _nearest(path)
    if own and len(own.path) == len(path) and own.path[-1] == path[-1]:
        return (own,)
    inside = [part for part in parts() if len(part.path) > len(path) and _fits(part.path[: len(path)], path)]
    # A row for every note says nothing about what one kind of note is called.
    found = [part for part in inside if part.path[len(path) - 1] == path[-1] or len(path) == 1]
    return tuple(part for part in found if _there(part.path[len(path) :], value)) or (own or _plain(path),)


def part_at(path: Path) -> Part:
    """The row that stands for one element: the nearest, or its plain name."""
    return _nearest(path) or _plain(path)


def item_name(element: str, item: Any) -> str:
    """What an item of a list is called by: an extension (ours or a goal's), our input or output, a line of a note."""
    found = as_object(item)
    if element == "extension":
        name = as_text(found.get("url")).removeprefix(_OURS).removeprefix(_HL7)
        return name if _NAME.fullmatch(name) else ""
    if element == "input":
        return code_in(found.get("type"), "task-input")
    if element == "output":
        kind = found.get("type")
        ours = (code_in(kind, name) for name in ("task-output", "eligibility-part", "assessment-part"))
        return next(filter(None, ours), "")
    return line_name(found.get("text")) if element == "note" else ""


def _nearest(path: Path) -> Part | None:
    found = [part for part in parts() if _fits(part.path, path[: len(part.path)])]
    return max(found, key=_exactness, default=None)


def _exactness(part: Part) -> tuple[int, int, bool]:
    return len(part.path), sum(":" in step for step in part.path), part.path[0] != _ANY


def _fits(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a row's path is this one; a step without an item's name fits every item."""
    if len(pattern) != len(path):
        return False
    kind, *steps = pattern
    fits = kind in (_ANY, path[0], path[0].partition(":")[0])
    return fits and all(a in (b, b.partition(":")[0]) for a, b in zip(steps, path[1:], strict=True))


def _there(steps: Path, value: Any) -> bool:
    """Whether something stands in `value` where the steps lead."""
    if not steps:
        return value not in (None, "", [], {})
    name, _, item = steps[0].partition(":")
    inside = [each.get(name) for each in as_objects(value)]
    items = [each for found in inside for each in (found if isinstance(found, list) else [found])]
    return any(_there(steps[1:], each) for each in items if not item or item_name(name, each) == item)


def _plain(path: Path) -> Part:
    """A part that the table does not know, by the names of its elements: "the part called “performer type”"."""
    steps = (step.partition(":")[0].lstrip("_") for step in path[1:])
    words = ", ".join(_CAPITAL.sub(" ", step).lower() for step in steps if _NAME.fullmatch(step))
    return Part(path, f"the part called “{words}”" if words else "a part that has no name here")
