"""The Task that one contact becomes: status, outputs, the readable text and the fixed note line.

Completed when someone was reached, failed when tried without reaching anyone, cancelled when moved beforehand; the last
two say why in words (https://hl7.org/fhir/R4/task.html). Every fact stands in the outputs and in the line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import coding, concept, display
from mappings import dates
from mappings.authorship import (
    Authorship,
    annotation,
    encounter_reference,
    instant,
    patient_reference,
    user_reference,
)
from mappings.chart import Chart
from mappings.consent_standing import consent_windows
from mappings.contact_details import ContactDetails, detail_outputs
from mappings.contact_form import ContactEntry
from mappings.element import as_text
from mappings.goal import own_open_goals
from mappings.identity import stamp
from mappings.narrative import fixed_line, narrative
from mappings.sight import Sight, sight
from mappings.terminology import words_of

LINE = "Care management contact"
OWN_LABELS = frozenset(
    {
        *("How", "With", "Result", "Service", "Minutes", "Counts", "Next", "No next contact", "Whose time"),
        *("Entered later", "Minutes set by hand"),
        *ContactDetails.LABELS,
    }
)
"""The labels of the line that the outputs say as well; any other comes from a part of another room."""
STATUS = {"talked": "completed", "done": "completed", "refused": "completed", "rescheduled": "cancelled"}
"""Task status by result; every other result is a try that failed."""


def contact_task(
    entry: ContactEntry, chart: Chart, author: Authorship, form_id: UUID, plan: dict[str, Any] | None
) -> dict[str, Any]:
    """The contact as a Task; `plan` is a Reference to our open plan, if there is one."""
    facts = _facts(entry)
    status = STATUS.get(entry.result, "failed")
    uncounted = _uncounted(entry, chart, author.now)
    who = [("Patient", author.patient_name), ("When", when_words(entry)), ("By", author.user_name)]
    line = fixed_line(LINE, [(label, _machine_words(label, words, entry)) for label, words in facts])
    told = [*who, *facts, ("Goals", _goal_words(entry, chart)), *uncounted]
    notes = [line, *([entry.note] if entry.note else [])]
    task = {
        "resourceType": "Task",
        "text": narrative("Care management contact", told, note=entry.note),
        "status": status,
        **({} if status == "completed" else {"statusReason": {"text": why_not(entry)}}),
        "businessStatus": concept("contact-result", entry.result),
        "intent": "order",
        "code": {
            "coding": [coding("task-code", "contact")],
            "text": f"{display('contact-mode', entry.mode)} contact",
        },
        "description": f"{display('contact-mode', entry.mode)}, {display('contact-result', entry.result).lower()}",
        **({"basedOn": [plan], "focus": plan} if plan else {}),
        "for": patient_reference(author),
        **encounter_reference(author),
        "executionPeriod": {"start": instant(entry.start), "end": instant(entry.end)},
        "authoredOn": instant(author.now),
        "lastModified": instant(author.now),
        "requester": user_reference(author),
        "owner": user_reference(author),
        "note": [annotation(text, author) for text in notes],
        **({"contained": contained} if (contained := _contained(entry)) else {}),
        "output": _output(entry),
    }
    return stamp(task, profile="task-contact", form_id=form_id, slot="contact")


def when_words(entry: ContactEntry) -> str:
    """ "21 Nov 2026, 09:02 to 09:14"."""
    return f"{dates.day_words(entry.start.date())}, {entry.start:%H:%M} to {entry.end:%H:%M}"


def why_not(entry: ContactEntry) -> str:
    """Why a contact is not completed, with the next try: "Left message; next try 24 Nov 2026"."""
    following = f"; next try {dates.day_words(entry.next_date)}" if entry.next_date else ""
    return f"{display('contact-result', entry.result)}{following}"


def _facts(entry: ContactEntry) -> list[tuple[str, str]]:
    return [
        ("How", display("contact-mode", entry.mode)),
        ("With", display("contact-with", entry.with_whom)),
        ("Result", display("contact-result", entry.result)),
        ("Service", display("service-type", entry.service_type)),
        ("Minutes", str(entry.minutes)),
        ("Counts", "no, not chronic care" if entry.not_chronic_care else ""),
        ("Next", dates.day_words(entry.next_date) if entry.next_date else ""),
        ("No next contact", entry.no_next_reason),
        ("Whose time", display("staff-kind", entry.staff)),
        ("Entered later", entry.late_reason),
        ("Minutes set by hand", entry.minutes_reason),
        *entry.details.facts,
        *(fact for addition in entry.additions for fact in addition.facts),
    ]


def _contained(entry: ContactEntry) -> list[dict[str, Any]]:
    return [each for addition in entry.additions for each in addition.contained]


def _goal_words(entry: ContactEntry, chart: Chart) -> str:
    texts = {as_text(goal["id"]): words_of(goal.get("description")) for goal in own_open_goals(chart)}
    said = (f"{texts[each.goal]}: {each.words}" for each in entry.progress)
    return "; ".join(said)


def _machine_words(label: str, words: str, entry: ContactEntry) -> str:
    """The line bears the next day as 2026-12-08: it is read back, "8 Dec 2026" is for people."""
    return entry.next_date.isoformat() if label == "Next" and entry.next_date else words


def _uncounted(entry: ContactEntry, chart: Chart, now: datetime) -> list[tuple[str, str]]:
    """The narrative says when minutes were spent without consent, so that nobody counts them by hand later."""
    if sight(chart, "Consent") not in (Sight.WHOLE, Sight.PARTLY):
        return []
    if any(
        window.covers(entry.start) or window.covers(entry.end) for window in consent_windows(chart, now=now)
    ):
        return []
    return [("Consent", "none on file at the time, so these minutes do not count")]


def _output(entry: ContactEntry) -> list[dict[str, Any]]:
    chosen = {
        "mode": concept("contact-mode", entry.mode),
        "with": concept("contact-with", entry.with_whom),
        "result": concept("contact-result", entry.result),
        "service-type": concept("service-type", entry.service_type),
        "staff": concept("staff-kind", entry.staff),
    }
    words = {"late-reason": entry.late_reason, "minutes-reason": entry.minutes_reason}
    next_day = entry.next_date.isoformat() if entry.next_date else ""
    return [
        _row("minutes", "valueInteger", entry.minutes),
        *(_row(name, "valueCodeableConcept", value) for name, value in chosen.items()),
        *([_row("not-chronic-care", "valueBoolean", True)] if entry.not_chronic_care else []),
        *([_row("next-date", "valueDate", next_day)] if next_day else []),
        *(_row(name, "valueString", text) for name, text in words.items() if text),
        *detail_outputs(entry.details),
        *(row for addition in entry.additions for row in addition.outputs),
    ]


def _row(name: str, element: str, value: Any) -> dict[str, Any]:
    return {"type": concept("task-output", name), element: value}
