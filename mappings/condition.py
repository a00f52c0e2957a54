"""The problem list, active problems first.

What counts as active is a safety rule, not a matter of taste: entered-in-error is left out altogether;
refuted, inactive, resolved and in remission are shown but never counted. A problem whose status the EHR
leaves out counts as active unless it has abated or is only the diagnosis of one visit.
https://hl7.org/fhir/us/core/StructureDefinition-us-core-condition-problems-health-concerns.html
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart, once
from mappings.chronic_conditions import groups_of
from mappings.coding_systems import ICD10CM, SNOMED
from mappings.element import as_number, as_object, as_text, relative_reference
from mappings.panel import Panel, panel
from mappings.practitioner import actor_name
from mappings.terminology import codes_of, codings, status_code, status_words, words_of

_ACTIVE = frozenset({"active", "recurrence", "relapse"})
_NEVER_ACTIVE = frozenset({"refuted", "entered-in-error"})
_CATEGORY_WORDS = {
    "problem-list-item": "problem list",
    "health-concern": "health concern",
    "encounter-diagnosis": "visit diagnosis",
}
_ABATEMENT = ("abatementDateTime", "abatementPeriod", "abatementAge", "abatementRange", "abatementString")


@dataclass(frozen=True)
class Problem:
    """One problem. `references` names every Condition folded into the row, `reference` the one shown."""

    id: str
    reference: str
    text: str
    onset_words: str
    clinical_status: str
    verification: str
    category: str
    active: bool
    chronic_group: str | None
    source: str
    chronic_groups: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    recorded: dates.FhirDate | None = field(default=None, compare=False)
    codes: frozenset[str] = frozenset()


@once
def problems(chart: Chart, *, now: datetime) -> Panel[Problem]:
    """The panel of problems: active first, the problem list before visit diagnoses, newest first.

    Several active Conditions of the same code (or of the same words, where neither is coded) are one row.
    """
    rows = [_problem(chart, item, now) for item in chart.resources("Condition") if not _is_error(item)]
    rows.sort(key=lambda row: dates.newest_first_key(row.recorded))
    rows.sort(key=lambda row: (not row.active, row.category == "visit diagnosis"))
    return panel("problems", "Problems", _folded(rows), chart.reading("Condition"))


def is_active(condition: Any) -> bool:
    """Whether a Condition counts as active; see the module's rule."""
    body = as_object(condition)
    if status_code(body.get("verificationStatus")) in _NEVER_ACTIVE:
        return False
    status = status_code(body.get("clinicalStatus"))
    if status:
        return status in _ACTIVE
    abated = any(body.get(element) for element in _ABATEMENT)
    return not abated and _category(body) != "visit diagnosis"


def _is_error(condition: dict[str, Any]) -> bool:
    statuses = (condition.get("verificationStatus"), condition.get("clinicalStatus"))
    return "entered-in-error" in map(status_code, statuses)


def _problem(chart: Chart, condition: dict[str, Any], now: datetime) -> Problem:
    code = condition.get("code")
    groups = groups_of(code)
    reference = relative_reference(condition)
    return Problem(
        id=as_text(condition.get("id")),
        reference=reference,
        text=words_of(code) or "Problem without a name",
        onset_words=_onset_words(condition, now),
        clinical_status=status_words(status_code(condition.get("clinicalStatus"))),
        verification=status_words(status_code(condition.get("verificationStatus"))),
        category=_category(condition),
        active=is_active(condition),
        chronic_group=groups[0] if groups else None,
        source=_source(chart, condition, now),
        chronic_groups=groups,
        references=(reference,) if reference else (),
        recorded=_recorded(condition),
        codes=codes_of(code, SNOMED) | codes_of(code, ICD10CM),
    )


def _category(condition: dict[str, Any]) -> str:
    """The weightiest category: an EHR may call one Condition both a visit diagnosis and a list item."""
    said = {coding.code for coding in codings(condition.get("category"))}
    known = next((words for code, words in _CATEGORY_WORDS.items() if code in said), "")
    return known or words_of(condition.get("category"))


def _recorded(condition: dict[str, Any]) -> dates.FhirDate | None:
    return dates.parse(condition.get("recordedDate")) or _onset_date(condition)


def _onset_date(condition: dict[str, Any]) -> dates.FhirDate | None:
    period = as_object(condition.get("onsetPeriod"))
    return dates.parse(condition.get("onsetDateTime")) or dates.parse(period.get("start"))


def _onset_words(condition: dict[str, Any], now: datetime) -> str:
    """As "since 3 Nov 2019", "since age 45", the EHR's own words, or ""."""
    since = dates.plain_words(_onset_date(condition), now.tzinfo)
    if since:
        return f"since {since}"
    age = as_object(condition.get("onsetAge")) or as_object(as_object(condition.get("onsetRange")).get("low"))
    years = as_number(age.get("value"))
    if years is not None:
        unit = as_text(age.get("unit")) or as_text(age.get("code"))
        return (
            f"since age {years:g}"
            if unit in ("", "a", "y", "yr", "years", "year")
            else f"since age {years:g} {unit}"
        )
    return as_text(condition.get("onsetString"))


def _source(chart: Chart, condition: dict[str, Any], now: datetime) -> str:
    """As "problem list, 3 Nov 2026, Dr. Luis Alvarez": where it stands, when it was recorded, by whom."""
    who = actor_name(chart, condition.get("recorder"), condition) or actor_name(
        chart, condition.get("asserter"), condition
    )
    when = dates.plain_words(condition.get("recordedDate"), now.tzinfo)
    return ", ".join(part for part in (_category(condition), when, who) if part)


def _folded(rows: list[Problem]) -> list[Problem]:
    """The rows with repeats of an active problem folded into its first row."""
    kept: dict[object, Problem] = {}
    for index, row in enumerate(rows):
        key: object = (row.codes or row.text.casefold()) if row.active else index
        first = kept.get(key)
        kept[key] = replace(first, references=(*first.references, *row.references)) if first else row
    return list(kept.values())
