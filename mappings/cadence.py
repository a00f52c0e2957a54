"""When to be in touch next, by the guides' cadence.

Every two to three weeks until the goals are reached, weekly while one is stuck, every four weeks after (the action
guide's schedule; domain notes A.5, rows 69, 74 and 75). The nurse and the patient decide; this only prefills.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mappings.chart import Chart
from mappings.enrolment_state import state_steps
from mappings.goal import goal_view, own_open_goals

ACTIVE_DAYS, MAINTENANCE_DAYS, WEEKLY_DAYS, NEXT_TRY_DAYS = 17, 28, 7, 2
REACHED = frozenset({"talked", "refused"})
_MAINTENANCE = frozenset({"maintenance", "in-control", "closing"})
_STUCK = frozenset({"worse", "same", "no progress"})


def next_contact_day(chart: Chart, *, now: datetime, result: str = "talked") -> date:
    """The day of the next contact, never on a weekend; `result` is that of the contact being documented."""
    steps = state_steps(chart)
    going = {goal_view(goal, now=now).achievement for goal in own_open_goals(chart)}
    days = ACTIVE_DAYS
    if result not in REACHED:
        days = NEXT_TRY_DAYS
    elif going & _STUCK:
        days = WEEKLY_DAYS
    elif steps and steps[0].state in _MAINTENANCE:
        days = MAINTENANCE_DAYS
    return working_day(now.date() + timedelta(days=days))


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day
