"""What may be heard of a referral, in which state, and what its Task says from then on: `referral_states.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from mappings.data_file import DataTable, data_table

RESUMED: Mapping[str, str] = {
    "sent": "requested",
    "accepted": "accepted",
    "appointment-made": "in-progress",
    "received": "in-progress",
}
"""Task.status of each open state; what a referral goes back to that was on hold."""


@dataclass(frozen=True)
class Outcome:
    """One thing that may be heard. `state` and `status` are "" where they stay; `day` names a day that is asked for."""

    code: str
    words: str
    means: str
    told_in: tuple[str, ...]
    state: str
    status: str
    later: str
    day: str
    why: bool
    final: bool

    def status_after(self, state: str) -> str:
        """Task.status once this is told of a referral in `state`."""
        if self.later and state != "sent":
            return self.later
        return self.status or RESUMED.get(state, "requested")


@cache
def outcomes() -> Mapping[str, Outcome]:
    """Every outcome by its code, in the order offered. Raises DataFileError where our own file is wrong."""
    table = data_table("referral_states.toml")
    table.text("source")
    table.day("checked")
    found = {each.code: each for each in map(_outcome, table.tables("outcome"))}
    table.done()
    return MappingProxyType(found)


def offered(state: str) -> Mapping[str, Outcome]:
    """What may be heard next of an open referral in this state."""
    return {code: each for code, each in outcomes().items() if state in each.told_in}


def _outcome(row: DataTable) -> Outcome:
    made = Outcome(
        code=row.text("code"),
        words=row.text("words"),
        means=row.text("means"),
        told_in=row.texts("from"),
        state=row.text("state", ""),
        status=row.text("status", ""),
        later=row.text("later", ""),
        day=row.text("day", ""),
        why=row.flag("why", default=False),
        final=row.flag("final", default=False),
    )
    row.done()
    return made
