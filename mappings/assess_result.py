"""What came out of the assessments that one save has filed: read back from the chart, never from what was typed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from mappings.chart import Chart
from mappings.identity import identifier_value
from mappings.questionnaire.catalogue import Instrument, instrument
from mappings.questionnaire.history import InstrumentHistory, history, opening
from mappings.questionnaire.recorded import AssessmentView


@dataclass(frozen=True)
class AssessResult:
    """One assessment as it stands in the chart; `opens` is what its result asks for next, with `why`, or None."""

    past: InstrumentHistory
    view: AssessmentView
    opens: Instrument | None
    why: str


def results_at(chart: Chart, places: Collection[str], *, now: datetime) -> tuple[AssessResult, ...]:
    """The assessments among the records at `places` ("Task/12", or in a note "Task/<our identifier>")."""
    found = []
    for past in history(chart, now=now):
        views = [*past.results, *([past.half_done] if past.half_done else [])]
        view = next((each for each in views if _stands_at(each, places)), None)
        if view:
            rule = opening(view) if view.complete else None
            asked = instrument(rule.instrument) if rule else None
            found.append(AssessResult(past, view, asked, rule.why if rule else ""))
    return tuple(found)


def _stands_at(view: AssessmentView, places: Collection[str]) -> bool:
    return view.ours and not {view.reference, f"Task/{identifier_value(view.resource)}"}.isdisjoint(places)


@dataclass(frozen=True)
class PastResult:
    """One result as it is read again: `answers` are questions with their answers in words, in the form's order."""

    view: AssessmentView
    answers: tuple[tuple[str, str], ...]


def past_results(past: InstrumentHistory) -> tuple[PastResult, ...]:
    """Every result of an instrument, newest first, a half-done one before them."""
    views = (*([past.half_done] if past.half_done else []), *past.results)
    return tuple(PastResult(view, _answers(view)) for view in views)


def _answers(view: AssessmentView) -> tuple[tuple[str, str], ...]:
    asked = (item for item in view.instrument.definition.questions if item.is_asked)
    return tuple(
        (str(item.text) or item.label, words) for item in asked if (words := view.words(item.link_id))
    )
