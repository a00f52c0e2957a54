"""What an EHR kept of a record: the record as it was sent beside the record as it is held.

Servers rightly add and rewrite much: ids, versions, displays, the place of a reference, another zone of a time, the
order of a list, the narrative's markup. What is lost or says something else is named, in words that a nurse
understands and never with its content (https://hl7.org/fhir/R4/http.html#create).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mappings.element import as_object, as_text, type_of
from mappings.identity import task_kind
from mappings.kept_names import Part, Path, item_name, part_at, parts_of
from mappings.narrative import plain_text
from mappings.same_value import URN, same, same_reference, words

DEEPEST = 40
"""Below this, what others nested into a record is compared as a whole."""

_SERVERS_OWN = frozenset(
    {("id",), ("resourceType",), ("meta", "versionId"), ("meta", "lastUpdated"), ("meta", "source")}
)
_REFERENCE = frozenset({"reference", "type", "identifier", "display", "id", "extension"})
_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,63}(:[A-Za-z0-9-]{1,64})?")
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_ORDERED = frozenset({"note"})
"""Lists whose order says something: which note is the last."""


class Bearing(StrEnum):
    """What it means to a reader that something was not kept."""

    LOST = "lost"
    IN_TEXT = "in-text"
    """Chartside cannot show it again; the record's own readable text still says it."""
    IN_NOTE = "in-note"
    """A line of the record still says it, and Chartside reads it from there."""
    MINOR = "minor"
    """Nothing that Chartside shows needs it."""


@dataclass(frozen=True)
class Dropped:
    """One thing that was not kept as it was sent: its element, what it is called, what that means.

    `path` is as "Goal.extension:ruler"; `changed` when the EHR holds something else there. No content in either.
    """

    path: str
    what: str
    bearing: Bearing
    changed: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Dropped:
        """What `dataclasses.asdict` made of one."""
        return cls(
            str(value["path"]), str(value["what"]), Bearing(value["bearing"]), value["changed"] is True
        )


@dataclass(frozen=True)
class _Loss:
    """One place that differs. `value` is what was sent there; `changed` when something else is held."""

    path: Path
    value: Any
    changed: bool = False


def dropped(sent: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[Dropped, ...]:
    """What of `sent`, a resource as JSON, is missing or different in `held`; () when all of it is kept.

    Each thing once, in the order of the record. What the EHR added does not count. Never raises.
    """
    root = (_kind(sent),)
    losses = list(_of_object(sent, held, root))
    has_text = "text" in sent and not any(loss.path == (*root, "text") for loss in losses)
    found: dict[str, Dropped] = {}
    for loss in losses:
        for part in (part_at(loss.path),) if loss.changed else parts_of(loss.path, loss.value):
            bearing = _bearing(part, loss, sent, held, has_text)
            item = Dropped(".".join(map(_step, loss.path)), part.what, bearing, loss.changed)
            if loss.changed or part.what not in found:
                found[part.what] = item
    return tuple(found.values())


def _step(name: str) -> str:
    """An element's name; whatever else an EHR had for a key is not repeated."""
    return name if _NAME.fullmatch(name) else "?"


def _kind(resource: Mapping[str, Any]) -> str:
    kind, of = type_of(resource), task_kind(resource)
    return f"{kind}:{of}" if of else kind


def _bearing(
    part: Part, loss: _Loss, sent: Mapping[str, Any], held: Mapping[str, Any], has_text: bool
) -> Bearing:
    if part.minor:
        return Bearing.MINOR
    if loss.changed:
        # Chartside reads the element before any line, so what is held is what it shows.
        return Bearing.LOST
    said = part.says(sent)
    if said and set(said) <= set(part.says(held)):
        return Bearing.IN_NOTE
    return Bearing.IN_TEXT if part.in_text and has_text else Bearing.LOST


def _of_value(sent: Any, held: Any, path: Path) -> Iterator[_Loss]:
    if sent in _NOTHING:
        return
    if held in _NOTHING:
        yield from (
            _Loss(_item_path(path, each), each) for each in (sent if isinstance(sent, list) else [sent])
        )
    elif len(path) > DEEPEST:
        if sent != held:
            yield _Loss(path, sent, changed=True)
    elif isinstance(sent, list):
        yield from _of_list(sent, held if isinstance(held, list) else [held], path)
    elif isinstance(held, list) and len(held) == 1:
        yield from _of_value(sent, held[0], path)
    elif isinstance(sent, dict) and isinstance(held, dict):
        yield from _of_element(sent, held, path)
    elif not same(sent, held):
        yield _Loss(path, sent, changed=True)


def _of_element(sent: dict[str, Any], held: dict[str, Any], path: Path) -> Iterator[_Loss]:
    if path[1:] == ("text",):
        yield from _of_narrative(sent, held, path)
    elif _is_reference(sent):
        yield from _of_reference(sent, held, path)
    else:
        yield from _of_object(sent, held, path)


def _is_reference(value: dict[str, Any]) -> bool:
    """A Reference, and not an element that has one called `reference` (`CarePlan.activity`)."""
    told = value.keys() & {"reference", "identifier", "display"}
    return bool(told) and value.keys() <= _REFERENCE and not isinstance(value.get("reference"), dict)


def _of_object(sent: Mapping[str, Any], held: Mapping[str, Any], path: Path) -> Iterator[_Loss]:
    for name, value in sent.items():
        here = (*path, name)
        if here[1:] in _SERVERS_OWN or (name == "display" and _names_the_same(sent, held)):
            continue
        yield from _of_value(value, held.get(name), here)


def _names_the_same(sent: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """A code's display is the terminology's to word; that it is gone is another thing."""
    return bool(sent.get("code")) and sent.get("code") == held.get("code") and bool(held.get("display"))


def _of_narrative(sent: dict[str, Any], held: dict[str, Any], path: Path) -> Iterator[_Loss]:
    """By its words: servers write XHTML anew, and some add to it."""
    said, kept = words(plain_text(sent)), words(plain_text(held))
    if said and said not in kept:
        yield _Loss(path, sent, changed=bool(kept))


def _of_reference(sent: dict[str, Any], held: dict[str, Any], path: Path) -> Iterator[_Loss]:
    there, here = as_text(held.get("reference")), as_text(sent.get("reference"))
    if here.startswith(URN) and as_object(held.get("identifier")):
        there = there or here
    if here and not same_reference(here, there):
        yield _Loss((*path, "reference"), here, changed=bool(there))
    for name, value in sent.items():
        resolved = bool(there) and name in ("type", "identifier")
        worded = name == "display" and bool(here) and bool(held.get("display"))
        if name != "reference" and not resolved and not worded:
            yield from _of_value(value, held.get(name), (*path, name))


def _of_list(sent: Sequence[Any], held: Sequence[Any], path: Path) -> Iterator[_Loss]:
    """Each item with the one that is most like it; items in another order are the same list, but for notes."""
    matches = _matched(sent, held, path)
    for item, (match, losses) in zip(sent, matches, strict=True):
        if match is None:
            yield _Loss(_item_path(path, item), item)
        yield from losses
    order = [match for match, _ in matches if match is not None]
    if path[-1] in _ORDERED and order != sorted(order):
        yield _Loss(path, sent, changed=True)


_Match = tuple[int | None, tuple[_Loss, ...]]


def _matched(sent: Sequence[Any], held: Sequence[Any], path: Path) -> list[_Match]:
    found: dict[int, _Match] = {}
    left = dict(enumerate(held))
    for number, item in enumerate(sent):
        place = next((place for place, other in left.items() if other == item), None)
        if place is not None:
            del left[place]
            found[number] = (place, ())
    waiting = [number for number in range(len(sent)) if number not in found]
    # One that has no place yet may match any other, so it chooses last.
    for whole in (True, False):
        for number in sorted(waiting, key=lambda each: URN in str(sent[each])):
            if number in found:
                continue
            choice = _closest(sent[number], left, _item_path(path, sent[number]), whole=whole)
            if choice:
                del left[choice[0]]
                found[number] = choice
    return [found.get(number, (None, ())) for number in range(len(sent))]


def _closest(
    item: Any, left: Mapping[int, Any], path: Path, *, whole: bool
) -> tuple[int, tuple[_Loss, ...]] | None:
    """The held item that lost least of this one, or None where none has anything of it; `whole`: that lost nothing."""
    best: tuple[int, tuple[_Loss, ...]] | None = None
    for place, other in left.items():
        losses = tuple(_of_value(item, other, path))
        if not losses:
            return place, ()
        if not whole and len(losses) < _size(item) and (best is None or len(losses) < len(best[1])):
            best = place, losses
    return best


def _size(item: Any, depth: int = 0) -> int:
    """How many values an item holds."""
    if depth > DEEPEST or not isinstance(item, dict | list):
        return 1
    inside = item.values() if isinstance(item, dict) else item
    return sum(_size(each, depth + 1) for each in inside)


def _item_path(path: Path, item: Any) -> Path:
    name = item_name(path[-1], item)
    return (*path[:-1], f"{path[-1]}:{name}") if name else path
