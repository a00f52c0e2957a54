"""Where the patient stood when the plan began, beside now: results, emergency and hospital use, confidence.

Nothing is stored for it: the chart already holds the values of that day, so they are read from there each time
(domain notes, row 90). A value counts for the start up to a year before the plan began, else up to 30 days after it
(`cadence.toml`); where the EHR shows no result of that time the row says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mappings import dates
from mappings.cadence import cadence_data
from mappings.chart import Chart
from mappings.element import as_objects, as_text
from mappings.encounter import Visit, visits
from mappings.measurement import measured_when
from mappings.observation import LatestReading, latest_readings
from mappings.reading import ReadStatus
from mappings.ruler import rulers
from mappings.terminology import words_of

NOT_THEN = "none then"
NOT_SINCE = "none since"
NOT_ASKED = "not asked again"


@dataclass(frozen=True)
class ThenNow:
    """One row: what is compared, the value at the start with its day, the value now with its day."""

    label: str
    then: str
    now: str

    @property
    def fresh(self) -> bool:
        """Whether there is anything new since the start."""
        return self.now not in (NOT_SINCE, NOT_ASKED)

    @property
    def sentence(self) -> str:
        """ "A1c 9.4 % (3 Jan 2026), now 7.1 % (1 Jun 2026)"."""
        return f"{self.label} {self.then}, now {self.now}"


def baseline(
    chart: Chart, *, start: datetime, now: datetime, goals: tuple[dict[str, Any], ...] = ()
) -> tuple[ThenNow, ...]:
    """The rows of an episode that began at `start`; `goals` are those whose confidence is compared.

    Results and visits that the EHR does not show give no rows: nothing is compared with what is not known.
    """
    return (*_results(chart, start, now), *_use(chart, start, now), *_confidence(goals))


def _results(chart: Chart, start: datetime, now: datetime) -> tuple[ThenNow, ...]:
    rule = cadence_data()["baseline"]
    before = _readings(chart, start - timedelta(days=rule["before_days"]), start)
    after = _readings(chart, start, start + timedelta(days=rule["after_days"]))
    latest = {row.key: row for row in latest_readings(chart, now=now).rows}
    rows = []
    for key, row in latest.items():
        then = before.get(key) or after.get(key)
        fresh = (
            row.when is not None and row.when > start and (then is None or row.reference != then.reference)
        )
        if then or fresh:
            rows.append(
                ThenNow(row.name, _value(then) if then else NOT_THEN, _value(row) if fresh else NOT_SINCE)
            )
    return tuple(rows)


def _value(row: LatestReading) -> str:
    return f"{row.value_words} ({dates.day_words(row.when.date())})" if row.when else row.value_words


def _readings(chart: Chart, first: datetime, last: datetime) -> dict[str, LatestReading]:
    """The newest value of each kind that was measured from `first` up to and including `last`."""
    reading = chart.reading("Observation")
    kept = tuple(item for item in reading.resources if _within(item, first, last))
    at_that_time = replace(
        chart, readings={**chart.readings, "Observation": replace(reading, resources=kept)}
    )
    return {row.key: row for row in latest_readings(at_that_time, now=last).rows}


def _within(observation: Any, first: datetime, last: datetime) -> bool:
    when = measured_when(observation) if isinstance(observation, dict) else None
    if when is None or when.precision < dates.Precision.DAY:
        return False
    day = when.local_day(first.tzinfo)
    return day is not None and first.date() <= day <= last.date()


def _use(chart: Chart, start: datetime, now: datetime) -> tuple[ThenNow, ...]:
    if chart.reading("Encounter").status is not ReadStatus.READ:
        return ()
    days = cadence_data()["baseline"]["use_days"]
    span = timedelta(days=days)
    rows = visits(chart, now=now).rows
    months = round(days / 30.5)
    found = []
    for label, wanted in (("Emergency visits", _emergency), ("Hospital stays", _stay)):
        then = sum(1 for row in rows if wanted(row) and _between(row, start - span, start))
        since = sum(1 for row in rows if wanted(row) and _between(row, max(start, now - span), now))
        then_words, now_words = (
            f"{then} in the {months} months before",
            f"{since} in the last {months} months",
        )
        if now - span < start:
            now_words = f"{since} since"
        found.append(ThenNow(label, then_words, now_words))
    return tuple(found)


def _emergency(row: Visit) -> bool:
    return row.is_emergency


def _stay(row: Visit) -> bool:
    return row.is_stay


def _between(row: Visit, first: datetime, last: datetime) -> bool:
    return row.when is not None and first <= row.when <= last


def _confidence(goals: tuple[dict[str, Any], ...]) -> tuple[ThenNow, ...]:
    rows = []
    for goal in goals:
        notes = [as_text(note.get("text")) for note in as_objects(goal.get("note"))]
        found = rulers(notes, goal.get("extension"))
        if found:
            first, last = found[0], found[-1]
            label = f"Confidence: {words_of(goal.get('description')) or 'goal'}"
            now_words = f"{last.confidence} of 10" if len(found) > 1 else NOT_ASKED
            rows.append(ThenNow(label, f"{first.confidence} of 10", now_words))
    return tuple(rows)
