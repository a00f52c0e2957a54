"""What to think of between two contacts: every prompt that the chart gives rise to today, each with its reason.

A rule points out and never acts. Each knows its facts: where the EHR does not show them, it is silent
(`cadence.toml`; domain notes A.4 and A.5).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mappings import dates
from mappings.after_end import after_end, ask_again
from mappings.attempts import attempts
from mappings.cadence import cadence_data, rules, wish
from mappings.chart import Chart
from mappings.closing_summary import episode_start
from mappings.condition import problems
from mappings.consent import consent_view, is_deceased
from mappings.contact_mix import contact_mix
from mappings.element import as_object
from mappings.encounter import visits
from mappings.enrolment import ENDED, enrolment_view
from mappings.enrolment_state import StateStep
from mappings.episodes import Episode, open_episodes
from mappings.goal import goal_view, own_open_goals
from mappings.goals_met import goals_met
from mappings.practice import Practice
from mappings.prompt import Prompt
from mappings.reading import ReadStatus
from mappings.step import CLOSE_BY, FURTHER, UNTIL
from mappings.step_rules import further_answers
from mappings.to_do import to_dos

__all__ = ["Prompt", "prompts"]

_STUCK = frozenset({"worse", "same", "no progress"})
_NOT_HELD = frozenset({"planned", "cancelled", "noshow"})
_NOT_PRESSED = frozenset({"maintenance", "in-control", "closing"})


def prompts(chart: Chart, *, now: datetime, practice: Practice) -> tuple[Prompt, ...]:
    """The prompts of today, the urgent ones first; none where the chart gives no ground for any."""
    view = enrolment_view(chart, now=now)
    if is_deceased(chart) or not view.known:
        return ()
    if view.state in ENDED and not open_episodes(chart, now):
        return (*ask_again(chart, now=now), *after_end(chart, now=now))
    if not view.enrolled and view.state != "stopped":
        return ()
    current = next(iter(open_episodes(chart, now)), None)
    last = view.history[0] if view.history else None
    settled = (*_two_open(chart, now), *_borders(current, now), *_consent_ends(chart, now))
    if view.state == "paused":
        return (*settled, _paused(last, now))
    if view.state == "stopped" or current is None or current.plan.get("status") == "draft":
        return settled
    found = (
        *settled,
        *_lost(chart, now, practice, current),
        *_goals(chart, now, view.state, last),
        *_closing(last, now),
        *_stuck(chart, now),
        *_meeting(chart, now, practice, current),
        *_visit_due(chart, now),
        *_half_a_year(chart, now, view.state, current),
    )
    return tuple(sorted(found, key=lambda each: not each.urgent))


def _two_open(chart: Chart, now: datetime) -> tuple[Prompt, ...]:
    opened = open_episodes(chart, now)
    if len(opened) < 2:
        return ()
    since = " and ".join(dates.day_words(each.start) if each.start else "an unknown day" for each in opened)
    why = f"They began on {since}. Closing ends all of them; consent stays, so that one plan can be opened anew."
    return (
        Prompt(
            f"{len(opened)} care plans are open at once.",
            why,
            "Close the plans",
            "close_plan.show",
            {},
            urgent=True,
        ),
    )


def _borders(current: Episode | None, now: datetime) -> tuple[Prompt, ...]:
    """A plan whose period was changed in the EHR: over, or not begun, although its status says open."""
    if current is None:
        return ()
    end = dates.parse(as_object(current.plan.get("period")).get("end"))
    last = end.local_day(now.tzinfo) if end else None
    if last and last < now.date():
        why = f"Its period ended on {dates.day_words(last)}, and it is still open."
        return (Prompt("The period of the care plan is over.", why, "Close the plan", "close_plan.show"),)
    if current.start and current.start > now.date():
        why = f"Its period begins on {dates.day_words(current.start)}. Check the plan in the EHR."
        return (Prompt("The care plan begins in the future.", why),)
    return ()


def _consent_ends(chart: Chart, now: datetime) -> tuple[Prompt, ...]:
    """The patient stopped: until the last day contacts go on, after it the open plan has to be closed."""
    consent = consent_view(chart, now=now)
    if consent.ends is None or not open_episodes(chart, now):
        return ()
    day = dates.day_words(consent.ends)
    close = ("Close the plan", "close_plan.show", {"outcome": "stopped"})
    if consent.state == "stopped":
        return (
            Prompt("The consent has ended and a plan is open.", f"It ended on {day}.", *close, urgent=True),
        )
    if consent.state == "active":
        return (Prompt(f"The service ends with {day}.", "The patient’s consent ends on that day.", *close),)
    return ()


def _paused(last: StateStep | None, now: datetime) -> Prompt:
    until = dates.parse(last.facts.get(UNTIL)) if last and last.state == "paused" else None
    day = until.local_day(now.tzinfo) if until else None
    reason = f"{last.reason.removesuffix('.')}." if last and last.state == "paused" and last.reason else ""
    resume = ("Resume the service", "step.show", {"to": "following"})
    if day and day <= now.date():
        return Prompt(f"The pause ended on {dates.day_words(day)}.", reason, *resume, urgent=True)
    said = f"The service is paused until {dates.day_words(day)}." if day else "The service is paused."
    return Prompt(said, f"{reason} No contact is due.".strip(), *resume)


def _lost(chart: Chart, now: datetime, practice: Practice, current: Episode) -> tuple[Prompt, ...]:
    tries = attempts(chart, now=now, practice=practice, since=episode_start(current, now))
    if not tries.lost:
        return ()
    rule = f"The practice’s rule: {tries.limit} within {tries.within_days} days."
    return (
        Prompt(
            "The patient cannot be reached: lost to follow-up?",
            f"{tries.sentence} {rule}",
            "Discharge and tell the provider",
            "close_plan.show",
            {"outcome": "lost-to-follow-up"},
            urgent=True,
        ),
    )


def _goals(chart: Chart, now: datetime, state: str, last: StateStep | None) -> tuple[Prompt, ...]:
    """All goals met: fewer contacts first, the close in sight after 60 days, due after 90."""
    met = goals_met(chart, now=now)
    rule = cadence_data()["closing"]
    if not met.all_met:
        return ()
    if last and last.facts.get(FURTHER) == further_answers()["no"]:
        why = f"Asked on {dates.plain_words(last.when, now.tzinfo)}. {met.words[:1].upper()}{met.words[1:]}."
        return (_close("The patient needs no more contacts.", why),)
    days, since = (
        met.days(now),
        f"since {dates.day_words(met.since)}" if met.since else "since a day not known",
    )
    if days >= rule["due_days"]:
        return (_close(f"Closing is due: all goals have been met for {days} days.", f"All met {since}."),)
    if days >= rule["prompt_days"] and state != "closing":
        why = f"All met {since}; closing is due {rule['due_days']} days after that."
        return (Prompt("Think of closing.", why, "Prepare the close", "step.show", {"to": "closing"}),)
    return _fewer(state, last, since, now)


def _close(sentence: str, why: str) -> Prompt:
    return Prompt(sentence, why, "Close the plan", "close_plan.show", {"outcome": "graduated"})


def _fewer(state: str, last: StateStep | None, since: str, now: datetime) -> tuple[Prompt, ...]:
    ask = "Ask whether the patient wants to be contacted further."
    if state in ("plan-active", "following"):
        why = f"All met {since}. {ask}"
        return (Prompt("All goals are met.", why, "Move to maintenance", "step.show", {"to": "maintenance"}),)
    taken = last.when.local_day(now.tzinfo) if last and last.when else None
    kept = taken is not None and (now.date() - taken).days >= rules()["maintenance"]["days"]
    if state == "maintenance" and kept:
        why = f"All met {since}, {rules()['maintenance']['words']}. {ask}"
        return (Prompt("The goals stay met.", why, "Record in control", "step.show", {"to": "in-control"}),)
    return ()


def _closing(last: StateStep | None, now: datetime) -> tuple[Prompt, ...]:
    by = dates.parse(last.facts.get(CLOSE_BY)) if last and last.state == "closing" else None
    day = by.local_day(now.tzinfo) if by else None
    if day is None or day > now.date():
        return ()
    why = f"It was to be closed by {dates.day_words(day)}."
    return (Prompt("The close is due.", why, "Close the plan", "close_plan.show"),)


def _stuck(chart: Chart, now: datetime) -> tuple[Prompt, ...]:
    """A goal that does not move, while the next contact is more than a week away."""
    views = [goal_view(goal, now=now) for goal in own_open_goals(chart)]
    stuck = [row.text for row in views if row.achievement in _STUCK]
    planned = [
        row.due for row in to_dos(chart, now).rows if row.ours and row.kind == "next-contact" and row.due
    ]
    soon = now.date() + timedelta(days=rules()["weekly"]["days"])
    if not stuck or wish(chart) or not planned or min(planned) <= soon:
        return ()
    why = f"“{stuck[0]}” is not moving. The next contact is planned for {dates.day_words(min(planned))}."
    return (Prompt("Weekly contacts may help.", why, "Agree on how often", "cadence.show"),)


def _meeting(chart: Chart, now: datetime, practice: Practice, current: Episode) -> tuple[Prompt, ...]:
    start = episode_start(current, now)
    mix = contact_mix(chart, now=now, days=practice.in_person_days, since=start)
    if not mix.due:
        return ()
    return (
        Prompt(
            f"No meeting in person in {mix.days} days.",
            f"{mix.words}. Time face to face makes care management work better.",
            "How they were held",
            "follow_up.show",
        ),
    )


def _visit_due(chart: Chart, now: datetime) -> tuple[Prompt, ...]:
    """No visit to the practice for longer than a rule allows; silent where the visits could not be read."""
    if chart.reading("Encounter").status is not ReadStatus.READ:
        return ()
    rows = visits(chart, now=now).rows
    held = [row for row in rows if row.when and row.when <= now and row.status not in _NOT_HELD]
    seen = [row for row in held if not row.is_emergency and not row.is_stay]
    groups = {name for row in problems(chart, now=now).rows if row.active for name in row.chronic_groups}
    last = seen[0].when if seen else None
    for rule in cadence_data()["visit"]:
        concerned = not rule["group"] or rule["group"] in groups
        if concerned and (last is None or (now - last).days > rule["days"]):
            when = f"The last one on file: {seen[0].start_words}" if seen else "None is on file"
            return (Prompt("A visit to the provider is due.", f"{when}; {rule['words']}."),)
    return ()


def _half_a_year(chart: Chart, now: datetime, state: str, current: Episode) -> tuple[Prompt, ...]:
    """After six months with goals still open: talk about what to change. Before that nobody is pressed to close."""
    least = cadence_data()["closing"]["least_days"]
    met = goals_met(chart, now=now)
    if state in _NOT_PRESSED or met.all_met or not met.total or current.start is None:
        return ()
    days = (now.date() - current.start).days
    if days < least:
        return ()
    why = f"{met.words[:1].upper()}{met.words[1:]} after {days} days. Change the goals, or see whether to close."
    return (Prompt("Six months in the program.", why, "See whether she or he is ready", "follow_up.show"),)
