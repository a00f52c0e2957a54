"""The elements that a plan of care has to hold, read from `completeness.toml`: dated data with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from mappings.data_file import DataTable, data_table


@dataclass(frozen=True)
class Element:
    """One element. `label` begins the note in which it is said in words, "" where only a record can show it.

    `met_by` are checks and `assessments` instruments that show it as well; `mend` names the page that puts it right.
    """

    code: str
    words: str
    label: str
    hint: str
    met_by: tuple[str, ...]
    assessments: tuple[str, ...]
    mend: str
    field: str


@dataclass(frozen=True)
class Rules:
    """The whole file."""

    source: str
    checked: date
    review_days: int
    elements: tuple[Element, ...]


@cache
def rules() -> Rules:
    """The file, read once. Raises DataFileError where it is not as it must be."""
    table = data_table("completeness.toml")
    source, checked, days = table.text("source"), table.day("checked"), table.number("review_days")
    found = tuple(map(_element, table.tables("element")))
    table.done()
    return Rules(source, checked, days or 90, found)


def _element(table: DataTable) -> Element:
    code = table.text("code")
    label = table.text("label", "")
    made = Element(
        code=code,
        words=table.text("words"),
        label=label,
        hint=table.text("hint", ""),
        met_by=table.texts("met_by", ()),
        assessments=table.texts("assessments", ()),
        mend=table.text("mend"),
        field=table.text("field", "") or (section_field(code) if label else ""),
    )
    table.done()
    return made


def elements() -> tuple[Element, ...]:
    """Every element, in the order of the meter."""
    return rules().elements


@cache
def sections() -> Mapping[str, str]:
    """The elements that may be said in words: code -> the label that begins the note."""
    return MappingProxyType({each.code: each.label for each in elements() if each.label})


def section_field(code: str) -> str:
    """The name of the field in which a form asks for the words of a section."""
    return f"section_{code}"
