"""The notes of ours that an EHR holds: what they carry, laid beside the EHR's own records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from mappings.element import as_object, as_text, relative_reference
from mappings.filed_block import FiledBlock
from mappings.fold import CarriedBlock, DamagedNote, FoldConflict, Folded, fold
from mappings.identity import identifier_value
from mappings.reading import Reading, ReadStatus
from mappings.write_ladder import CARRIERS, WRITTEN

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Notes:
    """What the search for our notes brought; `status` is READ or the reason why there are none."""

    status: ReadStatus
    found: tuple[CarriedBlock, ...] = ()
    incomplete: bool = False

    @property
    def whole(self) -> bool:
        """Whether all of them were seen."""
        return self.status is ReadStatus.READ and not self.incomplete

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

    def last_told(self, resource: Resource) -> int:
        """The number of the last note that holds this record; 0 where none does."""
        key = _key(resource)
        blocks = [each.block for each in self.found if isinstance(each.block, FiledBlock)]
        return max((b.number for b in blocks if any(_key(item) == key for item in b.resources)), default=0)

    def alone(self) -> dict[str, str]:
        """`Type/<our identifier>`, mapped to itself, of the records that began in a note (mappings.fold)."""
        blocks = [each.block for each in self.found if isinstance(each.block, FiledBlock)]
        new = [item for block in blocks for item in block.resources if not as_text(item.get("id"))]
        began = {f"{item['resourceType']}/{identifier_value(item)}" for item in new}
        later = [item for block in blocks for item in block.resources if as_text(item.get("id"))]
        told = {
            f"{item['resourceType']}/{item['id']}" for item in later if item["id"] == identifier_value(item)
        }
        return {each: each for each in began | told}


def _key(resource: Resource) -> tuple[str, str]:
    return as_text(resource.get("resourceType")), identifier_value(resource) or as_text(resource.get("id"))


def together(several: Sequence[Notes]) -> Notes:
    """The notes of every form in one; not READ where one of the forms could not be read."""
    unread = [each.status for each in several if each.status is not ReadStatus.READ]
    found = tuple(block for each in several for block in each.found)
    incomplete = any(each.incomplete for each in several)
    return Notes(unread[0] if unread else ReadStatus.READ, found, incomplete)


def note_of(resource: Any) -> str:
    """The note in which a record of ours stands, as "DocumentReference/7"; "" for one that the EHR holds itself."""
    source = as_text(as_object(as_object(resource).get("meta")).get("source"))
    return source if source.startswith(tuple(f"{kind}/" for kind in CARRIERS.values())) else ""


@dataclass(frozen=True)
class Beside:
    """The readings of a chart with what stands in notes, and what of it a person should look at."""

    readings: Mapping[str, Reading]
    doubts: tuple[FoldConflict, ...]
    damaged: tuple[DamagedNote, ...]


def beside(readings: Mapping[str, Reading], notes: Notes) -> Beside:
    """The readings of what Chartside writes, with what stands in our notes; the others as they are."""
    natives = {kind: readings[kind].resources for kind in WRITTEN if kind in readings}
    folded = fold(notes.found, natives)
    damaged = bool(folded.damaged) or notes.incomplete
    laid = {
        kind: _beside(reading, notes, _told(folded, kind), damaged) if kind in WRITTEN else reading
        for kind, reading in readings.items()
    }
    return Beside(laid, folded.conflicts, folded.damaged)


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
