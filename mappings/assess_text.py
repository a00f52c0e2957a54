"""What was typed into a questionnaire, in words: for a text that somebody copies by hand, where codes help nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.crisis import TOLD
from mappings.questionnaire.catalogue import Instrument, catalogue
from mappings.questionnaire.field import field_of, other_of

_OWN_WORDS = {"crisis_told": "Who was told", "crisis_done": "What was done, and by whom"}


def in_words(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Field -> its question and its answers in words; {} for a form that is no questionnaire of the catalogue."""
    asked = {name for name in values if name.startswith("q-")}
    of = next((each for each in catalogue() if asked and asked <= _fields(each)), None)
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


def _fields(instrument: Instrument) -> set[str]:
    links = [item.link_id for item in instrument.definition.questions]
    return {*map(field_of, links), *map(other_of, links)}
