"""Each instrument over time: when it was last done, what came out, how it goes, and whether it is due.

Our own assessments and the scores that the EHR holds as results stand in one row of time; the same score of the same
day counts once, as ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mappings import dates
from mappings.chart import Chart
from mappings.episode import open_plan
from mappings.practice import Practice
from mappings.prompt import Prompt
from mappings.questionnaire.catalogue import Instrument, Opens, catalogue
from mappings.questionnaire.recorded import AssessmentView, ehr_scores, own_assessments
from mappings.sight import Sight, sight

ENDPOINT = "assess.show"
"""The page that a prompt leads to, with the instrument's id as `questionnaire`."""

TREND_LENGTH = 12
OPENS_WITHIN_DAYS = 30
"""A result asks for its second instrument this long; later the first one is asked again."""


@dataclass(frozen=True)
class InstrumentHistory:
    """One instrument. `results` are complete, newest first; `trend` is of the first score, oldest first."""

    instrument: Instrument
    results: tuple[AssessmentView, ...]
    half_done: AssessmentView | None
    due: bool
    due_words: str
    opened_by: AssessmentView | None
    trend: tuple[tuple[date, float], ...]
    trend_words: str

    @property
    def last(self) -> AssessmentView | None:
        """The newest result, or None."""
        return next(iter(self.results), None)


def assessments(chart: Chart, *, now: datetime) -> tuple[AssessmentView, ...]:
    """Every assessment of ours and every score of the EHR's own, newest first, none twice."""
    ours = own_assessments(chart, now=now)
    days = {(view.instrument.id, _day(view, now), view.score) for view in ours if view.complete}
    theirs = [
        view
        for view in ehr_scores(chart, now=now)
        if (view.instrument.id, _day(view, now), view.score) not in days
    ]
    return tuple(sorted((*ours, *theirs), key=lambda view: dates.newest_first_key(view.when)))


def history(chart: Chart, *, now: datetime) -> tuple[InstrumentHistory, ...]:
    """Every instrument of the catalogue, in its order."""
    found = assessments(chart, now=now)
    return tuple(_history(each, found, chart, now) for each in catalogue())


def history_of(chart: Chart, instrument: Instrument, *, now: datetime) -> InstrumentHistory:
    """One instrument."""
    return _history(instrument, assessments(chart, now=now), chart, now)


def _history(
    of: Instrument, everything: tuple[AssessmentView, ...], chart: Chart, now: datetime
) -> InstrumentHistory:
    mine = [view for view in everything if view.instrument.id == of.id]
    results = tuple(view for view in mine if view.complete)
    last = next(iter(results), None)
    opened = _opened_by(of, everything, last, now)
    due, words = _due(of, last, opened, now) if _is_known(chart) else (False, _UNKNOWN)
    return InstrumentHistory(
        instrument=of,
        results=results,
        half_done=next((view for view in mine if not view.complete), None),
        due=due,
        due_words=words,
        opened_by=opened,
        trend=_trend(results, now),
        trend_words=_trend_words(of, results),
    )


_UNKNOWN = "Not known: this EHR does not show Chartside what was asked before"


def _is_known(chart: Chart) -> bool:
    return sight(chart, "Task") in (Sight.WHOLE, Sight.PARTLY)


def _day(view: AssessmentView, now: datetime) -> date | None:
    return view.when.local_day(now.tzinfo) if view.when else None


def _opened_by(
    of: Instrument, everything: tuple[AssessmentView, ...], last: AssessmentView | None, now: datetime
) -> AssessmentView | None:
    """The newest result of another instrument that asks for this one and has not been answered by it yet."""
    for view in everything:
        asked = view.complete and opening(view)
        if not asked or asked.instrument != of.id:
            continue
        newest = next(each for each in everything if each.instrument == view.instrument and each.complete)
        day, answered = _day(view, now), _day(last, now) if last else None
        fresh = day is not None and day >= now.date() - timedelta(days=OPENS_WITHIN_DAYS)
        return view if view is newest and fresh and (answered is None or (day and answered < day)) else None
    return None


def opening(view: AssessmentView) -> Opens | None:
    """What this result asks for next: the rule, or None."""
    score = view.score
    rules = (each for each in view.instrument.opens if score is not None and score >= each.low)
    return next(rules, None)


def _due(
    of: Instrument, last: AssessmentView | None, opened: AssessmentView | None, now: datetime
) -> tuple[bool, str]:
    if opened:
        rule = opening(opened)
        why = f" {rule.why}" if rule else ""
        return True, f"{opened.instrument.title} was {opened.score_words}, {opened.date_words}.{why}"
    day = _day(last, now) if last else None
    if last is None:
        return bool(of.repeat_days), "Not done yet"
    days = (of.repeat_days_concern if last.concern else 0) or of.repeat_days
    if not days or day is None:
        return False, ""
    again = day + timedelta(days=days)
    if again <= now.date():
        return True, f"Due again since {dates.day_words(again)}" if again < now.date() else "Due again today"
    return False, f"Due again {dates.day_words(again)}"


def _trend(results: tuple[AssessmentView, ...], now: datetime) -> tuple[tuple[date, float], ...]:
    points = [
        (day, float(view.score))
        for view in results
        if view.score is not None and (day := _day(view, now)) is not None
    ]
    return tuple(reversed(points[:TREND_LENGTH]))


def _trend_words(of: Instrument, results: tuple[AssessmentView, ...]) -> str:
    """As "better: 9, was 14 on 3 Aug 2026"; "" for fewer than two scores."""
    scored = [view for view in results if view.score is not None]
    if len(scored) < 2 or not of.scales:
        return ""
    latest, before = scored[0], scored[1]
    step = (latest.score or 0) - (before.score or 0)
    worse = step > 0 if of.scales[0].worse == "higher" else step < 0
    word = "the same" if step == 0 else "worse" if worse else "better"
    when = dates.plain_words(before.when)
    return f"{word}: {latest.score}, was {before.score}{f' on {when}' if when else ''}"


def prompts(chart: Chart, *, now: datetime, practice: Practice | None = None) -> tuple[Prompt, ...]:
    """What is to be asked now: what a result opened, what is half done, and in an open episode what is due again."""
    enrolled = open_plan(chart) is not None
    found: list[Prompt] = []
    for each in history(chart, now=now):
        of, parameters = each.instrument, {"questionnaire": each.instrument.id}
        if each.half_done:
            begun = f"{each.half_done.progress.words}, {each.half_done.date_words}."
            found.append(Prompt(f"Finish {of.title}.", begun, "Go on", ENDPOINT, parameters))
        elif each.opened_by:
            found.append(Prompt(f"Ask {of.title}.", each.due_words, "Ask now", ENDPOINT, parameters))
        elif enrolled and each.due and each.last:
            why = f"{each.due_words}; last {each.last.date_words}."
            found.append(Prompt(f"Ask {of.title} again.", why, "Ask now", ENDPOINT, parameters))
    return tuple(found)
