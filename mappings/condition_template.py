"""The templates of conditions: what a contact about diabetes, heart failure or tobacco asks, one file for each.

A template is a FHIR Questionnaire (`fhir_profiles/definitions/Questionnaire-visit-*.json`): its wording, where the
chart is looked at first (FHIRPath), and the code of each answer. Its focus (`useContext`) names the condition groups
for which it is suggested; its questions that nobody is asked (`readOnly`) are results, found by their LOINC codes.
https://hl7.org/fhir/R4/questionnaire.html, https://hl7.org/fhir/uv/sdc/STU3/populate.html#observation-based-population
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

from fhir_profiles import definitions
from fhir_profiles.canonical import BASE
from mappings.chart import Chart
from mappings.coding_systems import LOINC
from mappings.condition import problems
from mappings.element import as_object, as_objects, as_text
from mappings.questionnaire.catalogue import Instrument
from mappings.questionnaire.definition import Definition, Item, definition

ADDRESS = f"{BASE}/Questionnaire/visit-"
FIRST = "diabetes"
"""The guides' own template; it stands before the others where several fit."""
BETWEEN = ","
"""Between the templates that one contact has."""


@dataclass(frozen=True)
class ConditionTemplate:
    """One template. `id` is "diabetes"; `groups` are the condition groups for which it is suggested."""

    id: str
    title: str
    instrument: Instrument
    groups: tuple[str, ...]

    @property
    def definition(self) -> Definition:
        """Its questions."""
        return self.instrument.definition

    @cached_property
    def result_codes(self) -> tuple[frozenset[str], ...]:
        """The LOINC codes of each result that it shows, in its order."""
        return tuple(loinc_of(item) for item in self.definition.questions if item.read_only)

    def label(self, item: Item) -> str:
        """How an answer is named in the contact's text and line: "Diabetes, eye exam"."""
        short = item.label
        name = short[1:2].isupper() or short[1:2].isdigit()
        return f"{self.title}, {short if name else short[0].lower() + short[1:]}"


@cache
def condition_templates() -> tuple[ConditionTemplate, ...]:
    """Every template, by title; diabetes first. Raises DefinitionError for a slip in a file of ours."""
    found = [_template(raw) for raw in definitions.of_kind("Questionnaire") if raw["url"].startswith(ADDRESS)]
    return tuple(sorted(found, key=lambda each: (each.id != FIRST, each.title)))


def condition_template(name: str) -> ConditionTemplate | None:
    """The template of this id, address or canonical; None for a name that is none."""
    plain = name.partition("|")[0]
    return next((each for each in condition_templates() if plain in (each.id, each.instrument.url)), None)


def chosen_templates(chosen: str) -> tuple[ConditionTemplate, ...]:
    """The templates that a form's value names ("diabetes,heart-failure"), each once; unknown names are left out."""
    named = dict.fromkeys(part.strip() for part in chosen.split(BETWEEN))
    return tuple(each for name in named if (each := condition_template(name)))


def suggested_templates(chart: Chart, *, now: datetime) -> tuple[ConditionTemplate, ...]:
    """Those that fit an active problem of the patient; () where the problems are not known."""
    groups = active_groups(chart, now=now)
    return tuple(each for each in condition_templates() if groups & set(each.groups))


def active_groups(chart: Chart, *, now: datetime) -> frozenset[str]:
    """The condition groups of the patient's active problems."""
    rows = (row for row in problems(chart, now=now).rows if row.active)
    return frozenset(group for row in rows for group in row.chronic_groups)


def loinc_of(item: Item) -> frozenset[str]:
    """The LOINC codes of a question."""
    return frozenset(str(code.get("code")) for code in item.codes if code.get("system") == LOINC)


def _template(raw: dict[str, Any]) -> ConditionTemplate:
    of = definition(raw["url"])
    instrument = Instrument(
        id=as_text(raw["id"]),
        url=of.url,
        version=of.version,
        title=str(of.title),
        purpose="",
        minutes=1,
        repeat_days=0,
        repeat_days_concern=0,
        source=of.description,
        licence="",
        checked=date.fromisoformat(raw["date"]),
        scales=(),
        dangers=(),
        opens=(),
    )
    focus = (as_object(each.get("valueCodeableConcept")) for each in as_objects(raw.get("useContext")))
    groups = tuple(as_text(each.get("text")) for each in focus)
    return ConditionTemplate(of.url.removeprefix(ADDRESS), str(of.title), instrument, groups)
