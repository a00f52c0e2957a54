"""Cards of a card study, filled in as a provider would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mappings.chart import Chart
from mappings.needs_card import needs_card_resources
from mappings.needs_card_form import card_defaults, parse_card
from tests.written.answers import HOSTILE, UNKNOWN_USER
from tests.written.saves import FORMS, Save, Values

FORMS["needs-card"] = (parse_card, needs_card_resources)


def carded(
    day: int,
    top: str,
    act: str,
    *reasons: str,
    author: Mapping[str, Any] | None = None,
    **typed: str | Sequence[str],
) -> Save:
    """A card whose most important need is `top`, marked as much needed; "none" for a patient without needs."""

    def fill(chart: Chart, now: datetime) -> Values:
        marked = {} if top == "none" else {f"q-{top}": ("4",)}
        plain = {
            f"q-{name.replace('_', '-')}": (str(words),) for name, words in typed.items() if name != "note"
        }
        note = {"note": (str(typed["note"]),)} if "note" in typed else {}
        answers = {"q-top": (top,), "q-act": (act,), "q-reason": reasons}
        return {**card_defaults(chart, now=now), **marked, **plain, **note, **answers}

    return Save("needs-card", day, fill, author or {})


EVERY_CARD = (
    carded(2, "need-b", "very-likely", "acute", "chronic-problem", note="Lives in her car"),
    *(carded(2, f"need-{letter}", "somewhat", "maintenance") for letter in "acdefghij"),
    carded(2, "need-k", "not-at-all", other_need="A hearing aid", reason_other="A form for work"),
    carded(2, "none", "not-applicable"),
    carded(2, "need-k", "somewhat", other_need=HOSTILE.split("\n")[0], note=HOSTILE, author=UNKNOWN_USER),
)
"""Each need first on one card, each answer to the last question, and a patient without needs."""
