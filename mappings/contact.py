"""One contact: a call, a visit, a message that happened or was tried, and everything one save makes of it.

A Task, so that it has a clock time, an outcome and minutes as data: completed when someone was reached, failed when
tried without reaching anyone, cancelled when moved beforehand. The same facts stand in its text and in one fixed note
line, from which they are read back where a server lost the outputs (https://hl7.org/fhir/R4/task.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fhir_profiles.terminology import codes, display
from mappings import contact_form, contact_span, dates
from mappings.chart import Chart, once
from mappings.contact_details import ContactDetails, details_of
from mappings.contact_form import ContactEntry
from mappings.contact_record import LINE, OWN_LABELS
from mappings.element import as_flag, as_number, as_object, as_objects, as_text, relative_reference
from mappings.identity import code_in, full_url, own, task_kind
from mappings.narrative import clean, read_fixed_line
from mappings.panel import Panel, panel
from mappings.practitioner import actor_name
from mappings.terminology import status_code
from mappings.wall_clock import later

_FACTS = (
    ("mode", "contact-mode", "How"),
    ("with", "contact-with", "With"),
    ("result", "contact-result", "Result"),
    ("service-type", "service-type", "Service"),
    ("staff", "staff-kind", "Whose time"),
)
PEOPLE = ("patient", "caregiver")
"""With whom a contact is one with the patient or family; the rest is work on their behalf."""


@dataclass(frozen=True)
class ContactView:
    """One contact on screen. `minutes` is None where no source tells; `reached` is False for a try.

    `entered` is when it was documented, `staff` whose time it was (clinical staff where the record does not say).
    """

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
    staff: str = contact_form.STAFF
    staff_words: str = ""
    late_reason: str = ""
    minutes_reason: str = ""
    details: ContactDetails = field(default_factory=ContactDetails)
    told: Mapping[str, str] = field(default_factory=dict)
    """What parts of other rooms said in the fixed line, by label."""
    entered: datetime | None = None

    @property
    def with_patient(self) -> bool:
        """Whether it was with the patient or family; a record that does not say counts as one."""
        return self.with_code in ("", *PEOPLE)


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
        staff=said["staff"] or contact_form.STAFF,
        staff_words=_words("staff-kind", said["staff"] or contact_form.STAFF),
        late_reason=_text(outputs, "late-reason") or line.get("Entered later", ""),
        minutes_reason=_text(outputs, "minutes-reason") or line.get("Minutes set by hand", ""),
        details=details_of(as_objects(task.get("output")), line),
        told={label: words for label, words in line.items() if label not in OWN_LABELS},
        entered=_moment(task.get("authoredOn"), now) or _moment(task.get("lastModified"), now),
    )


def _text(outputs: Mapping[str, dict[str, Any]], name: str) -> str:
    return as_text(outputs.get(name, {}).get("valueString"))


def _moment(value: Any, now: datetime) -> datetime | None:
    found = dates.parse(value)
    return found.start(now.tzinfo) if found and found.precision is dates.Precision.INSTANT else None


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
    return int(number) if number is not None and 0 <= number <= contact_span.MOST_MINUTES else None


def _not_chronic(outputs: Mapping[str, dict[str, Any]], line: Mapping[str, str]) -> bool:
    flag = as_flag(outputs.get("not-chronic-care", {}).get("valueBoolean"))
    return line.get("Counts") == "no, not chronic care" if flag is None else flag


def time_spent(
    minutes: int,
    *,
    now: datetime,
    service_type: str = "coordination",
    activity: str,
    with_whom: str = "nobody",
    mode: str = "desk",
    staff: str = contact_form.STAFF,
    note: str = "",
) -> ContactEntry:
    """Minutes of work that was documented in another form, as a contact that ended at `now` (in the EHR's zone).

    `activity` is a code of activity-type. Work with somebody names `with_whom` and how (`mode`): then they talked. It
    plans no next contact and answers no task.
    """
    return ContactEntry(
        mode=mode,
        with_whom=with_whom,
        result="done" if with_whom == "nobody" else "talked",
        service_type=service_type,
        start=later(now, -minutes),
        end=now,
        minutes=minutes,
        next_date=None,
        no_next_reason="",
        next_text="",
        not_chronic_care=False,
        answers=(),
        progress=(),
        note=note,
        staff=staff,
        details=ContactDetails(activity=activity),
    )
