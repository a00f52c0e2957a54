"""The signed-in user as the team's tasks know her."""

from __future__ import annotations

from app.current import current_launch
from mappings.team_member import Member


def task_user() -> Member:
    """By the EHR's own reference and by name."""
    here = current_launch()
    return Member(here.user, here.user_name)
