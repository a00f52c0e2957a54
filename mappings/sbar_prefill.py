"""What the chart already says of a question to a provider, so that nobody types it: the first three of its parts.

Each is one line, cut at a word; the facts have their dates with them. Domain row 152.
"""

from __future__ import annotations

from datetime import datetime

from mappings.chart import Chart
from mappings.condition import problems
from mappings.contact import contacts
from mappings.goal import GoalView, goals
from mappings.medication import medications
from mappings.observation import latest_readings
from mappings.patient import patient_banner

LIMIT = 240
_READINGS = 4
_PROBLEMS = 5
_WORRIES = ("worse", "no change", "not reached")


def prefilled(chart: Chart, *, now: datetime, about: str) -> dict[str, str]:
    """Situation, background and assessment for a question about a topic; "" where the chart says nothing."""
    situation = {"medicines": _medicines, "goal": _goal}.get(about, _contact)(chart, now) or _contact(
        chart, now
    )
    return {
        "situation": cut(situation),
        "background": cut(background(chart, now)),
        "assessment": cut(_assessment(chart, now)),
    }


def background(chart: Chart, now: datetime) -> str:
    """Who it is in one line: age, sex, chronic conditions first."""
    banner = patient_banner(chart, today=now.date())
    active = [row for row in problems(chart, now=now).rows if row.active]
    chronic = [row.text for row in active if row.chronic_groups] or [row.text for row in active]
    names = list(dict.fromkeys(chronic))
    more = f" and {len(names) - _PROBLEMS} more" if len(names) > _PROBLEMS else ""
    who = ", ".join(filter(None, (banner.age_words, banner.sex.lower())))
    return "; ".join(filter(None, (who, ", ".join(names[:_PROBLEMS]) + more)))


def _contact(chart: Chart, now: datetime) -> str:
    """The last contact that reached somebody, with its note."""
    last = next((row for row in contacts(chart, now).rows if row.reached), None)
    if last is None:
        return ""
    head = f"{last.mode_words} contact {last.when_words}".strip()
    note = " ".join(last.note.split())
    return f"{head}: {note}" if note else head


def _goal(chart: Chart, now: datetime) -> str:
    rows = [row for row in goals(chart, now).rows if row.active]
    first = next((row for row in rows if row.achievement in _WORRIES), next(iter(rows), None))
    return _goal_words(first) if first else ""


def _goal_words(row: GoalView) -> str:
    said = f"{row.achievement} ({row.achievement_date_words})" if row.achievement else "no progress told yet"
    return f"Goal “{row.text}”: {said}"


def _medicines(chart: Chart, now: datetime) -> str:
    """How many medicines there are, and which the chart's own sources tell differently."""
    rows = [row for row in medications(chart, now=now).rows if row.active]
    unlike = [row.text for row in rows if row.disagreement or row.other_doses]
    count = f"{len(rows)} medicines on the list" if len(rows) != 1 else "1 medicine on the list"
    return f"{count}; told differently: {', '.join(unlike)}" if unlike else count if rows else ""


def _assessment(chart: Chart, now: datetime) -> str:
    """The latest results with their days; those out of range first."""
    rows = sorted(latest_readings(chart, now=now).rows, key=lambda row: not row.flag)
    said = (f"{row.name} {row.value_words} ({row.date_words})" for row in rows[:_READINGS])
    return "; ".join(said)


def cut(words: str) -> str:
    """At most LIMIT characters, cut at a word."""
    if len(words) <= LIMIT:
        return words
    return f"{words[: LIMIT - 2].rsplit(' ', 1)[0].rstrip(',;: ')} …"
