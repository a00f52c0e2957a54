"""Folds the notes of a chart, in which saves were filed, into the records that the EHR would hold had it taken them.

    notes by number (then date, then id) -> the last version of each record -> laid beside the native records

A record is known by our identifier, or by the id that the EHR gave it. One that lives in notes alone gets the UUID of
our identifier as its id, and the note's number as its version, so that every other part of Chartside reads it like any
record. What cannot be decided for certain is decided for the newer and told in `conflicts`; nothing vanishes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings import dates
from mappings.element import as_object, as_objects, as_text, relative_reference, type_of
from mappings.filed_answers import read_answers
from mappings.filed_block import Damage, DamagedBlock, FiledBlock, is_too_deep
from mappings.filed_document import read_document
from mappings.identity import identifier_value, is_ours
from mappings.take_back import is_taken_back

Resource = dict[str, Any]
_OWN_DATES = ("lastModified", "authoredOn", "statusDate", "created", "dateTime")
_SERVER_META = ("versionId", "lastUpdated")


@dataclass(frozen=True)
class CarriedBlock:
    """One block, the note that carries it ("DocumentReference/7"), and that note's own date."""

    carrier: str
    date: str
    block: FiledBlock | DamagedBlock


class Doubt(StrEnum):
    """Why a person should look at a record."""

    UNSEEN_CHANGE = "unseen-change"
    """Two saves changed it without seeing each other; the later one is shown."""
    CHANGED_IN_THE_EHR = "changed-in-the-ehr"
    """It was changed in the EHR after a note changed it; the EHR's is shown, unless the note took it back."""
    NEWER_IN_A_NOTE = "newer-in-a-note"
    """A note holds a newer version than the EHR's own record; the note's is shown."""


@dataclass(frozen=True)
class FoldConflict:
    """A record (`Type/id`) in doubt, and the notes that hold versions of it, oldest first, with their dates."""

    reference: str
    doubt: Doubt
    carriers: tuple[str, ...]
    dates: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class DamagedNote:
    """A note of ours that could not be read back."""

    carrier: str
    date: str
    damage: Damage


@dataclass(frozen=True)
class Folded:
    """The records of a chart, native and carried together.

    `resources` is keyed by type: the native ones in their order, then those that live in notes alone. `carried_by` maps
    each `Type/id` whose newest version stands in a note to that note. `in_notes_alone` are those of them that the EHR
    has no record of. `next_number` is the number of the next note.
    """

    resources: Mapping[str, tuple[Resource, ...]]
    carried_by: Mapping[str, str]
    in_notes_alone: frozenset[str]
    conflicts: tuple[FoldConflict, ...]
    damaged: tuple[DamagedNote, ...]
    next_number: int


def carried_blocks(resource: Resource, *, patients: Collection[str] = ()) -> tuple[CarriedBlock, ...]:
    """What a DocumentReference or a QuestionnaireResponse, as the EHR gave it, carries; () for any other.

    `patients` are further references that mean the patient, as after a merge. A document whose note stands elsewhere
    (`filed_document.attachment_url`) carries nothing until its note was fetched.
    """
    readers = {"DocumentReference": read_document, "QuestionnaireResponse": read_answers}
    read = readers.get(type_of(resource))
    if read is None:
        return ()
    date = as_text(resource.get("date")) or as_text(resource.get("authored"))
    carrier = relative_reference(resource)
    return tuple(CarriedBlock(carrier, date, block) for block in read(resource, patients=patients))


def fold(blocks: Iterable[CarriedBlock], natives: Mapping[str, Sequence[Resource]]) -> Folded:
    """The records of a chart from its notes and its native resources (by type). Never raises on what an EHR sends."""
    listed = list(blocks)
    whole = sorted((each for each in listed if isinstance(each.block, FiledBlock)), key=_place)
    replaced = {note for each in listed if isinstance(each.block, FiledBlock) for note in each.block.replaces}
    damaged = tuple(
        DamagedNote(each.carrier, each.date, each.block.damage)
        for each in listed
        # What a note lost that was filed again in another form is told there.
        if isinstance(each.block, DamagedBlock) and each.carrier not in replaced
    )
    shelf = _Shelf(natives)
    chosen = [shelf.place(history) for history in _histories(whole)]
    numbers = [each.block.number for each in whole if isinstance(each.block, FiledBlock)]
    return replace(shelf.folded(chosen), damaged=damaged, next_number=max(numbers, default=0) + 1)


def linked_by_identifier(resource: Resource, alone: Mapping[str, str]) -> Resource:
    """A record for the EHR, in which what the EHR has no record of is pointed to by our identifier.

    `alone` maps references as they stand in the record ("Goal/<uuid>", "urn:uuid:…") to `Type/<our identifier>`;
    `in_notes_alone` maps to itself.
    """

    def link(reference: dict[str, Any]) -> dict[str, Any]:
        kind, _, value = alone.get(as_text(reference.get("reference")), "").partition("/")
        if not value:
            return reference
        kept = {name: part for name, part in reference.items() if name != "reference"}
        return {**kept, "type": kind, "identifier": {"system": IDENTIFIER_SYSTEM, "value": value}}

    return _with_references(resource, link)


@dataclass(frozen=True)
class _Version:
    """One version of a record in a note."""

    carrier: str
    date: str
    block: FiledBlock
    resource: Resource

    @property
    def read_as(self) -> str:
        """The version that whoever changed it had before them; "" for a new record."""
        return (
            as_text(as_object(self.resource.get("meta")).get("versionId")) if self.resource.get("id") else ""
        )

    @property
    def made(self) -> str:
        return self.block.made or self.date


History = Sequence[_Version]


def _place(carried: CarriedBlock) -> tuple[int, tuple[float, int, str], str]:
    block = carried.block
    number, made = (block.number, block.made) if isinstance(block, FiledBlock) else (0, "")
    when = dates.parse(made or carried.date)
    return number, when.sort_key if when else (0.0, 0, ""), carried.carrier


def _histories(whole: Iterable[CarriedBlock]) -> Iterator[list[_Version]]:
    """The versions of each record, oldest first; the records in the order in which they first appear.

    A form filed twice, and a note that somebody copied forward, hold the same version again: it counts once.
    """
    found: dict[tuple[str, str], list[_Version]] = {}
    seen: dict[tuple[tuple[str, str], str], Resource] = {}
    for carried in whole:
        block = carried.block
        if isinstance(block, DamagedBlock):
            continue
        for resource in block.resources:
            key = _key(resource)
            if seen.get((key, block.form_id)) != resource:
                seen[key, block.form_id] = resource
                found.setdefault(key, []).append(_Version(carried.carrier, carried.date, block, resource))
    yield from found.values()


def _key(resource: Resource) -> tuple[str, str]:
    return type_of(resource), identifier_value(resource) or f"id {as_text(resource.get('id'))}"


@dataclass(frozen=True)
class _Choice:
    """What becomes of one record: the version shown, or None where the native one stands."""

    reference: str
    version: _Version | None
    native: Resource | None
    doubt: Doubt | None
    made: Mapping[str, str]
    """When each note with a version of it was made, by its reference."""


class _Shelf:
    """The native records, by our identifier and by id, with what is laid beside or over them."""

    def __init__(self, natives: Mapping[str, Sequence[Resource]]) -> None:
        self._natives = natives
        self._known: dict[tuple[str, str], Resource] = {}
        for kind, listed in natives.items():
            for each in listed:
                identity, value = as_text(each.get("id")), identifier_value(each)
                if identity:
                    self._known.setdefault((kind, f"id {identity}"), each)
                if identity and value:
                    self._known.setdefault((kind, value), each)

    def place(self, history: History) -> _Choice:
        """Decides between the last version in a note and the native record, if there is one."""
        last = history[-1]
        kind = type_of(last.resource)
        own_id = as_text(last.resource.get("id"))
        native = self._known.get(_key(last.resource)) or self._known.get((kind, f"id {own_id}"))
        shown, doubt = (True, None) if native is None else _between(history, native)
        identity = as_text(native.get("id")) if native else own_id or identifier_value(last.resource)
        made = {each.carrier: each.made for each in history}
        if shown and doubt is None and _is_unseen_change(history):
            doubt = Doubt.UNSEEN_CHANGE
        return _Choice(f"{kind}/{identity}", last if shown else None, native, doubt, made)

    def folded(self, chosen: Sequence[_Choice]) -> Folded:
        """Everything together, with references between the records as `Type/id`."""
        places = self._places(chosen)
        over = {id(each.native): each for each in chosen if each.version and each.native is not None}
        resources = {
            kind: [
                _laid(over[id(each)], places) if id(each) in over else _linked(each, places)
                for each in listed
            ]
            for kind, listed in self._natives.items()
        }
        alone = [each for each in chosen if each.version and each.native is None]
        for each in alone:
            resources.setdefault(each.reference.partition("/")[0], []).append(_laid(each, places))
        return Folded(
            resources={kind: tuple(listed) for kind, listed in resources.items()},
            carried_by={each.reference: each.version.carrier for each in chosen if each.version},
            in_notes_alone=frozenset(each.reference for each in alone),
            conflicts=tuple(
                FoldConflict(each.reference, each.doubt, tuple(each.made), tuple(each.made.values()))
                for each in chosen
                if each.doubt
            ),
            damaged=(),
            next_number=1,
        )

    def _places(self, chosen: Iterable[_Choice]) -> dict[str, str]:
        """`Type/id` by everything that a record of ours may be called: its urn, and its identifier with its type."""
        found = {
            (kind, name): relative_reference(each)
            for (kind, name), each in self._known.items()
            if not name.startswith("id ")
        }
        for choice in chosen:
            resource = choice.version.resource if choice.version else as_object(choice.native)
            value = identifier_value(resource)
            if value:
                found[type_of(resource), value] = choice.reference
        places = {f"{kind}/{value}": reference for (kind, value), reference in found.items()}
        return {**places, **{f"urn:uuid:{value}": reference for (_, value), reference in found.items()}}


def _between(history: History, native: Resource) -> tuple[bool, Doubt | None]:
    """Whether the note's version is shown over the native record, and what is doubtful about it."""
    last = history[-1]
    changed_from, version = _changed_from(history), as_text(as_object(native.get("meta")).get("versionId"))
    taken_back = is_taken_back(last.resource)
    if taken_back and is_taken_back(native):
        return False, None
    if changed_from and version:
        # What was filed wrongly counts nowhere any more, whatever else happens to the EHR's own record.
        return (True, None) if changed_from == version else (taken_back, Doubt.CHANGED_IN_THE_EHR)
    if _content(last.resource) == _content(native) or _own_date(last.resource) == _own_date(native):
        return False, None
    if _native_date(native) >= _sort_key(last.made):
        return False, None
    return True, None if last.resource.get("id") and not version else Doubt.NEWER_IN_A_NOTE


def _changed_from(history: History) -> str:
    """The version of the native record that the notes changed, through one another; "" for one that began in a note."""
    read_as, before = history[-1].read_as, history[-1].block.number
    for each in reversed(history[:-1]):
        if read_as == str(each.block.number) and each.block.number < before:
            read_as, before = each.read_as, each.block.number
    return read_as


def _is_unseen_change(history: History) -> bool:
    """True when the last change was made without seeing the one before it. The same form filed twice is one change."""
    if len(history) < 2:
        return False
    last, before = history[-1], history[-2]
    if last.block.form_id == before.block.form_id or _content(last.resource) == _content(before.resource):
        return False
    return last.read_as != str(before.block.number)


def _content(resource: Resource) -> Resource:
    meta = {name: part for name, part in as_object(resource.get("meta")).items() if name not in _SERVER_META}
    return {**{name: part for name, part in resource.items() if name != "id"}, "meta": meta}


def _own_date(resource: Resource) -> tuple[float, int, str]:
    """When the record says that it was last changed."""
    said = [resource.get(name) for name in _OWN_DATES]
    said += [note.get("time") for note in as_objects(resource.get("note"))]
    seconds, precision, _ = max(map(_sort_key, said))
    return seconds, precision, ""


def _native_date(native: Resource) -> tuple[float, int, str]:
    """When the EHR last changed it, else what the record says."""
    updated = _sort_key(as_object(native.get("meta")).get("lastUpdated"))
    return updated if updated[0] else _own_date(native)


def _sort_key(value: Any) -> tuple[float, int, str]:
    when = dates.parse(value)
    return when.sort_key if when else (0.0, 0, "")


def _laid(choice: _Choice, places: Mapping[str, str]) -> Resource:
    """The version of a note as a record that the EHR might have given."""
    version = choice.version
    if version is None:
        return as_object(choice.native)
    resource = version.resource
    updated = {"lastUpdated": version.made} if "T" in version.made else {}
    kept = {key: part for key, part in as_object(resource.get("meta")).items() if key not in _SERVER_META}
    meta = {**kept, "versionId": str(version.block.number), **updated}
    named = {**resource, "id": choice.reference.partition("/")[2], "meta": meta}
    return _placed(named, places)


def _linked(native: Resource, places: Mapping[str, str]) -> Resource:
    return _placed(native, places) if is_ours(native) else native


def _placed(resource: Resource, places: Mapping[str, str]) -> Resource:
    """The record with every reference to one of ours as `Type/id`."""

    def place(reference: dict[str, Any]) -> dict[str, Any]:
        said = as_text(reference.get("reference"))
        if not said:
            identifier = as_object(reference.get("identifier"))
            ours = as_text(identifier.get("system")) == IDENTIFIER_SYSTEM
            said = f"urn:uuid:{as_text(identifier.get('value'))}" if ours else ""
        found = places.get(said)
        return {**reference, "reference": found} if found else reference

    return _with_references(resource, place)


def _with_references(resource: Resource, change: Callable[[Resource], Resource]) -> Resource:
    """A copy in which each Reference went through `change`; one nested deeper than any of ours stays as it is."""
    return resource if is_too_deep(resource) else as_object(_changed(resource, change))


def _changed(value: Any, change: Callable[[Resource], Resource]) -> Any:
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _changed(each, change) for name, each in value.items()}
    refers = isinstance(value.get("reference"), str) or isinstance(value.get("identifier"), dict)
    # What a resource bears as `identifier` is its own, and points to nothing.
    return change(changed) if refers and "resourceType" not in value else changed
