"""Who else cares for the patient: each specialist with the last visit and the next, as far as the chart shows them.

From the EHR's care team, the visits and the appointments (domain row 146). A visit says who saw the patient, seldom of
which specialty; the primary care provider and hospital stays are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings import dates
from mappings.appointment import upcoming
from mappings.care_team import care_team
from mappings.chart import Chart, once
from mappings.encounter import visits
from mappings.panel import PLAIN_WORDS
from mappings.reading import ReadStatus

BACK_DAYS = 730
AHEAD_DAYS = 400
TYPES = ("CareTeam", "Encounter", "Appointment")
_ROLE_OF_OTHERS = ("caregiver", "patient", "primary care")


@dataclass(frozen=True)
class Specialist:
    """One person or place: "Cardiologist" or "", "3 Nov 2026" or ""."""

    name: str
    role: str
    last_words: str
    next_words: str

    @property
    def words(self) -> str:
        """As "Dr. Mei Chen, cardiologist: last 3 Nov 2026, next 12 Dec 2026, 10:00"."""
        who = ", ".join(filter(None, (self.name, self.role.lower())))
        last = f"last {self.last_words}" if self.last_words else "no visit on file"
        return f"{who}: {last}{f', next {self.next_words}' if self.next_words else ''}"


@dataclass(frozen=True)
class Specialists:
    """All of them; `unread` names what could not be seen, as one sentence or ""."""

    rows: tuple[Specialist, ...]
    unread: str


@once
def specialists(chart: Chart, *, now: datetime) -> Specialists:
    """The specialists by name: those of the care team first, then others who saw or will see the patient."""
    team = care_team(chart, now=now)
    known = {team.team.provider, team.team.manager, team.team.back_up}
    roles = {
        row.name: row.role
        for row in team.members.rows
        if row.name not in known and not row.role.lower().startswith(_ROLE_OF_OTHERS)
    }
    last = _last_visits(chart, now)
    following = {
        each.who: each.when_words for each in reversed(upcoming(chart, now=now, days=AHEAD_DAYS)) if each.who
    }
    names = [name for name in dict.fromkeys((*roles, *following, *last)) if name not in known]
    others = {row.name for row in team.members.rows} - roles.keys()
    rows = tuple(
        Specialist(name, roles.get(name, ""), last.get(name, ""), following.get(name, ""))
        for name in names
        if name not in others
    )
    unread = [PLAIN_WORDS[kind] for kind in TYPES if chart.reading(kind).status is not ReadStatus.READ]
    return Specialists(rows, f"Not seen here: {', '.join(unread)}." if unread else "")


def _last_visits(chart: Chart, now: datetime) -> dict[str, str]:
    """By who saw the patient in the last two years: the day of the last visit that was neither stay nor emergency."""
    first = now - timedelta(days=BACK_DAYS)
    found: dict[str, str] = {}
    for row in visits(chart, now=now).rows:
        took_place = (
            row.when is not None and first <= row.when <= now and row.status not in ("planned", "cancelled")
        )
        if took_place and row.when and row.provider and not row.is_stay and not row.is_emergency:
            found.setdefault(row.provider, dates.day_words(row.when.date()))
    return found
