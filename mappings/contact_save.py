"""What one contact files and what its form opens with: itself, goals' progress, the next task, the tasks it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import display
from mappings import contact_form, contact_parts, dates, one_tap
from mappings.authorship import Authorship
from mappings.cadence import next_contact_day
from mappings.chart import Chart
from mappings.consent import lapsed_consents
from mappings.contact_form import ContactEntry
from mappings.contact_overlap import refuse_overlap
from mappings.contact_record import STATUS, contact_task, when_words, why_not
from mappings.element import as_text
from mappings.enrolment import standing_state
from mappings.enrolment_state import state_task
from mappings.episode import TITLE, open_plan
from mappings.form import Submitted
from mappings.goal import goal_progress, own_open_goals
from mappings.identity import is_ours, reference_to
from mappings.to_do import (
    ToDoEntry,
    ToDoView,
    cancelled,
    completed,
    open_to_dos,
    to_do_resource,
    to_do_view,
)

ANSWERED_AHEAD = 7


def parse_contact(
    values: Mapping[str, Sequence[str]],
    *,
    chart: Chart,
    now: datetime,
    user: str | None = None,
    form_id: UUID | None = None,
) -> Submitted[ContactEntry]:
    """The contact form as sent. A contact may always be documented; whether it counts is the month's business.

    `user` is the reference of who documents: two contacts of one person at the same time are refused. What the form of
    `form_id` filed itself is no other contact.
    """
    return contact_form.read(
        values,
        now=now,
        goal_ids=[as_text(goal["id"]) for goal in own_open_goals(chart)],
        to_do_ids=[as_text(task["id"]) for task in _own_to_dos(chart)],
        parts=partial(contact_parts.read_parts, chart=chart, now=now),
        check=partial(refuse_overlap, chart=chart, now=now, user=user or "", form_id=form_id),
    )


def _own_to_dos(chart: Chart) -> tuple[dict[str, Any], ...]:
    return tuple(task for task in open_to_dos(chart) if is_ours(task) and as_text(task.get("id")))


def contact_resources(
    entry: ContactEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What one contact files: itself, each goal's progress, the next task, the tasks it answers."""
    plan = open_plan(chart)
    plan_reference = reference_to(plan, TITLE) if plan else None
    contact = contact_task(entry, chart, author, form_id, plan_reference)
    by_id = {as_text(goal["id"]): goal for goal in own_open_goals(chart)}
    goals = [goal_progress(by_id[each.goal], each, author) for each in entry.progress]
    answered = [_answered(task, entry, author) for task in _own_to_dos(chart) if task["id"] in entry.answers]
    upcoming = _next_to_do(entry, chart, author, form_id, plan_reference)
    begun = _begun(entry, chart, author, form_id, plan_reference)
    further = (
        record
        for addition in entry.additions
        for record in addition.records(chart, author, form_id, plan_reference)
    )
    return (contact, *goals, *upcoming, *begun, *further, *answered, *lapsed_consents(chart, author))


def begins_following(chart: Chart, *, now: datetime) -> bool:
    """Whether the next contact that takes place is the first under the agreed plan."""
    return open_plan(chart) is not None and standing_state(chart, now=now) == "plan-active"


def _begun(
    entry: ContactEntry, chart: Chart, author: Authorship, form_id: UUID, plan: dict[str, Any] | None
) -> tuple[dict[str, Any], ...]:
    """The step to regular follow-up, filed with the first contact in which the patient or family is talked to."""
    met = entry.result == "talked" and entry.with_whom in ("patient", "caregiver")
    if not met or not begins_following(chart, now=author.now):
        return ()
    how = display("contact-mode", entry.mode).lower()
    reason = f"First contact under the agreed plan: {how}, {dates.day_words(entry.start.date())}"
    return (state_task("following", author, form_id, plan=plan, reason=reason),)


def _next_to_do(
    entry: ContactEntry, chart: Chart, author: Authorship, form_id: UUID, plan: dict[str, Any] | None
) -> tuple[dict[str, Any], ...]:
    """The task for the next contact, unless one that stays open for that very day says what was typed, if anything."""
    if entry.next_date is None:
        return ()
    staying = [row for row in _next_contacts(chart, author.now) if row.id not in entry.answers]
    if any(row.due == entry.next_date and entry.next_text in ("", row.text) for row in staying):
        return ()
    text = entry.next_text or f"{display('contact-mode', entry.mode)} contact"
    to_do = ToDoEntry(text, entry.next_date, "care-manager", "routine", "next-contact")
    return (to_do_resource(to_do, author, form_id, slot="next-contact", plan=plan),)


def _next_contacts(chart: Chart, now: datetime) -> list[ToDoView]:
    rows = (to_do_view(task, now=now) for task in _own_to_dos(chart))
    return [row for row in rows if row.kind == "next-contact"]


def _answered(task: dict[str, Any], entry: ContactEntry, author: Authorship) -> dict[str, Any]:
    """A task that this contact answers: done when someone was reached, else called off for the next try."""
    when = when_words(entry)
    if STATUS.get(entry.result) == "completed":
        return completed(task, author, how=f"Done in the contact of {when}")
    return cancelled(task, author, reason=f"{why_not(entry)} (tried {when})")


def contact_defaults(
    chart: Chart, *, now: datetime, started: datetime | None = None, seconds: int = 0, reason: str = ""
) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the timer's start and minutes, the usual answers, the next day by the cadence.

    `started` and `seconds` are the timer's first start and running time, `reason` why it was set by hand; a begun
    minute is no minute. Tasks for a contact due within the week are ticked as answered; one planned for later gives the
    next day.
    """
    begun = started.astimezone(now.tzinfo) if started else None
    minutes = {"minutes": (str(max(1, seconds // 60)),), "timer_start": (f"{begun:%H:%M}",)} if begun else {}
    planned = _next_contacts(chart, now)
    answered = [
        row for row in planned if row.due is None or row.due <= now.date() + timedelta(ANSWERED_AHEAD)
    ]
    later_on = [row.due for row in planned if row.due and row not in answered]
    next_day = min(later_on, default=next_contact_day(chart, now=now))
    next_try = next_contact_day(chart, now=now, result="no-answer")
    return {
        "mode": ("phone",),
        "with": ("patient",),
        "result": ("talked",),
        "service_type": ("education-follow-up",),
        "date": ((begun or now).date().isoformat(),),
        **minutes,
        **({"minutes_reason": (reason,)} if reason else {}),
        "next_date": (next_day.isoformat(),),
        one_tap.PLANNED: (next_day.isoformat(),),
        one_tap.NEXT_TRY: (next_try.isoformat(),),
        "staff": (contact_form.STAFF,),
        "answers": tuple(row.id for row in answered),
    }
