"""What was gone through after a discharge, as filed: one completed Task for each time that something was ticked.

Nothing is ever rewritten: what is done is the union of these Tasks, each item with the time of its first tick, so the
list reads the same where a server keeps notes only (domain row 95). Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, concept, display
from mappings import dates
from mappings.authorship import Authorship, annotation, instant
from mappings.chart import Chart, once
from mappings.done_task import done_now, signed
from mappings.element import as_object, as_objects, as_text, reference_text
from mappings.identity import code_in, own, stamp, task_kind
from mappings.narrative import fixed_line, narrative, read_fixed_line
from mappings.practitioner import actor_name
from mappings.terminology import status_code
from mappings.transition_rules import destinations
from mappings.transition_stay import Stay

LINE = "Transition of care"
TEACH_BACK = {"yes": "Yes, in her or his own words", "partly": "Partly: to be taught again", "no": "No"}
UNDERSTOOD = {"yes": "understood", "partly": "partly understood", "no": "not understood"}


@dataclass(frozen=True)
class TransitionEntry:
    """What was gone through. `went_to` is a code of destinations or "", `teach_back` a key of TEACH_BACK or "".

    `when` is the moment of the ticks: now, or when the contact began in which it was done.
    """

    stay: Stay
    done: tuple[str, ...]
    when: datetime
    went_to: str = ""
    signs: str = ""
    teach_back: str = ""
    note: str = ""


@dataclass(frozen=True)
class TransitionRecord:
    """One of them, read back. `day` is that of the discharge that it is about, `stay` its Encounter's reference."""

    stay: str
    day: date | None
    when: dates.FhirDate | None
    by: str
    done: tuple[str, ...]
    went_to: str
    signs: str
    teach_back: str
    note: str
    resource: dict[str, Any]


def facts_of(entry: TransitionEntry) -> tuple[tuple[str, str], ...]:
    """The facts in words, for a text and for the line: what was done, taught and found out."""
    done = ", ".join(display("transition-item", code) for code in entry.done)
    went = destinations()[entry.went_to].words if entry.went_to else ""
    return (
        ("Went to", went),
        ("Done", done),
        ("Warning signs", entry.signs),
        ("Teach-back", UNDERSTOOD.get(entry.teach_back, "")),
    )


def transition_task(
    entry: TransitionEntry, author: Authorship, form_id: UUID, *, plan: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The completed Task of what was gone through; `plan` is a Reference to the open plan, if there is one."""
    day = entry.stay.day.isoformat() if entry.stay.day else ""
    said = facts_of(entry)
    key = (("Discharged", day), ("Stay", entry.stay.visit.reference))
    moment = instant(entry.when)
    line = fixed_line(LINE, (*key, *said))
    about = {"reference": entry.stay.visit.reference, "display": _about(entry.stay)}
    shown = (("Discharged", _about(entry.stay)), *said)
    task = {
        **done_now(author, plan=plan),
        "executionPeriod": {"start": moment, "end": moment},
        "focus": about,
        "text": narrative("Transition of care", [*signed(author), *shown], note=entry.note),
        "code": concept("task-code", "transition"),
        "description": f"After the discharge of {dates.plain_words(day)}",
        "output": [*_outputs(entry)],
        "note": [annotation(text, author) for text in (line, entry.note) if text],
    }
    made = task if task["output"] else {key: value for key, value in task.items() if key != "output"}
    return stamp(made, profile="task-transition", form_id=form_id, slot="transition")


def _outputs(entry: TransitionEntry) -> list[dict[str, Any]]:
    of = concept("task-output", "transition-item")
    return [{"type": of, "valueCodeableConcept": concept("transition-item", code)} for code in entry.done]


def _about(stay: Stay) -> str:
    on = dates.day_words(stay.day) if stay.day else "on a day not known"
    return f"{on}, {stay.visit.kind_words.split(',')[0].lower()}"


@once
def transition_records(chart: Chart, *, now: datetime) -> tuple[TransitionRecord, ...]:
    """Every one that is on file, the first first."""
    tasks = [task for task in own(chart, "Task") if task_kind(task) == "transition"]
    found = [_record(chart, task, now) for task in tasks if status_code(task.get("status")) == "completed"]
    return tuple(sorted(found, key=lambda row: dates.newest_first_key(row.when), reverse=True))


def _record(chart: Chart, task: dict[str, Any], now: datetime) -> TransitionRecord:
    notes = [as_text(note.get("text")) for note in as_objects(task.get("note"))]
    line: Mapping[str, str] = next(filter(None, (read_fixed_line(text, LINE) for text in notes)), {})
    start = as_object(task.get("executionPeriod")).get("start")
    focus = reference_text(task.get("focus"))
    when = dates.parse(line.get("Discharged", ""))
    return TransitionRecord(
        stay=line.get("Stay", "") or (focus if focus.startswith("Encounter/") else ""),
        day=when.local_day(now.tzinfo) if when else None,
        when=dates.parse(start) or dates.parse(task.get("authoredOn")),
        by=actor_name(chart, task.get("owner"), task),
        done=_done(task, line),
        went_to=_by_words({code: row.words for code, row in destinations().items()}, line.get("Went to", "")),
        signs=line.get("Warning signs", ""),
        teach_back=_by_words(UNDERSTOOD, line.get("Teach-back", "")),
        note="\n".join(text for text in notes if text and not read_fixed_line(text, LINE)),
        resource=task,
    )


def _done(task: dict[str, Any], line: Mapping[str, str]) -> tuple[str, ...]:
    coded = [
        code_in(each.get("valueCodeableConcept"), "transition-item")
        for each in as_objects(task.get("output"))
    ]
    words = {part.strip() for part in line.get("Done", "").split(",")}
    known = codes("transition-item")
    return tuple(code for code in known if code in coded or display("transition-item", code) in words)


def _by_words(known: Mapping[str, str], words: str) -> str:
    return next((code for code, said in known.items() if words and said == words), "")


def records_of(chart: Chart, stay: Stay, *, now: datetime) -> tuple[TransitionRecord, ...]:
    """Those about one discharge: by the Encounter they name, else by the day of the discharge."""
    mine = {stay.visit.reference}
    return tuple(
        row
        for row in transition_records(chart, now=now)
        if (row.stay in mine if row.stay else row.day is not None and row.day == stay.day)
    )
