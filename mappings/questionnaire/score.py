"""What the answers add up to, and what that means: the calculated items that the catalogue names as scales.

A score exists only where every answer that it counts was given: the expression of the Questionnaire says so itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.element import as_number
from mappings.questionnaire.catalogue import Instrument, Scale
from mappings.questionnaire.response import settled
from mappings.questionnaire.value import Answers


@dataclass(frozen=True)
class Score:
    """One score: "12 of 27". `meaning` is ours; `concern` when there is something to do; `code` is LOINC's or ""."""

    name: str
    label: str
    value: int
    top: int
    meaning: str
    concern: bool
    code: str

    @property
    def words(self) -> str:
        """As "12 of 27"."""
        return f"{self.value} of {self.top}"


def scores(instrument: Instrument, answers: Answers) -> tuple[Score, ...]:
    """The scores that these answers give; none of a scale whose answers are not complete."""
    worked_out = settled(instrument.definition, answers)
    return tuple(
        score_of(scale, int(number))
        for scale in instrument.scales
        for value in worked_out.get(scale.link_id, ())
        if (number := as_number(next(iter(value.values()), None))) is not None
    )


def score_of(scale: Scale, value: int) -> Score:
    """A value on a scale, with its meaning; "" outside the scale."""
    meaning = scale.meaning_of(value)
    return Score(
        name=scale.link_id,
        label=scale.label,
        value=value,
        top=scale.top,
        meaning=meaning.words if meaning else "",
        concern=bool(meaning and meaning.concern),
        code=next(iter(scale.codes), ""),
    )
