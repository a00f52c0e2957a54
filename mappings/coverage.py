"""What the patient may have to pay for the service, in words, from the insurance that the EHR shows.

A bill that nobody spoke of ends more enrollments than any other thing, so the notice stands beside the tick that says
the patient was told. It never promises that nothing is to pay. The kinds and the sentences are `coverage.toml`.
US Core Coverage: https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-coverage.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.coding_systems import canonical_system
from mappings.data_file import data_table
from mappings.element import as_object, as_objects, as_text
from mappings.panel import panel
from mappings.practitioner import actor_name
from mappings.terminology import codes_of, status_code, words_of

SOPT = canonical_system("https://nahdo.org/sopt")


@dataclass(frozen=True)
class CoverageKind:
    """One kind of payer: codes of the payment typology by their beginning, and words that name it."""

    code: str
    label: str
    sopt: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True)
class CostShare:
    """What to say about cost. `payers` are the plans in force as the EHR names them; `kinds` what they are.

    `sentence` is the notice; `known` is False where no insurance could be seen, and the sentence then says so.
    """

    sentence: str
    slide: str
    payers: tuple[str, ...]
    kinds: frozenset[str]
    known: bool


def cost_share(chart: Chart, now: datetime) -> CostShare:
    """The notice for the coverage in force on the day of `now`."""
    rules = _rules()
    held = [each for each in chart.resources("Coverage") if _in_force(each, now)]
    kinds = frozenset(coverage_kind(chart, each) for each in held)
    payers = tuple(dict.fromkeys(filter(None, (_payer(chart, each) for each in held))))
    if held:
        return CostShare(_sentence(kinds), rules.slide, payers, kinds, known=True)
    absent = panel("insurance", "Insurance", (), chart.reading("Coverage")).sentence
    why = f"Insurance: {absent[0].lower()}{absent[1:].removesuffix('.')}."
    ask = "Ask the patient what plan pays, and say that a deductible or coinsurance may apply."
    return CostShare(f"{why} {ask}", rules.slide, (), frozenset(), known=False)


def cost_share_words(chart: Chart, now: datetime) -> str:
    """The notice as one text: the sentence about this patient's coverage, then that of the sliding fee scale."""
    found = cost_share(chart, now)
    return f"{found.sentence} {found.slide}"


def coverage_kind(chart: Chart, coverage: Mapping[str, Any]) -> str:
    """The code of the kind that a Coverage is: by its payment typology, else by its names, else "other"."""
    said = _names(chart, coverage)
    by_name = (kind for kind in _rules().kinds if any(word in said for word in kind.said))
    coded = codes_of(coverage.get("type"), SOPT)
    by_code = (kind for kind in _rules().kinds if any(code.startswith(kind.sopt) for code in coded))
    named, typed = next(by_name, None), next(by_code, None)
    if named and named.code in ("dual", "supplement"):
        return named.code  # A plan's own words are finer than the typology's first digit.
    found = typed or named
    return found.code if found else "other"


def _names(chart: Chart, coverage: Mapping[str, Any]) -> str:
    classes = [as_text(each.get("name")) for each in as_objects(coverage.get("class"))]
    displays = [each.get("display") for each in as_objects(as_object(coverage.get("type")).get("coding"))]
    parts = [words_of(coverage.get("type")), *map(as_text, displays), _payer(chart, coverage), *classes]
    return " ".join(parts).casefold()


def _payer(chart: Chart, coverage: Mapping[str, Any]) -> str:
    payors = (actor_name(chart, each, coverage) for each in as_objects(coverage.get("payor")))
    return next(filter(None, payors), "") or words_of(coverage.get("type"))


def _in_force(coverage: Mapping[str, Any], now: datetime) -> bool:
    """Active, and today within its period; one that says no status is believed by its period."""
    period = as_object(coverage.get("period"))
    start, end = dates.parse(period.get("start")), dates.parse(period.get("end"))
    begun = start is None or start.start(now.tzinfo) <= now
    last = end.local_day(now.tzinfo) if end else None
    over = last < now.date() if last else bool(end and end.day.year < now.year)
    return status_code(coverage.get("status")) in {"active", ""} and begun and not over


def _sentence(kinds: frozenset[str]) -> str:
    for needed, say in _rules().together:
        if needed <= kinds:
            return say
    return ""


@dataclass(frozen=True)
class _Rules:
    kinds: tuple[CoverageKind, ...]
    together: tuple[tuple[frozenset[str], str], ...]
    slide: str


@cache
def _rules() -> _Rules:
    table = data_table("coverage.toml")
    table.text("source")
    table.day("checked")
    slide = table.text("slide")
    kinds = tuple(
        CoverageKind(row.text("code"), row.text("label"), row.texts("sopt"), row.texts("said"))
        for row in table.tables("kind")
    )
    together = tuple((frozenset(row.texts("kinds")), row.text("say")) for row in table.tables("together"))
    table.done()
    return _Rules(kinds, together, slide)
