"""A save as answers to our own Questionnaire, where an EHR takes its records in no other form.

Two questions, `note` and `record`, whose definition is `fhir_profiles/definitions/Questionnaire-filed-record.json`: the
words for people and the block. https://hl7.org/fhir/R4/questionnaireresponse.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from fhir_profiles import canonical
from mappings.authorship import (
    Authorship,
    encounter_reference,
    instant,
    patient_reference,
    user_reference,
)
from mappings.element import as_object, as_text, reference_text
from mappings.errors import NotForABlock
from mappings.filed_block import Damage, DamagedBlock, FiledBlock, find_blocks, of_patient
from mappings.filed_document import document_kind
from mappings.filed_note import BEFORE_THE_BLOCK, filed_note
from mappings.identity import is_ours, record_identifier
from mappings.narrative import narrative

US_CORE_ANSWERS = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-questionnaireresponse"
QUESTIONNAIRE = f"{canonical.BASE}/Questionnaire/filed-record"
SLOT = "answers"
NOTE, RECORD = "note", "record"
LONGEST_STRING = 1_048_576
"""Characters of a FHIR string (https://hl7.org/fhir/R4/datatypes.html#string)."""


def filed_answers(
    resources: Sequence[dict[str, Any]],
    *,
    author: Authorship,
    form_id: UUID,
    number: int,
    replaces: Sequence[str] = (),
) -> dict[str, Any]:
    """The QuestionnaireResponse of one save; the arguments are those of `filed_document`.

    Raises NotForABlock where the records cannot be read back exactly.
    """
    kind = document_kind(resources).value
    block = FiledBlock(str(form_id), number, tuple(replaces), tuple(resources), instant(author.now))
    note = filed_note(kind.title, resources, author, block)
    if max(len(note.words), len(note.block)) > LONGEST_STRING:
        raise NotForABlock("the records are too large for an answer")
    return {
        "resourceType": "QuestionnaireResponse",
        "meta": {"profile": [US_CORE_ANSWERS], "tag": [dict(canonical.TAG)]},
        # One identifier, where other resources have a list of them.
        "identifier": {"system": canonical.IDENTIFIER_SYSTEM, "value": record_identifier(form_id, SLOT)},
        "text": narrative(kind.title, note.facts),
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": patient_reference(author),
        **encounter_reference(author),
        "authored": instant(author.now),
        "author": user_reference(author),
        "item": [
            {"linkId": NOTE, "text": "Note", "answer": [{"valueString": note.words}]},
            {"linkId": RECORD, "text": BEFORE_THE_BLOCK, "answer": [{"valueString": note.block}]},
        ],
    }


def read_answers(resource: Any, *, patients: Collection[str] = ()) -> tuple[FiledBlock | DamagedBlock, ...]:
    """The blocks of a QuestionnaireResponse: none for the answers of others or those entered in error.

    Every answer is looked through, since an EHR may give the questions other ids. `patients` are relative references
    that mean the same person as the subject, as after a merge. Never raises.
    """
    answers = as_object(resource)
    if as_text(answers.get("status")) == "entered-in-error":
        return ()
    blocks = find_blocks("\n".join(_strings(answers.get("item"))))
    ours = is_ours(answers) or as_text(answers.get("questionnaire")).partition("|")[0] == QUESTIONNAIRE
    if not blocks and ours:
        return (DamagedBlock(Damage.MISSING),)
    return of_patient(blocks, {reference_text(answers.get("subject")), *patients})


def _strings(items: Any) -> Iterator[str]:
    """Every `valueString` in its order, without recursion: an EHR may nest groups as deep as it likes."""
    waiting = [items]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if isinstance(each.get("valueString"), str):
                yield each["valueString"]
            each = [value for name, value in each.items() if name in ("answer", "item")]
        if isinstance(each, list):
            waiting += reversed(each)
