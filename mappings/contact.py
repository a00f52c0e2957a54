"""One contact: a call, a visit, a message that happened or was tried, and everything one save makes of it.

A Task, so that it has a clock time, an outcome and minutes as data: completed when someone was reached, failed when
tried without reaching anyone, cancelled when moved beforehand. The same facts stand in its text and in one fixed note
line, from which they are read back where a server lost the outputs (https://hl7.org/fhir/R4/task.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, display
from mappings import contact_form, dates
from mappings.authorship import Authorship
from mappings.cadence import next_contact_day
from mappings.chart import Chart, once
from mappings.consent import lapsed_consents
from mappings.contact_form import ContactEntry
from mappings.contact_record import LINE, STATUS, contact_task, when_words, why_not
from mappings.element import as_flag, as_number, as_object, as_objects, as_text, relative_reference
from mappings.enrolment import standing_state
from mappings.enrolment_state import state_task
from mappings.episode import TITLE, open_plan
from mappings.form import Submitted
from mappings.goal import goal_progress, own_open_goals
from mappings.identity import code_in, full_url, is_ours, own, reference_to, task_kind
from mappings.narrative import clean, read_fixed_line
from mappings.panel import Panel, panel
from mappings.practitioner import actor_name
from mappings.terminology import status_code
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
_FACTS = (
    ("mode", "contact-mode", "How"),
    ("with", "contact-with", "With"),
    ("result", "contact-result", "Result"),
    ("service-type", "service-type", "Service"),
)


@dataclass(frozen=True)
class ContactView:
    """One contact on screen. `minutes` is None where no source tells; `reached` is False for a try."""

    id: str
    reference: str
    when: datetime | None
    end: datetime | None
    when_words: str
    clock_words: str
    mode: str
    mode_words: str
    with_code: str
    with_words: str
    result: str
    result_words: str
    service: str
    service_words: str
    minutes: int | None
    next_words: str
    not_chronic_care: bool
    note: str
    by: str
    reached: bool
    resource: dict[str, Any]


@once
def contacts(chart: Chart, now: datetime) -> Panel[ContactView]:
    """Our contacts, newest first."""
    return panel("contacts", "Contacts", contact_views(chart, now), chart.reading("Task"), only_ours=True)


def contact_views(
    chart: Chart, now: datetime, *, within: tuple[datetime, datetime] | None = None
) -> tuple[ContactView, ...]:
    """Every contact of ours that was not entered in error, newest first.

    `within` keeps those that began at or after its first moment and before its second.
    """
    tasks = [task for task in own(chart, "Task") if task_kind(task) == "contact"]
    if within:
        tasks = [task for task in tasks if _began_within(task, within)]
    tasks.sort(key=lambda task: dates.newest_first_key(_start(task)))
    return tuple(_view(chart, task, now) for task in tasks)


def _began_within(task: dict[str, Any], within: tuple[datetime, datetime]) -> bool:
    start = _start(task)
    if start is None or start.precision < dates.Precision.DAY:
        return False
    return within[0] <= start.start(within[0].tzinfo) < within[1]


def _view(chart: Chart, task: dict[str, Any], now: datetime) -> ContactView:
    start, end = _start(task), dates.parse(as_object(task.get("executionPeriod")).get("end"))
    line, outputs = _written(task), _outputs(task)
    said = {name: _code(name, system, label, outputs, line) for name, system, label in _FACTS}
    result = said["result"] or code_in(task.get("businessStatus"), "contact-result")
    times = " to ".join(filter(None, (dates.clock_words(start, now), dates.clock_words(end, now))))
    return ContactView(
        id=as_text(task.get("id")),
        reference=relative_reference(task) or full_url(task),
        when=start.start(now.tzinfo) if start and start.precision >= dates.Precision.DAY else None,
        end=end.start(now.tzinfo) if end and end.precision is dates.Precision.INSTANT else None,
        when_words=dates.words(start, now),
        clock_words=times,
        mode=said["mode"],
        mode_words=_words("contact-mode", said["mode"]),
        with_code=said["with"],
        with_words=_words("contact-with", said["with"]),
        result=result,
        result_words=_words("contact-result", result),
        service=said["service-type"],
        service_words=_words("service-type", said["service-type"]),
        minutes=_minutes(outputs, line),
        next_words=dates.words(outputs.get("next-date", {}).get("valueDate") or line.get("Next"), now),
        not_chronic_care=_not_chronic(outputs, line),
        note=_note(task),
        by=actor_name(chart, task.get("owner"), task),
        reached=status_code(task.get("status")) == "completed",
        resource=task,
    )


def _start(task: dict[str, Any]) -> dates.FhirDate | None:
    return dates.parse(as_object(task.get("executionPeriod")).get("start"))


def _outputs(task: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {code_in(each.get("type"), "task-output"): each for each in as_objects(task.get("output"))}


def _notes(task: dict[str, Any]) -> list[str]:
    texts = (note.get("text") for note in as_objects(task.get("note")))
    return [clean(text).strip() for text in texts if isinstance(text, str)]


def _written(task: dict[str, Any]) -> dict[str, str]:
    """The facts of the fixed line; {} where no note holds it."""
    return next(filter(None, (read_fixed_line(text, LINE) for text in _notes(task))), {})


def _note(task: dict[str, Any]) -> str:
    """What people wrote. Only the first fixed line is ours: a note into which one was pasted is still a note."""
    texts = _notes(task)
    ours = next((place for place, text in enumerate(texts) if read_fixed_line(text, LINE)), None)
    return "\n".join(text for place, text in enumerate(texts) if place != ours)


def _code(
    name: str, system: str, label: str, outputs: Mapping[str, dict[str, Any]], line: Mapping[str, str]
) -> str:
    by_words = {display(system, code): code for code in codes(system)}
    found = code_in(outputs.get(name, {}).get("valueCodeableConcept"), system)
    return found or by_words.get(line.get(label, ""), "")


def _words(system: str, code: str) -> str:
    return display(system, code) if code in codes(system) else code


def _minutes(outputs: Mapping[str, dict[str, Any]], line: Mapping[str, str]) -> int | None:
    number = as_number(outputs.get("minutes", {}).get("valueInteger"))
    number = as_number(line.get("Minutes")) if number is None else number
    return int(number) if number is not None and 0 <= number <= contact_form.MOST_MINUTES else None


def _not_chronic(outputs: Mapping[str, dict[str, Any]], line: Mapping[str, str]) -> bool:
    flag = as_flag(outputs.get("not-chronic-care", {}).get("valueBoolean"))
    return line.get("Counts") == "no, not chronic care" if flag is None else flag


def parse_contact(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ContactEntry]:
    """The contact form as sent. A contact may always be documented; whether it counts is the month's business."""
    return contact_form.read(
        values,
        now=now,
        goal_ids=[as_text(goal["id"]) for goal in own_open_goals(chart)],
        to_do_ids=[as_text(task["id"]) for task in _own_to_dos(chart)],
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
    return (contact, *goals, *upcoming, *begun, *answered, *lapsed_consents(chart, author))


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
    chart: Chart, *, now: datetime, started: datetime | None = None, seconds: int = 0
) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the timer's start and minutes, the usual answers, the next day by the cadence.

    `started` and `seconds` are the timer's first start and running time; a begun minute is not a minute. Tasks for a
    contact due within the week are ticked as answered; one planned for later gives the next day.
    """
    begun = started.astimezone(now.tzinfo) if started else None
    minutes = {"minutes": (str(max(1, seconds // 60)),), "timer_start": (f"{begun:%H:%M}",)} if begun else {}
    planned = _next_contacts(chart, now)
    answered = [
        row for row in planned if row.due is None or row.due <= now.date() + timedelta(ANSWERED_AHEAD)
    ]
    later_on = [row.due for row in planned if row.due and row not in answered]
    next_day = min(later_on, default=next_contact_day(chart, now=now))
    return {
        "mode": ("phone",),
        "with": ("patient",),
        "result": ("talked",),
        "service_type": ("education-follow-up",),
        "date": ((begun or now).date().isoformat(),),
        **minutes,
        "next_date": (next_day.isoformat(),),
        "answers": tuple(row.id for row in answered),
    }
