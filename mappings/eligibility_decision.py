"""The eligibility decision as it is made: what is offered, what a pick comes to, and what is filed.

Files the decision, the step "identified" where it is the first, and a task for the provider where she is to attest it;
an open referral is done with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import display
from mappings import eligibility_form
from mappings.authorship import Authorship, user_reference
from mappings.cadence import working_day
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.chronic_count import counted
from mappings.condition import Problem, problems
from mappings.element import as_object, as_text
from mappings.eligibility import eligibility_view, to_attest
from mappings.eligibility_form import OTHER, EligibilityEntry, Judged, Picked
from mappings.eligibility_record import Made, Named, decision_of, eligibility_task, read_task
from mappings.enrolment_state import Gate, state_steps, state_task, unread
from mappings.episode import TITLE, open_plan
from mappings.form import Submitted
from mappings.identity import reference_to
from mappings.patient_warning import DIED, is_deceased
from mappings.program_referral import open_referrals
from mappings.risk_fact import Source
from mappings.risk_tier import RiskSuggestion, suggested
from mappings.sight import Sight, caution, sight, unseen
from mappings.to_do import ToDoEntry, completed, to_do_resource

ATTEST_DAYS = 3


def offered_problems(chart: Chart, now: datetime) -> tuple[Problem, ...]:
    """The active problems that may count: chronic ones by their value set first, in the order of the list."""
    rows = [_named(row) for row in problems(chart, now=now).rows if row.active and row.reference]
    return tuple(sorted(rows, key=lambda row: not row.chronic_group))


def _named(row: Problem) -> Problem:
    """A problem of which the EHR gives a bare code is called by its kind: a code is no word."""
    return replace(row, text=row.chronic_group) if row.chronic_group and row.text in row.codes else row


def judged(picked: Picked, chart: Chart, now: datetime) -> Judged:
    """What a pick comes to: each kind of condition once, and the level that the rules give for it."""
    return Judged(
        count=len(picked_conditions(picked.conditions, picked.other, chart, now)),
        lasting=len(picked_conditions(picked.lasting, picked.other, chart, now)),
        suggested=suggestion(picked, chart, now).tier,
    )


def suggestion(picked: Picked, chart: Chart, now: datetime) -> RiskSuggestion:
    """The level by the rules, with the conditions that were picked."""
    return suggested(
        chart, now=now, conditions=picked_conditions(picked.conditions, picked.other, chart, now)
    )


def picked_conditions(chosen: Sequence[str], other: str, chart: Chart, now: datetime) -> tuple[Source, ...]:
    """The conditions that a choice makes, several problems of one kind once."""
    rows = {row.reference: row for row in offered_problems(chart, now)}
    found = counted([rows[each] for each in chosen if each in rows])
    written = (Source("", other),) if other and OTHER in chosen else ()
    return (*(Source(each.problems[0].reference, each.name) for each in found), *written)


def eligibility_defaults(chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the last decision's picks, else every problem that the value sets call chronic."""
    rows = offered_problems(chart, now)
    last = eligibility_view(chart, now=now)
    offered = {row.reference for row in rows}
    chronic = tuple(row.reference for row in rows if row.chronic_group)
    before = read_task(last.resource) if last.resource else None
    conditions = _still_there(before.conditions, offered) if before else chronic
    lasting = _still_there(before.lasting, offered) if before else chronic
    level = suggestion(Picked(conditions, lasting, (), ""), chart, now).tier
    kept = before is not None and bool(before.tier_reason)
    provider = as_text(as_object(primary_care_provider(chart)).get("display"))
    return {
        "decision": ("eligible",),
        "condition": conditions,
        "lasting": lasting,
        "risk": _still_there(before.risk, offered) if before else (),
        "tier": (before.tier if before and kept else level,),
        "tier_reason": (before.tier_reason if before and kept else "",),
        "attest": ("ask",),
        "attested_by": (provider,),
        "attested_on": (now.date().isoformat(),),
        "why": (before.why if before else "",),
    }


def _still_there(named: Sequence[Named], offered: set[str]) -> tuple[str, ...]:
    return tuple(each.reference for each in named if each.reference in offered)


def may_decide(chart: Chart, *, now: datetime) -> Gate:
    """Whether a decision may be filed now, and what to look at first."""
    if is_deceased(chart):
        return Gate(DIED)
    hidden = caution(["what was decided before"]) if unseen(chart, "Task") else ""
    return Gate(unread(chart, "Task"), hidden)


def parse_eligibility(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[EligibilityEntry]:
    """The form as sent; refused as a whole (key "form") where nothing may be decided now."""
    return eligibility_form.read(
        values,
        today=now.date(),
        offered=tuple(row.reference for row in offered_problems(chart, now)),
        judge=lambda picked: judged(picked, chart, now),
        refusal=may_decide(chart, now=now).reason,
    )


def eligibility_resources(
    entry: EligibilityEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a decision files: itself, the step "identified" where it is the first, and the task to attest it.

    The open referrals and, once attested, the open tasks to attest are done with it.
    """
    now = author.now
    plan = open_plan(chart)
    made = Made(
        words={row.reference: row.text for row in offered_problems(chart, now)},
        because=[each.sentence.rstrip(".") for each in suggestion(entry.picked, chart, now).reasons],
        attested_by=_attested_by(entry, chart, author),
    )
    about = reference_to(plan, TITLE) if plan else None
    task = eligibility_task(entry, made, author, form_id, about)
    asked = _ask(entry, task, chart, author, form_id)
    return (task, *_first_step(entry, chart, author, form_id), *asked, *_done(entry, chart, author))


def _attested_by(entry: EligibilityEntry, chart: Chart, author: Authorship) -> dict[str, Any] | None:
    if entry.attest == "me":
        return user_reference(author)
    if not entry.attested_by:
        return None
    provider = as_object(primary_care_provider(chart))
    practitioner = as_text(provider.get("reference")).startswith(("Practitioner/", "PractitionerRole/"))
    same = as_text(provider.get("display")).casefold() == entry.attested_by.casefold()
    return provider if same and practitioner else {"display": entry.attested_by}


def is_first_step(chart: Chart) -> bool:
    """Whether a decision that she is eligible is the first step of the program that is on file."""
    return sight(chart, "Task") is Sight.WHOLE and not state_steps(chart) and open_plan(chart) is None


def _first_step(
    entry: EligibilityEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """No step is taken for a patient who is not eligible, or where an earlier one is, or may be, on file."""
    if entry.decision != "eligible" or not is_first_step(chart):
        return ()
    level = display("risk-tier", entry.tier).lower()
    return (state_task("identified", author, form_id, reason=f"Eligibility: {level} risk level"),)


def _ask(
    entry: EligibilityEntry, task: dict[str, Any], chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    if entry.attest != "ask" or to_attest(chart):
        return ()
    due = working_day(author.now.date() + timedelta(days=ATTEST_DAYS))
    text = "Attest that this patient is eligible for care management"
    to_do = ToDoEntry(text, due, "provider", "routine", "attest-eligibility")
    return (
        to_do_resource(
            to_do,
            author,
            form_id,
            slot="attest-eligibility",
            focus=reference_to(task, "Eligibility decision"),
            provider=primary_care_provider(chart),
        ),
    )


def _done(entry: EligibilityEntry, chart: Chart, author: Authorship) -> tuple[dict[str, Any], ...]:
    how = f"Eligibility was decided: {display('eligibility-decision', decision_of(entry)).lower()}."
    tasks = open_referrals(chart)
    if entry.attest != "ask":
        tasks = (*tasks, *to_attest(chart))
    return tuple(completed(each, author, how=how) for each in tasks)
