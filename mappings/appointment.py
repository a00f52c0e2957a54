"""The visits that are booked: who sees the patient soon, so that a care manager can be there as well.

Some meetings happen because the patient is in the house anyway (domain notes, row 67). Shape:
https://hl7.org/fhir/R4/appointment.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.practitioner import actor_name
from mappings.terminology import all_words_of, status_code

AHEAD_DAYS = 45
_BOOKED = frozenset({"booked", "pending", "arrived", "checked-in", "proposed"})


@dataclass(frozen=True)
class Appointment:
    """One visit to come: "3 Dec 2026, 10:00", what for, with whom."""

    when: datetime
    when_words: str
    what: str
    who: str


def upcoming(chart: Chart, *, now: datetime, days: int = AHEAD_DAYS) -> tuple[Appointment, ...]:
    """The booked visits of the next `days`, the soonest first; () where there are none or the EHR shows none."""
    found = [_appointment(chart, item, now) for item in chart.resources("Appointment")]
    last = now + timedelta(days=days)
    soon = [each for each in found if each and now <= each.when <= last]
    return tuple(sorted(soon, key=lambda each: each.when))


def _appointment(chart: Chart, item: dict[str, Any], now: datetime) -> Appointment | None:
    start = dates.parse(item.get("start"))
    if (
        start is None
        or start.precision < dates.Precision.DAY
        or status_code(item.get("status")) not in _BOOKED
    ):
        return None
    moment = start.start(now.tzinfo)
    clock = dates.clock_words(start, now)
    day = dates.day_words(moment.date())
    what = all_words_of(item.get("serviceType")) or all_words_of(item.get("reasonCode"))
    return Appointment(
        when=moment,
        when_words=f"{day}, {clock}" if clock else day,
        what=what or as_text(item.get("description")) or "Visit",
        who=_who(chart, item),
    )


def _who(chart: Chart, item: dict[str, Any]) -> str:
    actors = (as_object(each.get("actor")) for each in as_objects(item.get("participant")))
    names = [
        actor_name(chart, actor, item)
        for actor in actors
        if not as_text(actor.get("reference")).startswith(("Patient/", "Location/"))
    ]
    return ", ".join(dict.fromkeys(filter(None, names)))
