"""What the goals give rise to on *Today*: one whose day has passed, and one that is met and still open.

Nothing is ended by itself: a person looks, asks the patient, and ends or changes it. When all goals are met it is the
whole plan that is talked about (mappings.follow_up).
"""

from __future__ import annotations

from datetime import datetime

from mappings import dates
from mappings.chart import Chart
from mappings.goal import GoalView, goal_view, own_open_goals
from mappings.goal_target import due_day
from mappings.prompt import Prompt

_REACHED = frozenset({"met", "met and kept"})


def prompts(chart: Chart, *, now: datetime) -> tuple[Prompt, ...]:
    """The open goals of ours that want looking at, the longest overdue first."""
    rows = [row for row in (goal_view(goal, now=now) for goal in own_open_goals(chart)) if row.active]
    late = sorted((row for row in rows if row.overdue), key=lambda row: due_day(row.resource) or now.date())
    met = [row for row in rows if row.achievement in _REACHED]
    ended = met if len(met) < len(rows) else []
    return (*map(_overdue, late), *map(_met, ended))


def _overdue(row: GoalView) -> Prompt:
    due = due_day(row.resource)
    told = f"Last told: {row.achievement} ({row.achievement_date_words}). " if row.achievement else ""
    return Prompt(
        f"The day of a goal has passed: “{row.text}”, due {dates.day_words(due) if due else ''}.",
        f"{told}Ask whether it is met, needs another day, or is no longer wanted.",
        "Look at the goal",
        "goal.show",
        {"goal": row.id},
    )


def _met(row: GoalView) -> Prompt:
    when = f" ({row.achievement_date_words})" if row.achievement_date_words else ""
    return Prompt(
        f"A goal is met and still open: “{row.text}”.",
        f"Told as {row.achievement}{when}. End it, or agree on the next step up.",
        "End the goal",
        "goal_end.show",
        {"goal": row.id},
    )
