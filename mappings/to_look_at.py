"""What a person should look at of the notes in which records were filed: what contradicts itself, what cannot be read.

Nothing vanishes: each is named on *Today* in plain words, by what it is and the day of its note, with what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings import dates
from mappings.chart import Chart
from mappings.element import type_of
from mappings.filed_block import Damage, DamagedBlock
from mappings.fold import DamagedNote, Doubt, FoldConflict
from mappings.panel import listed
from mappings.take_back import filed_words, is_taken_back, record_words

_TYPE_WORDS = {
    "CarePlan": "A care plan",
    "Goal": "A goal",
    "Task": "A contact or task",
    "Consent": "A consent",
}


@dataclass(frozen=True)
class ToLookAt:
    """One of them. `what` says what is wrong, `what_to_do` the way on; `stop` where another patient may be meant."""

    what: str
    what_to_do: str
    stop: bool = False


def to_look_at(chart: Chart, now: datetime) -> tuple[ToLookAt, ...]:
    """The notes that could not be read back, then the records in doubt; days in the zone of `now`."""
    damaged = [_damaged(each, now) for each in chart.damaged]
    doubts = [_doubt(each, chart, now) for each in chart.doubts]
    return (*damaged, *doubts)


def _damaged(note: DamagedNote, now: datetime) -> ToLookAt:
    name = _note([note.date], now)
    why = DamagedBlock(note.damage).words
    if note.damage is Damage.WRONG_PATIENT:
        return ToLookAt(
            f"{_capital(name)}, filed with Chartside, stands in this chart, but {why}. Nothing of it is used.",
            f"Look at {name} in the EHR. If it belongs to somebody else, have it moved or marked as filed wrongly.",
            stop=True,
        )
    return ToLookAt(
        f"{_capital(name)}, filed with Chartside, could not be read back: {why}. What it says is missing here.",
        f"Look at {name} in the EHR: people can still read it. Document again what is missing here, then have that"
        " note marked as filed wrongly in the EHR.",
    )


def _doubt(conflict: FoldConflict, chart: Chart, now: datetime) -> ToLookAt:
    title, notes = _title(conflict.reference, chart, now), _note(conflict.dates, now)
    record = chart.resolve(conflict.reference)
    if record is not None and is_taken_back(record):
        return ToLookAt(
            f"{title} is marked as filed wrongly and counts nowhere, and the EHR's own record was changed since.",
            "Look at it in the EHR and have it marked there as well. If it is right after all, document it again.",
        )
    match conflict.doubt:
        case Doubt.UNSEEN_CHANGE:
            what = "was changed twice, the second time without seeing the first. The later one is shown."
        case Doubt.CHANGED_IN_THE_EHR:
            what = "was changed in the EHR after a note had changed it. What the EHR holds is shown."
        case Doubt.NEWER_IN_A_NOTE:
            what = "is told in a note otherwise than in the EHR's own record. The note is newer and is shown."
    return ToLookAt(
        f"{title} {what}",
        f"Look at {notes} in the EHR. If something is missing or wrong here, document it again.",
    )


def _title(reference: str, chart: Chart, now: datetime) -> str:
    """ "Goal: Walks 20 minutes (20 Nov 2026)"; its kind alone where the record cannot be seen."""
    record = chart.resolve(reference)
    if record is None or type_of(record) not in _TYPE_WORDS:
        return _TYPE_WORDS.get(reference.partition("/")[0], "A record")
    when = filed_words(record, now.tzinfo)
    return f"{record_words(record)}{f' ({when})' if when else ''}"


def _note(moments: Sequence[str], now: datetime) -> str:
    """ "the note of 3 Mar 2026", "the notes of 3 Mar 2026 and 4 Mar 2026", "the note without a date"."""
    days = list(dict.fromkeys(filter(None, (dates.plain_words(each, now.tzinfo) for each in moments))))
    if not days:
        return "the note without a date" if len(moments) == 1 else "its notes"
    return f"the note{'s' if len(moments) > 1 else ''} of {listed(days)}"


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
