"""What the team's tasks give rise to on *Today*: the patient who is here, a question to answer, an answer that came.

What stands in the tasks is pointed out to whom it concerns; nothing is ended by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mappings import dates
from mappings.chart import Chart
from mappings.contact import contacts
from mappings.here_now import here_now
from mappings.prompt import Prompt
from mappings.task_list import TaskRow, task_list, waiting_for
from mappings.team_member import Member

SHOWN_DAYS = 7
"""How long an answer stands on *Today* where no contact follows it."""


def prompts(chart: Chart, *, now: datetime, user: Member) -> tuple[Prompt, ...]:
    """The user's own open questions first; then who is here, what was answered, and what waits too long."""
    rows = task_list(chart, now=now, user=user)
    late = [row for row in (*rows.team, *rows.mine) if row.waits and row.task.overdue and row.whose != "mine"]
    return (
        *map(_question, waiting_for(chart, now=now, user=user)),
        *_here(chart, now),
        *(_answered(row) for row in rows.ended if _is_news(row) and _fresh(chart, row, now)),
        *(_reported(row) for row in rows.ended if _concerns(chart, row, user) and _fresh(chart, row, now)),
        *map(_late, late),
    )


def _question(row: TaskRow) -> Prompt:
    said = dict(row.parts)
    asks = "asks" if row.waits else "tells you"
    by = f" Answer expected by {_day(row)}." if row.waits else ""
    return Prompt(
        _ended(f"{row.asked_by or 'The care manager'} {asks}: {said.get('Situation', row.task.text)}"),
        f"{_ended(said.get('Recommendation', ''))}{by}".strip(),
        "Answer" if row.waits else "Read it",
        "sbar_answer.show",
        {"task": row.task.id},
        urgent=row.waits,
    )


def _ended(sentence: str) -> str:
    """The words with a full stop, unless they end with a mark of their own."""
    return sentence if not sentence or sentence[-1] in ".?!…" else f"{sentence}."


def _asked(row: TaskRow) -> str:
    return f"Asked {row.asked_words}" if row.asked_words else "Asked"


def _day(row: TaskRow) -> str:
    return dates.day_words(row.task.due) if row.task.due else "no set day"


def _here(chart: Chart, now: datetime) -> tuple[Prompt, ...]:
    said = here_now(chart, now=now)
    if said is None:
        return ()
    why = f"Said by {said.by}." if said.by else ""
    return (Prompt(f"{said.sentence}.", why, "Document contact", "contact.show", urgent=True),)


def _answered(row: TaskRow) -> Prompt:
    orders = f" To do: {row.orders}." if row.orders else ""
    return Prompt(
        f"{row.answered_by or 'The provider'} answered: “{row.answer}”",
        f"{_ended(f'{_asked(row)}: {row.task.text}')}{orders}",
        "All tasks",
        "tasks.show",
    )


def _reported(row: TaskRow) -> Prompt:
    return Prompt(f"{row.ended_words}: {row.task.text}", row.result, "All tasks", "tasks.show")


def _late(row: TaskRow) -> Prompt:
    return Prompt(
        f"No answer yet from {row.owner or 'the provider'}: {row.task.text}",
        f"{_asked(row)}, expected by {_day(row)}.",
        "All tasks",
        "tasks.show",
    )


def _is_news(row: TaskRow) -> bool:
    """An answer of somebody else; what the user answered herself is none."""
    return bool(row.answer) and row.whose != "mine"


def _concerns(chart: Chart, row: TaskRow, user: Member) -> bool:
    """Something this user asked of somebody else, who has reported back."""
    asked = user.has(chart, row.task.resource.get("requester") or {})
    return asked and row.whose != "mine" and not row.answer and bool(row.result)


def _fresh(chart: Chart, row: TaskRow, now: datetime) -> bool:
    """Until a contact follows, and no longer than SHOWN_DAYS."""
    ended = row.ended
    if ended is None or ended < now - timedelta(days=SHOWN_DAYS):
        return False
    held = (each.when for each in contacts(chart, now).rows if each.reached)
    return not any(when is not None and when > ended for when in held)
