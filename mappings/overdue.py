"""What is overdue for the patient's conditions: when it was last done, how long that is good for, and who says so.

The rules are data with their source (`overdue.toml`). Where the EHR does not show what a rule looks at, nothing is
called overdue: the day is asked. What the patient told in a contact counts beside what the chart says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal

from mappings import dates
from mappings.chart import Chart, once
from mappings.condition_reading import latest_of_all
from mappings.condition_template import ConditionTemplate, active_groups, condition_templates
from mappings.data_file import data_table
from mappings.panel import PLAIN_WORDS
from mappings.questionnaire.prefill import Prefill, prefills_of
from mappings.questionnaire.value import key_of
from mappings.reading import ReadStatus

_FILE = "overdue.toml"
State = Literal["overdue", "never", "unknown"]


@dataclass(frozen=True)
class OverdueRule:
    """One rule. `days` is None where one is enough; `stands` are the answers that count, () for a day."""

    key: str
    name: str
    groups: tuple[str, ...]
    reading: str
    answer: str
    stands: tuple[str, ...]
    days: int | None
    source: str


@dataclass(frozen=True)
class Overdue:
    """One thing that is due. `last_words` is "last 12 Sep 2024", "none on file" or why it is not known."""

    key: str
    name: str
    state: State
    last_words: str
    often_words: str
    source: str

    @property
    def words(self) -> str:
        """As "Eye exam: last 12 Sep 2024, due every 12 months"."""
        return ", ".join(filter(None, (f"{self.name}: {self.last_words}", self.often_words)))


@cache
def overdue_rules() -> tuple[OverdueRule, ...]:
    """Every rule, in the order of the list. Raises DataFileError for a slip in our data."""
    table = data_table(_FILE)
    table.day("checked")
    made = []
    for key, row in table.named_tables("rule"):
        rule = OverdueRule(
            key=key,
            name=row.text("name"),
            groups=row.texts("groups"),
            reading=row.text("reading", default=""),
            answer=row.text("answer", default=""),
            stands=row.texts("stands", default=()),
            days=row.number("days"),
            source=row.text("source"),
        )
        if bool(rule.reading) == bool(rule.answer):
            raise row.error("answer", "must stand without reading, and one of the two must stand")
        row.done()
        made.append(rule)
    table.done()
    return tuple(made)


@once
def overdue(chart: Chart, *, now: datetime) -> tuple[Overdue, ...]:
    """What is due for the patient's own active conditions; () where the problems are not known."""
    groups = active_groups(chart, now=now)
    rules = (rule for rule in overdue_rules() if groups & set(rule.groups))
    return tuple(_due(chart, rule, now) for rule in rules if _open(chart, rule, now))


def overdue_for(chart: Chart, template: ConditionTemplate, *, now: datetime) -> tuple[Overdue, ...]:
    """What is due by the rules of one template's conditions, whether or not they stand on the problem list."""
    rules = [rule for rule in overdue_rules() if set(template.groups) & set(rule.groups)]
    return tuple(_due(chart, rule, now) for rule in rules if _open(chart, rule, now))


def _open(chart: Chart, rule: OverdueRule, now: datetime) -> bool:
    found = _last(chart, rule, now)
    if rule.stands:
        return not found.stands
    if found.day is None:
        return True
    return rule.days is not None and found.day < now.date() - timedelta(days=rule.days)


def _due(chart: Chart, rule: OverdueRule, now: datetime) -> Overdue:
    found = _last(chart, rule, now)
    often = f"due every {rule.days // 30} months" if rule.days else ""
    if found.unseen:
        told = f"last {dates.day_words(found.day)} as far as is known here, " if found.day else ""
        return Overdue(rule.key, rule.name, "unknown", told + found.unseen, often, rule.source)
    if found.day is None:
        return Overdue(rule.key, rule.name, "never", "none on file", often, rule.source)
    return Overdue(rule.key, rule.name, "overdue", f"last {dates.day_words(found.day)}", often, rule.source)


@dataclass(frozen=True)
class _Last:
    """The last one: its day, whether it is what the rule wants, and why nothing can be known of it."""

    day: date | None = None
    stands: bool = False
    unseen: str = ""


def _last(chart: Chart, rule: OverdueRule, now: datetime) -> _Last:
    if rule.reading:
        unseen = _unseen(chart, "Observation")
        row = latest_of_all(chart, now=now).get(rule.reading)
        return _Last(day=row.when.date() if row and row.when else None, unseen=unseen)
    known = known_of(chart, _template_of(rule.answer), now=now).get(rule.answer)
    key = key_of(known.values[0]) if known else ""
    day = dates.valid_form_date(key) if known and not rule.stands else None
    return _Last(
        day=day, stands=key in rule.stands, unseen=_unseen(chart, "Procedure") if not rule.stands else ""
    )


@once
def known_of(chart: Chart, template: ConditionTemplate, *, now: datetime) -> dict[str, Prefill]:
    """What the chart and earlier contacts know of a template's answers, by linkId."""
    return prefills_of(template.definition, chart, now=now)


def _template_of(link_id: str) -> ConditionTemplate:
    return next(each for each in condition_templates() if link_id in each.definition.by_link)


def _unseen(chart: Chart, kind: str) -> str:
    """Why nothing can be known of this type; "" where it was read."""
    if chart.reading(kind).status is ReadStatus.READ:
        return ""
    return f"not known, {PLAIN_WORDS[kind]} could not be seen here"
