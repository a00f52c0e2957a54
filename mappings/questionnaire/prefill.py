"""What the chart already knows of a questionnaire's answers, each with where it stands and from when.

The Questionnaire says itself where to look: its variables are searches, its initialExpressions take the value out of
them. A result that is no answer to its item (a text for a number, a code that is not offered) prefills nothing.
https://hl7.org/fhir/uv/sdc/STU3/populate.html#expression-based-population
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.condition_answers import visit_responses
from mappings.condition_template import condition_template
from mappings.element import as_object, as_objects, as_text, relative_reference, type_of
from mappings.panel import PLAIN_WORDS
from mappings.questionnaire.catalogue import Instrument, instrument
from mappings.questionnaire.chart_query import bundle_of, when_of
from mappings.questionnaire.definition import Definition, Item
from mappings.questionnaire.expression import evaluate
from mappings.questionnaire.recorded import own_responses
from mappings.questionnaire.response import answer_from
from mappings.questionnaire.value import Value, words_of_value

_VARIABLE = re.compile(r"%([A-Za-z][A-Za-z0-9]*)")
_DIGITS = 2
_SOURCES = {
    "Patient": "Patient record",
    "Observation": "Result in this EHR",
    "Condition": "Problem list",
    "MedicationRequest": "Medication orders",
    "MedicationStatement": "Home medications",
    "Procedure": "Procedures",
    "Immunization": "Immunizations",
    "Goal": "Goal of the plan",
}


@dataclass(frozen=True)
class Prefill:
    """One answer that the chart knows. `date_words` is "" where the source has no date, `reference` its address."""

    values: tuple[Value, ...]
    words: str
    source_words: str
    date_words: str
    reference: str


def prefills(instrument: Instrument, chart: Chart, *, now: datetime) -> dict[str, Prefill]:
    """linkId -> what the chart knows; an item that it knows nothing of is not in it."""
    return prefills_of(instrument.definition, chart, now=now)


def prefills_of(of: Definition, chart: Chart, *, now: datetime) -> dict[str, Prefill]:
    """The same for any Questionnaire that is understood."""
    wanted = [item for item in of.questions if item.initial]
    named = {name for item in wanted for name in _VARIABLE.findall(item.initial)}
    asked = any("QuestionnaireResponse" in each for each in of.queries.values())
    responses = (*own_responses(chart), *visit_responses(chart)) if asked else ()
    variables: dict[str, Any] = {"patient": as_object(chart.patient)}
    for name in named & of.queries.keys():
        variables[name] = bundle_of(of.queries[name], chart, now=now, responses=responses)
    found = ((item.link_id, _prefill(item, variables, now)) for item in wanted)
    return {link: each for link, each in found if each}


def _prefill(item: Item, variables: Mapping[str, Any], now: datetime) -> Prefill | None:
    said = evaluate(item.initial, {"resourceType": "QuestionnaireResponse"}, **variables)
    values = tuple(_rounded(value) for result in said if (value := answer_from(item, result)))
    values = values if item.repeats else values[:1]
    if not values:
        return None
    source = _source(item, variables, said)
    return Prefill(
        values=values,
        words=", ".join(map(words_of_value, values)),
        source_words=_source_words(source),
        date_words=dates.words(when_of(source), now),
        reference=relative_reference(source),
    )


def _rounded(value: Value) -> Value:
    """Devices and simulations send ten digits; nobody reads more than two behind the point."""
    if "valueDecimal" not in value:
        return value
    return {"valueDecimal": round(value["valueDecimal"], _DIGITS)}


def _source(item: Item, variables: Mapping[str, Any], said: tuple[Any, ...]) -> dict[str, Any]:
    """The resource that the value came out of: the first search that says so by itself, else the patient.

    Several may have found something; which of them has the answer shows when the others are left away.
    """
    named = [name for name in dict.fromkeys(_VARIABLE.findall(item.initial)) if _first(variables.get(name))]
    for name in named:
        others = {other: {"resourceType": "Bundle"} for other in named if other != name}
        alone = {**variables, **others}
        if (
            len(named) == 1
            or evaluate(item.initial, {"resourceType": "QuestionnaireResponse"}, **alone) == said
        ):
            return _first(variables[name])
    return _first(variables[named[0]]) if named else as_object(variables["patient"])


def _first(bundle: Any) -> dict[str, Any]:
    return next(
        (as_object(entry.get("resource")) for entry in as_objects(as_object(bundle).get("entry"))), {}
    )


def _source_words(source: Mapping[str, Any]) -> str:
    kind = type_of(source)
    if kind == "QuestionnaireResponse":
        address = as_text(source.get("questionnaire"))
        of = instrument(address)
        if condition_template(address):
            return "Last contact"
        return f"{of.title} in Chartside" if of else "Questionnaire in this EHR"
    return _SOURCES.get(kind) or PLAIN_WORDS.get(kind, kind).capitalize()
