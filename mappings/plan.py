"""The plan of care on one page: the patient's words, goals with what is done for them, and three plans kept apart.

"There may be three plans: the medical plan, the self-management action plan, the care management implementation plan"
(domain row 1). The medical plan is the EHR's own: shown and linked, and never changed from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

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
    agreed = agreements(held)[-1] if held and agreements(held) else None
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
        medical_goals=tuple(row for row in all_goals.rows if not row.ours),
        medical_problems=replace(problem_panel, rows=active),
        sections=_sections(chart),
        notes=_free_notes(plan),
        team=care_team(chart, now=now),
        meter=completeness(chart, now=now),
        agreement=agreed,
        agreement_stale=_changed_since(agreed, chart, now),
        copy_words=dates.words(copied, now) if copied else "",
        review_words=_review_words(chart, now),
        review_due=_review_due(chart, now),
        next_review_words=_next_review(chart, now),
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


def _sections(chart: Chart) -> tuple[Section, ...]:
    plan = open_plan(chart)
    said = section_words(plan) if plan else {}
    return tuple(
        Section(each.words, said[each.code]) for each in elements() if each.label and said.get(each.code)
    )


def _free_notes(plan: CarePlanView | None) -> tuple[str, ...]:
    """The notes in somebody's own words: what a fixed line says stands in its own place."""
    return tuple(note for note in plan.notes if not note.startswith(fixed_lines())) if plan else ()


def _changed_since(agreed: Agreement | None, chart: Chart, now: datetime) -> bool:
    """Whether the plan was revised after the last agreement: then it is to be talked over again."""
    if agreed is None or agreed.day is None:
        return False
    changed = [each.day for each in plan_reviews(chart, now) if each.result == "changed" and each.day]
    return any(day > agreed.day for day in changed)


def _review_words(chart: Chart, now: datetime) -> str:
    """ "Last reviewed 12 days ago"; "" where no plan is open."""
    last = last_looked_at(chart, now)
    if last is None:
        return ""
    days = (now.date() - last).days
    reviewed = any(each.day == last for each in plan_reviews(chart, now))
    ago = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    return f"Last reviewed {ago}" if reviewed else f"Opened {ago}, not reviewed since"


def _review_due(chart: Chart, now: datetime) -> bool:
    last = last_looked_at(chart, now)
    asked = next((each.next_review for each in plan_reviews(chart, now)), None)
    late = asked is not None and asked < now.date() and (last is None or last < asked)
    return last is not None and (late or (now.date() - last).days > rules().review_days)


def _next_review(chart: Chart, now: datetime) -> str:
    asked = next((each.next_review for each in plan_reviews(chart, now)), None)
    return dates.day_words(asked) if asked else ""
