"""A step through the program while a plan is open: pause and resume, maintenance, in control, closing.

Each is filed with its reason, as a step of its own and as a note of the plan, and the plan's status follows: on hold
while paused, else active (design section 4). What was planned moves with it, so that nobody is called in a pause and
nobody is forgotten after one (domain notes, rows 60, 61, 70, 74, 76).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from mappings import dates, step_form
from mappings.authorship import Authorship, annotation
from mappings.cadence import cadence_data, next_contact_day, rules, working_day
from mappings.chart import Chart
from mappings.consent import is_deceased, lapsed_consents
from mappings.element import as_objects
from mappings.enrolment import enrolment_view
from mappings.enrolment_state import Gate, state_task, unread
from mappings.episode import TITLE, open_plan, with_text
from mappings.form import Submitted
from mappings.goals_met import goals_met
from mappings.identity import is_ours, reference_to
from mappings.panel import PLAIN_WORDS, listed
from mappings.sight import unseen
from mappings.step_form import StepEntry
from mappings.step_rules import StepRule, further_answers, offered_from
from mappings.to_do import ToDoEntry, cancelled, completed, open_to_dos, to_do_resource, to_do_view

UNTIL, FURTHER, CLOSE_BY, NEXT = "Until", "Contact further", "Close by", "Next contact"
_PAUSE_DAYS = 28
_CLOSE_DAYS = 14

Resource = dict[str, Any]


def may_step(chart: Chart, *, now: datetime) -> Gate:
    """Whether a step may be taken now; what is never shown again cannot be changed from here."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died. Close the plan instead.")
    if dark := unread(chart, "CarePlan") or unread(chart, "Task"):
        return Gate(dark)
    if hidden := unseen(chart, "CarePlan", "Task"):
        words = listed([PLAIN_WORDS[kind] for kind in hidden])
        return Gate(
            f"This EHR does not show again the {words} documented with Chartside, so they cannot be changed from here."
            " Document in a contact what was agreed."
        )
    view = enrolment_view(chart, now=now)
    if not view.known:
        return Gate(f"{view.sentence}, so nothing is changed in the dark.")
    if open_plan(chart) is None or not offered_from(view.state):
        return Gate("A step needs an open care plan. Open the plan first.")
    return Gate()


def offered_steps(chart: Chart, *, now: datetime) -> Mapping[str, StepRule]:
    """The steps that may be taken now, by the state that they lead to."""
    return offered_from(enrolment_view(chart, now=now).state)


def step_defaults(chart: Chart, *, now: datetime, to: str = "") -> dict[str, tuple[str, ...]]:
    """What the form opens with: the step asked for, the days by the cadence, the reason where the chart knows it."""
    today = now.date()
    maintained = working_day(today + timedelta(days=rules()["maintenance"]["days"]))
    usual = next_contact_day(chart, now=now)
    chosen = to if to in offered_steps(chart, now=now) else ""
    return {
        **({"to": (chosen,)} if chosen else {}),
        "reason": (_known_reason(chart, now, chosen),),
        "until": ((today + timedelta(days=_PAUSE_DAYS)).isoformat(),),
        "next_date": ((maintained if chosen in ("maintenance", "in-control") else usual).isoformat(),),
        "close_by": (_close_by(chart, now).isoformat(),),
    }


def _known_reason(chart: Chart, now: datetime, to: str) -> str:
    found = goals_met(chart, now=now)
    if to in ("maintenance", "in-control", "closing") and found.all_met:
        since = f" since {dates.day_words(found.since)}" if found.since else ""
        return f"{'The goal is' if found.total == 1 else f'All {found.total} goals are'} met{since}"
    return ""


def _close_by(chart: Chart, now: datetime) -> date:
    found = goals_met(chart, now=now)
    soonest = working_day(now.date() + timedelta(days=_CLOSE_DAYS))
    if not found.all_met or found.since is None:
        return soonest
    return max(soonest, working_day(found.since + timedelta(days=cadence_data()["closing"]["due_days"])))


def parse_step(values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime) -> Submitted[StepEntry]:
    """The form as sent; refused as a whole (key "form") where no step may be taken now."""
    return step_form.read(
        values,
        offered=offered_steps(chart, now=now),
        today=now.date(),
        refusal=may_step(chart, now=now).reason,
    )


def step_resources(entry: StepEntry, chart: Chart, author: Authorship, form_id: UUID) -> tuple[Resource, ...]:
    """What a step files: the plan with its status and a note, the step, and what was planned moved along with it."""
    rule = offered_steps(chart, now=author.now)[entry.to]
    plan = open_plan(chart)
    if plan is None:
        raise ValueError("a step needs an open plan")
    facts = _facts(entry, rule)
    changed = with_text(
        {
            **plan,
            "status": rule.plan_status,
            "note": [*as_objects(plan.get("note")), annotation(_note(entry, rule, author), author)],
        }
    )
    reference = reference_to(plan, TITLE)
    step = state_task(entry.to, author, form_id, plan=reference, reason=entry.reason, more=facts)
    moved = _called_off(entry, rule, chart, author)
    planned = _planned(entry, rule, chart, author, form_id, reference)
    return (changed, step, *planned, *moved, *lapsed_consents(chart, author))


def _facts(entry: StepEntry, rule: StepRule) -> tuple[tuple[str, str], ...]:
    label = UNTIL if "until" in rule.asks else CLOSE_BY if "close-by" in rule.asks else NEXT
    day = ((label, entry.day.isoformat()),) if entry.day else ()
    further = ((FURTHER, further_answers()[entry.further]),) if entry.further else ()
    return (*day, *further)


def _note(entry: StepEntry, rule: StepRule, author: Authorship) -> str:
    until = f" until {dates.day_words(entry.day)}" if entry.day and "until" in rule.asks else ""
    further = f" {further_answers()[entry.further]}." if entry.further else ""
    return f"{rule.done} on {dates.day_words(author.now.date())}{until}: {entry.reason.removesuffix('.')}.{further}"


def _next_contacts(chart: Chart, now: datetime) -> list[Resource]:
    own = (task for task in open_to_dos(chart) if is_ours(task))
    return [task for task in own if to_do_view(task, now=now).kind == "next-contact"]


def _stands(entry: StepEntry, chart: Chart, now: datetime) -> bool:
    """Whether a contact is planned for that very day already."""
    return any(to_do_view(task, now=now).due == entry.day for task in _next_contacts(chart, now))


def _called_off(entry: StepEntry, rule: StepRule, chart: Chart, author: Authorship) -> tuple[Resource, ...]:
    """The planned contacts that the step makes void: those within a pause, and those that a new day replaces."""
    why = rule.done if entry.day is None else f"{rule.done}; {dates.day_words(entry.day)} instead"
    if "close-by" in rule.asks:
        return ()
    changed = []
    for task in _next_contacts(chart, author.now):
        due = to_do_view(task, now=author.now).due
        if due == entry.day or ("until" in rule.asks and due and entry.day and due > entry.day):
            continue
        ended = completed(task, author, how=rule.done) if rule.name == "Resume" else None
        changed.append(ended or cancelled(task, author, reason=why))
    return tuple(changed)


def _planned(
    entry: StepEntry, rule: StepRule, chart: Chart, author: Authorship, form_id: UUID, plan: Resource
) -> tuple[Resource, ...]:
    """The task that the step leaves: the next contact, the end of the pause, or the check before closing."""
    if entry.day is None:
        return ()
    if "close-by" in rule.asks:
        text = "Close the care plan: see whether she or he is ready, and hand back"
        check = ToDoEntry(text, entry.day, "care-manager", "routine", "closing-check")
        return (to_do_resource(check, author, form_id, slot="closing-check", plan=plan),)
    if _stands(entry, chart, author.now):
        return ()
    paused = "until" in rule.asks
    text = "The pause ends: take the service up again, or close the plan" if paused else "Phone contact"
    contact = ToDoEntry(text, entry.day, "care-manager", "routine", "next-contact")
    return (to_do_resource(contact, author, form_id, slot="next-contact", plan=plan),)
