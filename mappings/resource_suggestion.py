"""From a barrier or a social need to resources: what stands in the way, and which topics of the directory help with it.

Barriers are those named in contacts of the last months; needs those of the problem list. Domain row 174.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType

from fhir_profiles.terminology import display
from mappings.chart import Chart
from mappings.condition import problems
from mappings.contact import contacts
from mappings.data_file import DataTable, data_table
from mappings.resource_directory import Resource, ResourceDirectory
from mappings.resource_referral import resource_referrals
from mappings.resource_topic import topic_rules
from mappings.social_problem import social_problems

RECENT = timedelta(days=183)


@dataclass(frozen=True)
class Suggestion:
    """One thing that stands in the way: in words with its source, and the topics and rows of the directory that help.

    `asked` is what was referred for it already and is open, in words.
    """

    words: str
    source: str
    topics: tuple[str, ...]
    resources: tuple[Resource, ...]
    asked: str

    @property
    def topic_words(self) -> str:
        """ "Transportation, Help with costs"."""
        return ", ".join(topic_rules().topics[each] for each in self.topics)


def suggestions(chart: Chart, directory: ResourceDirectory, *, now: datetime) -> tuple[Suggestion, ...]:
    """What the chart tells of, each once: the barriers of recent contacts, then the social problems of the list."""
    found: dict[tuple[str, ...], Suggestion] = {}
    for words, source, topics in (*_barriers(chart, now), *_needs(chart, now)):
        if topics and topics not in found:
            found[topics] = _suggestion(words, source, topics, chart, directory, now)
    return tuple(found.values())


def topics_for(barrier: str) -> tuple[str, ...]:
    """The topics that help with a barrier (a code of ours); () where none does."""
    return _rules()[0].get(barrier, ())


def _suggestion(
    words: str,
    source: str,
    topics: tuple[str, ...],
    chart: Chart,
    directory: ResourceDirectory,
    now: datetime,
) -> Suggestion:
    rows = [each for each in directory.resources if set(each.topics) & set(topics)]
    rows.sort(key=lambda row: _fitness(topics, row))
    named = {topic_rules().topics[each] for each in topics}
    asked = (row for row in resource_referrals(chart, now).rows if row.open and row.topic in named)
    return Suggestion(
        words, source, topics, tuple(rows), next((f"{row.name}, {row.ageing}" for row in asked), "")
    )


def _fitness(topics: tuple[str, ...], row: Resource) -> tuple[int, int, int, bool, str]:
    """The lower, the nearer to the need: the first topic asked for, which is what this one is there for above all."""
    asked, place = min((topics.index(each), row.topics.index(each)) for each in row.topics if each in topics)
    return asked, place, len(row.topics), row.cost != "free", row.name.casefold()


def _barriers(chart: Chart, now: datetime) -> list[tuple[str, str, tuple[str, ...]]]:
    recent = (row for row in contacts(chart, now).rows if row.when and now - row.when <= RECENT)
    return [
        (display("barrier", code), f"contact, {row.when_words}", topics_for(code))
        for row in recent
        for code in row.details.barriers
    ]


def _needs(chart: Chart, now: datetime) -> list[tuple[str, str, tuple[str, ...]]]:
    by_need = _rules()[1]
    return [
        (each.need.name, f"problem list: {each.problem.text}", by_need.get(each.need.name, ()))
        for each in social_problems(problems(chart, now=now).rows)
    ]


@cache
def _rules() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    table = data_table("resource_suggestions.toml")
    table.text("source")
    table.day("checked")
    found = _topics(table, "barrier", "code"), _topics(table, "need", "name")
    table.done()
    return found


def _topics(table: DataTable, kind: str, key: str) -> Mapping[str, tuple[str, ...]]:
    made = {}
    for row in table.tables(kind):
        made[row.text(key)] = row.texts("topics")
        row.done()
    return MappingProxyType(made)
