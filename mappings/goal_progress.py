"""Telling how one goal goes, outside a contact: better, same, worse or met, the ruler, the level reached.

Importance and confidence are asked each time (the guides' ruler); under 7 the question is what would make it higher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings.attainment import STEPS, levels_of, signed
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.consent import lapsed_consents
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.goal_change import GONE, first, may_change_goal, own_goal
from mappings.goal_form import ruler
from mappings.goal_lines import note_texts
from mappings.goal_record import PROGRESS, ProgressEntry, goal_progress

FIELDS = ("goal", "progress", "importance", "confidence", "more_confident", "level", "note")
NOTHING_SAID = "Say how the goal goes, or give importance and confidence."


def parse_goal_progress(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ProgressEntry]:
    """The form as sent; something must be said of the goal."""
    fields = Fields(values)
    identity = first(values, "goal")
    goal = own_goal(chart, identity)
    if goal is None:
        fields.refuse("form", may_change_goal(chart, identity).reason or GONE)
    progress = fields.one_of("progress", PROGRESS)
    importance, confidence = ruler(fields, "importance", "confidence")
    more = fields.text("more_confident", limit=1000)
    scaled = bool(goal and levels_of(note_texts(goal), goal.get("extension")))
    level = fields.one_of("level", [signed(step) for step in STEPS] if scaled else ())
    note = fields.text("note", limit=NOTE_LIMIT)
    if not fields.errors and not (progress or importance or level):
        fields.refuse("progress", NOTHING_SAID)
    return fields.submitted(
        lambda: ProgressEntry(
            identity, progress, importance, confidence, int(level) if level else None, more, note
        )
    )


def goal_progress_resources(
    entry: ProgressEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What it files: the Goal with today's progress."""
    goal = own_goal(chart, entry.goal)
    return () if goal is None else (goal_progress(goal, entry, author), *lapsed_consents(chart, author))
