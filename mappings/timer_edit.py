"""The clock of a contact set by hand: the minutes that it should show, and why.

Minutes are payment facts (domain notes, rows 107 and 109): a clock that was changed says so in the contact's record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings.form import Fields, Submitted
from mappings.wall_clock import minutes_between

MOST_MINUTES = 1440
LONGEST_AHEAD = 240
"""How many minutes before the clock was started a contact may have begun: a forgotten start, no other day."""


@dataclass(frozen=True)
class TimerEdit:
    """The minutes that the clock is to show, and the reason."""

    minutes: int
    reason: str


def parse_timer_edit(
    values: Mapping[str, Sequence[str]], *, now: datetime, started: datetime
) -> Submitted[TimerEdit]:
    """What was sent. `started` is when the clock was first started; both are aware."""
    fields = Fields(values)
    minutes = fields.whole(
        "minutes", 0, MOST_MINUTES, message="Give whole minutes, from 0 to 1440 (one day)."
    )
    reason = fields.text("reason", required="Say why the time is set by hand.")
    most = int(minutes_between(started, now)) + LONGEST_AHEAD
    if minutes is not None and minutes > most:
        fields.refuse(
            "minutes",
            f"The timer was started at {started:%H:%M}; it cannot have run for more than {most} min. Document the"
            " contact with its own times instead.",
        )
    return fields.submitted(lambda: TimerEdit(minutes or 0, reason))
