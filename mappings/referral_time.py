"""The minutes that a referral took: typed once in its form, and filed in the same save as a contact with the agency.

Without minutes nothing is filed but the referral; the month counts contacts alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.contact import time_spent
from mappings.contact_record import contact_task
from mappings.episode import TITLE, open_plan
from mappings.form import Fields
from mappings.identity import reference_to
from mappings.overlap import same_person
from mappings.wall_clock import later

MOST = 480
Taken = Callable[[int], str]
"""Why so many minutes cannot be documented; "" where they can."""


def free(_: int) -> str:
    """For a reader who does not ask what was documented before."""
    return ""


def taken_by(chart: Chart, user: str | None, form_id: UUID | None, now: datetime) -> Taken:
    """Asks whether minutes of `user` stand in another contact; what the form `form_id` filed itself is left out."""

    def taken(minutes: int) -> str:
        start = later(now, -minutes)
        found = (
            same_person(chart, start, now, user=user, now=now, except_form=str(form_id or ""))
            if user
            else None
        )
        if found is None:
            return ""
        return (
            f"Of this time you have documented a contact already: {found.when_words}, {found.clock_words},"
            f" {found.mode_words.lower()}. Change the minutes, or leave them empty."
        )

    return taken


def read_minutes(fields: Fields, taken: Taken) -> int | None:
    """The minutes as sent, None where the field is empty; refused where they stand in another contact."""
    message = f"Give whole minutes from 1 to {MOST}, or leave it empty."
    minutes = fields.whole("minutes", 1, MOST, message=message, required=False)
    if minutes and (why := taken(minutes)):
        fields.refuse("minutes", why)
    return minutes


def time_defaults(*, seconds: int, timed: bool) -> dict[str, tuple[str, ...]]:
    """What the field opens with: the minutes of the clock, where it runs."""
    return {"minutes": (str(max(1, seconds // 60)),)} if timed else {}


def time_records(
    minutes: int | None, note: str, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """The contact of these minutes: coordination with an agency by phone; () without minutes."""
    if minutes is None:
        return ()
    spent = time_spent(
        minutes,
        now=author.now,
        service_type="resources",
        activity="coordination",
        with_whom="agency",
        mode="phone",
        note=note,
    )
    plan = open_plan(chart)
    about = reference_to(plan, TITLE) if plan else None
    return (contact_task(spent, chart, author, form_id, about),)
