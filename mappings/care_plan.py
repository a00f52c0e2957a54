"""The care plan: seen and opened.

Ours is one CarePlan per enrolment episode; the EHR's other plans are shown beside it and never touched. Opening turns
the draft that consent made into the active plan, with its goal, the patient's first step and the first agreed action;
only agreed actions are its activities, never contacts, so a phone call does not rewrite the plan. Shape:
https://hl7.org/fhir/R4/careplan.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from mappings import care_plan_form, dates
from mappings.authorship import Authorship, annotation, instant
from mappings.cadence import working_day
from mappings.care_plan_form import CarePlanEntry
from mappings.chart import Chart
from mappings.condition import problems
from mappings.consent import consent_view, lapsed_consents
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.encounter import visits
from mappings.enrolment import may_plan
from mappings.enrolment_state import state_task
from mappings.episode import TITLE, new_plan, open_plan, own_plans, with_added
from mappings.form import Submitted
from mappings.goal import goal_resource
from mappings.identity import full_url, reference_to
from mappings.needs_assessment import said_before
from mappings.other_plan import others
from mappings.panel import panel
from mappings.plan_section import agreement_note, with_care_type
from mappings.practitioner import actor_name
from mappings.terminology import status_code, status_words, words_of
from mappings.to_do import OWNERS, activity_reference, to_do_resource

GOAL_WEEKS = 12
INITIATING_VISIT_DAYS = 365
_NOT_HELD = frozenset({"planned", "cancelled", "noshow"})


@dataclass(frozen=True)
class CarePlanView:
    """Our plan on screen. `notes` are its notes, oldest first; `addresses` the problems it names."""

    id: str
    reference: str
    status: str
    status_words: str
    title: str
    what_matters: str
    since_words: str
    until_words: str
    addresses: tuple[str, ...]
    supporting: tuple[str, ...]
    notes: tuple[str, ...]
    author: str
    version: str
    resource: dict[str, Any]

    @property
    def draft(self) -> bool:
        """True from consent until the plan is agreed."""
        return self.status == "draft"


def care_plan_view(chart: Chart, *, now: datetime) -> CarePlanView | None:
    """Our open plan, else the last one that ended; None when there is none among what could be read."""
    plan = open_plan(chart) or next(iter(own_plans(chart)), None)
    if plan is None:
        return None
    period = as_object(plan.get("period"))
    return CarePlanView(
        id=as_text(plan.get("id")),
        reference=relative_reference(plan) or full_url(plan),
        status=status_code(plan.get("status")),
        status_words=status_words(status_code(plan.get("status"))),
        title=as_text(plan.get("title")) or TITLE,
        what_matters=as_text(plan.get("description")),
        since_words=dates.plain_words(period.get("start"), now.tzinfo),
        until_words=dates.plain_words(period.get("end"), now.tzinfo),
        addresses=_reference_words(chart, plan, "addresses"),
        supporting=_reference_words(chart, plan, "supportingInfo"),
        notes=tuple(filter(None, (as_text(note.get("text")) for note in as_objects(plan.get("note"))))),
        author=actor_name(chart, plan.get("author"), plan),
        version=as_text(as_object(plan.get("meta")).get("versionId")),
        resource=plan,
    )


def plan_absence(chart: Chart, plan: CarePlanView | None) -> str:
    """Why there is no plan of ours to show, as one sentence; beside one, that a newer may not be shown, else ""."""
    rows = (plan,) if plan else ()
    shown = panel("plan", "Care plan", rows, chart.reading("CarePlan"), only_ours=True)
    return (shown.unseen or shown.incomplete) if plan else shown.sentence


def _reference_words(chart: Chart, plan: dict[str, Any], element: str) -> tuple[str, ...]:
    words = []
    for reference in as_objects(plan.get(element)):
        resource = as_object(chart.resolve(reference, plan))
        words.append(as_text(reference.get("display")) or words_of(resource.get("code")))
    return tuple(filter(None, words))


def offered_conditions(chart: Chart, now: datetime) -> dict[str, str]:
    """The active problems that a plan may address: reference -> words."""
    rows = problems(chart, now=now).rows
    return {row.reference: row.text for row in rows if row.active and row.reference}


def offered_visits(chart: Chart, now: datetime) -> dict[str, str]:
    """The visits of the last year, newest first, one of which may have initiated the service: reference -> words."""
    oldest = now - timedelta(days=INITIATING_VISIT_DAYS)
    rows = [row for row in visits(chart, now=now).rows if row.when and oldest <= row.when <= now]
    rows = [row for row in rows if not (row.is_emergency or row.is_stay or row.status in _NOT_HELD)]
    return {row.reference: f"{row.kind_words}, {row.start_words}" for row in rows if row.reference}


def offered_plans(chart: Chart, now: datetime) -> dict[str, str]:
    """The EHR's own plans in force, which ours goes with and never changes: reference -> words."""
    rows = others(chart, now).rows
    return {row.reference: row.title for row in rows if row.reference and row.status == "active"}


def care_plan_defaults(chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """What the form opens with: all chronic problems ticked, a goal of 12 weeks, the next contact in two weeks."""
    chronic = [row.reference for row in problems(chart, now=now).rows if row.active and row.chronic_group]
    today = now.date()
    matters = said_before(chart, "matters", now=now).words
    return {
        "what_matters": (matters,) if matters else (),
        "addresses": tuple(reference for reference in chronic if reference),
        "goal_by": ("patient",),
        "target_due": ((today + timedelta(weeks=GOAL_WEEKS)).isoformat(),),
        "step_often": (),
        "goes_with": tuple(offered_plans(chart, now)),
        "to_do_text": ("Call about the first step",),
        "to_do_due": (working_day(today + timedelta(days=14)).isoformat(),),
        "to_do_owner": ("care-manager",),
        "to_do_priority": ("routine",),
        "to_do_kind": ("next-contact",),
    }


def parse_care_plan(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[CarePlanEntry]:
    """The plan form as sent; refused as a whole (key "form") where no plan may be opened now."""
    return care_plan_form.read(
        values,
        today=now.date(),
        conditions=offered_conditions(chart, now),
        visits=offered_visits(chart, now),
        plans=offered_plans(chart, now),
        refusal=may_plan(chart, now=now).reason,
    )


def care_plan_resources(
    entry: CarePlanEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What opening files: the Goal, the patient's first step, the first action, the plan active, the state."""
    words = offered_conditions(chart, author.now)
    addresses = [{"reference": each, "display": words.get(each, "Problem")} for each in entry.addresses]
    draft = open_plan(chart) or _new(chart, author, form_id)
    plan_reference = reference_to(draft, TITLE)
    goal = goal_resource(entry.goal, author, form_id, slot="goal-1", addresses=addresses)
    about = reference_to(goal, entry.goal.text)
    file = partial(to_do_resource, author=author, form_id=form_id, plan=plan_reference, focus=about)
    step = file(entry.step, slot="self-care-1")
    to_do = file(entry.to_do, slot="to-do-1", provider=primary_care_provider(chart))
    by = dates.day_words(entry.goal.due)
    plan = with_added(
        _opened(draft, entry, author),
        goals=[reference_to(goal, f"{entry.goal.text} (by {by})")],
        activities=[
            activity_reference(step, "patient"),
            activity_reference(to_do, OWNERS[entry.to_do.owner].lower()),
        ],
        addresses=addresses,
        supporting=_supporting(entry, chart, author.now),
        notes=_opening_notes(entry, author),
    )
    state = state_task("plan-active", author, form_id, plan=plan_reference)
    return goal, step, to_do, plan, state, *lapsed_consents(chart, author)


def _new(chart: Chart, author: Authorship, form_id: UUID) -> dict[str, Any]:
    """The plan of a new episode under a consent that stayed in force: it names that consent, as a draft would."""
    consent = consent_view(chart, now=author.now)
    given = [reference_to(consent.resource, f"Consent of {consent.date_words}")] if consent.resource else []
    start = instant(author.now)
    return new_plan(author, form_id, start=start, status="active", supporting=given)


def _opened(draft: dict[str, Any], entry: CarePlanEntry, author: Authorship) -> dict[str, Any]:
    matters = {"description": entry.what_matters} if entry.what_matters else {}
    return with_care_type({**draft, "status": "active", **matters}, entry.care_type, author)


def _opening_notes(entry: CarePlanEntry, author: Authorship) -> list[dict[str, Any]]:
    agreed = [agreement_note(author)] if entry.agreed else []
    return [*agreed, *([annotation(entry.note, author)] if entry.note else [])]


def _supporting(entry: CarePlanEntry, chart: Chart, now: datetime) -> list[dict[str, Any]]:
    """The visit that started the service, and the EHR's own plans that this one goes with."""
    visit = offered_visits(chart, now).get(entry.initiating_visit, "")
    plans = offered_plans(chart, now)
    started = (
        [{"reference": entry.initiating_visit, "display": f"Initiating visit: {visit}"}] if visit else []
    )
    return [*started, *({"reference": each, "display": f"Plan: {plans[each]}"} for each in entry.goes_with)]


def primary_care_provider(chart: Chart) -> dict[str, Any] | None:
    """A Reference to the first general practitioner on file that a Task may have as its owner.

    One that the EHR names by its full address is named as its own; one of another server is nobody here.
    """
    for reference in as_objects(as_object(chart.patient).get("generalPractitioner")):
        found = {"reference": chart.at_home(reference), "display": as_text(reference.get("display"))}
        found["display"] = found["display"] or actor_name(chart, reference) or "Primary care provider"
        if found["reference"].split("/")[0] in {"Practitioner", "PractitionerRole", "Organization"}:
            return found
    return None
