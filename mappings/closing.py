"""Closing an episode: plan, goals, what is open, the summary and the consent, all in one save.

How the consent ends follows from the outcome (`closing.toml`): with the month when the patient stops or changes to
another practice, on the day of a death, and otherwise not at all, since nobody withdrew it. A patient who could not be
reached is handed over by a message to the provider in the same save (domain notes, rows 59, 71).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import display
from mappings import close_form, dates, pick_lists
from mappings.attempts import attempts
from mappings.authorship import Authorship, annotation, instant
from mappings.cadence import working_day
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.close_form import CloseEntry
from mappings.closing_rules import consent_ends
from mappings.closing_summary import episode_start, read_back, summary_note, told
from mappings.consent import lapsed_consents, month_end, stopped_consents
from mappings.consent_record import with_text as consent_with_text
from mappings.consent_standing import service_consents, standing, window_of
from mappings.element import as_object, as_objects, as_text
from mappings.enrolment import may_close
from mappings.enrolment_state import state_task
from mappings.episode import OPEN, TITLE, open_plan, own_plans, with_text
from mappings.episodes import open_episodes
from mappings.form import Submitted
from mappings.goal import goal_final, own_open_goals
from mappings.identity import is_ours, reference_to
from mappings.practice import Practice
from mappings.terminology import status_code
from mappings.to_do import ToDoEntry, cancelled, open_to_dos, to_do_resource

LOST = "lost-to-follow-up"
DIED = "deceased"
_TELL_WITHIN_DAYS = 1


def parse_close(values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime) -> Submitted[CloseEntry]:
    """The close form as sent; every open goal of ours needs its end."""
    ids = [as_text(goal.get("id")) for goal in own_open_goals(chart)]
    return close_form.read(values, goal_ids=ids, today=now.date(), refusal=may_close(chart, now=now).reason)


def close_resources(
    entry: CloseEntry, chart: Chart, author: Authorship, form_id: UUID, *, practice: Practice | None = None
) -> tuple[dict[str, Any], ...]:
    """What closing files: every open plan of ours ended, each goal's end, open tasks of ours called off, the outcome as
    a state with the closing summary, the consent ended where the outcome ends it, and the message to the provider.
    """
    plan = open_plan(chart)
    reason = _reason(entry, chart, author.now, practice or Practice())
    goals = [
        goal_final(goal, entry.finals[as_text(goal["id"])], _short(entry), author)
        for goal in own_open_goals(chart)
    ]
    tasks = [cancelled(task, author, reason=_short(entry)) for task in open_to_dos(chart) if is_ours(task)]
    facts, more = read_back(entry, chart, author.now), told(entry, chart, author.now)
    ended = [_closed(each, entry, reason, author, (*more[:-1], *facts)) for each in open_plans(chart)]
    step = state_task(
        entry.outcome,
        author,
        form_id,
        plan=reference_to(plan, TITLE) if plan else None,
        reason=reason,
        more=facts,
        told=more,
    )
    message = (*_message(entry, chart, author, form_id, reason), *_look_again(entry, author, form_id))
    return (
        *ended,
        *goals,
        *tasks,
        step,
        *message,
        *_consents(entry, chart, author),
        *lapsed_consents(chart, author),
    )


def open_plans(chart: Chart) -> tuple[dict[str, Any], ...]:
    """Every open plan of ours: two are a mistake, and closing the episode ends both."""
    return tuple(plan for plan in own_plans(chart) if status_code(plan.get("status")) in OPEN)


def _short(entry: CloseEntry) -> str:
    outcome = pick_lists.outcomes()[entry.outcome].label
    return f"{outcome}. Reason: {display('close-reason', entry.reason).lower()}"


def _reason(entry: CloseEntry, chart: Chart, now: datetime, practice: Practice) -> str:
    """The outcome and the reason; of somebody who could not be reached, the tries as well."""
    if entry.outcome != LOST:
        return _short(entry)
    since = episode_start(next(iter(open_episodes(chart, now)), None), now)
    tries = attempts(chart, now=now, practice=practice, since=since).sentence
    return f"{_short(entry)}. {tries}".removesuffix(".") if tries else _short(entry)


def _closed(
    plan: dict[str, Any],
    entry: CloseEntry,
    reason: str,
    author: Authorship,
    facts: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    handed = f" Handed back to {entry.hand_back_to}." if entry.hand_back_to else ""
    said = f"Care management ended on {dates.day_words(author.now.date())}. {reason}.{handed}"
    texts = filter(None, (said, summary_note(facts), entry.note))
    notes = [*as_objects(plan.get("note")), *(annotation(text, author) for text in texts)]
    status = pick_lists.outcomes()[entry.outcome].plan_status
    return with_text({**plan, "status": status, "period": _ended(plan, author), "note": notes})


def _ended(plan: dict[str, Any], author: Authorship) -> dict[str, Any]:
    """The plan's period up to now; one that was to begin later ends as it begins, since no period ends before that."""
    period = as_object(plan.get("period"))
    start = dates.parse(period.get("start"))
    later = start is not None and start.start(author.now.tzinfo) > author.now
    return {**period, "end": period["start"] if later else instant(author.now)}


def _message(
    entry: CloseEntry, chart: Chart, author: Authorship, form_id: UUID, reason: str
) -> tuple[dict[str, Any], ...]:
    """The task that tells the provider, where the form asks for it."""
    if not entry.tell_provider:
        return ()
    due = working_day(author.now.date() + timedelta(days=_TELL_WITHIN_DAYS))
    text = f"Care management of {author.patient_name or 'this patient'} has ended: {reason[:1].lower()}{reason[1:]}."
    said = ToDoEntry(f"{text} {entry.note}".strip(), due, "provider", "routine", "tell-provider")
    provider = primary_care_provider(chart)
    plan = open_plan(chart)
    based_on = reference_to(plan, TITLE) if plan else None
    return (to_do_resource(said, author, form_id, slot="tell-provider", plan=based_on, provider=provider),)


def _look_again(entry: CloseEntry, author: Authorship, form_id: UUID) -> tuple[dict[str, Any], ...]:
    """The task to look at the patient again, where a day was given; it belongs to no plan any more."""
    if entry.look_again_on is None:
        return ()
    text = "See whether care management is needed again"
    again = ToDoEntry(text, entry.look_again_on, "care-manager", "routine", "re-enrol")
    return (to_do_resource(again, author, form_id, slot="re-enrol"),)


def _consents(entry: CloseEntry, chart: Chart, author: Authorship) -> tuple[dict[str, Any], ...]:
    if entry.reason == DIED:
        return _ending_on(_day_of_death(chart, author), "The patient has died", chart, author)
    if entry.outcome == "stopped":
        return stopped_consents(chart, author)
    if not consent_ends()[entry.outcome].month_end:
        return ()
    return _ending_on(month_end(author.now.date()), _short(entry), chart, author)


def _day_of_death(chart: Chart, author: Authorship) -> date:
    said = dates.parse(as_object(chart.patient).get("deceasedDateTime"))
    day = said.local_day(author.now.tzinfo) if said else None
    return min(day, author.now.date()) if day else author.now.date()


def _ending_on(last: date, why: str, chart: Chart, author: Authorship) -> tuple[dict[str, Any], ...]:
    """The consents in force, ending with this day, or on their first one where that is later."""
    changed = []
    for consent in service_consents(chart, author.now):
        window = window_of(consent, author.now)
        if standing(consent, author.now) != "active" or window is None:
            continue
        day = max(last, window.start.date())
        if window.last_day and window.last_day <= day:
            continue
        provision = as_object(consent.get("provision"))
        period = {**as_object(provision.get("period")), "end": day.isoformat()}
        ended = {**consent, "provision": {**provision, "period": period}}
        changed.append(consent_with_text(ended, [("Ends", why), ("Recorded by", author.user_name)]))
    return tuple(changed)
