"""How far the goals of the open plan are met, and since when all of them are.

A goal told as met again and again is met since the first of those days, so the lines of its progress decide and
`statusDate`, which each contact renews, only where there is no line (domain notes, row 76).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.episode import open_plan, own_plans
from mappings.goal import goal_view, own_open_goals
from mappings.identity import own
from mappings.terminology import status_code

MET = frozenset({"met", "met and kept"})
_PROGRESS = re.compile(r"^Progress: ([a-z ]+?) \((\d{4}-\d{2}-\d{2})\)", re.MULTILINE)


@dataclass(frozen=True)
class GoalsMet:
    """How many goals of the episode there are and how many are met; `since` is the day on which the last of them was.

    `ruled` are the confidences last given for the open ones, `goals` the goals themselves.
    """

    total: int
    met: int
    since: date | None
    ruled: tuple[int, ...]
    goals: tuple[dict[str, Any], ...] = ()

    @property
    def all_met(self) -> bool:
        """True when there are goals and every one is met."""
        return 0 < self.total == self.met

    def days(self, now: datetime) -> int:
        """How many days all of them have been met; 0 where they are not, or no day is known."""
        return (now.date() - self.since).days if self.all_met and self.since else 0

    @property
    def words(self) -> str:
        """ "2 of 3 goals met"."""
        return (
            f"{self.met} of {self.total} goal{'' if self.total == 1 else 's'} met"
            if self.total
            else "no goals"
        )


def goals_met(chart: Chart, *, now: datetime) -> GoalsMet:
    """Our goals of the open plan: those still open, and those that ended as met in it. Given up ones do not count."""
    going = _of_this_episode(chart)
    counted = [*going, *_completed(chart)]
    met = [goal for goal in counted if goal_view(goal, now=now).achievement in MET]
    days = [met_since(goal) for goal in met]
    known = [day for day in days if day]
    ruled = (goal_view(goal, now=now).confidence for goal in going)
    return GoalsMet(
        total=len(counted),
        met=len(met),
        since=max(known) if known and len(known) == len(days) else None,
        ruled=tuple(each for each in ruled if each is not None),
        goals=tuple(counted),
    )


def _of_this_episode(chart: Chart) -> list[dict[str, Any]]:
    """Our open goals without those that a patient took along from an earlier plan."""
    here = _named(chart, as_object(open_plan(chart)))
    before = {each for plan in own_plans(chart) for each in _named(chart, plan)} - here
    return [goal for goal in own_open_goals(chart) if as_text(goal.get("id")) not in before]


def _named(chart: Chart, plan: dict[str, Any]) -> set[str]:
    found = [chart.resolve(reference, plan) for reference in as_objects(plan.get("goal"))]
    return {as_text(as_object(goal).get("id")) for goal in found} - {""}


def _completed(chart: Chart) -> list[dict[str, Any]]:
    identities = _named(chart, as_object(open_plan(chart)))
    return [
        goal
        for goal in own(chart, "Goal")
        if as_text(goal.get("id")) in identities and status_code(goal.get("lifecycleStatus")) == "completed"
    ]


def met_since(goal: dict[str, Any]) -> date | None:
    """The first day of the unbroken run of "met" up to now; None where nothing tells."""
    texts = (as_text(note.get("text")) for note in as_objects(goal.get("note")))
    told = sorted((day, word) for text in texts for word, day in _PROGRESS.findall(text))
    run: list[str] = []
    for day, word in told:
        run = [*run, day] if word in MET else []
    parsed = dates.parse(run[0] if run else goal.get("statusDate"))
    return parsed.day if parsed and parsed.precision >= dates.Precision.DAY else None
