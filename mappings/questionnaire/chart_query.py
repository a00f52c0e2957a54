"""A FHIR search answered out of the chart that was read: what a Questionnaire's prefill asks for.

Understood is what a definition of ours may say: `code`, `category`, `status`, `clinical-status`, `questionnaire`,
`date` and `authored` as "ge{{today() - 14 days}}", `_sort` by date, `_count`; `patient` is the chart's own.
https://hl7.org/fhir/R4/search.html, https://hl7.org/fhir/uv/sdc/STU3/expressions.html#x-fhir-query-enhancements
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.coding_systems import canonical_system
from mappings.element import as_object, as_text, type_of
from mappings.measurement import is_usable, measured_when
from mappings.questionnaire.definition import DefinitionError
from mappings.terminology import codings, status_code

Resource = dict[str, Any]
_SINCE = re.compile(r"ge\{\{today\(\) - ([0-9]{1,4}) days\}\}")
_OWN = frozenset({"patient", "subject"})
_TOKENS = {"code": "code", "category": "category", "clinical-status": "clinicalStatus"}
_NEWEST = frozenset({"-date", "-authored", "-authoredon", "-recorded-date"})
_WHEN = {
    "Condition": ("recordedDate", "onsetDateTime"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "dateAsserted"),
    "QuestionnaireResponse": ("authored",),
    "Procedure": ("performedDateTime",),
    "Immunization": ("occurrenceDateTime",),
    "Goal": ("startDate", "statusDate"),
}


def when_of(resource: Resource) -> dates.FhirDate | None:
    """The day that a resource speaks of, for a reader who asks how old it is."""
    if type_of(resource) == "Observation":
        return measured_when(resource)
    names = _WHEN.get(type_of(resource), ())
    period = as_object(resource.get("performedPeriod")) or as_object(resource.get("effectivePeriod"))
    said = (*(resource.get(name) for name in names), period.get("end"), period.get("start"))
    return next((when for value in said if (when := dates.parse(value))), None)


def result_codes(query: str) -> tuple[str, ...]:
    """The codes of the results that a query asks for; () for one about something else."""
    kind, parameters = _parsed(query)
    tokens = [value for name, value in parameters if name == "code" and kind == "Observation"]
    return tuple(token.rpartition("|")[2] for each in tokens for token in each.split(","))


def bundle_of(
    query: str, chart: Chart, *, now: datetime, responses: Sequence[Resource] = ()
) -> dict[str, Any]:
    """The answer to an x-fhir-query as a searchset. `responses` are questionnaires filled in with Chartside.

    Raises DefinitionError for a query that is not understood.
    """
    kind, parameters = _parsed(query)
    found = [*(responses if kind == "QuestionnaireResponse" else ()), *chart.resources(kind)]
    count = len(found)
    for name, value in parameters:
        if name == "_count":
            count = int(value)
        elif name == "_sort":
            found.sort(key=lambda each: dates.newest_first_key(when_of(each)), reverse=value not in _NEWEST)
        elif name not in _OWN:
            found = [each for each in found if _matches(each, name, value, now.date())]
    kept = [each for each in found if _counts(each)]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in kept[:count]],
    }


def _parsed(query: str) -> tuple[str, list[tuple[str, str]]]:
    kind, _, asked = query.partition("?")
    pairs = [part.partition("=") for part in asked.split("&") if part]
    parameters = [(name, value) for name, _, value in pairs]
    known = {*_TOKENS, *_OWN, "status", "questionnaire", "date", "authored", "_sort", "_count"}
    if not kind.isalpha() or any(name not in known for name, _ in parameters):
        raise DefinitionError(f"the query {query} is not understood")
    return kind, parameters


def _counts(resource: Resource) -> bool:
    mistaken = "entered-in-error" in (
        status_code(resource.get("status")),
        status_code(resource.get("verificationStatus")),
    )
    return not mistaken and (type_of(resource) != "Observation" or is_usable(resource))


def _matches(resource: Resource, name: str, value: str, today: date) -> bool:
    if name in _TOKENS:
        return _has_token(resource.get(_TOKENS[name]), value)
    if name == "status":
        return status_code(resource.get("status")) in value.split(",")
    if name == "questionnaire":
        return as_text(resource.get("questionnaire")).partition("|")[0] == value
    since = _SINCE.fullmatch(value)
    if not since:
        raise DefinitionError(f"the date {value} is not understood")
    when = when_of(resource)
    return when is not None and when.day >= today - timedelta(days=int(since.group(1)))


def _has_token(concept: Any, wanted: str) -> bool:
    """Whether a coded element has one of the tokens "system|code" or "code"."""
    held = {(each.system, each.code) for each in codings(concept)} | {
        ("", each.code) for each in codings(concept)
    }
    tokens = (token.rpartition("|") for token in wanted.split(","))
    return any((canonical_system(system), code) in held for system, _, code in tokens)
