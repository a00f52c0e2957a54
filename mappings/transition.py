"""The clocks that a discharge starts, and where each of them stands.

Day 0 is the day of the discharge. An interactive contact is due by the end of the second business day; two separate
tries in time stand for it while trying goes on. A visit is due within 7 or 14 calendar days, the medicines by the day
of the visit, and the service lasts 30 days with the day of the discharge. Being admitted again closes the clocks, a
discharge to a facility starts none (domain notes, B.4). What the EHR does not show is unknown, never "not done".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mappings import dates
from mappings.appointment import Appointment, upcoming
from mappings.business_days import business_days_after, holidays_between
from mappings.cadence import cadence_data
from mappings.chart import Chart, once
from mappings.consent import is_deceased
from mappings.contact import ContactView, contacts
from mappings.element import as_object
from mappings.encounter import Visit, visits
from mappings.identity import own, task_kind
from mappings.sight import Sight, sight
from mappings.terminology import status_code
from mappings.transition_record import TransitionRecord, records_of
from mappings.transition_rules import Destination, clocks, destinations, items
from mappings.transition_stay import Stay, stays, weekday_words

SHOWN_DAYS = 90
CLINICAL = frozenset({"clinical-staff", "practitioner"})
"""Whose contact counts as the interactive one: not that of other staff."""
DISCHARGED = "Discharged"
"""The label under which a contact says after which discharge it was."""
NOT_SEEN = frozenset({"Phone call", "Hospital pre-admission"})
NOT_HELD = frozenset({"planned", "cancelled", "noshow", "arrived", "triaged"})


@dataclass(frozen=True)
class Dates:
    """The days of one discharge. `service_ends` is the 30th day, counting the discharge itself."""

    discharged: date
    contact_by: date
    early_visit_by: date
    visit_by: date
    service_ends: date


@dataclass(frozen=True)
class Ticked:
    """One item of the checklist: `when` in words where it was done, and by whom; "" where it is not."""

    code: str
    words: str
    done: bool
    when: str = ""
    by: str = ""


@dataclass(frozen=True)
class Transition:
    """One discharge and all that followed. `closed` says why its clocks stand still, "" while they run.

    `contact` is the first interactive contact, `tries` those in time that reached nobody, `other_contact` one that is
    not marked as transition of care. `medicines_on` is the day on which the medicines were compared. `known` is False
    where the EHR does not show what was documented, `sees_booked` where it shows no appointments; `closed_on` is the
    day from which the clocks stand still. `closed_on` is the day from which its clocks
    stand still.
    """

    stay: Stay
    dates: Dates
    destination: Destination
    closed: str
    contact: ContactView | None
    tries: tuple[ContactView, ...]
    other_contact: ContactView | None
    visit: Visit | None
    booked: Appointment | None
    medicines_on: date | None
    items: tuple[Ticked, ...]
    records: tuple[TransitionRecord, ...]
    known: bool
    sees_booked: bool
    today: date
    closed_on: date | None = None
    readmitted: bool = False

    @property
    def runs(self) -> bool:
        """Whether the clocks run. Where the chart does not say where the patient went they do: asking is a call."""
        return not self.closed

    @property
    def contacted_in_time(self) -> bool:
        """Whether somebody was reached by the end of the second business day."""
        return (
            self.contact is not None
            and self.contact.when is not None
            and self.contact.when.date() <= self.dates.contact_by
        )

    @property
    def tried_in_time(self) -> bool:
        """Whether separate tries in time stand for the contact."""
        return len(self.tries) >= clocks().timely_tries

    @property
    def call_is_due(self) -> bool:
        """Whether the call is still to be made: nobody was reached, as far as is known."""
        return self.runs and self.known and self.contact is None

    @property
    def visit_day(self) -> date | None:
        """The day of the first visit that was held."""
        return self.visit.when.date() if self.visit and self.visit.when else None


def dates_of(discharged: date) -> Dates:
    """The days of a discharge, by the rules alone.

    >>> dates_of(date(2026, 11, 19)).contact_by.isoformat()
    '2026-11-23'
    """
    rule = clocks()
    return Dates(
        discharged,
        business_days_after(discharged, rule.contact_business_days),
        discharged + timedelta(days=rule.early_visit_days),
        discharged + timedelta(days=rule.visit_days),
        discharged + timedelta(days=rule.service_days - 1),
    )


@once
def transitions(chart: Chart, *, now: datetime) -> tuple[Transition, ...]:
    """The discharges of the last months, the last first, each with its clocks."""
    chain = stays(chart, now=now)
    oldest = now.date() - timedelta(days=SHOWN_DAYS)
    found = []
    for place, stay in enumerate(chain):
        if stay.day is not None and stay.day >= oldest:
            following = chain[place - 1] if place else None
            found.append(_transition(chart, stay, following, now))
    return tuple(found)


def current(chart: Chart, *, now: datetime) -> Transition | None:
    """The last discharge while its clocks run; None otherwise."""
    last = next(iter(transitions(chart, now=now)), None)
    return last if last and last.runs else None


def in_hospital(chart: Chart, *, now: datetime) -> Stay | None:
    """The stay that goes on now; None where the chart shows none."""
    return next((stay for stay in stays(chart, now=now) if stay.open), None)


def _transition(chart: Chart, stay: Stay, following: Stay | None, now: datetime) -> Transition:
    if stay.end is None:
        raise ValueError("a transition begins with the end of a stay")
    days = dates_of(stay.end.date())
    until = min(_end_of(days.service_ends, stay.end), following.start if following else now, now)
    found = [row for row in contacts(chart, now).rows if row.when and stay.end <= row.when <= until]
    found.reverse()
    records = records_of(chart, stay, now=now)
    destination = _destination(stay, records)
    held = _visit(chart, stay.end, until, now)
    medicines = _medicines_on(chart, records, stay.end, until)
    return Transition(
        stay=stay,
        dates=days,
        destination=destination,
        closed=_closed(chart, stay, following, destination, days, now),
        contact=next((row for row in found if _counts(row)), None),
        tries=_tries(found, days),
        other_contact=next((row for row in found if row.with_patient and row.reached), None),
        visit=held,
        booked=next(iter(upcoming(chart, now=now)), None) if held is None else None,
        medicines_on=medicines,
        items=_items(records, medicines, held, now),
        records=records,
        known=sight(chart, "Task") is Sight.WHOLE,
        sees_booked=sight(chart, "Appointment") in (Sight.WHOLE, Sight.PARTLY),
        today=now.date(),
        closed_on=following.start.date() if following else days.service_ends + timedelta(days=1),
        readmitted=following is not None and not stay.died,
    )


def _end_of(day: date, like: datetime) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=like.tzinfo)


def _destination(stay: Stay, records: Sequence[TransitionRecord]) -> Destination:
    """Where the patient went: as somebody asked and filed it last, else as the chart says."""
    asked = [row.went_to for row in records if row.went_to]
    return destinations()[asked[-1]] if asked else stay.destination


def _closed(
    chart: Chart, stay: Stay, following: Stay | None, went: Destination, days: Dates, now: datetime
) -> str:
    if stay.died or is_deceased(chart):
        return "The chart says that this patient has died."
    if following is not None:
        back = weekday_words(following.start.date(), now)
        if following.open:
            return f"Back in hospital since {back}: the clocks start again with the next discharge."
        return f"Admitted again on {back}: the clocks of this discharge closed then."
    if went.clock == "no":
        return f"Went to {went.words}: the clocks start with the way home from there."
    if now.date() > days.service_ends:
        return f"The {clocks().service_days} days ended on {dates.day_words(days.service_ends)}."
    return ""


def _counts(row: ContactView) -> bool:
    """Whether a contact is the interactive one: talked with the patient or family, about the transition of care."""
    marked = row.service == "transition" or DISCHARGED in row.told
    return row.result == "talked" and row.with_patient and row.staff in CLINICAL and marked


def _tries(found: Sequence[ContactView], days: Dates) -> tuple[ContactView, ...]:
    """Separate tries in time that reached nobody: each began at a minute of its own."""
    unanswered = cadence_data()["tries"]["unanswered"]
    rows = [
        row
        for row in found
        if row.when and row.when.date() <= days.contact_by and row.with_patient and row.result in unanswered
    ]
    return tuple({row.when: row for row in rows}.values())


def _visit(chart: Chart, after: datetime, until: datetime, now: datetime) -> Visit | None:
    """The first visit held after the discharge, in the office, at home or by video."""
    rows = [
        row
        for row in visits(chart, now=now).rows
        if row.when
        and after < row.when <= until
        and not (row.is_stay or row.is_emergency)
        and row.status not in NOT_HELD
        and row.kind_words.split(",")[0] not in NOT_SEEN
    ]
    return min(rows, key=lambda row: row.when or now, default=None)


def _medicines_on(
    chart: Chart, records: Sequence[TransitionRecord], after: datetime, until: datetime
) -> date | None:
    """The first day after the discharge on which the medicines were compared: filed so, or ticked here."""
    tasks = [
        task
        for task in own(chart, "Task")
        if task_kind(task) == "medication-reconciliation" and status_code(task.get("status")) == "completed"
    ]
    starts = [dates.parse(as_object(task.get("executionPeriod")).get("start")) for task in tasks]
    ticked = [row.when for row in records if "medicines" in row.done]
    moments = [when.start(after.tzinfo) for when in (*starts, *ticked) if when]
    return min((each.date() for each in moments if after <= each <= until), default=None)


def _items(
    records: Sequence[TransitionRecord], medicines: date | None, held: Visit | None, now: datetime
) -> tuple[Ticked, ...]:
    """Each item with the time of its first tick; what the chart itself shows as done needs none."""
    first = {code: row for row in reversed(records) for code in row.done}
    return tuple(
        _ticked(first[code], code, words, now) if code in first else _shown(code, words, medicines, held)
        for code, words in items().items()
    )


def _ticked(row: TransitionRecord, code: str, words: str, now: datetime) -> Ticked:
    day, clock = dates.plain_words(row.when, now.tzinfo), dates.clock_words(row.when, now)
    return Ticked(code, words, True, ", ".join(filter(None, (day, clock))), row.by)


def _shown(code: str, words: str, medicines: date | None, held: Visit | None) -> Ticked:
    if code == "medicines" and medicines:
        return Ticked(code, words, True, dates.day_words(medicines), "in a reconciliation")
    if code == "visit" and held and held.when:
        return Ticked(code, words, True, dates.day_words(held.when.date()), held.provider)
    return Ticked(code, words, False)


def holiday_words(days: Dates) -> str:
    """Why the call is due later than it seems: "Thanksgiving Day (26 Nov 2026) does not count."; "" without one."""
    found = holidays_between(days.discharged, days.contact_by)
    named = " and ".join(f"{name} ({dates.day_words(day)})" for day, name in found)
    return f"{named} {'does' if len(found) == 1 else 'do'} not count." if found else ""
