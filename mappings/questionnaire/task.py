"""The Task that an assessment becomes: the answers inside, each key answer and score as an output, all in its line.

Completed when it is done, in progress while half done; going on with one updates the same Task. EHRs drop contained
resources and outputs, so the fixed line in its note says everything once more (`line`).
https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import coding, concept
from mappings import dates
from mappings.authorship import (
    Authorship,
    annotation,
    encounter_reference,
    instant,
    patient_reference,
    user_reference,
)
from mappings.coding_systems import LOINC
from mappings.element import as_object, as_objects
from mappings.identity import stamp
from mappings.narrative import narrative
from mappings.questionnaire.definition import Item
from mappings.questionnaire.entry import AssessmentEntry
from mappings.questionnaire.line import line_of
from mappings.questionnaire.response import response_of
from mappings.questionnaire.score import Score
from mappings.questionnaire.value import Value, words_of_value

CONTAINED = "answers"
Resource = dict[str, Any]


def assessment_task(
    entry: AssessmentEntry,
    author: Authorship,
    form_id: UUID,
    *,
    plan: Resource | None = None,
    slot: str = "assessment",
    going_on: Resource | None = None,
) -> Resource:
    """The assessment as a Task; `plan` is a Reference. `going_on` is the half-done Task that it updates."""
    begun = as_object(as_object(going_on).get("executionPeriod")).get("start") or instant(author.now)
    line = line_of(entry.instrument, entry.answers, entry.scores, complete=entry.complete, now=author.now)
    # The line stands last, so that one which somebody pasted into the note is never taken for it.
    notes = [*([entry.note] if entry.note else []), line]
    task: Resource = {
        "resourceType": "Task",
        "text": narrative(f"Assessment: {entry.instrument.title}", _told(entry, author), note=entry.note),
        "contained": [_response(entry, author)],
        **({"basedOn": [plan]} if plan else {}),
        "status": "completed" if entry.complete else "in-progress",
        "intent": "order",
        "code": {"coding": [coding("task-code", "assessment")], "text": entry.instrument.title},
        "description": _in_short(entry),
        "for": patient_reference(author),
        **encounter_reference(author),
        "executionPeriod": {"start": begun, **({"end": instant(author.now)} if entry.complete else {})},
        "authoredOn": as_object(going_on).get("authoredOn") or instant(author.now),
        "lastModified": instant(author.now),
        "requester": user_reference(author),
        "owner": user_reference(author),
        "note": [annotation(text, author) for text in notes],
        "input": [
            {
                "type": concept("assessment-part", "questionnaire"),
                "valueCanonical": entry.instrument.canonical,
            }
        ],
        "output": _outputs(entry),
    }
    if going_on is None:
        return stamp(task, profile="task-assessment", form_id=form_id, slot=slot)
    # What the EHR or somebody else added to it stays, as does who began it.
    kept = ("id", "meta", "identifier", "basedOn", "requester")
    return {**going_on, **task, **{name: going_on[name] for name in kept if name in going_on}}


def _in_short(entry: AssessmentEntry) -> str:
    """ "PHQ-9: 12 of 27, moderate", "PHQ-9: half done"."""
    said = [", ".join(filter(None, (score.words, score.meaning))) for score in entry.scores]
    return (
        f"{entry.instrument.title}: {'; '.join(said) or 'done'}"
        if entry.complete
        else f"{entry.instrument.title}: half done"
    )


def _told(entry: AssessmentEntry, author: Authorship) -> list[tuple[str, str]]:
    when = f"{dates.day_words(author.now.date())}, {author.now:%H:%M}"
    scores = [(score.label, ". ".join(filter(None, (score.words, score.meaning)))) for score in entry.scores]
    asked = (item for item in entry.instrument.definition.questions if not item.calculated)
    said = [(_question(item), _words(entry.answers.get(item.link_id, ()))) for item in asked]
    return [
        ("Patient", author.patient_name),
        ("When", when),
        ("By", author.user_name),
        ("State", "" if entry.complete else "half done"),
        *scores,
        *said,
    ]


def _question(item: Item) -> str:
    return str(item.text) or item.label


def _words(values: tuple[Value, ...]) -> str:
    return ", ".join(map(words_of_value, values))


def _response(entry: AssessmentEntry, author: Authorship) -> Resource:
    made = response_of(entry.instrument.definition, entry.answers, complete=entry.complete)
    signed = {"subject": patient_reference(author), "authored": instant(author.now)}
    writer = user_reference(author)
    who = {"author": writer} if "reference" in writer else {}
    items = {"item": made.pop("item")} if "item" in made else {}
    return {"resourceType": made.pop("resourceType"), "id": CONTAINED, **made, **signed, **who, **items}


def _outputs(entry: AssessmentEntry) -> list[Resource]:
    answers = {
        "type": concept("assessment-part", "answers"),
        "valueReference": {"reference": f"#{CONTAINED}"},
    }
    scales = {scale.link_id for scale in entry.instrument.scales}
    coded = [
        {"type": _code(item), **_output_value(value)}
        for item in entry.instrument.definition.questions
        if item.codes and item.link_id not in scales
        for value in entry.answers.get(item.link_id, ())
    ]
    return [answers, *(_score(each) for each in entry.scores), *coded]


def _score(score: Score) -> Resource:
    loinc = [{"system": LOINC, "code": score.code}] if score.code else []
    kind = {"coding": [coding("assessment-part", "score"), *loinc], "text": score.label}
    return {"type": kind, "valueInteger": score.value}


def _code(item: Item) -> Resource:
    return {"coding": [dict(each) for each in item.codes], "text": item.label}


def _output_value(value: Value) -> Mapping[str, Any]:
    if "valueCoding" in value:
        return {
            "valueCodeableConcept": {"coding": [dict(value["valueCoding"])], "text": words_of_value(value)}
        }
    return value


def outputs_by_code(task: Mapping[str, Any]) -> dict[tuple[str, str], list[Resource]]:
    """The outputs of a Task under every (system, code) of their types."""
    found: dict[tuple[str, str], list[Resource]] = {}
    for output in as_objects(task.get("output")):
        for each in as_objects(as_object(output.get("type")).get("coding")):
            found.setdefault((str(each.get("system")), str(each.get("code"))), []).append(output)
    return found
