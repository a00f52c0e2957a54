"""That a copy of the plan was given: to whom, how and when; a completed Task with its facts in one fixed line.

CMS and the AAFP ask for the copy and for the record of it (domain row 7). It does not rewrite the plan, so each copy is
a record of its own and the history is what they are together. Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import concept
from mappings import dates
from mappings.authorship import (
    Authorship,
    annotation,
)
from mappings.chart import Chart
from mappings.consent import is_deceased, related_persons
from mappings.copy_words import LANGUAGE_WORDS
from mappings.done_task import done_now
from mappings.element import as_object, as_objects, as_text
from mappings.enrolment_state import Gate, unread
from mappings.episode import TITLE, open_plan
from mappings.form import Fields, Submitted
from mappings.identity import own, reference_to, stamp, task_kind
from mappings.narrative import fixed_line, narrative, read_fixed_line
from mappings.patient import patient_banner
from mappings.sight import NOT_SHOWN_AGAIN, Sight, caution, sight, unseen
from mappings.terminology import status_code

FIELDS = ("to", "to_name", "how", "language", "version", "date", "note")
HOW = {
    "printed": "Printed and handed over",
    "portal": "Sent through the patient portal",
    "mailed": "Mailed",
    "read-aloud": "Read aloud",
}
VERSIONS = {"patient": "For the patient", "caregiver": "For the person who helps"}
OTHER, PROVIDER = "other", "provider"
OLDEST_DAYS = 366
_LINE = "Copy of the plan given"


@dataclass(frozen=True)
class CopyGivenEntry:
    """One copy from the form: `to` in words; `how`, `language` and `version` are keys of the lists above."""

    to: str
    how: str
    language: str
    version: str
    day: date
    note: str


@dataclass(frozen=True)
class CopyGiven:
    """One copy on file, in words; `day` is None where the EHR kept no day."""

    day: date | None
    day_words: str
    to: str
    how: str
    language: str
    version: str
    by: str
    note: str
    id: str
    resource: dict[str, Any]


def receivers(chart: Chart) -> dict[str, str]:
    """Who may have been given a copy: code or reference -> words."""
    return {
        "patient": "The patient",
        **related_persons(chart),
        OTHER: "A caregiver who is not on file",
        PROVIDER: "The provider",
    }


def may_log(chart: Chart) -> Gate:
    """Whether a copy may be logged: there is a plan of ours to have given a copy of, or the EHR would not show it."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := unread(chart, "CarePlan"):
        return Gate(dark)
    if open_plan(chart) is None and unseen(chart, "CarePlan"):
        return Gate(caution=caution(["whether a care plan is open"]))
    return Gate("" if open_plan(chart) else "There is no open care plan to give a copy of. Open one first.")


def parse_copy_given(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[CopyGivenEntry]:
    """The form as sent; refused as a whole (key "form") where there is nothing to give a copy of."""
    fields = Fields(values)
    if refusal := may_log(chart).reason:
        fields.refuse("form", refusal)
    people = receivers(chart)
    to = fields.one_of("to", people, required="Say who was given the copy.")
    name = fields.text("to_name", required="Write the caregiver's name." if to == OTHER else "")
    how = fields.one_of("how", HOW, required="Say how it was given.")
    language = fields.one_of("language", LANGUAGE_WORDS, required="Say in which language.")
    version = fields.one_of("version", VERSIONS, required="Say which copy it was.")
    birth = patient_banner(chart, today=now.date()).birth_date
    oldest = now.date() - timedelta(days=OLDEST_DAYS)
    day = fields.day(
        "date",
        earliest=max(oldest, birth) if birth else oldest,
        latest=now.date(),
        required="Give the day on which it was given.",
        too_early="This lies more than a year back, or before the patient was born. Check the year.",
        too_late="This day is still to come. Log the copy once it is given.",
    )
    note = fields.text("note", limit=1000)

    def entry() -> CopyGivenEntry:
        if day is None:
            raise AssertionError("a field was refused without a message")
        return CopyGivenEntry(
            name if to == OTHER else people[to].lower() if to in ("patient", PROVIDER) else people[to],
            how,
            language,
            version,
            day,
            note,
        )

    return fields.submitted(entry)


def copy_given_resources(
    entry: CopyGivenEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What logging files: one completed Task."""
    plan = open_plan(chart)
    about = reference_to(plan, TITLE) if plan else None
    said = [
        ("To", entry.to),
        ("How", HOW[entry.how]),
        ("Language", LANGUAGE_WORDS[entry.language]),
        ("Copy", VERSIONS[entry.version]),
        ("Day", entry.day.isoformat()),
    ]
    told = [
        ("Patient", author.patient_name),
        ("By", author.user_name),
        *said[:-1],
        ("Day", dates.day_words(entry.day)),
    ]
    task = {
        **done_now(author, plan=about),
        "text": narrative(_LINE, told, note=entry.note),
        "businessStatus": {"text": HOW[entry.how]},
        "code": concept("task-code", "plan-shared"),
        "description": _words(entry),
        "executionPeriod": {"start": entry.day.isoformat(), "end": entry.day.isoformat()},
        "note": [annotation(text, author) for text in (fixed_line(_LINE, said), entry.note) if text],
    }
    return (stamp(task, profile="task-plan-shared", form_id=form_id, slot="plan-shared"),)


def _words(entry: CopyGivenEntry) -> str:
    how, language = HOW[entry.how].lower(), LANGUAGE_WORDS[entry.language]
    return f"Copy of the plan given to {entry.to}: {how}, {language}"


def copies_given(chart: Chart, *, now: datetime) -> tuple[CopyGiven, ...]:
    """Every copy of ours on file, the latest first."""
    tasks = [task for task in own(chart, "Task") if task_kind(task) == "plan-shared"]
    found = [_given(task, now) for task in tasks if status_code(task.get("status")) == "completed"]
    return tuple(sorted(found, key=lambda each: each.day or date.min, reverse=True))


def given_absence(chart: Chart) -> str:
    """What is said where no copy is on file: none, or that it cannot be known."""
    seen = sight(chart, "Task")
    if seen is Sight.WHOLE:
        return "No copy is logged yet."
    if seen is Sight.UNSEEN:
        return f"Whether a copy was given cannot be said: {NOT_SHOWN_AGAIN}."
    return "Whether a copy was given cannot be said: the tasks could not all be read just now."


def _given(task: dict[str, Any], now: datetime) -> CopyGiven:
    notes = [as_text(note.get("text")) for note in as_objects(task.get("note"))]
    line = next(filter(None, (read_fixed_line(text, _LINE) for text in notes)), {})
    start = dates.parse(as_object(task.get("executionPeriod")).get("start"))
    kept = start.local_day(now.tzinfo) if start else None
    day = dates.valid_form_date(line.get("Day", "")) or kept
    return CopyGiven(
        day=day,
        day_words=dates.words(day, now) if day else "",
        to=line.get("To", ""),
        how=line.get("How", "") or as_text(as_object(task.get("businessStatus")).get("text")),
        language=line.get("Language", ""),
        version=line.get("Copy", ""),
        by=as_text(as_object(task.get("owner")).get("display")),
        note="\n".join(text for text in notes if text and not text.startswith(_LINE)),
        id=as_text(task.get("id")),
        resource=task,
    )
