"""Goals on screen: what the patient wants to reach, how important and how likely they find it, and how it goes.

Read from the chart alone: what a form filed is in mappings.goal_record. An EHR's own goals are shown beside ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir_profiles.terminology import display
from mappings import attainment, dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.goal_lines import (
    AGREEMENT_LINE,
    CONFIDENT_LINE,
    ENDED_LINE,
    FOLLOWS_LINE,
    HOW_LINE,
    WHY_LINE,
    is_patients,
    last_line,
    note_texts,
    patients_words,
    term_of,
    whose_words,
    with_days_in_words,
)
from mappings.goal_record import (
    ACHIEVEMENT_SYSTEM,
    ACHIEVEMENT_WORDS,
    FINAL_WORDS,
    PROGRESS,
    ProgressEntry,
    goal_final,
    goal_progress,
    goal_resource,
    goal_rulers,
    with_text,
)
from mappings.goal_target import due_day, target_words
from mappings.identity import fold, full_url, is_ours
from mappings.panel import Panel, panel
from mappings.ruler import Ruler, trend
from mappings.terminology import status_code, words_of

__all__ = [
    "ACHIEVEMENT_SYSTEM",
    "FINAL_WORDS",
    "PROGRESS",
    "GoalView",
    "ProgressEntry",
    "ended_goals",
    "goal_final",
    "goal_progress",
    "goal_resource",
    "goal_view",
    "goals",
    "is_to_show",
    "open_goals",
    "own_open_goals",
    "with_text",
]

CONFIDENT_FROM = 7
"""Below it, ask what would make the confidence higher (the guides' ruler; domain notes A.1, row 14)."""
OPEN = frozenset({"proposed", "planned", "accepted", "active", "on-hold"})
ENDED = frozenset({"completed", "cancelled", "rejected"})


@dataclass(frozen=True)
class GoalView:
    """One goal on screen. `achievement` is in the nurse's words; `trend` is up, down, same or "" of confidence."""

    id: str
    reference: str
    text: str
    patients_words: str
    target_words: str
    due_words: str
    overdue: bool
    importance: int | None
    confidence: int | None
    ruler_words: str
    trend: str
    achievement: str
    achievement_date_words: str
    lifecycle: str
    active: bool
    ours: bool
    resource: dict[str, Any]
    whose_words: str = ""
    patients: bool = False
    term_words: str = ""
    how: str = ""
    why: str = ""
    more_confident: str = ""
    agreement_words: str = ""
    addresses: tuple[str, ...] = ()
    start_words: str = ""
    levels: tuple[str, ...] = ()
    rating: attainment.Rating | None = None
    rulers: tuple[Ruler, ...] = ()
    follows: str = ""
    ended_words: str = ""

    @property
    def doubtful(self) -> bool:
        """True where the last confidence is under 7: the patient does not think it will happen."""
        return self.confidence is not None and self.confidence < CONFIDENT_FROM


def goals(chart: Chart, now: datetime) -> Panel[GoalView]:
    """The open goals, ours first; rejected, cancelled, completed and mistaken ones are never among them."""
    rows = [goal_view(goal, now=now) for goal in open_goals(chart)]
    rows.sort(key=lambda row: (not row.ours, not row.active))
    return panel("goals", "Goals", rows, chart.reading("Goal"))


def open_goals(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Every Goal of any author that has not ended, each once."""
    kept = fold(chart.resources("Goal"))
    return tuple(goal for goal in kept if status_code(goal.get("lifecycleStatus")) in OPEN)


def own_open_goals(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Those of them that are ours and on file: the only ones that a form may change."""
    return tuple(goal for goal in open_goals(chart) if is_ours(goal) and as_text(goal.get("id")))


def is_to_show(goal: dict[str, Any]) -> bool:
    """True for a goal of ours that was not filed wrongly."""
    return is_ours(goal) and status_code(goal.get("lifecycleStatus")) in OPEN | ENDED


def ended_goals(chart: Chart, now: datetime) -> tuple[GoalView, ...]:
    """Ours that have ended, the last set first; one that was filed wrongly is not among them."""
    kept = fold(goal for goal in chart.resources("Goal") if is_ours(goal))
    over = [goal for goal in kept if status_code(goal.get("lifecycleStatus")) in ENDED]
    over.sort(key=lambda goal: as_text(goal.get("statusDate")), reverse=True)
    return tuple(goal_view(goal, now=now) for goal in over)


def goal_view(goal: dict[str, Any], *, now: datetime) -> GoalView:
    """One Goal of any author as it is shown; whatever it lacks is empty."""
    found = goal_rulers(goal)
    due = due_day(goal)
    status_date = dates.parse(goal.get("statusDate"))
    lifecycle = status_code(goal.get("lifecycleStatus"))
    late = due is not None and due < now.date() and _achievement_code(goal) not in {"achieved", "sustaining"}
    return GoalView(
        id=as_text(goal.get("id")),
        reference=relative_reference(goal) or full_url(goal),
        text=words_of(goal.get("description")) or "Goal without words",
        patients_words=patients_words(goal),
        target_words="; ".join(filter(None, map(target_words, as_objects(goal.get("target"))))),
        due_words=dates.day_words(due) if due else "",
        overdue=late,
        importance=found[-1].importance if found else None,
        confidence=found[-1].confidence if found else None,
        ruler_words=found[-1].line if found else "",
        trend=trend(found),
        achievement=_achievement_words(goal),
        achievement_date_words=dates.words(status_date, now),
        lifecycle=lifecycle,
        active=lifecycle in {"active", "accepted", "planned"},
        ours=is_ours(goal),
        resource=goal,
        whose_words=whose_words(goal),
        patients=is_patients(goal),
        term_words=display("goal-term", term_of(goal)) if term_of(goal) else "",
        how=last_line(goal, HOW_LINE),
        why=last_line(goal, WHY_LINE),
        more_confident=last_line(goal, CONFIDENT_LINE),
        agreement_words=with_days_in_words(last_line(goal, AGREEMENT_LINE)),
        addresses=tuple(
            filter(None, (as_text(each.get("display")) for each in as_objects(goal.get("addresses"))))
        ),
        start_words=dates.plain_words(goal.get("startDate")),
        levels=attainment.levels_of(note_texts(goal), goal.get("extension")),
        rating=next(reversed(attainment.ratings(note_texts(goal))), None),
        rulers=found,
        follows=last_line(goal, FOLLOWS_LINE),
        ended_words=as_text(goal.get("statusReason")) or with_days_in_words(last_line(goal, ENDED_LINE)),
    )


def _achievement_code(goal: dict[str, Any]) -> str:
    for coding in as_objects(as_object(goal.get("achievementStatus")).get("coding")):
        if as_text(coding.get("code")) in ACHIEVEMENT_WORDS:
            return as_text(coding.get("code"))
    return ""


def _achievement_words(goal: dict[str, Any]) -> str:
    known = ACHIEVEMENT_WORDS.get(_achievement_code(goal))
    return known[1] if known else words_of(goal.get("achievementStatus"))
