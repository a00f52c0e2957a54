"""The quick note: a word in the hallway, a sticky note, a line to a colleague, kept in ten seconds as coordination.

It becomes a contact like any other, so that its minute stands in the month and its words where the team looks (domain
notes, row 154). Only the words are asked for; with whom and how long are preset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.contact import time_spent
from mappings.contact_form import ContactEntry
from mappings.contact_overlap import refuse_overlap
from mappings.contact_record import contact_task
from mappings.contact_span import read_span
from mappings.episode import TITLE, open_plan
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.identity import reference_to

PEOPLE = ("team", "provider", "facility", "agency", "caregiver")
"""With whom such a word is had; with the patient it is a contact with its five facts."""


@dataclass(frozen=True)
class QuickNote:
    """What was said, with whom (a code of contact-with), when and how long; `staff` says whose time it was."""

    note: str
    with_whom: str
    start: datetime
    end: datetime
    minutes: int
    staff: str


def quick_note_defaults() -> dict[str, tuple[str, ...]]:
    """What it opens with: two minutes with the care team, just now."""
    return {"with": ("team",), "minutes": ("2",)}


def parse_quick_note(
    values: Mapping[str, Sequence[str]],
    *,
    chart: Chart,
    now: datetime,
    user: str | None,
    staff: str,
    form_id: UUID | None = None,
) -> Submitted[QuickNote]:
    """The note as sent by `user`, a reference; `staff` is a code of staff-kind."""
    fields = Fields(values)
    note = fields.text("note", required="Write what was said.", limit=NOTE_LIMIT)
    whom = fields.one_of("with", PEOPLE, required="Say with whom.")
    span = read_span(fields, now)
    if span:
        refuse_overlap(fields, span, chart=chart, now=now, user=user or "", form_id=form_id)

    def entry() -> QuickNote:
        if span is None:
            raise AssertionError("a time was refused without a message")
        return QuickNote(note, whom, span.start, span.end, span.minutes, staff)

    return fields.submitted(entry)


def quick_note_resources(
    entry: QuickNote, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """The one contact that it files."""
    plan = open_plan(chart)
    return (
        contact_task(_contact(entry), chart, author, form_id, reference_to(plan, TITLE) if plan else None),
    )


def _contact(entry: QuickNote) -> ContactEntry:
    made = time_spent(
        entry.minutes,
        now=entry.end,
        activity="coordination",
        with_whom=entry.with_whom,
        mode="in-person",
        staff=entry.staff,
        note=entry.note,
    )
    return replace(made, start=entry.start)
