"""What Chartside is held to, by number: the client checklist and the guides' rows, read from `requirements/*.toml`.

A test names the items that it proves by their ids (`@pytest.mark.requirement("client@6")`); this file says what the
items are. Whether their tests pass is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from mappings.data_file import DataTable, data_table


class RequirementSource(StrEnum):
    """Where requirements come from. The value is the name of the data file and the first half of each id."""

    CLIENT = "client"
    """What a SMART on FHIR client owes an EHR."""
    DOMAIN = "domain"
    """What the two care-management guides ask of software."""


class Level(StrEnum):
    """How binding an item is."""

    MUST = "M"
    SHOULD = "S"


@dataclass(frozen=True)
class Requirement:
    """One item. `sal` are the requirement numbers of SMART App Launch 2.2.0 as Inferno numbers them.

    `inferno` is true where Inferno's client suites check it; `source` names where an item without such numbers comes
    from; `reason` says why no test is owed yet, and is "" where one is.
    """

    id: str
    source: RequirementSource
    part: str
    level: Level
    text: str
    sal: tuple[str, ...]
    inferno: bool
    origin: str
    reason: str


@cache
def requirements(source: RequirementSource) -> tuple[Requirement, ...]:
    """Every item of one source, by rising number. Raises DataFileError where our own file is wrong."""
    table = data_table(f"requirements/{source}.toml")
    if table.text("prefix") != source:
        raise table.error("prefix", f"must be {source}")
    table.text("title")
    table.day("checked")
    found = tuple(item for part in table.tables("part") for item in _part(source, part))
    table.done()
    return found


def _part(source: RequirementSource, part: DataTable) -> Iterator[Requirement]:
    name = part.text("name")
    for row in part.tables("rows"):
        yield _requirement(source, name, row)
    part.done()


def _requirement(source: RequirementSource, part: str, row: DataTable) -> Requirement:
    number = row.number("id")
    if number is None:
        raise row.error("id", "is missing")
    made = Requirement(
        id=f"{source}@{number}",
        source=source,
        part=part,
        level=row.choice("level", Level),
        text=row.text("text"),
        sal=row.texts("sal", default=()),
        inferno=row.flag("inferno", default=False),
        origin=row.text("source", default=""),
        reason=row.text("reason", default=""),
    )
    row.done()
    return made
