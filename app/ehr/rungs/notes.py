"""The notes of ours that an EHR holds as documents: found, read back, and laid beside its own records.

Asked for only where this EHR and this launch use that rung: where a type that Chartside writes is not taken as a
record, and documents are the form that the vendor's facts put next.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.ehr.capabilities import SEARCH, Offer
from app.ehr.gateway import Gateway
from mappings.element import as_object, as_text, relative_reference
from mappings.filed_block import FiledBlock
from mappings.filed_document import attachment_url, note_forms, with_attachment
from mappings.filed_note import WRITTEN_WITH
from mappings.fold import CarriedBlock, Folded, carried_blocks, fold
from mappings.identity import is_ours
from mappings.reading import Reading, ReadStatus
from mappings.rung import Rung
from mappings.write_ladder import CARRIERS, WRITTEN
from smart_launch.errors import FhirError, Unauthorized, Unreachable

DOCUMENT = "DocumentReference"


@dataclass(frozen=True)
class Notes:
    """What the search for our notes brought; `status` is READ or the reason why there are none."""

    status: ReadStatus
    found: tuple[CarriedBlock, ...] = ()
    incomplete: bool = False

    @property
    def next_number(self) -> int:
        """The number of the next note."""
        return fold(self.found, {}).next_number

    def of_form(self, form_id: UUID) -> tuple[str, FiledBlock] | None:
        """The note that the form of this id has filed, and what it holds."""
        for each in self.found:
            if isinstance(each.block, FiledBlock) and each.block.form_id == str(form_id):
                return each.carrier, each.block
        return None


def note_of(resource: Any) -> str:
    """The note in which a record of ours stands, as "DocumentReference/7"; "" for one that the EHR holds itself."""
    source = as_text(as_object(as_object(resource).get("meta")).get("source"))
    return source if source.startswith(tuple(f"{kind}/" for kind in CARRIERS.values())) else ""


def uses_documents(gateway: Gateway) -> bool:
    """Whether this launch files in documents what this EHR takes in no record. Raises what reading metadata raises."""
    if all(natively(gateway, kind, "create") for kind in WRITTEN):
        return False
    return _next_rung(gateway) is Rung.DOCUMENT and _may(gateway, DOCUMENT)


def natively(gateway: Gateway, resource_type: str, interaction: str) -> bool:
    """Whether the EHR lists this for records of the type, and has not refused it."""
    return gateway.offer(resource_type, interaction) in (Offer.YES, Offer.NOT_GRANTED)


def _next_rung(gateway: Gateway) -> Rung | None:
    order = [rung for rung in gateway.vendor.ladder_order if rung in CARRIERS]
    listed = [rung for rung in order if natively(gateway, CARRIERS[rung], "create")]
    readable = [rung for rung in listed if natively(gateway, CARRIERS[rung], SEARCH)]
    return next(iter(readable), None)


def _may(gateway: Gateway, carrier: str) -> bool:
    granted = all(gateway.offer(carrier, code) is Offer.YES for code in ("create", SEARCH))
    return granted and bool(note_forms(gateway.vendor))


def notes_from(gateway: Gateway, reading: Reading) -> Notes:
    """Our notes among the documents that were read."""
    found: list[CarriedBlock] = []
    missing = False
    for document in reading.resources:
        try:
            whole = _with_text(gateway, document)
        except Unauthorized:
            raise
        except (FhirError, Unreachable):
            missing = True
            continue
        found += carried_blocks(whole)
    return Notes(reading.status, tuple(found), reading.incomplete or missing)


def _with_text(gateway: Gateway, document: dict[str, Any]) -> dict[str, Any]:
    """The document with its note, fetched where the EHR keeps it elsewhere. Others' documents are left as they are."""
    url = attachment_url(document)
    if not url or not (is_ours(document) or WRITTEN_WITH in as_text(document.get("description"))):
        return document
    data = gateway.client.get(url).get("data")
    return with_attachment(document, base64.b64decode(as_text(data)))


def beside(readings: Mapping[str, Reading], notes: Notes) -> dict[str, Reading]:
    """The readings of what Chartside writes, with what stands in our notes; the others as they are."""
    natives = {kind: readings[kind].resources for kind in WRITTEN if kind in readings}
    folded = fold(notes.found, natives)
    damaged = bool(folded.damaged) or notes.incomplete
    return {
        kind: _beside(reading, notes, _told(folded, kind), damaged) if kind in WRITTEN else reading
        for kind, reading in readings.items()
    }


def _told(folded: Folded, kind: str) -> tuple[dict[str, Any], ...]:
    """The records of a type; one that stands in a note names it as its source, as a later change wants to know."""
    return tuple(
        _sourced(item, folded.carried_by.get(relative_reference(item), ""))
        for item in folded.resources.get(kind, ())
    )


def _sourced(resource: dict[str, Any], carrier: str) -> dict[str, Any]:
    return (
        {**resource, "meta": {**as_object(resource.get("meta")), "source": carrier}} if carrier else resource
    )


def _beside(native: Reading, notes: Notes, resources: tuple[dict[str, Any], ...], damaged: bool) -> Reading:
    if native.status not in (ReadStatus.READ, ReadStatus.NOT_AVAILABLE):
        return native
    if notes.status is not ReadStatus.READ:
        # What is there may be told otherwise in a note that could not be read.
        read = native.status is ReadStatus.READ
        return replace(native, incomplete=True) if read else Reading(native.resource_type, notes.status)
    return Reading(native.resource_type, ReadStatus.READ, resources, native.incomplete or damaged)
