"""Whether an advance directive is on file, and what was agreed about making one.

On file is what the EHR shows: a Consent of the scope `adr`, or a document of such a type. That none is seen is no proof
that there is none, so it is worded as what is seen. Codes and words: `advance_directive.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.coding_systems import LOINC
from mappings.element import as_text, relative_reference
from mappings.panel import SENTENCES, Panel, panel
from mappings.reading import Reading
from mappings.terminology import codes_of, codings, status_code, words_of
from mappings.to_do import to_dos

KIND = "advance-directive"
"""The kind of a to-do about one."""
_SCOPE = "adr"
_GONE = frozenset({"entered-in-error", "rejected", "inactive", "superseded"})


@dataclass(frozen=True)
class Directive:
    """One advance directive on file: what it is called, its day in words, and its record."""

    title: str
    when_words: str
    reference: str


@dataclass(frozen=True)
class DirectiveView:
    """`state` is "on-file", "task-open", "not-seen" or "unknown"; `sentence` says the same, `found` what is on file."""

    state: str
    sentence: str
    found: tuple[Directive, ...] = ()


def directive_view(chart: Chart, documents: Reading, *, now: datetime) -> DirectiveView:
    """What the chart's consents, `documents` (its DocumentReferences) and open tasks say of an advance directive."""
    shown = _panel(chart, documents, now)
    if shown.rows:
        words = [f"{row.title}{f', {row.when_words}' if row.when_words else ''}" for row in shown.rows]
        return DirectiveView("on-file", f"On file: {'; '.join(words)}", shown.rows)
    task = next((row for row in to_dos(chart, now).rows if row.kind == KIND), None)
    if task:
        due = f", due {task.due_words}" if task.due_words else ""
        return DirectiveView("task-open", f"{task.text}{due}")
    if shown.known_empty:
        return DirectiveView(
            "not-seen", "None seen in this EHR. Ask the patient, and offer help to make one."
        )
    why = SENTENCES[shown.absence] if shown.absence else "Could not all be read"
    why = f"{why[:1].lower()}{why[1:].removesuffix('.')}"
    return DirectiveView("unknown", f"Whether one is on file is unknown: {why}.")


def _panel(chart: Chart, documents: Reading, now: datetime) -> Panel[Directive]:
    consents = chart.reading("Consent")
    found = [
        (resource, _title(resource))
        for resource in (*consents.resources, *documents.resources)
        if isinstance(resource, dict) and _counts(resource)
    ]
    found.sort(key=lambda pair: dates.newest_first_key(_day(pair[0])))
    rows = [
        Directive(title, dates.words(_day(resource), now), relative_reference(resource))
        for resource, title in found
    ]
    return panel("directives", "Advance directive", rows, consents, documents)


def _counts(resource: Mapping[str, Any]) -> bool:
    if status_code(resource.get("status")) in _GONE:
        return False
    if resource.get("resourceType") == "Consent":
        said = {each.code for each in codings(resource.get("scope"))}
        kinds = {each.code.lower() for each in codings(resource.get("category"))}
        return _SCOPE in said or bool(kinds & _table("consent_categories")) or _is_coded(resource, "category")
    if resource.get("resourceType") != "DocumentReference":
        return False
    title = f"{words_of(resource.get('type'))} {as_text(resource.get('description'))}".lower()
    coded = _is_coded(resource, "type") or _is_coded(resource, "category")
    return coded or any(words in title for words in _table("words"))


def _is_coded(resource: Mapping[str, Any], element: str) -> bool:
    return bool(codes_of(resource.get(element), LOINC) & _table("loinc"))


def _title(resource: Mapping[str, Any]) -> str:
    said = resource.get("type") or resource.get("category")
    return words_of(said) or as_text(resource.get("description")) or "Advance directive"


def _day(resource: Mapping[str, Any]) -> dates.FhirDate | None:
    return dates.parse(resource.get("dateTime")) or dates.parse(resource.get("date"))


@cache
def _table(name: str) -> frozenset[str]:
    file = resources.files("mappings").joinpath("advance_directive.toml").read_text("utf-8")
    return frozenset(tomllib.loads(file)[name])
