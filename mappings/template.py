"""Applying templates to a plan: which of them fit, what the preview opens with, and what it files.

What is filed are ordinary goals and tasks of a plan, with nothing in them that only a template would understand; a note
in the plan says from which templates they come. Shape: https://hl7.org/fhir/R4/careplan.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from mappings import dates, risk_tier, template_form
from mappings.authorship import Authorship, annotation, instant
from mappings.cadence import working_day
from mappings.care_plan import offered_conditions, primary_care_provider
from mappings.chart import Chart
from mappings.condition import Problem, problems
from mappings.consent import consent_caution, consent_view, lapsed_consents
from mappings.enrolment import may_plan
from mappings.enrolment_state import Gate, state_task, unread
from mappings.episode import TITLE, new_plan, open_plan, with_added
from mappings.form import Submitted
from mappings.goal import goal_resource, own_open_goals
from mappings.goal_target import GoalEntry
from mappings.identity import is_ours, reference_to
from mappings.panel import PLAIN_WORDS, listed
from mappings.patient import patient_banner
from mappings.patient_warning import is_child, patient_warnings
from mappings.plan_gate import may_change_plan
from mappings.plan_section import agreement_note
from mappings.plan_template import BLANK, PlanTemplate, templates
from mappings.sight import unseen
from mappings.template_form import Standing, Step, TemplateEntry
from mappings.template_row import Held, TemplateRow, chosen, held_of, template_rows
from mappings.terminology import status_code
from mappings.to_do import OWNERS, activity_reference, open_to_dos, to_do_kind, to_do_resource

ADULTS = (
    "These templates are written for adults. Ask the child's provider about every target and warning sign."
)


@dataclass(frozen=True)
class Offer:
    """One template on offer: `why` it fits this patient ("" for nothing), and how many of its `rows` the plan holds."""

    template: PlanTemplate
    why: str
    held: int
    rows: int


def offers(chart: Chart, *, now: datetime, tier: str = "") -> tuple[Offer, ...]:
    """Every template, those that fit the patient's conditions and tier first, the blank one last.

    `tier` is the decided one; without it the suggested one counts, and is called so.
    """
    plan, tier_words = held_of(chart), _tier(chart, now, tier)
    conditions = [row for row in problems(chart, now=now).rows if row.active and row.reference]
    found = [_offer(template, chart, plan, conditions, tier_words) for template in templates().values()]
    return tuple(sorted(found, key=lambda each: (each.template.id == BLANK, not each.why)))


def _offer(
    template: PlanTemplate, chart: Chart, plan: Held, conditions: Sequence[Problem], tier: tuple[str, str]
) -> Offer:
    rows = template_rows([template.id], chart, plan)
    held = sum(1 for row in rows if not row.offered)
    return Offer(template, _why(template, conditions, tier), held, len(rows))


def _tier(chart: Chart, now: datetime, decided: str) -> tuple[str, str]:
    """The level, and in words whether it was decided or is suggested."""
    level = decided or risk_tier.suggested(chart, now=now).tier
    said = "Risk level" if decided else "Suggested risk level"
    return level, f"{said}: {risk_tier.tier_words(level).lower()}"


def _why(template: PlanTemplate, conditions: Sequence[Problem], tier: tuple[str, str]) -> str:
    if template.tier:
        return tier[1] if tier[0] == template.tier else ""
    words = list(dict.fromkeys(row.text for row in _about(template, conditions)))
    return f"On the problem list: {listed(words[:3])}" if words else ""


def _about(template: PlanTemplate, conditions: Sequence[Problem]) -> list[Problem]:
    """Those of the problems that the template is about."""
    return [row for row in conditions if set(template.groups) & set(row.chronic_groups)]


def uncoded(chart: Chart, *, now: datetime) -> tuple[str, ...]:
    """The active problems that bear no code, so that no template could be matched to them: their words."""
    rows = problems(chart, now=now).rows
    return tuple(row.text for row in rows if row.active and not row.codes and not row.chronic_groups)


def template_warnings(chart: Chart, *, now: datetime) -> tuple[str, ...]:
    """What stands on the patient's own record, and that the templates are written for adults."""
    child = (ADULTS,) if is_child(chart, today=now.date()) else ()
    return (*patient_warnings(chart, today=now.date()), *child)


def _conditions(template: PlanTemplate, chart: Chart, now: datetime) -> dict[str, str]:
    """The patient's active problems that the template is about: reference -> words."""
    rows = [row for row in problems(chart, now=now).rows if row.active and row.reference]
    return {row.reference: row.text for row in _about(template, rows)}


def may_apply(chart: Chart, *, now: datetime) -> Gate:
    """Whether rows may be added now: to an open plan, or by opening one; consent is asked for in both cases."""
    plan = open_plan(chart)
    if plan is None or status_code(plan.get("status")) == "draft":
        gate = may_plan(chart, now=now)
        reason = gate.reason or unread(chart, "Goal") or unread(chart, "Task")
        return Gate(reason, _caution(chart, gate.caution))
    gate = may_change_plan(chart, now=now)
    if reason := gate.reason or unread(chart, "Goal"):
        return Gate(reason)
    consent = consent_view(chart, now=now)
    if consent.state != "active" and not (consent.state == "unknown" and unseen(chart, "Consent")):
        return Gate(f"Adding to the plan needs the patient's consent. {consent.sentence}")
    return Gate(caution=_caution(chart, gate.caution or consent_caution(chart)))


def _caution(chart: Chart, other: str) -> str:
    hidden = unseen(chart, "Goal", "Task")
    if not hidden:
        return other
    words = listed([PLAIN_WORDS[kind] for kind in hidden])
    return (
        f"This EHR does not show again the {words} documented with Chartside, so what the plan has already cannot be"
        f" left out here. {other}".strip()
    )


def standing(chart: Chart) -> Standing:
    """Whether applying opens the plan, and what of its three parts it has."""
    plan = open_plan(chart)
    kinds = {to_do_kind(task) for task in open_to_dos(chart) if is_ours(task)}
    return Standing(
        opens=plan is None or status_code(plan.get("status")) == "draft",
        has_goal=bool(own_open_goals(chart)),
        has_self_care="self-care" in kinds,
        has_action=bool(kinds & {"action", "service"}),
    )


def defaults(ids: Sequence[str], chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """What the preview of these templates opens with: the usual rows ticked, targets and days filled in."""
    today = now.date()
    rows = template_rows(ids, chart)
    values: dict[str, tuple[str, ...]] = {
        template_form.USE: (",".join(each.id for each in chosen(ids)),),
        template_form.TAKE: tuple(row.key for row in rows if row.checked and row.offered),
        f"{template_form.OWN_GOAL}goal_by": ("patient",),
        f"{template_form.OWN_GOAL}target_due": ((today + timedelta(weeks=12)).isoformat(),),
    }
    for row in rows:
        values |= {f"{row.key}:{name}": (value,) for name, value in _prefilled(row, today).items() if value}
    own_due = working_day(today + timedelta(days=14)).isoformat()
    return values | {f"{key}:due": (own_due,) for key in template_form.OWN_STEPS}


def _prefilled(row: TemplateRow, today: date) -> dict[str, str]:
    if row.goal:
        return {
            "goal_text": row.words.text,
            "goal_by": "care-manager",
            "measure": row.goal.measure,
            "target_comparator": row.goal.comparator,
            "target_value": row.goal.value,
            "own_measure": row.goal.own_measure.text,
            "own_target": row.goal.own_target.text,
            "target_due": (today + timedelta(weeks=row.goal.weeks)).isoformat(),
        }
    if row.step is None:
        return {}
    due = today + timedelta(days=row.step.days)
    day = due if row.kind == "self-care" else working_day(due)
    return {"text": row.words.text, "due": day.isoformat(), "often": row.step.often.text}


def parse_template(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[TemplateEntry]:
    """The preview as sent, against the chart as it is now: what the plan has got meanwhile is not filed again."""
    ids = template_form.template_ids(values)
    refusal = may_apply(chart, now=now).reason
    if len(ids) > template_form.MOST_TEMPLATES:
        refusal = refusal or f"Choose at most {template_form.MOST_TEMPLATES} templates at once."
    return template_form.read(
        values,
        rows=template_rows(ids, chart),
        today=now.date(),
        standing=standing(chart),
        refusal=refusal,
        birth_date=patient_banner(chart, today=now.date()).birth_date,
    )


def template_resources(
    entry: TemplateEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What applying files: the ticked Goals and Tasks, the CarePlan with them, the state where it opens the plan."""
    plan = open_plan(chart) or new_plan(author, form_id, start=instant(author.now), status="active")
    opens = standing(chart).opens
    plan_reference = reference_to(plan, TITLE)
    made = _goals(entry, chart, author, form_id)
    goals = {key: reference_to(goal, each.text) for key, each, goal in made}
    rows = {row.key: row for row in template_rows(entry.templates, chart)}
    tasks = [
        to_do_resource(
            step.entry,
            author,
            form_id,
            slot=f"to-do-{number}",
            plan=plan_reference,
            focus=_served(step, goals, rows),
            provider=primary_care_provider(chart),
        )
        for number, step in enumerate(entry.steps, 1)
    ]
    changed = with_added(
        {**plan, **_opening(entry)} if opens else plan,
        goals=[reference_to(goal, f"{each.text} (by {dates.day_words(each.due)})") for _, each, goal in made],
        activities=[
            activity_reference(task, OWNERS[step.entry.owner].lower())
            for task, step in zip(tasks, entry.steps, strict=True)
        ],
        addresses=_addresses(chosen(entry.templates), chart, author.now),
        notes=_notes(entry, author),
    )
    resources = [*(goal for _, _, goal in made), *tasks, changed]
    if not opens:
        return tuple(resources)
    state = state_task("plan-active", author, form_id, plan=plan_reference)
    return (*resources, state, *lapsed_consents(chart, author))


def _goals(
    entry: TemplateEntry, chart: Chart, author: Authorship, form_id: UUID
) -> list[tuple[str, GoalEntry, dict[str, Any]]]:
    """Each goal with the key of its row; it addresses the problems that its template is about."""
    made = []
    for number, (key, each) in enumerate(entry.goals, 1):
        about = _addresses(chosen([key.partition(":")[0]]), chart, author.now)
        goal = goal_resource(each, author, form_id, slot=f"goal-{number}", addresses=about)
        made.append((key, each, goal))
    return made


def _served(
    step: Step, goals: Mapping[str, dict[str, Any]], rows: Mapping[str, TemplateRow]
) -> dict[str, Any] | None:
    """The goal that a step serves: its own, the one that stands for it, or the one in the plan already."""
    row = rows.get(step.goal)
    found = goals.get(step.goal) or (goals.get(row.like) if row else None)
    if found or row is None or not row.held:
        return found
    return {"reference": row.held, "display": row.standing.partition(": ")[2] or row.words.text}


def _addresses(of: Sequence[PlanTemplate], chart: Chart, now: datetime) -> list[dict[str, Any]]:
    offered = offered_conditions(chart, now)
    named = {ref: words for each in of for ref, words in _conditions(each, chart, now).items()}
    return [{"reference": ref, "display": words} for ref, words in named.items() if ref in offered]


def _opening(entry: TemplateEntry) -> dict[str, Any]:
    matters = {"description": entry.what_matters} if entry.what_matters else {}
    return {"status": "active", **matters}


def _notes(entry: TemplateEntry, author: Authorship) -> list[dict[str, Any]]:
    titles = [each.title for each in chosen(entry.templates) if each.id != BLANK]
    day = dates.day_words(author.now.date())
    added = [annotation(f"Added from the templates on {day}: {listed(titles)}.", author)] if titles else []
    agreed = [agreement_note(author)] if entry.agreed else []
    return [*added, *agreed, *([annotation(entry.note, author)] if entry.note else [])]
