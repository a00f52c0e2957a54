"""Referrals that were ordered in the EHR and that nobody follows up here: whom, what, and how long ago.

An order says what is wanted, and nothing of how it ended (https://hl7.org/fhir/R4/servicerequest.html). It is shown
until a referral of ours is about it. Orders for laboratories and the like are left out: what tells a referral is its
code, its category, or the word itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_objects, as_text, relative_reference
from mappings.identity import is_ours
from mappings.panel import Panel, panel
from mappings.practitioner import actor_name
from mappings.resource_referral import resource_referrals
from mappings.terminology import codes_of, status_code, words_of

SNOMED = "http://snomed.info/sct"
REFERRALS = frozenset({"3457005", "103696004", "306206005", "410606002", "440655000"})
"""Patient referral, to a specialist, to a service; social service procedure; outpatient environment (Synthea)."""
_OPEN = frozenset({"active", "on-hold"})


@dataclass(frozen=True)
class EhrOrder:
    """One order of a referral. `days` since it was ordered, None where the EHR gives no day."""

    id: str
    reference: str
    text: str
    whom: str
    ordered: date | None
    ordered_words: str
    days: int | None
    asked_by: str

    @property
    def sentence(self) -> str:
        """ "Referral to the eye clinic, Lakeside Eye Center: ordered 245 days ago"."""
        named = f"{self.text}, {self.whom}" if self.whom else self.text
        if self.days is None:
            return f"{named}: ordered, the EHR does not say when"
        ago = "today" if self.days <= 0 else "yesterday" if self.days == 1 else f"{self.days} days ago"
        return f"{named}: ordered {ago}"


def ehr_orders(chart: Chart, now: datetime) -> Panel[EhrOrder]:
    """The open orders of referrals that no referral of ours is about, the oldest first."""
    rows = resource_referrals(chart, now).rows
    followed = {chart.at_home(row.resource.get("focus")) for row in rows}
    found = [_view(chart, each, now) for each in chart.resources("ServiceRequest") if _is_open_referral(each)]
    found = [row for row in found if row.reference not in followed]
    found.sort(key=lambda row: row.ordered or date.min)
    return panel("ehr-orders", "Ordered in the EHR", found, chart.reading("ServiceRequest"))


def find_order(chart: Chart, now: datetime, identity: str) -> EhrOrder | None:
    """The order of this id, where nobody follows it yet."""
    return next((row for row in ehr_orders(chart, now).rows if identity and row.id == identity), None)


def _is_open_referral(request: dict[str, Any]) -> bool:
    if is_ours(request) or status_code(request.get("status")) not in _OPEN:
        return False
    concepts = (request.get("code"), *as_objects(request.get("category")))
    coded = any(set(codes_of(each, SNOMED)) & REFERRALS for each in concepts)
    return coded or "referr" in " ".join(map(words_of, concepts)).casefold()


def _view(chart: Chart, request: dict[str, Any], now: datetime) -> EhrOrder:
    when = dates.parse(request.get("authoredOn"))
    day = when.local_day(now.tzinfo) if when else None
    performers = (actor_name(chart, each, request) for each in as_objects(request.get("performer")))
    return EhrOrder(
        id=as_text(request.get("id")),
        reference=relative_reference(request),
        text=words_of(request.get("code")) or "Referral",
        whom=next(filter(None, performers), ""),
        ordered=day,
        ordered_words=dates.words(day, now),
        days=(now.date() - day).days if day else None,
        asked_by=actor_name(chart, request.get("requester"), request),
    )
