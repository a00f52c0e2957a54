"""The closing summary: the whole episode in one place, readable in the chart by whoever has the patient next.

It stands in the text of the step that ends the episode and in a note of the plan, so that it survives on every rung
(domain notes, row 59).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from mappings import dates
from mappings.baseline import ThenNow, baseline
from mappings.chart import Chart
from mappings.close_form import CloseEntry
from mappings.closing_rules import trigger_words
from mappings.contact import ContactView, contact_views
from mappings.element import as_text
from mappings.episodes import Episode, open_episodes
from mappings.goal import FINAL_WORDS, own_open_goals
from mappings.terminology import words_of

Fact = tuple[str, str]
HANDED, LAST_CONTACT, LOOK_AGAIN = "Handed back to", "Last contact", "Look again at"


def read_back(entry: CloseEntry, chart: Chart, now: datetime) -> tuple[Fact, ...]:
    """The facts of the closing step that later pages read: who has the patient, the last contact, what to watch for."""
    return (
        (HANDED, entry.hand_back_to),
        (LAST_CONTACT, last_contact_words(chart, now)),
        (LOOK_AGAIN, trigger_words(entry.look_again, entry.look_again_words)),
    )


def told(entry: CloseEntry, chart: Chart, now: datetime) -> tuple[Fact, ...]:
    """The facts for readers alone: how long, how many contacts, each goal's end, then and now, the note."""
    goals = own_open_goals(chart)
    ends = [
        (
            f"Goal “{words_of(goal.get('description'))}”",
            FINAL_WORDS[entry.finals[as_text(goal["id"])]].lower(),
        )
        for goal in goals
        if as_text(goal.get("id")) in entry.finals
    ]
    compared = [(row.label, f"{row.then}, now {row.now}") for row in then_and_now(chart, now)]
    return (
        ("Enrolled", _span(chart, now)),
        ("Contacts", _count(chart, now)),
        *ends,
        *compared,
        ("Note", entry.note),
    )


def summary_note(facts: Sequence[Fact]) -> str:
    """The same facts as a note of the plan, one a line."""
    return "\n".join(("Closing summary", *(f"{label}: {words}" for label, words in facts if words)))


def then_and_now(chart: Chart, now: datetime) -> tuple[ThenNow, ...]:
    """Where the patient stood when the open plan began, beside now; () without an open plan."""
    current = _current(chart, now)
    begun = episode_start(current, now)
    return baseline(chart, start=begun, now=now, goals=own_open_goals(chart)) if begun else ()


def episode_start(episode: Episode | None, now: datetime) -> datetime | None:
    """The first moment of the day on which an episode began, in the zone of `now`."""
    if episode is None or episode.start is None:
        return None
    return datetime.combine(episode.start, time(), tzinfo=now.tzinfo)


def last_contact(chart: Chart, now: datetime) -> ContactView | None:
    """The last contact in which somebody was reached; None where none is seen."""
    return next((row for row in contact_views(chart, now) if row.reached), None)


def last_contact_words(chart: Chart, now: datetime) -> str:
    """ "12 Nov 2026, phone, talked"; "" where none is seen."""
    last = last_contact(chart, now)
    if last is None:
        return ""
    day = dates.day_words(last.when.date()) if last.when else ""
    return ", ".join(filter(None, (day, last.mode_words.lower(), last.result_words.lower())))


def _current(chart: Chart, now: datetime) -> Episode | None:
    return next(iter(open_episodes(chart, now)), None)


def _span(chart: Chart, now: datetime) -> str:
    current = _current(chart, now)
    if current is None or current.start is None:
        return ""
    days = (now.date() - current.start).days
    return f"{dates.day_words(current.start)} to {dates.day_words(now.date())} ({days} days)"


def _count(chart: Chart, now: datetime) -> str:
    begun = episode_start(_current(chart, now), now)
    rows = [row for row in contact_views(chart, now) if begun and row.when and row.when >= begun]
    reached = sum(row.reached for row in rows)
    minutes = sum(row.minutes or 0 for row in rows)
    tried = f", {len(rows) - reached} tried in vain or moved" if len(rows) > reached else ""
    return f"{reached} held{tried}, {minutes} minutes documented" if rows else ""
