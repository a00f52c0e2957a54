"""The first tab: what the chart holds, a few lines of each, with what Chartside filed marked.

Cards show the newest few; a chart of real life has hundreds of results, so those are asked from the store in order
instead of being read whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from samples.chart.facts import status
from samples.chart.records import of_patient, window
from samples.chart.rows import Row, is_filed_by_app, newest_first, row
from samples.chart.tabs import TABS
from samples.fhir.store import Store

LINES: Final = 5
_NOT_NOW: Final = frozenset({"resolved", "inactive", "remission", "stopped", "cancelled", "entered-in-error"})
_WITHOUT_TAB: Final = (
    ("Allergies", "AllergyIntolerance", ()),
    ("Latest results", "Observation", (("_sort", "-date"),)),
)


@dataclass(frozen=True)
class Card:
    """One card of the summary; `tab` is where the rest is, "" where there is no tab for it."""

    title: str
    tab: str
    count: int | None
    rows: tuple[Row, ...]


def cards(store: Store, patient: str, zone: tzinfo) -> list[Card]:
    """The cards of a patient's summary, moments in `zone`; what is over and done comes after what is not."""
    made: list[Card] = []
    filed: list[Mapping[str, Any]] = []
    for tab in TABS[1:]:
        found = newest_first(of_patient(store, tab.types, patient))
        filed.extend(resource for resource in found if is_filed_by_app(resource))
        found.sort(key=lambda resource: status(resource).lower() in _NOT_NOW)
        shown = tuple(row(resource, zone) for resource in found[:LINES])
        made.append(Card(tab.title, tab.name, len(found), shown))
    for title, kind, order in _WITHOUT_TAB:
        resources, total = window(store, kind, [("patient", patient), *order], 0, LINES)
        made.append(Card(title, "", total, tuple(row(resource, zone) for resource in resources)))
    if filed:
        shown = tuple(row(resource, zone) for resource in newest_first(filed)[:LINES])
        made.insert(0, Card("Filed by Chartside", "", len(filed), shown))
    return made
