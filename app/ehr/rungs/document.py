"""The rung of documents: what an EHR takes in no record is filed in one note, which holds it and is read back.

One save is one note, written once and never changed; a later change of a record stands in a later note, with a higher
number. The records that the EHR does take are filed first, so that the note, written last, says that the save is whole
(design section 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.ehr.bundle import is_update, version_of
from app.ehr.chart import read_notes
from app.ehr.errors import ChangedMeanwhile, HalfFiled, NoAnswer, NotAccepted, NotFiled, NotKept
from app.ehr.gateway import Gateway
from app.ehr.looking import meaning
from app.ehr.receipt import Filed, Receipt
from app.ehr.rungs.in_order import file_in_order
from app.ehr.rungs.notes import DOCUMENT, Notes, natively, note_of
from app.ehr.rungs.order import with_places
from mappings.authorship import Authorship
from mappings.element import as_object
from mappings.filed_block import FiledBlock
from mappings.filed_document import filed_document, read_document
from mappings.identity import full_url, identifier_value, kind_words
from mappings.reading import ReadStatus
from mappings.rung import Rung
from smart_launch.errors import FhirError, NotFound, NotSupported, SmartError, Unauthorized, Unreachable

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """Which form is filed and by whom: what a note says of itself. `id` is that from which its identifiers derive."""

    id: UUID
    author: Authorship


def in_note(gateway: Gateway, resource: Resource) -> bool:
    """Whether this record goes into the note: it stands in one already, or the EHR takes no such record."""
    if is_update(resource):
        return bool(note_of(resource))
    return not natively(gateway, resource["resourceType"], "create")


def file_with_note(
    gateway: Gateway, resources: Sequence[Resource], form: Form, *, now: datetime, again: bool = False
) -> Receipt:
    """Files the natives among `resources`, then the note of the others. Raises as `record.save` does.

    NotKept when the EHR changed the note so that it cannot be read back.
    """
    noted = [resource for resource in resources if in_note(gateway, resource)]
    native = [resource for resource in resources if not any(resource is each for each in noted)]
    notes = _notes(gateway)
    before = notes.of_form(form.id)
    if before is None:
        _unchanged(noted, notes)
    lines, found = file_in_order(gateway, native, again=again) if native else ((), False)
    try:
        note = before or _file_note(gateway, noted, form, notes, dict(_places(native, lines)))
    except NotFiled as error:
        if not lines:
            raise
        raise HalfFiled(lines, error) from error
    in_order = {id(each): line for each, line in zip(native, lines, strict=True)}
    in_order |= {id(each): _line(each, note) for each in noted}
    return Receipt(tuple(in_order[id(each)] for each in resources), now, again=found or before is not None)


def note_filed(gateway: Gateway, form: Form) -> bool:
    """Whether the EHR holds the note of this form. Raises NoAnswer when that cannot be told just now."""
    return _notes(gateway).of_form(form.id) is not None


def _places(native: Sequence[Resource], lines: Sequence[Filed]) -> Sequence[tuple[str, str]]:
    pairs = zip(native, lines, strict=True)
    return [(full_url(each), line.reference) for each, line in pairs if not is_update(each)]


def _notes(gateway: Gateway) -> Notes:
    """All of our notes. A number chosen without having seen them all could hide what another one says."""
    notes = read_notes(gateway)
    if notes.status is not ReadStatus.READ or notes.incomplete:
        raise NoAnswer
    return notes


def _unchanged(noted: Sequence[Resource], notes: Notes) -> None:
    """Raises ChangedMeanwhile where a later note tells one of these records anew."""
    for resource in noted:
        if is_update(resource) and version_of(resource) != str(_last_told(identifier_value(resource), notes)):
            raise ChangedMeanwhile


def _last_told(identifier: str, notes: Notes) -> int:
    blocks = [note.block for note in notes.found if isinstance(note.block, FiledBlock)]
    return max(
        (b.number for b in blocks if any(identifier_value(item) == identifier for item in b.resources)),
        default=0,
    )


def _file_note(
    gateway: Gateway, noted: Sequence[Resource], form: Form, notes: Notes, places: Mapping[str, str]
) -> tuple[str, FiledBlock]:
    own = {full_url(each): full_url(each) for each in noted}
    records = [with_places(_without_source(each), {**places, **own}) for each in noted]
    document = filed_document(
        records, author=form.author, form_id=form.id, number=notes.next_number, vendor=gateway.vendor
    )
    place = _created(gateway, document, form)
    return _read_back(gateway, place, form)


def _without_source(resource: Resource) -> dict[str, Any]:
    """The record without the note in which it was read: it stands in another one now."""
    meta = {key: value for key, value in as_object(resource.get("meta")).items() if key != "source"}
    return {**resource, "meta": meta}


def _created(gateway: Gateway, document: Resource, form: Form) -> str:
    """The place of the new note, as "DocumentReference/7"; looked for where no answer tells it."""
    try:
        result = gateway.create(document, if_none_exist=None)
        if result.id:
            return f"{DOCUMENT}/{result.id}"
        error: Exception = ValueError("the answer to the create names no location")
    except Unauthorized:
        raise
    except (NotSupported, NotFound) as refused:
        gateway.refuse(DOCUMENT, "create")
        raise meaning(refused)[0] from refused
    except (FhirError, Unreachable) as failed:
        error = failed
    refusal, may_be_there = meaning(error)
    found = _look(gateway, form) if may_be_there else None
    if found is None:
        raise refusal from error
    return found[0]


def _look(gateway: Gateway, form: Form) -> tuple[str, FiledBlock] | None:
    try:
        return read_notes(gateway).of_form(form.id)
    except Unauthorized:
        raise
    except SmartError:
        return None


def _read_back(gateway: Gateway, place: str, form: Form) -> tuple[str, FiledBlock]:
    """The note as the EHR holds it. Raises NotKept where it cannot be read back, NoAnswer where it is not shown now."""
    found = _look(gateway, form)
    if found:
        return found
    try:
        held = gateway.read(*place.split("/"))
    except Unauthorized:
        raise
    except SmartError as error:
        raise NoAnswer from error
    whole = [block for block in read_document(held) if isinstance(block, FiledBlock)]
    if not whole:
        gateway.refuse(DOCUMENT, "create")
        raise NotKept
    return place, whole[0]


def _line(resource: Resource, note: tuple[str, FiledBlock]) -> Filed:
    place, block = note
    return Filed(
        place,
        str(block.number),
        kind_words(resource),
        updated=is_update(resource),
        rung=Rung.DOCUMENT.value,
        record=f"{resource['resourceType']}/{resource.get('id') or identifier_value(resource)}",
    )


def check_writable(gateway: Gateway, resources: Sequence[Resource]) -> None:
    """Raises NotAccepted where a record is to be changed that the EHR holds itself and does not let change."""
    stuck = [
        item["resourceType"]
        for item in resources
        if is_update(item) and not note_of(item) and not natively(gateway, item["resourceType"], "update")
    ]
    if stuck:
        raise NotAccepted(stuck, by_scope=False)
