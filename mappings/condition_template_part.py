"""The templates of conditions as a part of the contact form: chosen by the field `template`, suggested by the problems.

A template asks only what the chart does not know: what is known stands folded, with its day and where it comes from.
Nothing in it is required. Where nobody was reached, only what somebody typed is filed, never what was prefilled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from fhir_profiles.terminology import concept
from mappings.chart import Chart
from mappings.condition import Problem, problems
from mappings.condition_answers import TEMPLATE, VisitAnswers, last_answers
from mappings.condition_outputs import answer_facts, answer_outputs, answers_inside, crossed
from mappings.condition_reading import Results, results
from mappings.condition_task import open_texts, overdue_task, overdue_text, promised_tasks, task_resources
from mappings.condition_template import (
    BETWEEN,
    ConditionTemplate,
    chosen_templates,
    condition_templates,
    suggested_templates,
)
from mappings.contact_part import ContactAddition, Offer
from mappings.contact_record import STATUS
from mappings.form import CHOOSE, Fields
from mappings.overdue import Overdue, known_of, overdue_for
from mappings.questionnaire.entry import typed_answers
from mappings.questionnaire.field import field_of, form_values
from mappings.questionnaire.form import RenderedItem, render
from mappings.questionnaire.value import Answers, same_value
from mappings.resource_referral import open_referrals
from mappings.resource_topic import topic_rules
from mappings.specialist import Specialists, specialists

OVERDUE, ABOUT = "overdue", "concern_about"
"""The fields beside the questions: which overdue things become tasks, and the problem that the contact is about."""
TOGETHER = 3
"""So many suggested templates may be drawn by one press; more would be a form that nobody fills in."""
LOWER = "This lies below the lowest. Check both."
_BETWEEN = " | "


@dataclass(frozen=True)
class TemplateGroup:
    """One group of a template's questions: those to ask, and those that are known already."""

    key: str
    title: str
    asked: tuple[RenderedItem, ...]
    known: tuple[RenderedItem, ...]

    @property
    def known_words(self) -> str:
        """As "Eye exam: 12 Sep 2024 (Procedures)"."""
        flat = (leaf for each in self.known for leaf in each.items or (each,))
        return " · ".join(f"{each.short}: {_known(each)}" for each in flat)


@dataclass(frozen=True)
class TemplateSection:
    """One template as it is drawn; `last` is the contact before this one that had it."""

    template: ConditionTemplate
    results: Results
    groups: tuple[TemplateGroup, ...]
    overdue: tuple[tuple[Overdue, bool], ...]
    last: VisitAnswers | None


@dataclass(frozen=True)
class TemplateView:
    """What the part shows: `about` are (reference, words) of the problems, `referrals` those that are under way."""

    sections: tuple[TemplateSection, ...]
    specialists: Specialists
    about: tuple[tuple[str, str], ...]
    referrals: tuple[str, ...]

    @property
    def topic(self) -> str:
        """The topic of the practice's directory that fits the first template, or ""."""
        first = self.sections[0].template.id if self.sections else ""
        return first if first in topic_rules().topics else ""


class TemplatePart:
    """The part that the form field `template` draws; its value names one template or several."""

    field = "template"
    partial = "condition_template/part.html"

    def offers(self, chart: Chart, *, now: datetime) -> tuple[Offer, ...]:
        """Every template, those first that fit a problem of the patient, and those together where they are few."""
        fitting = suggested_templates(chart, now=now)
        rest = [each for each in condition_templates() if each not in fitting]
        together = (
            [Offer(BETWEEN.join(each.id for each in fitting), _all(fitting), suggested=True)]
            if 1 < len(fitting) <= TOGETHER
            else []
        )
        return (
            *(Offer(each.id, each.title, suggested=True) for each in fitting),
            *together,
            *(Offer(each.id, each.title) for each in rest),
        )

    def defaults(self, chosen: str, chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
        """What the chart and earlier contacts know, and the problem that the template is about."""
        values: dict[str, tuple[str, ...]] = {}
        for template in chosen_templates(chosen):
            known = {link: each.values for link, each in known_of(chart, template, now=now).items()}
            asked = tuple(item for item in template.definition.questions if item.is_asked)
            values |= form_values(asked, known)
        groups = {group for template in chosen_templates(chosen) for group in template.groups}
        fitting = [row for row in reversed(_problems(chart, now)) if groups & set(row.chronic_groups)]
        # The oldest of the problem list: what came later, or at one visit, is mostly a consequence of it.
        about = next(iter(sorted(fitting, key=lambda row: row.category == "visit diagnosis")), None)
        return {**values, **({ABOUT: (about.reference,)} if about else {})}

    def read(self, fields: Fields, chosen: str, chart: Chart, *, now: datetime) -> ContactAddition:
        """The answers, the problem and the ticked overdue things; what is wrong is refused into `fields`."""
        templates = chosen_templates(chosen)
        if not templates:
            fields.refuse(self.field, CHOOSE)
        talked = STATUS.get("".join(fields.values.get("result", ()))) == "completed"
        given = {each: _answers(each, fields, chart, now, talked=talked) for each in templates}
        due = {row.key: row for each in templates for row in overdue_for(chart, each, now=now)}
        ticked = [due[key] for key in fields.many_of(OVERDUE, due)]
        about = _about(fields, chart, now)
        rows = tuple(due.values()) if talked else ()
        filled = given if talked or any(given.values()) else {}
        return _addition(_Filled(filled, about, rows, ticked), chart, now)

    def view(
        self,
        chosen: str,
        values: Mapping[str, Sequence[str]],
        errors: Mapping[str, str],
        chart: Chart,
        *,
        now: datetime,
    ) -> TemplateView:
        """The templates with these values in them."""
        return TemplateView(
            sections=tuple(_section(each, values, errors, chart, now) for each in chosen_templates(chosen)),
            specialists=specialists(chart, now=now),
            about=tuple((row.reference, row.text) for row in _problems(chart, now)),
            referrals=referrals_under_way(chart, now=now),
        )


def referrals_under_way(chart: Chart, *, now: datetime) -> tuple[str, ...]:
    """Each open referral with how it waits: "Diabetes class, Lakeside: sent 3 days ago, no answer"."""
    return tuple(f"{row.name}: {row.ageing}" for row in open_referrals(chart, now).values())


def _all(templates: tuple[ConditionTemplate, ...]) -> str:
    *others, last = (each.title for each in templates)
    return f"{', '.join(others)} and {last} together"


def _known(item: RenderedItem) -> str:
    if item.prefill is None:
        return ""
    where = ", ".join(filter(None, (item.prefill.source_words, item.prefill.date_words)))
    return f"{item.prefill.words} ({where})"


def _problems(chart: Chart, now: datetime) -> list[Problem]:
    return [row for row in problems(chart, now=now).rows if row.active and row.reference]


def _about(fields: Fields, chart: Chart, now: datetime) -> Problem | None:
    there = {row.reference: row for row in _problems(chart, now)}
    return there.get(fields.one_of(ABOUT, there))


def _answers(
    template: ConditionTemplate, fields: Fields, chart: Chart, now: datetime, *, talked: bool
) -> Answers:
    """The answers as typed; where nobody was reached, without those that stand as the chart gave them."""
    answers = typed_answers(template.definition, fields, now=now)
    for item in crossed(template, answers):
        fields.refuse(field_of(item.link_id), LOWER)
    if talked:
        return answers
    known = known_of(chart, template, now=now)
    return {
        link: values
        for link, values in answers.items()
        if not (link in known and _same(values, known[link].values))
    }


def _same(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> bool:
    return len(one) == len(other) and all(same_value(*each) for each in zip(one, other, strict=True))


@dataclass(frozen=True)
class _Filled:
    """What was filled in: the answers by template, the problem, what is overdue, and what of it becomes a task."""

    given: Mapping[ConditionTemplate, Answers]
    about: Problem | None
    due: Sequence[Overdue]
    ticked: Sequence[Overdue]


def _addition(filled: _Filled, chart: Chart, now: datetime) -> ContactAddition:
    about = filled.about if filled.given else None
    inside = (answers_inside(*each, chart, now=now) for each in filled.given.items())
    answered = [row for each in filled.given.items() for row in answer_outputs(*each)]
    promised = [task for answers in filled.given.values() for task in promised_tasks(answers)]
    tasks = [*map(overdue_task, filled.ticked), *promised]
    return ContactAddition(
        facts=tuple(fact for fact in _facts(filled, about, chart, now) if fact[1]),
        outputs=(*_about_output(about), *answered),
        contained=tuple(filter(None, inside)),
        records=partial(task_resources, tasks),
    )


def _facts(
    filled: _Filled, about: Problem | None, chart: Chart, now: datetime
) -> tuple[tuple[str, str], ...]:
    seen = specialists(chart, now=now).rows if filled.given else ()
    told = (
        fact
        for each, answers in filled.given.items()
        for fact in answer_facts(each, answers, results(chart, each, now=now).rows)
    )
    return (
        (TEMPLATE, ", ".join(each.title for each in filled.given)),
        ("About", about.text if about else ""),
        *told,
        ("Overdue", _BETWEEN.join(row.words for row in filled.due)),
        ("Tasks made", _BETWEEN.join(overdue_text(row) for row in filled.ticked)),
        ("Referrals under way", _BETWEEN.join(referrals_under_way(chart, now=now)) if filled.given else ""),
        ("Others who care", _BETWEEN.join(row.words for row in seen)),
    )


def _about_output(about: Problem | None) -> tuple[dict[str, Any], ...]:
    if about is None:
        return ()
    problem = {"reference": about.reference, "display": about.text}
    return ({"type": concept("visit-item", "concern-problem"), "valueReference": problem},)


def _section(
    template: ConditionTemplate,
    values: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
    chart: Chart,
    now: datetime,
) -> TemplateSection:
    drawn = render(template.instrument, values, chart=chart, now=now, errors=errors)
    there = open_texts(chart)
    return TemplateSection(
        template=template,
        results=results(chart, template, now=now),
        groups=tuple(group for item in drawn.items if (group := _group(item)) is not None),
        overdue=tuple((row, overdue_text(row) in there) for row in overdue_for(chart, template, now=now)),
        last=last_answers(chart, template, now=now),
    )


def _group(item: RenderedItem) -> TemplateGroup | None:
    """A group without the results, which stand above; None for one of results alone."""
    asked = item.items if item.control == "group" else (item,)
    rows = tuple(each for each in asked if not each.read_only)
    known = tuple(each for each in rows if _is_known(each))
    if not rows:
        return None
    title = item.text if item.control == "group" else ""
    return TemplateGroup(item.link_id, title, tuple(each for each in rows if each not in known), known)


def _is_known(item: RenderedItem) -> bool:
    """Prefilled and not refused; a group of two when both are."""
    if item.control == "group":
        return bool(item.items) and all(map(_is_known, item.items))
    return item.prefill is not None and not item.error
