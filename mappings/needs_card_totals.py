"""The totals of a card study, counted live from the cards in the chart: which needs are most frequent, and for whom.

Nothing is stored beside the cards (domain row 175, step 4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fhir_profiles.terminology import codes, display
from mappings.needs_card import NeedsCard, letter
from mappings.needs_card_form import NONE, need_items

NEEDED = 3
"""From which number on a need counts as one: 1 is not at all, 5 very much."""


@dataclass(frozen=True)
class NeedTotal:
    """One need over all cards: on how many it came first, on how many it is needed at all, and the mean number."""

    code: str
    letter: str
    label: str
    first: int
    needed: int
    mean: str


@dataclass(frozen=True)
class CardTotals:
    """All cards. `needs` stand from the most frequent down; `none` are the cards of patients without a care need.

    `act` are how many would act on a referral, in words and in the card's order.
    """

    cards: int
    needs: tuple[NeedTotal, ...]
    none: int
    act: tuple[tuple[str, int], ...]

    @property
    def leading(self) -> str:
        """The need that most cards name first, in words; "" without any, and where two are named as often."""
        one, other, *_ = self.needs
        return one.label if one.first > other.first else ""


def totals(cards: Sequence[NeedsCard]) -> CardTotals:
    """The totals of these cards, in whatever order they are."""
    first = Counter(each.top for each in cards)
    act = Counter(each.act for each in cards)
    made = [_need(item.link_id, cards, first[item.link_id]) for item in need_items()]
    made.sort(key=lambda row: (-row.first, -row.needed, row.letter))
    said = tuple(
        (display("needs-card-answer", code), act[code]) for code in codes("needs-card-answer") if act[code]
    )
    return CardTotals(len(cards), tuple(made), first[NONE], said)


def _need(code: str, cards: Sequence[NeedsCard], first: int) -> NeedTotal:
    numbers = [card.needs[code] for card in cards if code in card.needs]
    mean = f"{sum(numbers) / len(numbers):.1f}" if numbers else ""
    needed = sum(number >= NEEDED for number in numbers)
    return NeedTotal(code, letter(code), display("needs-card-item", code), first, needed, mean)
