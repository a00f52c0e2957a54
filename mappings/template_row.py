"""The rows of a preview: everything that the chosen templates suggest, and what of it the plan has already.

A row that the plan has, or that another chosen template suggests first, is shown with the reason and cannot be ticked,
so that nothing is filed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.goal import own_open_goals
from mappings.goal_form import OWN_MEASURE
from mappings.identity import is_ours
from mappings.pick_lists import measures
from mappings.plan_template import (
    PlanTemplate,
    TemplateGoal,
    TemplateStep,
    Wording,
    spoken,
    templates,
    wordings,
)
from mappings.target_defaults import target_defaults
from mappings.terminology import words_of
from mappings.to_do import open_to_dos

KINDS = ("goal", "action", "self-care", "service")


@dataclass(frozen=True)
class TemplateRow:
    """One row. `standing` says why it is not offered ("" where it is), `note` what to know before ticking it.

    `hint` is what to think of when a target is set.

    Of a goal that is not offered, `like` is the key of the row that suggests the same, or `held` the reference of the
    goal in the plan: steps that serve it serve that one.
    """

    key: str
    template: str
    kind: str
    words: Wording
    goal: TemplateGoal | None
    step: TemplateStep | None
    checked: bool
    standing: str = ""
    note: str = ""
    hint: str = ""
    like: str = ""
    held: str = ""

    @property
    def offered(self) -> bool:
        """True where the row may be ticked."""
        return not self.standing


def chosen(ids: Sequence[str]) -> tuple[PlanTemplate, ...]:
    """The templates of these ids, each once; an id that is not known is left out."""
    return tuple(templates()[each] for each in dict.fromkeys(ids) if each in templates())


@dataclass(frozen=True)
class Held:
    """What the plan has: its open goals of ours, and the words of its open tasks of ours, as they stand and spoken."""

    goals: tuple[dict[str, Any], ...]
    tasks: tuple[str, ...]
    spoken: frozenset[str]


def held_of(chart: Chart) -> Held:
    """What the open plan of a chart has, read once for all rows."""
    words = tuple(as_text(task.get("description")) for task in open_to_dos(chart) if is_ours(task))
    return Held(own_open_goals(chart), words, frozenset(map(spoken, words)))


def template_rows(ids: Sequence[str], chart: Chart, held: Held | None = None) -> tuple[TemplateRow, ...]:
    """Every row of the chosen templates, in their order, goals first. `held` is that of the chart, where known."""
    held = held or held_of(chart)
    rows: list[TemplateRow] = []
    for template in chosen(ids):
        rows += (_beside(row, rows) for row in _of_template(template))
    return tuple(_in_plan(row, held) for row in _least_often_left_out(rows))


def _of_template(template: PlanTemplate) -> Iterator[TemplateRow]:
    for goal in template.goals:
        key, hint = f"{template.id}:{goal.id}", _hint(template, goal)
        yield TemplateRow(key, template.id, "goal", goal.words, goal, None, goal.checked, hint=hint)
    for kind in KINDS[1:]:
        for step in template.of_kind(kind):
            yield TemplateRow(
                f"{template.id}:{step.id}", template.id, kind, step.words, None, step, step.checked
            )


def _hint(template: PlanTemplate, goal: TemplateGoal) -> str:
    """What is said beside the usual target of this measure for such patients."""
    usual = (row for row in target_defaults() if row.group in template.groups and row.measure == goal.measure)
    return next((row.say for row in usual if row.measure != OWN_MEASURE), "")


def _beside(row: TemplateRow, before: Sequence[TemplateRow]) -> TemplateRow:
    """The row, standing where an earlier template has suggested the same."""
    for other in before:
        if other.kind == row.kind and _same(row, other):
            return replace(row, standing=f"Suggested above, with {_title(other)}", like=other.key)
    return row


def _same(row: TemplateRow, other: TemplateRow) -> bool:
    if row.goal and other.goal and row.goal.measure != "own":
        return row.goal.measure == other.goal.measure
    return spoken(row.words.text) == spoken(other.words.text)


def _least_often_left_out(rows: Sequence[TemplateRow]) -> Iterator[TemplateRow]:
    """Of one family of services (calls, say) the most frequent does for all of them."""
    for row in rows:
        family = row.step.family if row.step else ""
        others = [each for each in rows if each.step and each.step.family == family and each.offered]
        most = min(others, key=lambda each: each.step.every if each.step else 0.0, default=row)
        if family and row.offered and most is not row:
            yield replace(row, standing=f"More often with {_title(most)}: {most.words.text}")
        else:
            yield row


def _title(row: TemplateRow) -> str:
    return templates()[row.template].title


def _in_plan(row: TemplateRow, held: Held) -> TemplateRow:
    """The row, standing where the plan has it; with a note where it has another of the family."""
    if row.standing:
        return row
    if row.goal:
        goal = _held_goal(row.goal, held)
        if goal is None:
            return row
        text = words_of(goal.get("description"))
        same = spoken(text) == spoken(row.words.text)
        said = "In the plan already" if same else f"In the plan already: {text}"
        return replace(row, standing=said, held=relative_reference(goal))
    if spoken(row.words.text) in held.spoken:
        return replace(row, standing="In the plan already")
    family = row.step.family if row.step else ""
    kin = [each for each in held.tasks if family and _family_of(each) == family]
    return replace(row, note=f"The plan has: {kin[0]}", checked=False) if kin else row


def _held_goal(goal: TemplateGoal, plan: Held) -> dict[str, Any] | None:
    """An open goal of ours that is this one, or measures the same."""
    measure = measures().get(goal.measure)
    for held in plan.goals:
        text = words_of(held.get("description"))
        codes = {
            as_text(code.get("code"))
            for target in as_objects(held.get("target"))
            for code in as_objects(as_object(target.get("measure")).get("coding"))
        }
        if spoken(text) == spoken(goal.words.text) or (measure and measure.loinc in codes):
            return held
    return None


def _family_of(text: str) -> str:
    return _families().get(spoken(text), "")


@cache
def _families() -> Mapping[str, str]:
    every = (step for template in templates().values() for step in template.steps)
    return {spoken(step.words.text): step.family for step in every if step.family}


def wording_of(text: str) -> Wording | None:
    """The template wording that a goal or a step was filed with; None where a person wrote it, or changed it."""
    return wordings().get(spoken(text))
