"""Whether a patient is ready to go on alone: a checklist in which every line shows the facts that it rests on.

Goals, emergency and hospital use, confidence, time in the program, what is still open. It decides nothing: a patient
may graduate with a line open, and the nurse sees which (domain notes, rows 59 and 77; numbers in `cadence.toml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings import dates
from mappings.cadence import cadence_data
from mappings.chart import Chart
from mappings.encounter import visits
from mappings.episodes import episodes
from mappings.goals_met import goals_met
from mappings.identity import is_ours
from mappings.reading import ReadStatus
from mappings.sight import Sight, sight
from mappings.to_do import open_to_dos, to_do_view


@dataclass(frozen=True)
class Check:
    """One line: the question, True or False or None where the chart cannot tell, and the facts in words."""

    label: str
    ready: bool | None
    facts: str

    @property
    def answer(self) -> str:
        """ "yes", "not yet" or "not known"."""
        return {True: "yes", False: "not yet", None: "not known"}[self.ready]


def readiness(chart: Chart, *, now: datetime) -> tuple[Check, ...]:
    """The lines of the checklist, in the order in which they are talked about."""
    return (
        _goals(chart, now),
        _use(chart, now),
        _confidence(chart, now),
        _time(chart, now),
        _open_tasks(chart, now),
    )


def _goals(chart: Chart, now: datetime) -> Check:
    label = "Every goal is met"
    if sight(chart, "Goal") in (Sight.DARK, Sight.UNSEEN):
        return Check(label, None, "The goals could not be seen.")
    found = goals_met(chart, now=now)
    if not found.total:
        return Check(label, None, "There are no goals in this plan.")
    since = f", all since {dates.day_words(found.since)}" if found.all_met and found.since else ""
    return Check(label, found.all_met, f"{found.words[:1].upper()}{found.words[1:]}{since}.")


def _use(chart: Chart, now: datetime) -> Check:
    days = cadence_data()["readiness"]["quiet_days"]
    label = f"No emergency visit or hospital stay in {days} days"
    if chart.reading("Encounter").status is not ReadStatus.READ:
        return Check(label, None, "The visits could not be seen.")
    oldest = now - timedelta(days=days)
    rows = [
        row
        for row in visits(chart, now=now).rows
        if (row.is_emergency or row.is_stay) and row.when and oldest <= row.when <= now
    ]
    told = "; ".join(f"{row.kind_words} ({row.start_words})" for row in rows)
    return Check(label, not rows, f"{told}." if told else "None on file.")


def _confidence(chart: Chart, now: datetime) -> Check:
    least = cadence_data()["readiness"]["confidence"]
    ruled = goals_met(chart, now=now).ruled
    label = f"Confidence of {least} or more to go on alone"
    if not ruled:
        return Check(label, None, "Confidence was not asked for the open goals.")
    return Check(label, min(ruled) >= least, f"Last given: {', '.join(f'{each} of 10' for each in ruled)}.")


def _time(chart: Chart, now: datetime) -> Check:
    least = cadence_data()["closing"]["least_days"]
    label = "Six months in the program, or the goals are met"
    current = next(iter(episodes(chart, now)), None)
    if current is None or current.start is None:
        return Check(label, None, "It is not known when the plan began.")
    days = (now.date() - current.start).days
    ready = days >= least or goals_met(chart, now=now).all_met
    return Check(label, ready, f"{days} days since {dates.day_words(current.start)}.")


def _open_tasks(chart: Chart, now: datetime) -> Check:
    label = "Nothing is left to be done"
    if sight(chart, "Task") is not Sight.WHOLE:
        return Check(label, None, "The tasks could not all be seen.")
    rows = [to_do_view(task, now=now) for task in open_to_dos(chart) if is_ours(task)]
    waiting = [row.text for row in rows if row.kind != "next-contact"]
    return Check(
        label, not waiting, f"{'; '.join(waiting)}." if waiting else "Only the next contact, if any."
    )
