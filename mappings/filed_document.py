"""A save as a DocumentReference, where an EHR takes its records in no other form: a readable note that holds them.

Oracle keeps neither identifier, tag, category nor `relatesTo`, and demands an author, a period with both ends, a final
docStatus and dates with a time (Millennium Platform APIs, Create a document reference); so whatever we need stands in
the block, and whatever another EHR can keep is set beside it. https://hl7.org/fhir/R4/documentreference.html
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship, instant, patient_reference, user_reference
from mappings.coding_systems import LOINC
from mappings.dates import day_words
from mappings.element import as_object, as_objects, as_text, reference_text, type_of
from mappings.errors import NotForABlock
from mappings.filed_block import (
    MOST_TEXT,
    Damage,
    DamagedBlock,
    FiledBlock,
    find_blocks,
    of_patient,
)
from mappings.filed_note import NOTE_FORMS, WRITTEN_WITH, filed_note, note_text
from mappings.identity import code_in, is_ours, stamp, task_kind
from mappings.narrative import narrative
from mappings.vendor_facts import Vendor

US_CORE_DOCUMENT = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-documentreference"
SLOT = "document"
_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"


@dataclass(frozen=True)
class _Kind:
    code: str
    display: str
    title: str


class DocumentKind(Enum):
    """What a note is about: its LOINC type (design section 6) and its title."""

    PLAN = _Kind("18776-5", "Plan of care note", "Care management plan")
    TELEPHONE = _Kind("34748-4", "Telephone encounter Note", "Care management call")
    CONTACT = _Kind("11506-3", "Progress note", "Care management contact")
    CONSENT = _Kind("59284-0", "Patient Consent", "Consent to care management")


def document_kind(resources: Sequence[dict[str, Any]]) -> DocumentKind:
    """What a save is about: its contact, else its consent, else the plan."""
    for contact in (each for each in resources if task_kind(each) == "contact"):
        outputs = as_objects(contact.get("output"))
        modes = {code_in(each.get("valueCodeableConcept"), "contact-mode") for each in outputs}
        return DocumentKind.TELEPHONE if "phone" in modes else DocumentKind.CONTACT
    types = {type_of(each) for each in resources}
    return DocumentKind.CONSENT if "Consent" in types and "CarePlan" not in types else DocumentKind.PLAN


def note_forms(vendor: Vendor) -> tuple[str, ...]:
    """The mime types in which a note can be filed with this vendor, best first; () where there is none."""
    return tuple(mime for mime in vendor.document.mime_types if mime in NOTE_FORMS)


def filed_document(
    resources: Sequence[dict[str, Any]],
    *,
    author: Authorship,
    form_id: UUID,
    number: int,
    replaces: Sequence[str] = (),
    about: DocumentKind | None = None,
    vendor: Vendor,
    mime: str = "",
) -> dict[str, Any]:
    """The DocumentReference of one save.

    `number` counts the patient's saves that were filed as notes, from 1; `replaces` are relative references of notes
    that this one supersedes whole. `about` and `mime` are chosen from the records and the vendor's facts where not
    given. Raises NotForABlock where the records cannot be read back exactly, or the vendor takes no form of note.
    """
    forms = (mime,) if mime else note_forms(vendor)
    if not forms or forms[0] not in NOTE_FORMS:
        raise NotForABlock("this EHR takes no form of note that Chartside can write")
    kind = (about or document_kind(resources)).value
    block = FiledBlock(str(form_id), number, tuple(replaces), tuple(resources), instant(author.now))
    note = filed_note(kind.title, resources, author, block)
    title = f"{kind.title}, {day_words(author.now.date())}"
    document = {
        "resourceType": "DocumentReference",
        "text": narrative(kind.title, note.facts),
        "status": "current",
        "docStatus": "final",
        "type": {
            "coding": [{"system": LOINC, "code": kind.code, "display": kind.display}],
            "text": kind.title,
        },
        "category": [
            {"coding": [{"system": _CATEGORY, "code": "clinical-note", "display": "Clinical Note"}]}
        ],
        "subject": patient_reference(author),
        "date": instant(author.now),
        "author": [user_reference(author)],
        **_relations(replaces),
        "description": f"{title}. {WRITTEN_WITH}",
        "content": [
            {
                "attachment": {
                    "contentType": forms[0],
                    "data": base64.b64encode(note_text(note, forms[0]).encode()).decode(),
                    "title": title,
                    "creation": instant(author.now),
                }
            }
        ],
        "context": _context(resources, author),
    }
    return stamp(document, profile="filed-document", form_id=form_id, slot=SLOT, also=(US_CORE_DOCUMENT,))


def _relations(replaces: Sequence[str]) -> dict[str, Any]:
    """Only a document can be replaced by a document; what else is superseded stands in the block alone."""
    targets = [each for each in replaces if each.startswith("DocumentReference/")]
    related = [{"code": "replaces", "target": {"reference": each}} for each in targets]
    return {"relatesTo": related} if related else {}


def _context(resources: Sequence[dict[str, Any]], author: Authorship) -> dict[str, Any]:
    """The time of the contact, else of the save; Oracle demands both ends with a time."""
    periods = [as_object(each.get("executionPeriod")) for each in resources if task_kind(each) == "contact"]
    told = next((each for each in periods if "T" in as_text(each.get("start"))), {})
    start = as_text(told.get("start")) or instant(author.now)
    period = {"start": start, "end": as_text(told.get("end")) or start}
    visit = [{"reference": f"Encounter/{author.encounter}"}] if author.encounter else []
    return {**({"encounter": visit} if visit else {}), "period": period}


def read_document(resource: Any, *, patients: Collection[str] = ()) -> tuple[FiledBlock | DamagedBlock, ...]:
    """The blocks of a DocumentReference: one for a note of ours, none for a note of others or one entered in error.

    `patients` are relative references that mean the same person as the document's subject, as after a merge. Where the
    attachment stands elsewhere (`attachment_url`), fetch it and ask again with `with_attachment`. Never raises.
    """
    document = as_object(resource)
    if "entered-in-error" in (as_text(document.get("status")), as_text(document.get("docStatus"))):
        return ()
    texts = [_text(each) for each in _attachments(document) if as_text(each.get("data"))]
    found = [find_blocks(text) for text in texts]
    # A server may hold the note in several forms: one that is whole is enough.
    whole = [each for each in found if any(isinstance(block, FiledBlock) for block in each)]
    blocks = next(iter([*whole, *filter(None, found)]), ())
    if not blocks and texts and (is_ours(document) or any(WRITTEN_WITH in text for text in texts)):
        return (DamagedBlock(Damage.MISSING),)
    return of_patient(blocks, {reference_text(document.get("subject")), *patients})


def attachment_url(resource: Any) -> str:
    """Where the note is to be fetched, as the EHR says it (relative or absolute), or "" where it is in the resource.

    The caller decides whether the address is one that may be followed.
    """
    attachments = list(_attachments(as_object(resource)))
    if any(as_text(each.get("data")) for each in attachments):
        return ""
    return next((url for each in attachments if (url := as_text(each.get("url")))), "")


def with_attachment(resource: dict[str, Any], data: bytes) -> dict[str, Any]:
    """The document with what was fetched from its `attachment_url`, for `read_document`."""
    held = {"attachment": {"data": base64.b64encode(data).decode()}}
    return {**resource, "content": [held]}


def _attachments(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (as_object(each.get("attachment")) for each in as_objects(document.get("content")))


def _text(attachment: dict[str, Any]) -> str:
    """The attachment as text; "" where it is no base64, or larger than any note of ours."""
    data = as_text(attachment.get("data"))
    try:
        raw = base64.b64decode(f"{data}==") if len(data) <= MOST_TEXT * 2 else b""
    except ValueError:
        return ""
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    return raw.decode("utf-16" if wide else "utf-8", errors="replace")
