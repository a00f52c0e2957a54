"""What was typed into a questionnaire, in words: for a text that somebody copies by hand, where codes help nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.crisis import TOLD
from mappings.questionnaire.catalogue import Instrument, catalogue
from mappings.questionnaire.field import field_of, other_of

_OWN_WORDS = {"crisis_told": "Who was told", "crisis_done": "What was done, and by whom"}


def in_words(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Field -> its question and its answers in words; {} for a form that is no questionnaire of the catalogue."""
    asked = {name: items for name, items in values.items() if name.startswith("q-")}
    of = next((each for each in catalogue() if asked and _takes(each, asked)), None)
    if of is None:
        return {}
    found = {name: (words, tuple(values[name])) for name, words in _OWN_WORDS.items() if name in values}
    if "crisis_told" in found:
        told = tuple(TOLD.get(key, key) for key in values["crisis_told"])
        found["crisis_told"] = (_OWN_WORDS["crisis_told"], told)
    for item in of.definition.questions:
        name, words = field_of(item.link_id), {option.key: str(option.words) for option in item.options}
        if item.type == "boolean":
            words = {"yes": "Yes", "no": "No"}
        for field in (name, other_of(item.link_id)):
            if field in values:
                found[field] = (
                    str(item.text) or item.label,
                    tuple(words.get(key, key) for key in values[field]),
                )
    return found


def _takes(instrument: Instrument, asked: Mapping[str, Sequence[str]]) -> bool:
    """Whether all of it can have been typed there: two instruments may have a question of one name."""
    offered: dict[str, frozenset[str]] = {}
    for item in instrument.definition.questions:
        offered[field_of(item.link_id)] = frozenset(option.key for option in item.options)
        offered[other_of(item.link_id)] = frozenset()
    return all(
        name in offered and (not offered[name] or offered[name].issuperset(filter(None, items)))
        for name, items in asked.items()
    )
