"""The patient is at the practice now: a flag that the front desk sets and the care manager sees.

A Task that is completed from the start, so that no worklist keeps it open: it holds until a contact in person follows,
or the day is over, and nobody has to take it down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings import dates
from mappings.authorship import Authorship, encounter_reference, instant
from mappings.chart import Chart
from mappings.contact import contacts
from mappings.element import as_object, as_text
from mappings.form import Fields, Submitted
from mappings.identity import own
from mappings.patient_warning import DIED, is_deceased
from mappings.practitioner import actor_name
from mappings.to_do import ToDoEntry, to_do_kind, to_do_resource, with_text

KIND = "here-now"
PLACE_LIMIT = 80
_SAID = "Patient is here now"


@dataclass(frozen=True)
class HereEntry:
    """Where the patient is, in words; "" where nobody said."""

    place: str


@dataclass(frozen=True)
class HereView:
    """The flag of today: `since` is a moment in the EHR's zone."""

    since: datetime
    place: str
    by: str

    @property
    def sentence(self) -> str:
        """ "The patient is here now: room 3, since 09:05"."""
        place = f": {self.place}" if self.place else ""
        return f"The patient is here now{place}, since {self.since:%H:%M}"


def arrived(task: dict[str, Any], now: datetime) -> datetime | None:
    """When the patient of such a Task arrived today; None for another task, or another day."""
    when = dates.parse(as_object(task.get("executionPeriod")).get("start") or task.get("authoredOn"))
    if to_do_kind(task) != KIND or when is None or when.local_day(now.tzinfo) != now.date():
        return None
    return when.start(now.tzinfo)


def place_of(task: dict[str, Any]) -> str:
    """Where the patient is, as it was said."""
    return as_text(task.get("description")).removeprefix(_SAID).removeprefix(": ")


def here_now(chart: Chart, *, now: datetime) -> HereView | None:
    """The flag, where it was set today and no contact in person has followed."""
    found = [(when, task) for task in own(chart, "Task") if (when := arrived(task, now))]
    if not found:
        return None
    when, task = max(found, key=lambda pair: pair[0])
    met = any(
        row.reached and row.mode == "in-person" and row.when and row.when >= when
        for row in contacts(chart, now).rows
    )
    return None if met else HereView(when, place_of(task), actor_name(chart, task.get("requester"), task))


def may_say_here(chart: Chart, *, now: datetime) -> str:
    """Why the flag cannot be set now, as one sentence; "" where it can."""
    if is_deceased(chart):
        return DIED
    said = here_now(chart, now=now)
    return f"{said.sentence}. It ends by itself with this day." if said else ""


def parse_here(values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime) -> Submitted[HereEntry]:
    """The form as sent: one field, which may stay empty."""
    fields = Fields(values)
    place = fields.text("place", limit=PLACE_LIMIT)
    return fields.submitted(lambda: HereEntry(place))


def here_resources(
    entry: HereEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What the flag files: one Task of this day."""
    text = f"{_SAID}: {entry.place}" if entry.place else _SAID
    to_do = ToDoEntry(text, author.now.date(), "care-manager", "urgent", KIND)
    made = to_do_resource(to_do, author, form_id, slot="here-now")
    moment = instant(author.now)
    return (
        with_text(
            {
                **made,
                **encounter_reference(author),
                "status": "completed",
                "owner": {"display": "Care manager"},
                "executionPeriod": {"start": moment, "end": moment},
            }
        ),
    )
