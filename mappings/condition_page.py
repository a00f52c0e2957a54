"""The page of a patient's conditions: of each template the results, what is known with its day, and what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings.chart import Chart
from mappings.condition_answers import VisitAnswers, last_answers
from mappings.condition_reading import Results, results
from mappings.condition_task import open_texts, overdue_text
from mappings.condition_template import ConditionTemplate, condition_templates, suggested_templates
from mappings.condition_template_part import referrals_under_way
from mappings.episode import open_plan
from mappings.overdue import Overdue, known_of, overdue, overdue_for
from mappings.prompt import Prompt
from mappings.questionnaire.prefill import Prefill
from mappings.sight import unseen
from mappings.specialist import Specialists, specialists


@dataclass(frozen=True)
class KnownRow:
    """One answer that is known: "Eye exam", "12 Sep 2024", "Procedures, 12 Sep 2024"."""

    label: str
    words: str
    where: str


@dataclass(frozen=True)
class ConditionSection:
    """One template's facts. `overdue` says of each thing whether a task for it is open."""

    template: ConditionTemplate
    results: Results
    known: tuple[KnownRow, ...]
    overdue: tuple[tuple[Overdue, bool], ...]
    last: VisitAnswers | None


@dataclass(frozen=True)
class ConditionPage:
    """The page. `others` may be chosen beside; `caution` says that earlier contacts are not shown here, or is ""."""

    sections: tuple[ConditionSection, ...]
    others: tuple[ConditionTemplate, ...]
    specialists: Specialists
    referrals: tuple[str, ...]
    caution: str


def condition_page(chart: Chart, *, now: datetime, chosen: ConditionTemplate | None = None) -> ConditionPage:
    """The templates that fit the patient's problems, or the one that was chosen."""
    shown = (chosen,) if chosen else suggested_templates(chart, now=now)
    return ConditionPage(
        sections=tuple(_section(chart, each, now) for each in shown),
        others=tuple(each for each in condition_templates() if each not in shown),
        specialists=specialists(chart, now=now),
        referrals=referrals_under_way(chart, now=now),
        caution="This EHR does not show all earlier contacts: what was told in them is unknown here."
        if unseen(chart, "Task")
        else "",
    )


def _section(chart: Chart, template: ConditionTemplate, now: datetime) -> ConditionSection:
    last = last_answers(chart, template, now=now)
    prefilled = known_of(chart, template, now=now)
    there = open_texts(chart)
    asked = (item for item in template.definition.questions if item.is_asked)
    rows = (_row(item.label, item.link_id, prefilled.get(item.link_id), last) for item in asked)
    return ConditionSection(
        template=template,
        results=results(chart, template, now=now),
        known=tuple(row for row in rows if row),
        overdue=tuple((row, overdue_text(row) in there) for row in overdue_for(chart, template, now=now)),
        last=last,
    )


def _row(label: str, link: str, known: Prefill | None, last: VisitAnswers | None) -> KnownRow | None:
    if known:
        return KnownRow(label, known.words, ", ".join(filter(None, (known.source_words, known.date_words))))
    words = last.words(link) if last else ""
    return KnownRow(label, words, f"Last contact, {last.date_words}") if last and words else None


def prompts(chart: Chart, *, now: datetime) -> tuple[Prompt, ...]:
    """What is overdue by what *Today* reads, for a patient with an open plan; what is not known there is no prompt."""
    if open_plan(chart) is None or unseen(chart, "Task"):
        return ()
    there = open_texts(chart)
    due = [
        row for row in overdue(chart, now=now) if row.state != "unknown" and overdue_text(row) not in there
    ]
    if not due:
        return ()
    names = ", ".join(row.name for row in due)
    return (Prompt(f"Overdue: {names}.", due[0].words, "Look", "condition_template.show"),)
