"""The instruments: which questionnaires there are, what each is for, how often, and what its results mean.

The questions stand in the FHIR Questionnaire, all else in `instruments.toml`: its source, its licence, the dated
thresholds in our own wording, the answers that call for help at once, and what a result opens next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from fhir_profiles import canonical
from mappings.data_file import DataTable, data_table
from mappings.questionnaire.definition import Definition, definition

_FILE = "questionnaire/instruments.toml"
Worse = Literal["higher", "lower"]


@dataclass(frozen=True)
class Meaning:
    """What a score from `low` on means, in our words; `concern` when there is something to do about it."""

    low: int
    words: str
    concern: bool


@dataclass(frozen=True)
class Scale:
    """One score of an instrument: the calculated item, its highest value, its meanings from the lowest up.

    `codes` are LOINC codes under which an EHR keeps the same score as its own result.
    """

    link_id: str
    label: str
    top: int
    worse: Worse
    codes: tuple[str, ...]
    meanings: tuple[Meaning, ...]

    def meaning_of(self, value: float) -> Meaning | None:
        """What this value means; None outside the scale."""
        fitting = [each for each in self.meanings if value >= each.low]
        return fitting[-1] if fitting and value <= self.top else None


@dataclass(frozen=True)
class DangerRule:
    """An answer that must not be passed over: by its weight above a number, or by its keys. `why` is our sentence."""

    link_id: str
    key: str
    why: str
    above: float | None
    answers: frozenset[str]


@dataclass(frozen=True)
class Opens:
    """A score from `low` on asks for another instrument."""

    low: int
    instrument: str
    why: str


@dataclass(frozen=True)
class Instrument:
    """One questionnaire as the list shows it. `repeat_days` is 0 where it has no rhythm of its own.

    `repeat_days_concern` is the rhythm while the last result asked for something to be done, 0 where there is none.
    """

    id: str
    url: str
    version: str
    title: str
    purpose: str
    minutes: int
    repeat_days: int
    repeat_days_concern: int
    source: str
    licence: str
    checked: date
    scales: tuple[Scale, ...]
    dangers: tuple[DangerRule, ...]
    opens: tuple[Opens, ...]

    @property
    def definition(self) -> Definition:
        """Its questions."""
        return definition(self.url)

    @property
    def canonical(self) -> str:
        """The Questionnaire's address with its version."""
        return self.definition.canonical


@cache
def catalogue() -> tuple[Instrument, ...]:
    """Every instrument, in the order of the list. Raises DataFileError or DefinitionError for a slip in our data."""
    table = data_table(_FILE)
    made = tuple(_instrument(name, row) for name, row in table.named_tables("instrument"))
    table.done()
    known = {each.id for each in made}
    for each in made:
        if unknown := {opened.instrument for opened in each.opens} - known:
            raise table.error(each.id, f"opens {unknown}, which is not there")
    return made


def instrument(name: str) -> Instrument | None:
    """The instrument of this id, address or canonical; None for a name that is none."""
    plain = name.partition("|")[0]
    return next((each for each in catalogue() if plain in (each.id, each.url)), None)


def _instrument(name: str, row: DataTable) -> Instrument:
    url = f"{canonical.BASE}/Questionnaire/{name}"
    of = definition(url)
    made = Instrument(
        id=name,
        url=url,
        version=of.version,
        title=str(of.title),
        purpose=row.text("purpose"),
        minutes=row.number("minutes") or 1,
        repeat_days=row.number("repeat_days") or 0,
        repeat_days_concern=row.number("repeat_days_concern") or 0,
        source=row.text("source"),
        licence=row.text("licence"),
        checked=row.day("checked"),
        scales=tuple(_scale(each) for each in row.tables("scale")),
        dangers=tuple(_danger(each) for each in row.tables("danger")),
        opens=tuple(_opens(each) for each in row.tables("opens")),
    )
    asked = [*(each.link_id for each in made.scales), *(each.link_id for each in made.dangers)]
    if missing := [link for link in asked if link not in of.by_link]:
        raise row.error(name, f"names {missing}, which the questionnaire does not have")
    row.done()
    return made


def _scale(row: DataTable) -> Scale:
    worse = row.text("worse", default="higher")
    made = Scale(
        link_id=row.text("link_id"),
        label=row.text("label"),
        top=row.number("top") or 0,
        worse="lower" if worse == "lower" else "higher",
        codes=row.texts("codes", default=()),
        meanings=tuple(_meaning(each) for each in row.tables("meaning")),
    )
    if list(made.meanings) != sorted(made.meanings, key=lambda each: each.low):
        raise row.error("meaning", "does not go from the lowest up")
    row.done()
    return made


def _meaning(row: DataTable) -> Meaning:
    # A DataTable's numbers are above 0; a meaning without `from` begins at 0.
    made = Meaning(row.number("from") or 0, row.text("words"), row.flag("concern", default=False))
    row.done()
    return made


def _danger(row: DataTable) -> DangerRule:
    above = row.flag("above_zero", default=False)
    made = DangerRule(
        link_id=row.text("link_id"),
        key=row.text("key"),
        why=row.text("why"),
        above=0.0 if above else None,
        answers=frozenset(row.texts("answers", default=())),
    )
    if above == bool(made.answers):
        raise row.error("answers", "must stand without above_zero, and one of the two must stand")
    row.done()
    return made


def _opens(row: DataTable) -> Opens:
    made = Opens(row.number("from") or 0, row.text("instrument"), row.text("why"))
    row.done()
    return made
