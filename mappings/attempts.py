"""Tries that nobody answered since the patient was last reached, and when they make a patient lost to follow-up.

The rule only offers the discharge: which results count stands in `cadence.toml`, how many within how many days in the
practice's settings (domain notes, rows 71 and 72). A rescheduled contact was agreed with somebody and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings import dates
from mappings.cadence import cadence_data
from mappings.chart import Chart
from mappings.contact import ContactView, contact_views
from mappings.practice import Practice
from mappings.sight import Sight, sight


@dataclass(frozen=True)
class Attempts:
    """The unanswered tries of the last `within_days`, newest first, since somebody was reached or the plan began.

    `known` is False where the EHR does not show every contact: then nobody counts as lost.
    """

    rows: tuple[ContactView, ...]
    moved: int
    limit: int
    within_days: int
    known: bool

    @property
    def lost(self) -> bool:
        """Whether the practice's rule for lost to follow-up is met."""
        return self.known and self.limit > 0 and len(self.rows) >= self.limit

    @property
    def sentence(self) -> str:
        """ "3 tries since 2 Nov 2026 without an answer (left message, no answer, no answer)."; "" without any."""
        if not self.rows:
            return ""
        tries = f"{len(self.rows)} {'try' if len(self.rows) == 1 else 'tries'}"
        first = self.rows[-1].when
        since = f" since {dates.day_words(first.date())}" if first else ""
        results = ", ".join(row.result_words.lower() for row in reversed(self.rows))
        return f"{tries}{since} without an answer ({results})."


def attempts(chart: Chart, *, now: datetime, practice: Practice, since: datetime | None = None) -> Attempts:
    """The tries that count on the day of `now`; `since` is the start of the episode, before which none does."""
    rule = cadence_data()["tries"]
    oldest = now - timedelta(days=practice.lost_within_days)
    oldest = max(oldest, since) if since else oldest
    rows: list[ContactView] = []
    moved = 0
    for row in contact_views(chart, now):
        if row.with_code not in ("", *rule["people"]):
            continue
        if row.when is None or row.when < oldest:
            break
        if row.result in rule["unanswered"]:
            rows.append(row)
        elif row.result in rule["moved"]:
            moved += 1
        else:
            break
    return Attempts(
        rows=tuple(rows),
        moved=moved,
        limit=practice.lost_after_attempts,
        within_days=practice.lost_within_days,
        known=sight(chart, "Task") is Sight.WHOLE,
    )
