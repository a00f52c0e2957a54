"""Says what Save is about to do before it is pressed: loud until the user has filed that way once, then in small print.

That she knows a way is a preference of hers, in every chart of this EHR, and nothing clinical.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.current import current_client, current_launch, current_preferences
from app.ehr.receipt import Receipt
from app.ehr.record import Write
from app.preferences import TOLD_PREFIX
from app.services import services
from app.views.page import rung
from mappings.before_filing import WAYS, BeforeFiling, Part, before_filing, ways_filed
from mappings.chart import Chart
from mappings.rung import Rung


@dataclass(frozen=True)
class Record:
    """One thing that a form files: its words ("the next task"), its FHIR type, and "create" or "update"."""

    words: str
    resource_type: str
    interaction: str = "create"


@dataclass(frozen=True)
class Notice:
    """The sentence of a form's footer; `first` where this user has not yet filed in one of these ways."""

    sentence: str
    first: bool


def writes_of(records: Sequence[Record]) -> tuple[Write, ...]:
    """The interactions without which the EHR could not take them."""
    return tuple((each.resource_type, each.interaction) for each in records)


def notice(records: Sequence[Record], of: Chart) -> Notice:
    """What the form is about to file, of the chart just read.

    Where the EHR's metadata cannot be read just now nothing is said: the save asks again.
    """
    found = _planned(records, of)
    new = any(not current_preferences().was_told(way) for way in found.ways)
    return Notice(found.sentence, first=new)


def _planned(records: Sequence[Record], of: Chart) -> BeforeFiling:
    parts = []
    for each in records:
        taken = rung(each.resource_type, each.interaction)
        if taken is None:
            return BeforeFiling("", ())
        parts.append(Part(each.words, taken, not of.reading(each.resource_type).ours_unseen))
    return before_filing(parts)


def was_filed(receipt: Receipt) -> None:
    """Remembers for this user that she has filed so: what was said loudly is said quietly from now on."""
    _remember(ways_filed([(item.rung, item.shown_again) for item in receipt.filed]))


def was_made_text() -> None:
    """Remembers the same of text to paste."""
    _remember((WAYS[Rung.COPY_READY],))


def _remember(ways: Sequence[str]) -> None:
    new = {f"{TOLD_PREFIX}{way}": "yes" for way in ways if not current_preferences().was_told(way)}
    if new:
        services().preferences.save(current_launch(), current_client(), new)
