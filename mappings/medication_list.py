"""The lists of one patient's medicines side by side: one line for each medicine, and on what the lists disagree.

The EHR's own list is `mappings.medication`, the other one a document's. A line says how it is known that both sides
are one medicine; a guess keeps both sides apart enough to be parted by a person. Nothing here says what should be
taken: no dose is judged and no two medicines are held against each other (`domain.md` A.6, rows 97 and 98).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mappings import dates
from mappings.ccda.medications import DocumentMedication
from mappings.chart import Chart, once
from mappings.medication import Medication, medications
from mappings.medication_document import SentList
from mappings.medication_entry import NAME_NOT_READ, NOT_NAMED, normalised_name
from mappings.medication_match import (
    Certainty,
    Made,
    Match,
    ingredients,
    made_of,
    made_of_document,
    paired,
    plain_readings,
    routes_differ,
    shared_ingredients,
)
from mappings.panel import Panel

MANY = 8
"""ACP and NASHP's guide: "patients taking eight or more medications"; list lines are counted, ingredients told."""
STOPPED_DAYS = 365
MOST_STOPPED = 12
MOST_TWICE = 5
"""How many other lines of an ingredient one line names."""
_NAMELESS = (NOT_NAMED, NAME_NOT_READ)


@dataclass(frozen=True)
class Side:
    """What one list says of a medicine."""

    name: str
    more: str
    active: bool


@dataclass(frozen=True)
class Line:
    """One medicine. `flags` are what the lists disagree on, `notes` what else is worth a look; none is advice.

    `key` names it in a form, `twin` its document's side where a guess may be parted. `made` are what is known of what
    is in it.
    """

    key: str
    name: str
    ehr: Side | None
    document: Side | None
    match: Match | None = None
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    made: tuple[Made, ...] = ()
    told_differently: bool = False

    @property
    def clear(self) -> bool:
        """Whether "as listed" means one thing: the lists agree, and nothing of it is a guess."""
        return self.active and not self.flags and not self.told_differently and not self.guessed

    @property
    def guessed(self) -> bool:
        """Whether a person is to say if both sides are one medicine."""
        return self.match is not None and self.match.certainty is Certainty.GUESS

    @property
    def twin(self) -> str:
        """The key of the document's side, once it is parted from the EHR's."""
        return f"{self.key}-d"

    @property
    def active(self) -> bool:
        """Whether a list says that it is taken."""
        return any(side.active for side in (self.ehr, self.document) if side)


@dataclass(frozen=True)
class MedicineLists:
    """Both lists laid together: `lines` what is to be asked, `stopped` what both lists ended lately.

    `ehr_known` is False where the EHR's own list could not be read: then nothing is said to be missing from it.
    """

    lines: tuple[Line, ...]
    stopped: tuple[Line, ...]
    document: SentList | None
    ehr_known: bool
    ehr_sentence: str
    ingredients: int

    @property
    def many(self) -> bool:
        """Eight or more medicines."""
        return len(self.lines) >= MANY


@once
def medicine_lists(chart: Chart, document: SentList | None, *, now: datetime) -> MedicineLists:
    """The lists as they stand; `document` None where nothing was sent that can be compared."""
    held = medications(chart, now=now)
    known = bool(held.rows) or held.known_empty
    rows = sorted(held.rows, key=lambda row: not row.active)
    items = list(document.medicines) if document else []
    pairs = paired([made_of_document(item) for item in items], [made_of(row) for row in rows])
    used = {place: (items[index], how) for index, (place, how) in pairs.items()}
    lines = [_line(row, used.get(place), against=document, now=now) for place, row in enumerate(rows)]
    lines += [
        _of_document(item, known, now)
        for index, item in enumerate(items)
        if index not in pairs and item.taken
    ]
    asked = _flagged_twice([line for line in _unique(lines) if line.active])
    stopped = [
        _without_notes(line)
        for line, row in zip(lines, rows, strict=False)
        if _lately_stopped(line, row, now)
    ]
    return MedicineLists(
        lines=tuple(sorted(asked, key=lambda line: (not line.flags, not line.guessed, line.name.casefold()))),
        stopped=tuple(_unique(stopped)[:MOST_STOPPED]),
        document=document,
        ehr_known=known,
        ehr_sentence=_ehr_sentence(held),
        ingredients=_count(asked),
    )


def _ehr_sentence(held: Panel[Medication]) -> str:
    return held.incomplete if held.rows else held.sentence


def _line(
    row: Medication,
    pair: tuple[DocumentMedication, Match] | None,
    *,
    against: SentList | None,
    now: datetime,
) -> Line:
    """A medicine of the EHR, with the document's where there is one."""
    item, how = pair or (None, None)
    return Line(
        key=_key("ehr", row.text, *sorted(row.rxnorm)),
        name=row.text,
        ehr=_ehr_side(row),
        document=_document_side(item, now) if item else None,
        match=how,
        flags=tuple(_flags(row, item, how)),
        notes=tuple(_notes(row, item, against)),
        made=(made_of(row), *((made_of_document(item),) if item else ())),
        told_differently=_told_differently(row, item),
    )


def _of_document(item: DocumentMedication, ehr_known: bool, now: datetime) -> Line:
    missing = ("Not on the EHR’s list",) if ehr_known else ()
    key = _key("document", item.name, *sorted(item.rxnorm))
    return Line(
        key, item.name, None, _document_side(item, now), flags=missing, made=(made_of_document(item),)
    )


def _flags(row: Medication, item: DocumentMedication | None, how: Match | None) -> Iterable[str]:
    if row.disagreement and row.active:
        yield f"In the EHR the {row.disagreement}"
    if item is None:
        return
    if item.taken and not row.active:
        yield f"In the EHR {row.status_words}, in the document taken"
    if row.active and not item.taken:
        yield f"In the document {item.status}, in the EHR active"
    if row.active and item.taken and how and how.strength_differs:
        yield "Another strength in the document"


def _notes(row: Medication, item: DocumentMedication | None, against: SentList | None) -> Iterable[str]:
    if row.text in _NAMELESS:
        yield "The EHR gives it no name: ask the patient which it is"
    if row.other_doses:
        yield f"In the EHR also: {'; '.join(row.other_doses)}"
    if item is None:
        if against and row.active and not against.unread:
            yield "Not in the document"
        return
    if item.taken and row.active and _told_differently(row, item):
        yield "How it is taken is told differently"


def _told_differently(row: Medication, item: DocumentMedication | None) -> bool:
    told = (row.dose, *row.other_doses, *((item.dose_words,) if item and item.taken else ()))
    return len({normalised_name(dose).rstrip(".") for dose in told if dose}) > 1


def _ehr_side(row: Medication) -> Side:
    return Side(
        row.text, _joined(row.dose, row.status_words if not row.active else "", *row.sources[:2]), row.active
    )


def _document_side(item: DocumentMedication, now: datetime) -> Side:
    stop = dates.plain_words(item.stop, now.tzinfo)
    return Side(item.name, _joined(item.dose_words, item.status, f"until {stop}" if stop else ""), item.taken)


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _key(*parts: str) -> str:
    """What a form calls a line: nothing that the EHR would know it by, the same for the same medicine tomorrow."""
    return hashlib.sha256("|".join(map(normalised_name, parts)).encode()).hexdigest()[:12]


def _unique(lines: Iterable[Line]) -> list[Line]:
    """The lines with keys of their own: two medicines without a name are two lines."""
    seen: dict[str, int] = {}
    found = []
    for line in lines:
        number = seen[line.key] = seen.get(line.key, 0) + 1
        found.append(line if number == 1 else replace(line, key=f"{line.key}-{number}"))
    return found


def _flagged_twice(lines: Sequence[Line]) -> list[Line]:
    """What is listed more than once: of two lines with an ingredient in common both say so, and one is flagged: the one
    on which the lists disagree anyway, else the later.
    """
    found = list(lines)
    seen: dict[str, list[int]] = {}
    for later, line in enumerate(lines):
        held = {name for made in line.made for reading in plain_readings(made) for name in reading}
        before = sorted({place for name in held for place in seen.get(name, ())})
        for earlier in before[:MOST_TWICE]:
            _flag(found, earlier, later)
        for name in held:
            seen.setdefault(name, []).append(later)
    return found


def _flag(found: list[Line], earlier: int, later: int) -> None:
    shared = ", ".join(_shared(found[earlier], found[later]))
    if not shared:
        return
    doubtful = found[earlier].flags and not found[later].flags
    told, flagged = (later, earlier) if doubtful else (earlier, later)
    flag = f"Listed twice? {shared} is in {found[told].name} too"
    note = f"{shared} is in {found[flagged].name} too"
    found[flagged] = replace(found[flagged], flags=(*found[flagged].flags, flag))
    if len(found[told].notes) < MOST_TWICE:
        found[told] = replace(found[told], notes=(*found[told].notes, note))


def _shared(one: Line, other: Line) -> tuple[str, ...]:
    """The ingredients that two lines share. What goes into the body another way is rightly listed twice."""
    return next(
        (
            shared
            for a in one.made
            for b in other.made
            if not routes_differ(a, b) and (shared := shared_ingredients(a, b))
        ),
        (),
    )


def _lately_stopped(line: Line, row: Medication, now: datetime) -> bool:
    day = row.when.local_day(now.tzinfo) if row.when else None
    lately = day is not None and (now.date() - day).days <= STOPPED_DAYS
    return not line.active and lately and "hospital order" not in row.kinds and row.text not in _NAMELESS


def _without_notes(line: Line) -> Line:
    return replace(line, notes=())


def _count(lines: Iterable[Line]) -> int:
    """How many different ingredients; a medicine of which none is known counts as one of its own."""
    known: set[str] = set()
    unknown = 0
    for line in lines:
        held = next((held for made in line.made if (held := ingredients(made))), frozenset())
        known |= held
        unknown += not held
    return len(known) + unknown
