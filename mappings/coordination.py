"""Care across settings: what is to be arranged with whom, and the list of everybody outside who cares for a patient.

A hospital, a nursing facility, a specialist, a home- and community-based provider: each task names one of them and how
it is reached, and that is how the list of contacts grows (domain rows 101 and 103). Emergency visits are put on the
task list by the same form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship, annotation
from mappings.care_team import care_team
from mappings.chart import Chart
from mappings.contact import ContactView, contacts
from mappings.ed_follow_up import KIND as ED
from mappings.ed_follow_up import EdVisit, ed_visits
from mappings.element import as_objects, as_text
from mappings.encounter import visits
from mappings.enrolment_state import unread
from mappings.episode import TITLE, open_plan
from mappings.form import Fields, Submitted
from mappings.identity import own, reference_to
from mappings.narrative import fixed_line, read_fixed_line
from mappings.to_do import PRIORITIES, ToDoEntry, to_do_kind, to_do_resource, with_text

FIELDS = ("visit", "name", "phone", "text", "due", "owner", "priority")
COORDINATION = "coordination"
LINE = "Coordinate with"
OWNERS = {"care-manager": "Care manager", "provider": "Provider"}
USUAL_DAYS = 7
LONGEST_DAYS = 366
SHOWN_DAYS = 365


@dataclass(frozen=True)
class CoordinationEntry:
    """One task: with whom (`name`, `phone` may be ""), what, by when. `visit` is the emergency visit or None."""

    visit: EdVisit | None
    name: str
    phone: str
    text: str
    due: date
    owner: str
    priority: str


@dataclass(frozen=True)
class OutsideContact:
    """One person or organization outside: `role` and `source` in words, `phone` as somebody noted it or ""."""

    name: str
    role: str
    source: str
    phone: str = ""


def may_coordinate(chart: Chart) -> str:
    """Why no task can be added now, as one sentence; "" when it can."""
    return unread(chart, "Task")


def coordination_defaults(
    chart: Chart, *, now: datetime, visit: str = "", name: str = ""
) -> dict[str, tuple[str, ...]]:
    """What the form opens with: for an emergency visit its call by its day, else a task of a week."""
    found = _visit(chart, visit, now)
    due = max(found.due, now.date()) if found else now.date() + timedelta(days=USUAL_DAYS)
    known = {row.name: row.phone for row in outside_contacts(chart, now=now)}
    return {
        "visit": (found.visit.id if found else "",),
        "name": (name,),
        "phone": (known.get(name, ""),),
        "text": (f"Call after the {found.words}" if found else "",),
        "due": (due.isoformat(),),
        "owner": ("care-manager",),
        "priority": ("urgent" if found else "routine",),
    }


def _visit(chart: Chart, visit: str, now: datetime) -> EdVisit | None:
    rows = ed_visits(chart, now=now)
    return next((row for row in rows if visit and row.visit.id == visit and row.task is None), None)


def parse_coordination(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[CoordinationEntry]:
    """The task as sent; an emergency visit needs nobody outside, everything else names with whom."""
    fields = Fields(values)
    if refusal := may_coordinate(chart):
        fields.refuse("form", refusal)
    asked = fields.text("visit")
    visit = _visit(chart, asked, now)
    if asked and visit is None:
        fields.refuse("form", "This emergency visit is on the task list already, or no longer in the chart.")
    needed = "" if asked else "Write with whom: a hospital, a specialist, an agency."
    name = fields.text("name", required=needed, limit=120)
    phone = fields.text("phone", limit=60)
    text = fields.text("text", required="Write what is to be arranged, in a few words.")
    due = fields.day(
        "due",
        earliest=now.date(),
        latest=now.date() + timedelta(days=LONGEST_DAYS),
        required="Give the day by which it is done.",
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within a year.",
    )
    owner = fields.one_of("owner", OWNERS, required="Say who does it.")
    priority = fields.one_of("priority", PRIORITIES) or "routine"
    return fields.submitted(
        lambda: CoordinationEntry(visit, name, phone, text, due or now.date(), owner, priority)
    )


def coordination_resources(
    entry: CoordinationEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What it files: one open task, with whom to arrange it in its words and in its line."""
    plan = open_plan(chart)
    kind = ED if entry.visit else COORDINATION
    words = f"{entry.name}: {entry.text}" if entry.name else entry.text
    focus = {"reference": entry.visit.visit.reference, "display": entry.visit.words} if entry.visit else None
    task = to_do_resource(
        ToDoEntry(words, entry.due, entry.owner, entry.priority, kind),
        author,
        form_id,
        slot="coordination",
        plan=reference_to(plan, TITLE) if plan else None,
        focus=focus,
    )
    if not entry.name:
        return (task,)
    line = fixed_line(LINE, (("Name", entry.name), ("Phone", entry.phone)))
    return (with_text({**task, "note": [*task.get("note", []), annotation(line, author)]}),)


def outside_contacts(chart: Chart, *, now: datetime) -> tuple[OutsideContact, ...]:
    """Everybody outside, each name once: of the tasks (with a phone number), the care team, the visits of a year."""
    team = [
        OutsideContact(row.name, row.role, row.source, row.contact)
        for row in care_team(chart, now=now).members.rows
    ]
    found = [*_of_tasks(chart), *team, *_of_visits(chart, now)]
    once: dict[str, OutsideContact] = {}
    for row in found:
        once.setdefault(row.name.casefold(), row)
    return tuple(once.values())


def _of_tasks(chart: Chart) -> list[OutsideContact]:
    tasks = [task for task in own(chart, "Task") if to_do_kind(task) in (COORDINATION, ED)]
    notes = (as_text(note.get("text")) for task in tasks for note in as_objects(task.get("note")))
    lines = (read_fixed_line(text, LINE) for text in notes)
    return [
        OutsideContact(line["Name"], "", "named in a task", line.get("Phone", ""))
        for line in lines
        if line.get("Name")
    ]


def _of_visits(chart: Chart, now: datetime) -> list[OutsideContact]:
    """Hospitals and other places of stays and emergency visits, with the clinician seen there."""
    oldest = now - timedelta(days=SHOWN_DAYS)
    rows = [
        row
        for row in visits(chart, now=now).rows
        if (row.is_stay or row.is_emergency) and row.when and row.when >= oldest
    ]
    places = [
        OutsideContact(row.place, row.kind_words.split(",")[0], row.start_words) for row in rows if row.place
    ]
    people = [
        OutsideContact(row.provider, row.place or row.kind_words.split(",")[0], row.start_words)
        for row in rows
        if row.provider and row.provider != row.place
    ]
    return [*places, *people]


def calls_with_others(chart: Chart, *, now: datetime) -> tuple[ContactView, ...]:
    """The contacts with providers and agencies of a year, the last first."""
    oldest = now - timedelta(days=SHOWN_DAYS)
    rows = contacts(chart, now).rows
    return tuple(
        row for row in rows if row.with_code in ("provider", "agency") and row.when and row.when >= oldest
    )
