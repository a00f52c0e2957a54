"""What brings a patient back: the triggers named at the close, seen in the chart since, and the day to ask again.

Only what was named at the close is pointed out, with the words of that day; the rest is for people to notice
(`closing.toml`; domain notes, rows 54 and 59).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from mappings import dates
from mappings.chart import Chart
from mappings.closing_rules import triggers_in
from mappings.closing_summary import LOOK_AGAIN
from mappings.condition import problems
from mappings.consent import consent_view
from mappings.encounter import Visit, visits
from mappings.enrolment import may_plan
from mappings.episodes import Episode, last_end
from mappings.observation import latest_readings
from mappings.prompt import Prompt
from mappings.to_do import to_dos


def after_end(chart: Chart, *, now: datetime) -> tuple[Prompt, ...]:
    """What has happened since the last episode ended that was to be looked out for; newest kind first."""
    ended = last_end(chart, now)
    if ended is None or ended.end is None:
        return ()
    due = [row for row in to_dos(chart, now).rows if row.ours and row.kind == "re-enrol" and row.due]
    asked = [
        f"{row.text}: {dates.day_words(row.due)} has come" for row in due if row.due and row.due <= now.date()
    ]
    named = triggers_in(ended.facts.get(LOOK_AGAIN, ""))
    seen = [_SEEN[each.rule](chart, ended.end, now) for each in named if each.rule]
    told = [f"{words} since the service ended" for words in dict.fromkeys(filter(None, seen))]
    return tuple(_prompt(chart, words, ended, now) for words in (*told, *asked))


def _prompt(chart: Chart, words: str, ended: Episode, now: datetime) -> Prompt:
    on = f" on {dates.day_words(ended.end)}" if ended.end else ""
    watched = ended.facts.get(LOOK_AGAIN, "")
    again = f"; to be looked at again at: {watched}" if watched else ""
    why = f"Care management ended{on} ({ended.outcome.lower()}){again}."
    if may_plan(chart, now=now).allowed:
        return Prompt(f"{words}.", why, "Open a new plan", "care_plan.show")
    return Prompt(f"{words}.", why, "Record consent", "consent.show")


def _visit(wanted: Callable[[Visit], bool], words: str) -> Callable[[Chart, date, datetime], str]:
    def seen(chart: Chart, end: date, now: datetime) -> str:
        rows = [row for row in visits(chart, now=now).rows if wanted(row) and row.when]
        found = next((row for row in rows if row.when and end < row.when.date() <= now.date()), None)
        return f"{words} ({found.start_words})" if found else ""

    return seen


def _result(chart: Chart, end: date, now: datetime) -> str:
    rows = latest_readings(chart, now=now).rows
    found = [row for row in rows if row.flag and row.when and row.when.date() > end]
    told = ", ".join(f"{row.name} {row.value_words} ({row.date_words})" for row in found)
    return f"Out of range: {told}" if told else ""


def _condition(chart: Chart, end: date, now: datetime) -> str:
    rows = [row for row in problems(chart, now=now).rows if row.active and row.chronic_group and row.recorded]
    new = [row.text for row in rows if (day := _day(row.recorded, now)) and day > end]
    return f"New chronic condition: {', '.join(new)}" if new else ""


def _day(when: dates.FhirDate | None, now: datetime) -> date | None:
    return when.local_day(now.tzinfo) if when else None


_SEEN: Mapping[str, Callable[[Chart, date, datetime], str]] = {
    "emergency": _visit(lambda row: row.is_emergency, "Emergency visit"),
    "stay": _visit(lambda row: row.is_stay, "Hospital stay"),
    "result": _result,
    "condition": _condition,
}


def ask_again(chart: Chart, *, now: datetime) -> tuple[Prompt, ...]:
    """A patient who declined, on or after the day on which to ask again; before it nothing, and without one never."""
    consent = consent_view(chart, now=now)
    due = [row for row in to_dos(chart, now).rows if row.ours and row.kind == "ask-again" and row.due]
    if consent.state != "declined" or not due or due[0].due is None or due[0].due > now.date():
        return ()
    reason = f" {consent.reason}." if consent.reason else ""
    why = f"{consent.sentence}{reason} To be asked again on {dates.day_words(due[0].due)}."
    return (
        Prompt("Ask again whether care management is wanted.", why, "Record a new answer", "consent.show"),
    )
