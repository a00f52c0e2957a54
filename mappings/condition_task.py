"""The tasks that a template makes: what is overdue and was ticked, and what an answer promises.

The rules are data (`condition_tasks.toml`). A task that is open already in the same words is not made twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.data_file import data_table
from mappings.identity import is_ours
from mappings.overdue import Overdue
from mappings.questionnaire.value import Answers, key_of, words_of_value
from mappings.to_do import ToDoEntry, open_to_dos, to_do_resource

_FILE = "condition_tasks.toml"
_LINK = re.compile(r"\{([a-z0-9-]+)\}")
OVERDUE_DAYS = 14
"""When a task for something overdue is to be looked at: ours."""


@dataclass(frozen=True)
class TaskRule:
    """One rule; `when` are the answers that make the task, () for any."""

    key: str
    answer: str
    when: tuple[str, ...]
    text: str
    owner: str
    kind: str
    days: int


@dataclass(frozen=True)
class TemplateTask:
    """One task to be made, in the slot of its save."""

    slot: str
    text: str
    owner: str
    kind: str
    days: int


@cache
def task_rules() -> tuple[TaskRule, ...]:
    """Every rule. Raises DataFileError for a slip in our data."""
    table = data_table(_FILE)
    table.day("checked")
    table.text("source")
    made = []
    for key, row in table.named_tables("task"):
        made.append(
            TaskRule(
                key,
                row.text("answer"),
                row.texts("when"),
                row.text("text"),
                row.text("owner"),
                row.text("kind"),
                row.number("days") or 1,
            )
        )
        row.done()
    table.done()
    return tuple(made)


def overdue_text(row: Overdue) -> str:
    """What the task for something overdue is called: always the same, so that it is known again."""
    return f"{row.name} is due"


def overdue_task(row: Overdue) -> TemplateTask:
    """The task for something overdue."""
    return TemplateTask(f"overdue-{row.key}", overdue_text(row), "care-manager", "other", OVERDUE_DAYS)


def promised_tasks(answers: Answers) -> tuple[TemplateTask, ...]:
    """The tasks that these answers ask for."""
    found = []
    for rule in task_rules():
        given = answers.get(rule.answer, ())
        if given and (not rule.when or {key_of(value) for value in given} & set(rule.when)):
            found.append(
                TemplateTask(f"template-{rule.key}", _text(rule, answers), rule.owner, rule.kind, rule.days)
            )
    return tuple(found)


def _text(rule: TaskRule, answers: Answers) -> str:
    def words(link: str) -> str:
        return ", ".join(map(words_of_value, answers.get(rule.answer if link == "words" else link, ())))

    # Without its second part where that was not answered: "Diabetes supplies needed".
    return _LINK.sub(lambda found: words(found.group(1)), rule.text).rstrip(" :")


def open_texts(chart: Chart) -> frozenset[str]:
    """What our open tasks say."""
    return frozenset(str(task.get("description")) for task in open_to_dos(chart) if is_ours(task))


def task_resources(
    tasks: Sequence[TemplateTask],
    chart: Chart,
    author: Authorship,
    form_id: UUID,
    plan: dict[str, Any] | None,
) -> tuple[dict[str, Any], ...]:
    """The tasks as open Tasks, less those that are open already."""
    there = open_texts(chart)
    return tuple(
        to_do_resource(
            ToDoEntry(each.text, _due(author.now, each.days), each.owner, "routine", each.kind),
            author,
            form_id,
            slot=each.slot,
            plan=plan,
        )
        for each in tasks
        if each.text not in there
    )


def _due(now: datetime, days: int) -> Any:
    return now.date() + timedelta(days=days)
