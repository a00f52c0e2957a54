"""What was promised last time: the last talk with the patient or family, the tries since, and what is open from it.

A note about work on the record or a word in the hallway is not what the patient heard, so it is not "last time".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings.chart import Chart, once
from mappings.contact import ContactView, contacts
from mappings.panel import Panel
from mappings.sight import unseen
from mappings.to_do import ToDoView, to_dos


@dataclass(frozen=True)
class Promised:
    """`last` is the last talk, `tries` what came to nothing since then, newest first, `open` our open tasks.

    `unknown` is True where the EHR may hold contacts that it does not show.
    """

    last: ContactView | None
    tries: tuple[ContactView, ...]
    open: tuple[ToDoView, ...]
    unknown: bool


@once
def promised(chart: Chart, now: datetime) -> Promised:
    """Last time with this patient, as the chart tells it on the day of `now`."""
    rows: Panel[ContactView] = contacts(chart, now)
    heard = [row for row in rows.rows if row.with_patient]
    place = next((index for index, row in enumerate(heard) if row.reached), len(heard))
    return Promised(
        last=heard[place] if place < len(heard) else None,
        tries=tuple(heard[:place]),
        open=tuple(row for row in to_dos(chart, now).rows if row.ours),
        unknown=bool(unseen(chart, "Task")),
    )
