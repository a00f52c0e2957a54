"""The tabs of the chart: which resource types stand under which heading.

"Medicines" joins two types, because what a patient takes and what was ordered are kept apart in most EHRs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Tab:
    """One tab; `name` is its word in the address."""

    name: str
    title: str
    types: tuple[str, ...]


SUMMARY: Final = Tab("summary", "Summary", ())
TABS: Final = (
    SUMMARY,
    Tab("problems", "Problems", ("Condition",)),
    Tab("medications", "Medicines", ("MedicationStatement", "MedicationRequest")),
    Tab("encounters", "Visits", ("Encounter",)),
    Tab("care-plans", "Care plans", ("CarePlan",)),
    Tab("goals", "Goals", ("Goal",)),
    Tab("tasks", "Tasks", ("Task",)),
    Tab("consents", "Consents", ("Consent",)),
)
APP: Final = "app"
"""The tab that shows the app: full width on a narrow screen, beside the summary on a wide one."""


def tab_named(name: str) -> Tab | None:
    """The tab whose content is shown under this word of the address; None for a word that is no tab."""
    if name == APP:
        return SUMMARY
    return next((tab for tab in TABS if tab.name == name), None)


def tab_of(resource_type: str) -> Tab:
    """Where resources of this type are shown; the summary for a type without a tab of its own."""
    return next((tab for tab in TABS if resource_type in tab.types), SUMMARY)
