"""The risk scores that the EHR itself shows (RiskAssessment): told as they stand, never made up.

Only the EHR's own coded word for the probability ("high", "moderate") counts towards a level; a bare number is shown
and judged by the reader. https://hl7.org/fhir/R4/riskassessment.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.dosage import number_words
from mappings.element import as_number, as_object, as_objects, as_text, relative_reference
from mappings.practitioner import actor_name
from mappings.risk_fact import Source
from mappings.risk_rule import risk_rules
from mappings.terminology import codings, status_code, words_of

_USABLE = frozenset({"", "final", "amended", "corrected", "preliminary"})


@dataclass(frozen=True)
class RiskScore:
    """One score: a sentence with value, date and source; the level that its coded word stands for, or ""."""

    sentence: str
    tier: str
    source: Source


def risk_scores(chart: Chart, *, now: datetime) -> tuple[RiskScore, ...]:
    """The newest usable assessment of each method, newest first."""
    usable = [
        each for each in chart.resources("RiskAssessment") if status_code(each.get("status")) in _USABLE
    ]
    usable.sort(key=lambda each: dates.newest_first_key(_when(each)))
    newest: dict[str, RiskScore] = {}
    for each in usable:
        found = _score(chart, each, now)
        if found:
            newest.setdefault(_method(each), found)
    return tuple(newest.values())


def _when(assessment: dict[str, Any]) -> dates.FhirDate | None:
    period = as_object(assessment.get("occurrencePeriod"))
    return dates.parse(assessment.get("occurrenceDateTime")) or dates.parse(period.get("start"))


def _method(assessment: dict[str, Any]) -> str:
    return words_of(assessment.get("method")) or words_of(assessment.get("code")) or "Risk score"


def _score(chart: Chart, assessment: dict[str, Any], now: datetime) -> RiskScore | None:
    told = [words for each in as_objects(assessment.get("prediction")) if (words := _prediction(each))]
    if not told:
        return None
    by = actor_name(chart, assessment.get("performer"), assessment)
    when = dates.words(_when(assessment), now)
    about = ", ".join(filter(None, (when, by)))
    sentence = f"{_method(assessment)}: {'; '.join(told)}{f' ({about})' if about else ''}."
    return RiskScore(sentence, _tier(assessment), Source(relative_reference(assessment), _method(assessment)))


def _prediction(prediction: dict[str, Any]) -> str:
    """One prediction in words: "readmission high", "readmission 0.32", "stroke 10 %"."""
    outcome = words_of(prediction.get("outcome"))
    coded = words_of(prediction.get("qualitativeRisk"))
    number = as_number(prediction.get("probabilityDecimal"))
    value = coded or (number_words(number) if number is not None else _range(prediction))
    value = value or as_text(prediction.get("rationale"))
    return " ".join(filter(None, (outcome, value))) if value else ""


def _range(prediction: dict[str, Any]) -> str:
    span = as_object(prediction.get("probabilityRange"))
    ends = [as_number(as_object(span.get(end)).get("value")) for end in ("low", "high")]
    return " to ".join(number_words(each) for each in ends if each is not None)


def _tier(assessment: dict[str, Any]) -> str:
    rules = risk_rules()
    said = [
        rules.score[coding.code]
        for each in as_objects(assessment.get("prediction"))
        for coding in codings(each.get("qualitativeRisk"))
        if coding.system == rules.score_system and coding.code in rules.score
    ]
    return "high" if "high" in said else next(iter(said), "")
