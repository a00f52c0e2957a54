"""The plan of care on one page: the patient's words, goals with what is done for them, and three plans kept apart.

"There may be three plans: the medical plan, the self-management action plan, the care management implementation plan"
(domain row 1). The medical plan is the EHR's own: shown and linked, and never changed from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.care_plan import CarePlanView, care_plan_view, plan_absence
from mappings.care_team import CareTeamView, care_team
from mappings.chart import Chart
from mappings.completeness import Completeness, completeness, copy_day, last_looked_at
from mappings.condition import Problem, problems
from mappings.element import as_object, as_objects, as_text
from mappings.episode import open_plan
from mappings.goal import GoalView, goals
from mappings.other_plan import OtherPlan, others
from mappings.panel import Panel, panel
from mappings.plan_action import PlannedRow, ended, planned
from mappings.plan_element import elements, rules
from mappings.plan_end import OpenPlan, open_plans
from mappings.plan_gate import may_add_to_plan, may_change_plan
from mappings.plan_history import Change, plan_history
from mappings.plan_review import plan_reviews
from mappings.plan_section import Agreement, agreements, care_type_words, fixed_lines, section_words


@dataclass(frozen=True)
class GoalCard:
    """One goal with what the patient does for it and what the team does for it."""

    goal: GoalView
    steps: tuple[PlannedRow, ...]
    actions: tuple[PlannedRow, ...]


@dataclass(frozen=True)
class Section:
    """What the plan says under one heading."""

    label: str
    words: str


@dataclass(frozen=True)
class PlanPage:
    """Everything of the page. `lost_goals` are goals that the plan names and the chart does not show."""

    plan: CarePlanView | None
    absence: str
    is_open: bool
    gate: str
    add_gate: str
    caution: str
    care_type: str
    cards: tuple[GoalCard, ...]
    goals: Panel[GoalView]
    lost_goals: tuple[str, ...]
    patient_plan: Panel[PlannedRow]
    manager_plan: Panel[PlannedRow]
    services: tuple[PlannedRow, ...]
    ended: tuple[PlannedRow, ...]
    medical_plans: Panel[OtherPlan]
    linked: frozenset[str]
    medical_goals: tuple[GoalView, ...]
    medical_problems: Panel[Problem]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    team: CareTeamView
    meter: Completeness
    agreement: Agreement | None
    agreement_stale: bool
    copy_words: str
    review_words: str
    review_due: bool
    next_review_words: str
    history: tuple[Change, ...]
    open_plans: tuple[OpenPlan, ...]


def plan_page(chart: Chart, *, now: datetime) -> PlanPage:
    """The page on the day of `now`, built from the chart alone."""
    plan, held = care_plan_view(chart, now=now), open_plan(chart)
    all_goals, rows = goals(chart, now), planned(chart, now)
    mine = tuple(row for row in all_goals.rows if row.ours)
    services = tuple(row for row in rows if row.task.kind == "service")
    change_gate, add_gate = may_change_plan(chart, now=now), may_add_to_plan(chart, now=now)
    agreed, stale = agreement_standing(chart, now)
    review = review_standing(chart, now)
    copied = copy_day(chart, now)
    problem_panel = problems(chart, now=now)
    active = tuple(row for row in problem_panel.rows if row.active)
    return PlanPage(
        plan=plan,
        absence=plan_absence(chart, plan),
        is_open=bool(held and plan and not plan.draft),
        gate=change_gate.reason,
        add_gate=add_gate.reason,
        caution=add_gate.caution,
        care_type=care_type_words(held) if held else "",
        cards=tuple(_card(goal, rows, chart) for goal in mine),
        goals=replace(all_goals, rows=mine),
        lost_goals=_lost_goals(chart),
        patient_plan=_tasks(chart, "patient-action", "Patient’s action plan", rows),
        manager_plan=_tasks(chart, "care-manager", "Care manager’s plan", rows),
        services=services,
        ended=ended(chart, now),
        medical_plans=others(chart, now),
        linked=_linked(held),
        medical_goals=tuple(row for row in all_goals.rows if not row.ours),
        medical_problems=replace(problem_panel, rows=active),
        sections=_sections(chart),
        notes=_free_notes(plan),
        team=care_team(chart, now=now),
        meter=completeness(chart, now=now),
        agreement=agreed,
        agreement_stale=stale,
        copy_words=dates.words(copied, now) if copied else "",
        review_words=review.words,
        review_due=review.due,
        next_review_words=review.next_words,
        history=plan_history(chart, now),
        open_plans=open_plans(chart, now),
    )


def _card(goal: GoalView, rows: Sequence[PlannedRow], chart: Chart) -> GoalCard:
    for_it = [row for row in rows if row.task.goal and _is_it(chart, row, goal)]
    return GoalCard(
        goal,
        tuple(row for row in for_it if row.task.part == "patient-action"),
        tuple(row for row in for_it if row.task.part != "patient-action"),
    )


def _is_it(chart: Chart, row: PlannedRow, goal: GoalView) -> bool:
    found = chart.resolve(row.task.goal, row.task.resource)
    return as_text(as_object(found).get("id")) == goal.id if found else row.task.goal == goal.reference


def _tasks(chart: Chart, part: str, title: str, rows: Sequence[PlannedRow]) -> Panel[PlannedRow]:
    kept = [row for row in rows if row.task.part == part and row.task.kind != "service"]
    return panel(part, title, kept, chart.reading("Task"), only_ours=True)


def _lost_goals(chart: Chart) -> tuple[str, ...]:
    """The goals that the open plan names and that the chart does not hold, in the plan's own words."""
    plan = open_plan(chart)
    lost = [
        as_text(each.get("display")) or as_text(each.get("reference"))
        for each in as_objects(as_object(plan).get("goal"))
        if chart.resolve(each, plan) is None and not each.get("identifier")
    ]
    return tuple(filter(None, lost))


def _linked(plan: dict[str, Any] | None) -> frozenset[str]:
    """The references that the plan rests on, the EHR's own plans among them."""
    return frozenset(
        as_text(each.get("reference")) for each in as_objects(as_object(plan).get("supportingInfo"))
    )


def _sections(chart: Chart) -> tuple[Section, ...]:
    plan = open_plan(chart)
    said = section_words(plan) if plan else {}
    return tuple(
        Section(each.words, said[each.code]) for each in elements() if each.label and said.get(each.code)
    )


def _free_notes(plan: CarePlanView | None) -> tuple[str, ...]:
    """The notes in somebody's own words: what a fixed line says stands in its own place."""
    return tuple(note for note in plan.notes if not note.startswith(fixed_lines())) if plan else ()


@dataclass(frozen=True)
class ReviewStanding:
    """When the open plan was last looked at, and whether it is time again; words are "" where no plan is open."""

    words: str
    due: bool
    next_words: str


def review_standing(chart: Chart, now: datetime) -> ReviewStanding:
    """How the review of the open plan stands on the day of `now`."""
    reviews, last = plan_reviews(chart, now), last_looked_at(chart, now)
    asked = next((each.next_review for each in reviews), None)
    next_words = dates.day_words(asked) if asked else ""
    if last is None:
        return ReviewStanding("", False, next_words)
    days = (now.date() - last).days
    ago = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    reviewed = any(each.day == last for each in reviews)
    late = asked is not None and asked < now.date() and last < asked
    return ReviewStanding(
        f"Last reviewed {ago}" if reviewed else f"Opened {ago}, not reviewed since",
        late or days > rules().review_days,
        next_words,
    )


def agreement_standing(chart: Chart, now: datetime) -> tuple[Agreement | None, bool]:
    """The last agreement with the open plan, and whether the plan was revised since: then it is talked over again."""
    plan = open_plan(chart)
    agreed = next(reversed(agreements(plan, now.tzinfo)), None) if plan else None
    if agreed is None or agreed.day is None:
        return agreed, False
    changed = [each.day for each in plan_reviews(chart, now) if each.result == "changed" and each.day]
    return agreed, any(day > agreed.day for day in changed)


def goal_cards(chart: Chart, now: datetime) -> tuple[GoalCard, ...]:
    """Our open goals, each with what is done for it."""
    rows = planned(chart, now)
    return tuple(_card(goal, rows, chart) for goal in goals(chart, now).rows if goal.ours)
