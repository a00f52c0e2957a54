"""The block: records as visible text at the end of a note, which survives what an EHR does to a note.

    first marker, base64 of gzipped JSON in lines of 76 characters, SHA-256 of the gzipped bytes, last marker

Attributes, comments and metadata get stripped from notes; visible words do not. So everything that matters stands here:
form, number, what is superseded, and each record in full. Reading forgives what changes the look (tags, entities, line
ends, indentation, quoting) and nothing that changes the content. Pure; the form is a decision of ours (design 6).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import html
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from mappings.chart import reference_key
from mappings.element import as_text
from mappings.errors import NotForABlock
from mappings.identity import identifier_value

VERSION = 1
LINE_LENGTH = 76
MOST_TEXT = 8_000_000
"""Characters of a note that are looked through."""
MOST_JSON = 4_000_000
"""Bytes of one block's JSON, unpacked; a save has about twenty thousand."""
MOST_RESOURCES = 500
MOST_BLOCKS = 20
MOST_NUMBER = 999_999_999
DEEPEST = 60
_BEGIN, _END = "BEGINS", "ENDS"
# No "tag" may hold a bracket: a less-than sign that somebody typed can then never swallow a marker.
_TAG = re.compile(r"<[!/?A-Za-z][^<>\[\]]*>")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_MARKER = re.compile(
    r"\[\s*CHARTSIDE[\s>|]+RECORD[\s>|]+([0-9]{1,6})[\s>|]+(BEGINS|ENDS)\s*\]", re.IGNORECASE
)
_DIGEST = re.compile(r"SHA-256\s*:", re.IGNORECASE)
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,60}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


class Damage(StrEnum):
    """Why a block cannot be taken. The value is for logs; `DamagedBlock.words` is for people."""

    CUT_OFF = "cut-off"
    ALTERED = "altered"
    UNKNOWN_VERSION = "unknown-version"
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    WRONG_PATIENT = "wrong-patient"


_WORDS = {
    Damage.CUT_OFF: "a part of what Chartside needs to read it back is missing",
    Damage.ALTERED: "the lines that Chartside reads back were changed",
    Damage.UNKNOWN_VERSION: "it was written by another version of Chartside, which this one cannot read",
    Damage.TOO_LARGE: "it is larger than anything that Chartside files",
    Damage.UNREADABLE: "the lines that Chartside reads back do not hold records",
    Damage.MISSING: "the lines that Chartside reads back are missing",
    Damage.WRONG_PATIENT: "what it holds names another patient",
}


@dataclass(frozen=True)
class FiledBlock:
    """One save's records as a note carries them.

    `form_id` is the form's UUID, `number` counts the saves of this patient that were filed as notes (from 1),
    `replaces` are relative references of the notes that this one supersedes, `made` is the instant of the save
    ("2026-11-21T09:02:00-05:00"). Each of `resources` bears our identifier, or the id that the EHR gave it.
    """

    form_id: str
    number: int
    replaces: tuple[str, ...]
    resources: tuple[dict[str, Any], ...]
    made: str = ""


@dataclass(frozen=True)
class DamagedBlock:
    """A block that is there, or should be, and was not taken."""

    damage: Damage

    @property
    def words(self) -> str:
        """Why, as the end of a sentence: "the lines that Chartside reads back were changed"."""
        return _WORDS[self.damage]


def marker(word: str, version: int = VERSION) -> str:
    """A marker line, as "[CHARTSIDE RECORD 1 BEGINS]"."""
    return f"[CHARTSIDE RECORD {version} {word}]"


def to_text(block: FiledBlock) -> str:
    """The block as lines of plain ASCII, without a line end after the last; the same block gives the same text.

    Raises NotForABlock for what could not be read back exactly as it is.
    """
    packed = gzip.compress(_json(block), mtime=0)
    letters = base64.b64encode(packed).decode()
    lines = [letters[start : start + LINE_LENGTH] for start in range(0, len(letters), LINE_LENGTH)]
    return "\n".join((marker(_BEGIN), *lines, f"SHA-256: {hashlib.sha256(packed).hexdigest()}", marker(_END)))


def _json(block: FiledBlock) -> bytes:
    holds = {
        "form": block.form_id,
        "made": block.made,
        "number": block.number,
        "replaces": list(block.replaces),
        "resources": list(block.resources),
    }
    try:
        text = orjson.dumps(holds, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise NotForABlock("a record holds what JSON cannot") from error
    if len(text) > MOST_JSON:
        raise NotForABlock("the records are too large")
    if _block(orjson.loads(text)) != block:
        raise NotForABlock("the records would not be read back as they are")
    return text


def find_blocks(text: str) -> tuple[FiledBlock | DamagedBlock, ...]:
    """Every block in the text of a note (plain, HTML or XHTML), in its order. Never raises."""
    if len(text) > MOST_TEXT:
        return (DamagedBlock(Damage.TOO_LARGE),) if "CHARTSIDE" in text else ()
    found = list(_regions(_visible(text)))
    if len(found) > MOST_BLOCKS:
        return (DamagedBlock(Damage.TOO_LARGE),)
    return tuple(_read(*each) for each in found)


def of_patient(
    blocks: Iterable[FiledBlock | DamagedBlock], patients: Iterable[str]
) -> tuple[FiledBlock | DamagedBlock, ...]:
    """The blocks, those refused that name another patient than `patients` (references) or, in any record, none."""
    own = {reference_key(each) for each in patients if each}
    return tuple(
        DamagedBlock(Damage.WRONG_PATIENT)
        if isinstance(each, FiledBlock) and _is_anothers(each, own)
        else each
        for each in blocks
    )


def _is_anothers(block: FiledBlock, own: set[str]) -> bool:
    for resource in block.resources:
        named = {key for each in _references(resource) if (key := reference_key(each)).startswith("Patient/")}
        if not named or not named <= own:
            return True
    return False


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        # A list may stand where a text belongs, and its first text would be read as the reference.
        yield as_text(value.get("reference"))
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def _visible(text: str) -> str:
    """The words that a reader sees; some servers escape twice."""
    for _ in range(3):
        plain = html.unescape(_TAG.sub("", text))
        if plain == text:
            break
        text = plain
    return _INVISIBLE.sub("", text)


def _regions(text: str) -> Iterator[tuple[str, int]]:
    """What stands between each pair of markers, with its version; "" where one of the two is missing."""
    before: re.Match[str] | None = None
    for match in _MARKER.finditer(text):
        begins = match[2].upper() == _BEGIN
        if before:
            whole = not begins and before[1] == match[1]
            yield (text[before.end() : match.start()] if whole else "", int(before[1]))
        elif not begins:
            yield "", int(match[1])
        before = match if begins else None
    if before:
        yield "", int(before[1])


def _read(inside: str, version: int) -> FiledBlock | DamagedBlock:
    if version != VERSION:
        return DamagedBlock(Damage.UNKNOWN_VERSION)
    body, *rest = _DIGEST.split(inside)
    if len(rest) != 1:
        return DamagedBlock(Damage.ALTERED if rest else Damage.CUT_OFF)
    packed = _unpadded(body)
    if packed is None or hashlib.sha256(packed).hexdigest() != _hex(rest[0]):
        return DamagedBlock(Damage.ALTERED)
    return _unpacked(packed)


def _hex(text: str) -> str:
    return re.sub(r"[\s>|]", "", text).lower()


def _unpadded(body: str) -> bytes | None:
    """The bytes of base64 letters; whatever stands between them is passed over, since the digest tells."""
    letters = re.sub(r"[^A-Za-z0-9+/]", "", body)
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except binascii.Error:
        return None


def _unpacked(packed: bytes) -> FiledBlock | DamagedBlock:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(packed, MOST_JSON + 1)
        if len(text) > MOST_JSON:
            return DamagedBlock(Damage.TOO_LARGE)
        holds = orjson.loads(text) if unpacker.eof and not unpacker.unused_data else None
    except (zlib.error, orjson.JSONDecodeError):
        return DamagedBlock(Damage.UNREADABLE)
    return _block(holds) or DamagedBlock(Damage.UNREADABLE)


def _block(holds: Any) -> FiledBlock | None:
    """What parsed JSON says, or None where it is no block."""
    if not isinstance(holds, Mapping):
        return None
    form, made, number = holds.get("form"), holds.get("made"), holds.get("number")
    replaces, resources = holds.get("replaces"), holds.get("resources")
    if not (isinstance(form, str) and _is_uuid(form) and isinstance(made, str)):
        return None
    if not (isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MOST_NUMBER):
        return None
    if not (isinstance(replaces, list) and all(isinstance(each, str) for each in replaces)):
        return None
    if not (isinstance(resources, list) and _are_records(resources)):
        return None
    return FiledBlock(form, number, tuple(replaces), tuple(resources), made)


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _are_records(resources: Sequence[Any]) -> bool:
    if not 1 <= len(resources) <= MOST_RESOURCES or is_too_deep(resources):
        return False
    return all(isinstance(each, dict) and _is_record(each) for each in resources)


def _is_record(resource: dict[str, Any]) -> bool:
    kind, identity, ours = resource.get("resourceType"), resource.get("id"), identifier_value(resource)
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        return False
    if identity is not None and not (isinstance(identity, str) and _ID.fullmatch(identity)):
        return False
    return _is_uuid(ours) or (not ours and bool(as_text(identity)))


def is_too_deep(value: Any) -> bool:
    """True where lists and objects are nested deeper than any record of ours; looked at without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
