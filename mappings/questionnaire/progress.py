"""How far a questionnaire is: counted over the questions that a person is asked and that are open now."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.questionnaire.definition import Definition
from mappings.questionnaire.enable import enabled_links
from mappings.questionnaire.response import settled
from mappings.questionnaire.value import Answers


@dataclass(frozen=True)
class Progress:
    """`missing` are the required ones among the open."""

    answered: int
    total: int
    missing: int

    @property
    def words(self) -> str:
        """As "7 of 10 answered"."""
        return f"{self.answered} of {self.total} answered"


def progress_of(of: Definition, answers: Answers) -> Progress:
    """The progress that these answers make."""
    counting = settled(of, answers)
    enabled = enabled_links(of, counting)
    asked = [item for item in of.questions if item.is_asked and item.link_id in enabled]
    open_ones = [item for item in asked if item.link_id not in counting]
    return Progress(
        answered=len(asked) - len(open_ones),
        total=len(asked),
        missing=sum(item.required for item in open_ones),
    )
