"""Assessments for the mapping tests: what a nurse fills in, and the save of it on a shelf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mappings.assess import AssessEntry, assess_resources, assessment_defaults, parse_assessment
from mappings.questionnaire.catalogue import Instrument, instrument
from tests.mappings.charts import NOW
from tests.mappings.shelf import Resource, Shelf, author, entry_of

Values = Mapping[str, Sequence[str]]
NOT_AT_ALL, SEVERAL_DAYS = "LA6568-5", "LA6569-3"
HARM = "q-44260-8"
PHQ9 = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
NEEDS: Values = {
    "q-review-problems": ["review-right"],
    "q-review-allergies": ["review-wrong"],
    "q-review-note": ["Penicillin gave her a rash"],
    "q-health": ["health-fair"],
    "q-mood": ["mood-no"],
    "q-memory": ["memory-no"],
    "q-triggers": ["pay-medicines", "rides"],
    "q-adl": ["adl-none"],
    "q-iadl": ["driving"],
    "q-safe-home": ["safe"],
    "q-helpers": ["helper-child"],
    "q-matters": ["Being there for the grandchildren"],
    "q-directive": ["directive-wanted"],
    "q-knows": ["knows-yes"],
}
TOLD: Values = {"crisis_told": ["provider"], "crisis_done": ["Dr Alvarez calls her at noon"]}


def of(name: str) -> Instrument:
    found = instrument(name)
    assert found
    return found


def phq9(harm: str = NOT_AT_ALL, **more: Sequence[str]) -> Values:
    """PHQ-9 with several days of everything but the last question."""
    return {**{f"q-{link}": [SEVERAL_DAYS] for link in PHQ9}, HARM: [harm], **more}


def parsed(shelf: Shelf, name: str, values: Values, now: datetime = NOW):
    return parse_assessment(of(name), values, chart=shelf.chart(), now=now)


def assess(shelf: Shelf, name: str, values: Values, now: datetime = NOW) -> tuple[Resource, ...]:
    """Fills in the form and files it; what was kept."""
    entry: AssessEntry = entry_of(parsed(shelf, name, values, now))
    return shelf.file(assess_resources(entry, shelf.chart(), author(now), shelf.form_id()))


def reopened(shelf: Shelf, name: str, now: datetime = NOW) -> dict[str, tuple[str, ...]]:
    """What the form opens with."""
    return assessment_defaults(of(name), shelf.chart(), now=now)
