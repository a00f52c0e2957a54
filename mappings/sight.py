"""What may be concluded from what a chart does not show: judged here once, for every gate and every sentence.

    how one type was read                            sight    nothing of ours there      a step that depends on it
    -----------------------------------------------  -------  -------------------------  --------------------------
    read, all of it                                  WHOLE    there is none              by what is there
    read, and something was left out                 PARTLY   unknown until read again   consent: not now
    read, not served or not allowed, where ours is   UNSEEN   unknown, and it stays so   what is new: with a caution
      never shown again (`Reading.ours_unseen`)                                          what changes it: never
    anything else: slow, failed, protected, ...      DARK     unknown until read again   not now

What *is* there counts in each of them, since it was read; in UNSEEN it may be out of date, and is said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from mappings.chart import Chart
from mappings.reading import Reading, ReadStatus

NOT_SHOWN_AGAIN = "this EHR does not show again what is documented with Chartside"
"""Why something stays unknown: the end of a sentence, or the middle of one."""

LASTING = frozenset({ReadStatus.READ, ReadStatus.NOT_AVAILABLE, ReadStatus.NO_ACCESS})
"""How a read ends the same way again, unlike one that was slow, failed or protected."""


class Sight(StrEnum):
    """How much of one type a launch sees: the table above."""

    WHOLE = "whole"
    PARTLY = "partly"
    UNSEEN = "unseen"
    DARK = "dark"


def sight_of(reading: Reading) -> Sight:
    """The row of the table for one read.

    A read that failed is DARK also where ours is never shown again: what the EHR's own records say is missing as well.
    """
    if reading.ours_unseen and reading.status in LASTING:
        return Sight.UNSEEN
    if reading.status is not ReadStatus.READ:
        return Sight.DARK
    return Sight.PARTLY if reading.withheld else Sight.WHOLE


def sight(chart: Chart, resource_type: str) -> Sight:
    """The row of the table for one type of a chart."""
    return sight_of(chart.reading(resource_type))


def unseen(chart: Chart, *resource_types: str) -> tuple[str, ...]:
    """Those of the types that are UNSEEN, in the order given."""
    return tuple(kind for kind in resource_types if sight(chart, kind) is Sight.UNSEEN)


def as_far_as_shown(sentence: str) -> str:
    """A sentence about what is there, where something newer may not be shown.

    >>> as_far_as_shown("Consent 3 Nov 2026 (verbal).")
    'Consent 3 Nov 2026 (verbal), as far as this EHR shows.'
    """
    return f"{sentence.removesuffix('.')}, as far as this EHR shows{'.' if sentence.endswith('.') else ''}"


def caution(unknown: Sequence[str]) -> str:
    """What to do before filing what is new: `unknown` are the questions left open, as "whether the patient has agreed".

    >>> caution(["whether the patient has agreed"])
    'This EHR does not show Chartside whether the patient has agreed. Look in the chart before you go on.'
    >>> caution([])
    ''
    """
    if not unknown:
        return ""
    return f"This EHR does not show Chartside {' or '.join(unknown)}. Look in the chart before you go on."
