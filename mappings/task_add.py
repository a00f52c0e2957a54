"""A task of the team that is added by hand: what, by when, whose, how urgent, and whom of the family it is to reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import display
from mappings.authorship import Authorship, annotation
from mappings.cadence import working_day
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.episode import TITLE, open_plan
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.identity import reference_to
from mappings.patient_warning import DIED, is_deceased
from mappings.provider_question import given
from mappings.team_member import contact_persons
from mappings.to_do import OWNERS, PRIORITIES, ToDoEntry, to_do_resource, with_text

KINDS = ("next-contact", "outreach", "schedule-initiating-visit", "advance-directive", "other")
OTHER = "other"
NEW_OWNERS = {
    "care-manager": "I do",
    "provider": "The provider",
    "patient": "The patient",
    OTHER: "Somebody else",
}
USUAL_DAYS = 7
LONGEST_DAYS = 730


@dataclass(frozen=True)
class TaskEntry:
    """One task from the form; `person` is the reference of a RelatedPerson whom it is to reach, or ""."""

    to_do: ToDoEntry
    person: str
    note: str


def kinds() -> dict[str, str]:
    """The reasons that the form offers: code -> words."""
    return {code: display("to-do-kind", code) for code in KINDS}


def may_add_task(chart: Chart) -> str:
    """Why no task may be added, as one sentence; "" where one may."""
    return DIED if is_deceased(chart) else ""


def task_defaults(*, now: datetime) -> dict[str, tuple[str, ...]]:
    """What the form opens with."""
    due = working_day(now.date() + timedelta(days=USUAL_DAYS))
    return {
        "kind": (OTHER,),
        "owner": ("care-manager",),
        "priority": ("routine",),
        "due": (due.isoformat(),),
    }


def parse_task(values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime) -> Submitted[TaskEntry]:
    """The form as sent."""
    fields = Fields(values)
    if refused := may_add_task(chart):
        fields.refuse("form", refused)
    text = fields.text("text", required="Write what is to be done, in a few words.")
    kind = fields.one_of("kind", KINDS) or OTHER
    owner = fields.one_of("owner", NEW_OWNERS, required="Say who does it.")
    needed = "Write who does it." if owner == OTHER else ""
    name = fields.text("owner_name", required=needed, limit=120)
    due = fields.day(
        "due",
        earliest=now.date(),
        latest=now.date() + timedelta(days=LONGEST_DAYS),
        required="Give the day by which it is to be done.",
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within two years.",
    )
    priority = fields.one_of("priority", PRIORITIES) or "routine"
    person = fields.one_of("person", {each.reference for each in contact_persons(chart, now=now)})
    note = fields.text("note", limit=NOTE_LIMIT)

    def entry() -> TaskEntry:
        if due is None:
            raise AssertionError("a day was refused without a message")
        whose = owner if owner in OWNERS else "care-manager"
        named = name if owner == OTHER else ""
        return TaskEntry(ToDoEntry(text, due, whose, priority, kind, owner_name=named), person, note)

    return fields.submitted(entry)


def task_resources(
    entry: TaskEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What adding files: the one open Task."""
    plan = open_plan(chart)
    made = to_do_resource(
        entry.to_do,
        author,
        form_id,
        slot="task",
        plan=reference_to(plan, TITLE) if plan else None,
        provider=primary_care_provider(chart),
    )
    persons = {each.reference: each.words for each in contact_persons(chart, now=author.now)}
    reach = (
        [
            given(
                "contact-person", valueReference={"reference": entry.person, "display": persons[entry.person]}
            )
        ]
        if entry.person
        else []
    )
    said = [annotation(entry.note, author)] if entry.note else []
    notes = [*made.get("note", []), *said]
    more = {**({"input": reach} if reach else {}), **({"note": notes} if notes else {})}
    return (with_text({**made, **more}),)
