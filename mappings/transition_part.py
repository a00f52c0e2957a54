"""The call after a discharge, as a part of the contact form: what was gone through is ticked where it is talked about.

It opens with what the chart says of the discharge, and sets the service type by which a contact counts as the
interactive one (domain notes, B.4; rows 96 and 100).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mappings import dates
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.contact_part import ContactAddition, Offer, Records
from mappings.form import Fields
from mappings.transition import DISCHARGED, Transition, transitions
from mappings.transition_form import (
    NO_DISCHARGE,
    answered,
    open_items,
    read_ticks,
    signs_for,
    went_choices,
)
from mappings.transition_record import TEACH_BACK, TransitionEntry, facts_of, transition_task

PREFIX = "discharge_"
_LABELS = {"Done": "Gone through", "Teach-back": "Warning signs said back"}
"""As the line of a contact says it, which has other facts with such labels."""


@dataclass(frozen=True)
class DischargeView:
    """What the part shows: the stay in words, what is open on the checklist, and why it cannot be filed, or ""."""

    heading: str
    where_to: str
    reason: str
    refused: str
    items: tuple[tuple[str, str], ...]
    went: tuple[tuple[str, str], ...]
    teach_back: tuple[tuple[str, str], ...]


class DischargePart:
    """The part that the form field `discharge` draws; its value is the id of the Encounter that ended."""

    field = "discharge"
    partial = "transition/part.html"

    def offers(self, chart: Chart, *, now: datetime) -> tuple[Offer, ...]:
        """The discharge whose clocks run, suggested until somebody was reached; then those that were cut short.

        A call that was made before the patient was admitted again can still be documented.
        """
        rows = transitions(chart, now=now)
        return tuple(
            Offer(row.stay.id, _offer_words(row), suggested=row.call_is_due)
            for row in rows
            if row.runs or (row.readmitted and now.date() <= row.dates.service_ends)
        )

    def defaults(self, chosen: str, chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
        """The service type that counts, and the warning signs to teach."""
        if _found(chart, chosen, now) is None:
            return {}
        return {"service_type": ("transition",), f"{PREFIX}signs": (signs_for(chart, now=now),)}

    def read(self, fields: Fields, chosen: str, chart: Chart, *, now: datetime) -> ContactAddition:
        """The ticks, with the discharge that they are about; refused where that clock has closed."""
        found = _found(chart, chosen, now)
        if found is None or found.stay.end is None:
            fields.refuse(self.field, NO_DISCHARGE)
            return ContactAddition()
        if refusal := _refusal(found, fields):
            fields.refuse(self.field, refusal)
        entry = read_ticks(fields, found, now=now, prefix=PREFIX)
        discharged = (DISCHARGED, dates.day_words(found.dates.discharged))
        talked = _raw(fields, "result") == "talked"
        gone = entry or TransitionEntry(found.stay, (), now)
        return ContactAddition(
            facts=(
                discharged,
                *((_LABELS.get(label, label), words) for label, words in facts_of(gone) if words),
            ),
            records=_records(entry, chosen, fields, talked=talked),
        )

    def view(
        self,
        chosen: str,
        values: Mapping[str, Sequence[str]],
        errors: Mapping[str, str],
        chart: Chart,
        *,
        now: datetime,
    ) -> DischargeView:
        """The stay and what is still to be gone through."""
        found = _found(chart, chosen, now)
        if found is None:
            return DischargeView("After a discharge", "", "", NO_DISCHARGE, (), (), ())
        return DischargeView(
            heading=f"After the discharge of {dates.day_words(found.dates.discharged)}",
            where_to=found.stay.where_to,
            reason=found.stay.visit.reason,
            refused=found.closed,
            items=tuple(open_items(found).items()),
            went=tuple(went_choices(found).items()),
            teach_back=tuple(TEACH_BACK.items()),
        )


def _offer_words(found: Transition) -> str:
    day = dates.day_words(found.dates.discharged)
    return f"After the discharge of {day}{'' if found.runs else ', before the next stay'}"


def _found(chart: Chart, chosen: str, now: datetime) -> Transition | None:
    return next((row for row in transitions(chart, now=now) if row.stay.id == chosen), None)


def _raw(fields: Fields, name: str) -> str:
    return next(iter(fields.values.get(name, ())), "").strip()


def _refusal(found: Transition, fields: Fields) -> str:
    """Why a contact is not one after this discharge: its clock closed before the contact, or it came before."""
    day = dates.valid_form_date(_raw(fields, "date"))
    if day and day < found.dates.discharged:
        return f"This contact was before the discharge of {dates.day_words(found.dates.discharged)}."
    if found.closed and not (day and found.closed_on and day < found.closed_on):
        return f"{found.closed} Take this part out; the contact itself can be filed."
    return ""


def _records(entry: TransitionEntry | None, chosen: str, fields: Fields, *, talked: bool) -> Records:
    """Makes the checklist's Task and the answered to-dos, with the day and time of the contact."""
    ticked_for = frozenset(fields.values.get("answers", ()))

    def make(
        chart: Chart, author: Authorship, form_id: UUID, plan: dict[str, Any] | None
    ) -> tuple[dict[str, Any], ...]:
        found = _found(chart, chosen, author.now)
        if found is None:
            return ()
        done = entry.done if entry else ()
        task = (
            (transition_task(_timed(entry, fields, author.now), author, form_id, plan=plan),) if entry else ()
        )
        closed = answered(chart, found, done, author, call=talked)
        return (*task, *(each for each in closed if each.get("id") not in ticked_for))

    return make


def _timed(entry: TransitionEntry, fields: Fields, now: datetime) -> TransitionEntry:
    """The ticks at the moment at which a contact of an earlier day was held; a contact of today is ticked now."""
    day = dates.valid_form_date(_raw(fields, "date"))
    clock = Fields({"start": (_raw(fields, "start"),)}).clock("start")
    if day is None or (day == now.date() and clock is None):
        return entry
    return replace(entry, when=_moment(day, clock, now))


def _moment(day: date, clock: Any, now: datetime) -> datetime:
    at = datetime.combine(day, clock or datetime.min.time().replace(hour=12), tzinfo=now.tzinfo)
    return min(at, now)
