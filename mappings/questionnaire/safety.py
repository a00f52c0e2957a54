"""The answers that call for the practice's crisis steps at once; which they are stands in `instruments.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.questionnaire.catalogue import DangerRule, Instrument
from mappings.questionnaire.definition import Item, Option
from mappings.questionnaire.enable import effective
from mappings.questionnaire.value import Answers, Value, key_of, same_value, words_of_value


@dataclass(frozen=True)
class Danger:
    """One such answer. `key` is "suicide" or "not-safe"; `why` says in one sentence what it means for today."""

    link_id: str
    question: str
    answer: str
    key: str
    why: str


def dangers(instrument: Instrument, answers: Answers) -> tuple[Danger, ...]:
    """Every such answer among these, also of a questionnaire that is only half done; () for none."""
    counting = effective(instrument.definition, answers)
    items = instrument.definition.by_link
    return tuple(
        Danger(rule.link_id, str(items[rule.link_id].text), words_of_value(value), rule.key, rule.why)
        for rule in instrument.dangers
        for value in counting.get(rule.link_id, ())
        if _is_danger(rule, items[rule.link_id], value)
    )


def danger_keys(instrument: Instrument) -> Mapping[str, frozenset[str]]:
    """linkId -> the form's keys of the answers that are dangers: for a page that tells at the click."""
    items = instrument.definition.by_link
    found: dict[str, frozenset[str]] = {}
    for rule in instrument.dangers:
        keys = {each.key for each in items[rule.link_id].options if _by_weight(rule, each)} | rule.answers
        found[rule.link_id] = found.get(rule.link_id, frozenset()) | keys
    return found


def _is_danger(rule: DangerRule, item: Item, value: Value) -> bool:
    chosen = [option for option in item.options if same_value(option.value, value)]
    return key_of(value) in rule.answers or any(_by_weight(rule, option) for option in chosen)


def _by_weight(rule: DangerRule, option: Option) -> bool:
    return rule.above is not None and option.weight is not None and option.weight > rule.above
