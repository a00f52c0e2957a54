"""Taking back what was filed wrongly: the record stays, marked entered in error, and says who, when and why.

What others may have read is never deleted: each resource has a status for it, and nothing with that status counts any
more. Consent has no note, so there the text alone says why. Status rules: https://hl7.org/fhir/R4/task.html, goal.html,
careplan.html, consent.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from mappings import dates
from mappings.authorship import Authorship, annotation, instant
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.form import Fields, Submitted
from mappings.identity import is_ours, kind_words
from mappings.narrative import narrative, plain_text
from mappings.terminology import status_code, words_of

MISTAKE = "entered-in-error"
STATUS: Mapping[str, str] = {
    "Task": "status",
    "CarePlan": "status",
    "Goal": "lifecycleStatus",
    "Consent": "status",
    "ServiceRequest": "status",
}
"""The element that says so, for each type that Chartside files."""

WRONG_PATIENT = "wrong-patient"
REASONS: Mapping[str, str] = {
    WRONG_PATIENT: "Wrong patient",
    "wrong-content": "Wrong content",
    "duplicate": "Filed twice",
    "other": "Another reason",
}

Resource = dict[str, Any]


@dataclass(frozen=True)
class TakeBackEntry:
    """Why something is taken back: `reason` is a key of REASONS.

    `also` are references of what is taken back along with it, `reopened` those of tasks that it had closed.
    """

    reason: str
    words: str
    also: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """ "Wrong content: she said 15 minutes"."""
        return f"{REASONS[self.reason]}{f': {self.words}' if self.words else ''}"


def parse_take_back(
    values: Mapping[str, Sequence[str]], *, offered: Sequence[str], closed: Sequence[str] = ()
) -> Submitted[TakeBackEntry]:
    """The form as sent; `offered` are the references that may be taken back along with the record, `closed` those that
    may be opened again.
    """
    fields = Fields(values)
    reason = fields.one_of("reason", REASONS, required="Choose why this is taken back.")
    needed = "Write the reason in a few words." if reason == "other" else ""
    words = fields.text("words", required=needed)
    also = tuple(each for each in values.get("also", ()) if each in offered)
    reopened = tuple(each for each in values.get("reopen", ()) if each in closed)
    return fields.submitted(lambda: TakeBackEntry(reason, words, also, reopened))


def find_filed(chart: Chart, reference: str) -> Resource | None:
    """The record of ours in this chart that a reference names ("Task/812"); None for anything else."""
    kind = reference.partition("/")[0]
    if kind not in STATUS:
        return None
    return next(
        (each for each in chart.resources(kind) if relative_reference(each) == reference and is_ours(each)),
        None,
    )


def is_taken_back(resource: Resource) -> bool:
    """True for a record that is marked already."""
    return status_code(resource.get(STATUS.get(as_text(resource.get("resourceType")), "status"))) == MISTAKE


def record_words(resource: Resource) -> str:
    """What a record is called on the page: "Contact: Phone, talked", "Goal: Walks 20 minutes"."""
    kind = kind_words({**resource, "id": ""})
    kind = "task" if kind == "next task" else kind
    told = as_text(resource.get("description")) or words_of(resource.get("description"))
    return f"{kind[:1].upper()}{kind[1:]}{f': {told}' if told else ''}"


def filed_words(resource: Resource, zone: tzinfo | None) -> str:
    """On which day it was filed or took place, in the EHR's zone; "" where nothing tells."""
    period = as_object(resource.get("executionPeriod")) or as_object(resource.get("period"))
    moments = (
        period.get("start"),
        resource.get("authoredOn"),
        resource.get("dateTime"),
        resource.get("startDate"),
    )
    return next(filter(None, (dates.plain_words(each, zone) for each in moments)), "")


def taken_back(resource: Resource, entry: TakeBackEntry, author: Authorship) -> Resource:
    """The record marked entered in error, with who, when and why in a note and first in its text."""
    kind = resource["resourceType"]
    why = entry.sentence
    marked = {**resource, STATUS[kind]: MISTAKE}
    if kind == "Task":
        marked |= {"statusReason": {"text": why}, "lastModified": instant(author.now)}
    if kind == "Goal":
        marked["statusReason"] = why
    if kind != "Consent":
        notes = as_objects(resource.get("note"))
        marked["note"] = [*notes, annotation(f"Filed wrongly, not to be used. {why}", author)]
    facts = [
        ("Reason", why),
        ("Marked by", author.user_name),
        ("On", _moment(author)),
        ("Patient", author.patient_name),
    ]
    said = plain_text(resource.get("text"))
    text = narrative("Filed wrongly: not to be used", facts, note=f"It said:\n{said}" if said else "")
    return {**marked, "text": text}


def correction_text(
    resources: Sequence[Resource],
    entry: TakeBackEntry,
    author: Authorship,
    *,
    reopened: Sequence[Resource] = (),
) -> str:
    """The same as words to be copied into the chart by hand, where the EHR does not let Chartside mark them."""
    lines = [f"CORRECTION, {_moment(author)}", f"Patient: {author.patient_name}"]
    lines += [f"Filed wrongly, not to be used: {_named(each, author)}" for each in resources]
    lines += [f"To be done again: {_named(each, author)}" for each in reopened]
    lines += [f"Reason: {entry.sentence}", f"Signed: {author.user_name or 'Care manager'}"]
    return "\n".join(lines)


def _named(resource: Resource, author: Authorship) -> str:
    when = filed_words(resource, author.now.tzinfo)
    return f"{record_words(resource)}{f' ({when})' if when else ''}"


def _moment(author: Authorship) -> str:
    return f"{dates.day_words(author.now.date())}, {author.now:%H:%M}"
