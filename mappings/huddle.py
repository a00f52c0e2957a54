"""One line about a patient for the team's short meeting: when she is coming, and why the care manager cares.

"Identify potential patients coming in that day who may benefit" (domain row 150). Made of what the chart shows; what
it does not show is not made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings import dates
from mappings.appointment import Appointment, upcoming
from mappings.chart import Chart
from mappings.encounter import visits
from mappings.goal import goal_view, own_open_goals
from mappings.here_now import here_now
from mappings.human_name import person_name
from mappings.task_list import task_list
from mappings.team_member import Member

CRISIS_DAYS = 30
_STUCK = frozenset({"worse", "no change", "not reached"})


@dataclass(frozen=True)
class HuddleLine:
    """`coming` is when and to whom today, "" where nothing is booked; `why` are the reasons, the weightiest first."""

    patient: str
    name: str
    coming: str
    why: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The reasons in one line, or that there are none."""
        return "; ".join(self.why) or "nothing is open"


def huddle_line(chart: Chart, *, now: datetime, user: Member) -> HuddleLine:
    """The line of this patient today."""
    name = person_name(chart.patient.get("name"), now.date()).text
    booked = booked_today(chart, now=now)
    coming = ", ".join(filter(None, (f"{booked.when:%H:%M}", booked.what, booked.who))) if booked else ""
    return HuddleLine(chart.patient_id, name, coming, tuple(_reasons(chart, now, user))[:4])


def booked_today(chart: Chart, *, now: datetime) -> Appointment | None:
    """The first visit that is booked for this day, also where its time has passed."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = upcoming(chart, now=midnight, days=1)
    return next((each for each in found if each.when.date() == now.date()), None)


def _reasons(chart: Chart, now: datetime, user: Member) -> list[str]:
    here = here_now(chart, now=now)
    tasks = task_list(chart, now=now, user=user)
    rows = [row for row in (*tasks.mine, *tasks.team) if row.task.ours]
    waiting = [f"waits for an answer: {row.task.text}" for row in rows if row.waits]
    late = [f"overdue: {row.task.text}" for row in rows if row.task.overdue and not row.waits]
    today = [f"due today: {row.task.text}" for row in rows if row.task.due == now.date() and not row.waits]
    return [
        *([here.sentence.removeprefix("The patient is ")] if here else []),
        *_crises(chart, now),
        *waiting,
        *late,
        *today,
        *_stuck(chart, now),
    ]


def _crises(chart: Chart, now: datetime) -> list[str]:
    oldest = now - timedelta(days=CRISIS_DAYS)
    found = [
        row
        for row in visits(chart, now=now).rows
        if (row.is_emergency or row.is_discharge) and row.when and oldest <= row.when <= now
    ]
    return [f"{row.kind_words} {dates.day_words(row.when.date())}" for row in found[:1] if row.when]


def _stuck(chart: Chart, now: datetime) -> list[str]:
    views = [goal_view(goal, now=now) for goal in own_open_goals(chart)]
    return [f"goal {row.achievement}: {row.text}" for row in views if row.achievement in _STUCK]
