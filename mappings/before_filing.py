"""What a form is about to file, where and in which form: said in words before Save is pressed.

    ("the contact", record), ("the next task", record)
        -> Saving files the contact and the next task in the chart, each in a record of its own.

Design section 6: before the first save on a rung the screen says in words what will be filed, where and in what form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mappings.panel import listed
from mappings.rung import Rung

WAYS: dict[Rung, str] = {
    Rung.NATIVE: "record",
    Rung.QUESTIONNAIRE_RESPONSE: "answers",
    Rung.DOCUMENT: "note",
    Rung.COPY_READY: "text",
}
"""What a user is told of loudly once for each rung; and once of what is never shown again:"""
UNSEEN = "unseen"

_FORMS = {
    Rung.QUESTIONNAIRE_RESPONSE: "as answers to a questionnaire",
    Rung.DOCUMENT: "as one note among the documents",
}


@dataclass(frozen=True)
class Part:
    """One thing that a form files, in a nurse's words ("the next task"), and how this EHR takes it in this launch."""

    words: str
    rung: Rung
    shown_again: bool = True


@dataclass(frozen=True)
class BeforeFiling:
    """What is said before Save: `ways` are those of WAYS and UNSEEN that it tells of."""

    sentence: str
    ways: tuple[str, ...]


def before_filing(parts: Sequence[Part]) -> BeforeFiling:
    """The sentence for everything one form files; "" where that is nothing.

    What no rung takes stops the whole save, so that all of it becomes text: half a save in the chart and half on paper
    would be neither.
    """
    if not parts:
        return BeforeFiling("", ())
    if any(part.rung is Rung.COPY_READY for part in parts):
        return BeforeFiling(_as_text(parts), (WAYS[Rung.COPY_READY],))
    told = dict.fromkeys(WAYS[part.rung] for part in parts)
    unseen = [part for part in parts if not part.shown_again]
    sentences = (f"Saving files {'; '.join(_groups(parts))}.", _never_shown(unseen, parts))
    return BeforeFiling(" ".join(filter(None, sentences)), (*told, *([UNSEEN] if unseen else ())))


def ways_filed(filed: Sequence[tuple[str, bool]]) -> tuple[str, ...]:
    """The ways of a save that has succeeded: of each record the rung's value and whether the EHR shows it again."""
    told = dict.fromkeys(WAYS[Rung(rung)] for rung, _ in filed)
    return (*told, *([UNSEEN] if not all(shown for _, shown in filed) else ()))


def _groups(parts: Sequence[Part]) -> Iterator[str]:
    """ "the contact in the chart, in a record of its own", one clause for each rung."""
    order = list(dict.fromkeys(part.rung for part in parts))
    by_rung = sorted(parts, key=lambda part: order.index(part.rung))
    for rung, found in groupby(by_rung, key=lambda part: part.rung):
        group = list(found)
        where = " in the chart," if rung is order[0] else ""
        yield f"{listed([part.words for part in group])}{where} {_form(rung, group)}"


def _form(rung: Rung, group: Sequence[Part]) -> str:
    if rung is Rung.NATIVE:
        return f"{'each ' if len(group) > 1 else ''}in a record of its own"
    back = ", which Chartside reads back" if all(part.shown_again for part in group) else ""
    return f"{_FORMS[rung]}{back}"


def _never_shown(unseen: Sequence[Part], parts: Sequence[Part]) -> str:
    if not unseen:
        return ""
    words = "it" if len(unseen) == len(parts) else listed([part.words for part in unseen])
    return f"After that this EHR will not show {words} to Chartside again."


def _as_text(parts: Sequence[Part]) -> str:
    words = listed([part.words for part in parts])
    return (
        f"Nothing is filed here: text is made of {words}, for you to paste into the chart, and Chartside will not see"
        " it again."
    )
