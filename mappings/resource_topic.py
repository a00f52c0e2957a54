"""The topics, groups, costs and kinds of a practice's directory of resources, read from `resource_topics.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from mappings.data_file import DataTable, data_table


@dataclass(frozen=True)
class Kind:
    """Who is asked. `permission`: facts may leave only with the patient's privacy consent; `days` until one chases."""

    code: str
    words: str
    permission: bool
    days: int


@dataclass(frozen=True)
class TopicRules:
    """The whole file. Each mapping is code -> words, in the order offered."""

    topics: Mapping[str, str]
    groups: Mapping[str, str]
    costs: Mapping[str, str]
    kinds: Mapping[str, Kind]
    stale_months: int


@cache
def topic_rules() -> TopicRules:
    """The rules. Raises DataFileError where our own file is wrong."""
    table = data_table("resource_topics.toml")
    table.text("source")
    table.day("checked")
    rules = TopicRules(
        topics=_words(table, "topic"),
        groups=_words(table, "group"),
        costs=_words(table, "cost"),
        kinds=MappingProxyType({each.code: each for each in map(_kind, table.tables("kind"))}),
        stale_months=table.number("stale_months") or 6,
    )
    table.done()
    return rules


def _words(table: DataTable, name: str) -> Mapping[str, str]:
    found = {}
    for row in table.tables(name):
        found[row.text("code")] = row.text("words")
        row.done()
    return MappingProxyType(found)


def _kind(row: DataTable) -> Kind:
    made = Kind(row.text("code"), row.text("words"), row.flag("permission"), row.number("days") or 14)
    row.done()
    return made
