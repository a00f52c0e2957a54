"""What was heard of a referral: the state that follows, the Task's status, and the reason where it must have one.

Each thing heard is one more line in the notes; nothing is rewritten. Where an order of ours went with it, the order
ends with the referral.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import concept, display
from mappings import dates
from mappings.authorship import Authorship, annotation, instant
from mappings.chart import Chart
from mappings.element import as_objects, as_text, relative_reference, type_of
from mappings.enrolment_state import unread
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.identity import code_in, is_ours
from mappings.narrative import fixed_line
from mappings.referral_state import Outcome, offered, outcomes
from mappings.referral_time import Taken, free, read_minutes, time_records
from mappings.resource_referral import NEWS, ResourceReferral, open_referrals
from mappings.resource_referral_days import appointment_day, asked_again_by
from mappings.resource_referral_record import with_text
from mappings.sight import Sight, sight
from mappings.terminology import status_code

GONE = "This referral is not open any more. Go back to the referrals and look how it ended."
NOT_SHOWN = (
    "This EHR does not show again the referrals documented with Chartside. Write in a contact what was heard."
)
PARTLY_SHOWN = (
    "The EHR left out some of this patient's tasks just now, and this referral is not among those shown."
    " Try again."
)
CHASE_DAYS = 7


@dataclass(frozen=True)
class NewsEntry:
    """One thing heard. `day` is when; `appointment` the day to come; `due` by when to ask again, None once it ends."""

    task: str
    outcome: Outcome
    told_by: str
    day: date
    appointment: date | None
    why: str
    due: date | None
    note: str
    minutes: int | None = None


def may_tell_news(chart: Chart, task: str, *, now: datetime) -> str:
    """Why nothing can be recorded of this referral now, as a sentence; "" when it can."""
    if task in open_referrals(chart, now):
        return ""
    if dark := unread(chart, "Task"):
        return dark
    if sight(chart, "Task") is Sight.PARTLY:
        return PARTLY_SHOWN
    return NOT_SHOWN if sight(chart, "Task") is Sight.UNSEEN else GONE


def news_defaults(chart: Chart, *, now: datetime, task: str) -> dict[str, tuple[str, ...]]:
    """What the form opens with: today, and a week until it is asked for again; {} where it is not open."""
    row = open_referrals(chart, now).get(task)
    if row is None:
        return {}
    due = max(now.date() + timedelta(days=CHASE_DAYS), row.due or now.date())
    return {
        "task": (task,),
        "outcome": ("",),
        "day": (now.date().isoformat(),),
        "appointment": (row.appointment.isoformat() if row.appointment else "",),
        "due": (due.isoformat(),),
    }


def parse_news(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime, taken: Taken = free
) -> Submitted[NewsEntry]:
    """The form as sent; refused as a whole (key "form") where the referral is not open any more.

    `taken` says which minutes stand in another contact.
    """
    fields = Fields(values)
    task = next(iter(fields.values.get("task", ())), "")
    row = open_referrals(chart, now).get(task)
    if row is None:
        fields.refuse("form", may_tell_news(chart, task, now=now))
    outcome = _outcome(fields, row)
    day = _heard(fields, row, now.date())
    why = fields.text(
        "why", required="Say why: whoever reads the chart will ask." if _asks_why(outcome) else ""
    )
    told_by = fields.text("told_by")
    appointment = _appointment(fields, outcome, day or now.date())
    due = None if outcome and outcome.final else _due(fields, now.date(), appointment)
    note = fields.text("note", limit=NOTE_LIMIT)
    minutes = read_minutes(fields, taken)

    def entry() -> NewsEntry:
        if outcome is None or day is None:
            raise AssertionError("a field was refused without a message")
        return NewsEntry(task, outcome, told_by, day, appointment, why, due, note, minutes)

    return fields.submitted(entry)


def _asks_why(outcome: Outcome | None) -> bool:
    return bool(outcome and outcome.why)


def _outcome(fields: Fields, row: ResourceReferral | None) -> Outcome | None:
    """What was heard; one that cannot follow the state it stands in is refused with that state's name."""
    code = fields.one_of("outcome", outcomes(), required="Choose what was heard.")
    if not code or row is None:
        return None
    if code not in offered(row.state):
        fields.refuse(
            "outcome",
            f"This cannot follow “{row.state_words}”. Choose what comes after it, or take back what was filed wrongly.",
        )
        return None
    return outcomes()[code]


def _heard(fields: Fields, row: ResourceReferral | None, today: date) -> date | None:
    earliest = row.sent if row and row.sent else date(2000, 1, 1)
    return fields.day(
        "day",
        earliest=min(earliest, today),
        latest=today,
        required="Give the day.",
        too_early=f"This lies before the referral was sent ({dates.day_words(earliest)}).",
        too_late="This day is still to come. Give the day on which it was heard or took place.",
    )


def _appointment(fields: Fields, outcome: Outcome | None, heard: date) -> date | None:
    if outcome is None or outcome.day != "appointment":
        return None
    before = "The appointment lies before the day on which it was heard of."
    return appointment_day(fields, heard, too_early=before)


def _due(fields: Fields, today: date, appointment: date | None) -> date | None:
    """By when to ask again; without a day the one after the appointment."""
    usual = max(today, (appointment or today) + timedelta(days=1))
    return asked_again_by(fields, today) or usual


def news_resources(
    entry: NewsEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What it files: the Task as it stands now, an order of ours that ends with it, and its minutes as a contact."""
    row = open_referrals(chart, author.now)[entry.task]
    task = _changed(row, entry, author)
    said = f"Referral to {row.whom}, {row.what}: {entry.outcome.words.lower()}"
    spent = time_records(entry.minutes, said, chart, author, form_id)
    request = _order(chart, row) if entry.outcome.final else None
    if request is None:
        return task, *spent
    ended = "completed" if task["status"] == "completed" else "revoked"
    return task, {**request, "status": ended}, *spent


def _changed(row: ResourceReferral, entry: NewsEntry, author: Authorship) -> dict[str, Any]:
    told = entry.outcome
    state = told.state or row.state
    task = {key: value for key, value in row.resource.items() if key != "statusReason"}
    line = annotation(fixed_line(NEWS, _facts(row, entry)), author)
    said = [annotation(entry.note, author)] if entry.note else []
    status = told.status_after(row.state) if told.status else _kept(row, told)
    changed = {
        **task,
        "status": status,
        "businessStatus": concept("referral-state", state),
        "lastModified": instant(author.now),
        "note": [*as_objects(row.resource.get("note")), line, *said],
    }
    if told.why or (status == "on-hold" and row.reason):
        changed["statusReason"] = {"text": f"{told.words}: {entry.why}" if told.why else row.reason}
    if entry.due:
        changed["restriction"] = {"period": {"end": entry.due.isoformat()}}
    return with_text({**changed, **_outputs(row, entry)})


def _kept(row: ResourceReferral, told: Outcome) -> str:
    """The status where what was heard changes none: asking once more does not end a rest."""
    return status_code(row.resource.get("status")) or told.status_after(row.state)


def _facts(row: ResourceReferral, entry: NewsEntry) -> list[tuple[str, str]]:
    received = entry.day.isoformat() if entry.outcome.day == "received" else ""
    return [
        ("Heard", entry.outcome.words),
        ("State", display("referral-state", entry.outcome.state or row.state)),
        ("On", entry.day.isoformat()),
        ("Told by", entry.told_by),
        ("Appointment", entry.appointment.isoformat() if entry.appointment else ""),
        ("Received", received),
        ("Why", entry.why),
        ("Ask again by", entry.due.isoformat() if entry.due else ""),
        ("In words", " ".join(entry.note.split())),
    ]


def _outputs(row: ResourceReferral, entry: NewsEntry) -> dict[str, Any]:
    """The coded days, each once: the newest stands."""
    days = {
        "appointment-day": entry.appointment,
        "received-day": entry.day if entry.outcome.day == "received" else None,
    }
    new = {code: day for code, day in days.items() if day}
    kept = [
        each
        for each in as_objects(row.resource.get("output"))
        if code_in(each.get("type"), "task-output") not in new
    ]
    kept += [
        {"type": concept("task-output", code), "valueDate": day.isoformat()} for code, day in new.items()
    ]
    return {"output": kept} if kept else {}


def _order(chart: Chart, row: ResourceReferral) -> dict[str, Any] | None:
    """The order of ours that the referral is about, where it was read and is not ended."""
    found = chart.resolve(row.resource.get("focus"), row.resource)
    if not found or type_of(found) != "ServiceRequest" or not is_ours(found) or not relative_reference(found):
        return None
    return dict(found) if as_text(found.get("status")) == "active" else None
