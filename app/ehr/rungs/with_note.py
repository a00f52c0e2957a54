"""A save of which the EHR takes some records, or none, as records: the others go into one note.

The records are filed first, so that the note, written last, says that the save is whole (design section 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.ehr.bundle import is_update, version_of
from app.ehr.capabilities import Offer
from app.ehr.errors import (
    ChangedMeanwhile,
    HalfFiled,
    LeftOut,
    NoAnswer,
    NotFiled,
    NotKept,
    NotTaken,
    UnknownFate,
)
from app.ehr.gateway import Gateway
from app.ehr.looking import look_for, meaning, not_supported
from app.ehr.read_back import compared, signed_off
from app.ehr.receipt import Filed, Receipt
from app.ehr.rungs.carrier import Carrier, Content, Form
from app.ehr.rungs.in_order import file_in_order
from app.ehr.rungs.ladder import readable_carriers, rung_of
from app.ehr.rungs.notes import Notes, note_of, together
from app.ehr.rungs.order import with_places
from mappings.element import as_object
from mappings.filed_block import FiledBlock
from mappings.fold import carried_blocks
from mappings.identity import full_url, identifier_value, kind_words
from mappings.reading import ReadStatus
from mappings.rung import Rung
from smart_launch.errors import FhirError, SmartError, Unauthorized, Unreachable

Resource = Mapping[str, Any]


def in_note(gateway: Gateway, resource: Resource) -> bool:
    """Whether this record goes into the note: it stands in one already, or the EHR takes no such write of it."""
    if is_update(resource) and note_of(resource):
        return True
    interaction = "update" if is_update(resource) else "create"
    return rung_of(gateway, resource["resourceType"], interaction) is not Rung.NATIVE


def all_notes(gateway: Gateway, carrier: Carrier) -> Notes:
    """Every note of ours that this launch may read. Raises only what ends the session."""
    readers = readable_carriers(gateway) or ((carrier,) if carrier.shows_again(gateway, "") else ())
    return together([each.read(gateway) for each in readers]) if readers else Notes(ReadStatus.NOT_AVAILABLE)


class SaveWithNote:
    """One save at one EHR. `again`: an earlier try may have filed some; `mangled`: notes of it that were not kept."""

    def __init__(
        self,
        gateway: Gateway,
        carrier: Carrier,
        form: Form,
        *,
        again: bool = False,
        mangled: Sequence[str] = (),
    ) -> None:
        self._gateway, self._carrier, self._form = gateway, carrier, form
        self._again, self._mangled = again, tuple(mangled)
        self._shown = carrier.shows_again(gateway, "")
        self._answered: Resource = {}

    def file(self, resources: Sequence[Resource], now: datetime) -> Receipt:
        """Files the natives among `resources`, then the note of the others. Raises as `record.save` does.

        NotKept when the EHR changed the note so that it cannot be read back, NotTaken when it takes none after all.
        """
        there = self._filed_natively(resources)
        noted = [each for each in resources if id(each) not in there and in_note(self._gateway, each)]
        native = [each for each in resources if not any(each is item for item in noted)]
        notes = self._notes() if self._shown else Notes(ReadStatus.NOT_AVAILABLE)
        before = notes.of_form(self._form.id)
        if before is None:
            self._unchanged(noted, notes)
        lines, found = (
            file_in_order(self._gateway, native, again=self._again or bool(there)) if native else ((), False)
        )
        try:
            note = before or self._file(noted, notes, dict(_places(native, lines)))
        except NotFiled as error:
            if not lines:
                raise
            raise HalfFiled(lines, error) from error
        in_order = {id(each): line for each, line in zip(native, lines, strict=True)}
        in_order |= {id(each): self._line(each, note) for each in noted}
        return Receipt(
            tuple(in_order[id(each)] for each in resources), now, again=found or before is not None
        )

    def is_filed(self) -> bool:
        """Whether the EHR holds the note of this form; False where it does not show such notes. Raises NoAnswer."""
        return self._shown and self._notes().of_form(self._form.id) is not None

    def _filed_natively(self, resources: Sequence[Resource]) -> set[int]:
        """Those that an earlier try filed as records, although the EHR has refused the next of their type since."""
        if not self._again:
            return set()
        offers = {
            kind: self._gateway.offer(kind, "create") for kind in {each["resourceType"] for each in resources}
        }
        asked = [
            each
            for each in resources
            if not is_update(each) and offers[each["resourceType"]] is Offer.REFUSED
        ]
        return {id(each) for each in asked if _found(self._gateway, each)}

    def _notes(self) -> Notes:
        """Our notes. A number chosen without having seen any could hide what another one says.

        Where the EHR says that there is more than it shows, the next number is that after the ones seen: nothing is
        overwritten by a note, and two that did not see each other are told as a doubt (mappings.fold).
        """
        notes = all_notes(self._gateway, self._carrier)
        if notes.status is not ReadStatus.READ:
            raise NoAnswer
        if notes.incomplete and self._again and notes.of_form(self._form.id) is None:
            # An earlier try may stand among what was left out.
            raise LeftOut
        return notes

    def _unchanged(self, noted: Sequence[Resource], notes: Notes) -> None:
        """Raises ChangedMeanwhile where a record was told anew since it was read, in a later note or by the EHR."""
        for resource in noted:
            if is_update(resource) and version_of(resource) != self._newest(resource, notes):
                raise ChangedMeanwhile

    def _newest(self, resource: Resource, notes: Notes) -> str:
        told = notes.last_told(resource)
        if told or note_of(resource):
            return str(told)
        try:
            return version_of(self._gateway.read(resource["resourceType"], resource["id"]))
        except Unauthorized:
            raise
        except (FhirError, Unreachable) as error:
            raise NoAnswer from error

    def _file(
        self, noted: Sequence[Resource], notes: Notes, places: Mapping[str, str]
    ) -> tuple[str, FiledBlock | None]:
        own = {full_url(each): full_url(each) for each in noted}
        records = [with_places(_without_source(each), {**places, **own}) for each in noted]
        content = Content(records, self._form, notes.next_number, self._mangled)
        note = self._carrier.made(self._gateway, content)
        place = self._created(note)
        return self._read_back(place) if self._shown else (place, None)

    def _created(self, note: Resource) -> str:
        """The place of the new note, as "DocumentReference/7"; looked for where no answer tells it."""
        try:
            result = self._gateway.create(note, if_none_exist=None)
            self._answered = result.resource or {}
            if result.id:
                return f"{self._carrier.kind}/{result.id}"
            error: Exception = ValueError("the answer to the create names no location")
        except Unauthorized:
            raise
        except (FhirError, Unreachable) as failed:
            error = failed
        if not_supported(error, "create"):
            self._gateway.refuse(self._carrier.kind, "create")
            raise NotTaken.of(error) from error
        refusal, may_be_there = meaning(error, new=True)
        if may_be_there and not self._shown:
            raise UnknownFate from error
        found = self._look() if may_be_there else None
        if found is None:
            raise refusal from error
        return found[0]

    def _look(self) -> tuple[str, FiledBlock] | None:
        try:
            return self._carrier.read(self._gateway).of_form(self._form.id)
        except Unauthorized:
            raise
        except SmartError:
            return None

    def _read_back(self, place: str) -> tuple[str, FiledBlock]:
        """The note as the EHR holds it. Raises NotKept where it cannot be read back, NoAnswer where it is not shown."""
        found = self._look()
        if found:
            return found
        try:
            held = self._carrier.whole(self._gateway, self._gateway.read(*place.split("/")))
        except Unauthorized:
            raise
        except SmartError as error:
            raise NoAnswer from error
        whole = [each.block for each in carried_blocks(held) if isinstance(each.block, FiledBlock)]
        if not whole:
            self._gateway.refuse(self._carrier.kind, "create")
            raise NotKept(place)
        return place, whole[0]

    def _line(self, resource: Resource, note: tuple[str, FiledBlock | None]) -> Filed:
        place, block = note
        line = Filed(
            place,
            str(block.number) if block else "",
            kind_words(resource),
            updated=is_update(resource),
            rung=self._carrier.rung.value,
            shown_again=self._shown,
            record=f"{resource['resourceType']}/{resource.get('id') or identifier_value(resource)}",
        )
        told = block.resources if block else ()
        held = [each for each in told if identifier_value(each) == identifier_value(resource)]
        return signed_off(compared(line, resource, held), self._answered)


def _found(gateway: Gateway, resource: Resource) -> Filed | None:
    try:
        return look_for(gateway, resource)
    except Unauthorized:
        raise
    except SmartError as error:
        raise NoAnswer from error


def _places(native: Sequence[Resource], lines: Sequence[Filed]) -> Sequence[tuple[str, str]]:
    pairs = zip(native, lines, strict=True)
    return [(full_url(each), line.reference) for each, line in pairs if not is_update(each)]


def _without_source(resource: Resource) -> dict[str, Any]:
    """The record without the note in which it was read: it stands in another one now."""
    meta = {key: value for key, value in as_object(resource.get("meta")).items() if key != "source"}
    return {**resource, "meta": meta}
