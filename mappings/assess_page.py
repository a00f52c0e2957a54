"""A questionnaire as its page shows it: part by part, what is missing first and what is known already folded away.

Beside each part of the needs assessment stands what the chart says of it, with date and source, so that nobody asks for
what is written down already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from mappings.chart import Chart
from mappings.crisis import dangers_typed
from mappings.needs_assessment import NAME as NEEDS
from mappings.needs_facts import needs_facts
from mappings.questionnaire.catalogue import Instrument
from mappings.questionnaire.form import RenderedForm, RenderedItem, render
from mappings.questionnaire.prefill import Prefill
from mappings.questionnaire.safety import Danger


@dataclass(frozen=True)
class Part:
    """One part of the form. `known` are questions whose answers stand as the chart gave them; `facts` are lines."""

    key: str
    title: str
    facts: tuple[str, ...]
    missing: tuple[RenderedItem, ...]
    known: tuple[RenderedItem, ...]

    @property
    def known_words(self) -> str:
        """As "Lives: Alone (3 Nov 2026) · Helpers: Son or daughter (3 Nov 2026)"."""
        return " · ".join(f"{item.short}: {_dated(item.prefill)}" for item in self.known if item.prefill)


def _dated(known: Prefill) -> str:
    return f"{known.words} ({known.date_words})" if known.date_words else known.words


@dataclass(frozen=True)
class AssessPage:
    """The whole page. `dangers` are the answers chosen that open the crisis steps."""

    drawn: RenderedForm
    parts: tuple[Part, ...]
    dangers: tuple[Danger, ...]
    may_show_danger: bool
    language: str


def assess_page(
    instrument: Instrument,
    values: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
    chart: Chart,
    now: datetime,
    *,
    language: str = "en",
) -> AssessPage:
    """The page with these values in it, whatever they are; the questions in `language` where they are translated."""
    drawn = render(instrument, values, chart=chart, now=now, errors=errors, language=language)
    facts = needs_facts(chart, now=now) if instrument.id == NEEDS else {}
    return AssessPage(
        drawn=drawn,
        parts=tuple(_parts(drawn.items, facts)),
        dangers=dangers_typed(instrument, values, now=now),
        may_show_danger=bool(instrument.dangers),
        language=language,
    )


def _parts(items: tuple[RenderedItem, ...], facts: Mapping[str, tuple[str, ...]]) -> list[Part]:
    """The form's order: one part for each group, and one without a title for what stands between the groups."""
    parts: list[Part] = []
    for is_group, run in groupby(items, key=lambda item: item.control == "group"):
        if is_group:
            parts += [_part(each.link_id, each.text, facts.get(each.link_id, ()), each.items) for each in run]
        else:
            parts.append(_part("", "", (), tuple(run)))
    return parts


def _part(key: str, title: str, facts: tuple[str, ...], items: tuple[RenderedItem, ...]) -> Part:
    """A prefilled answer is known unless it was refused; one that others hang on stays in sight with them."""
    known = tuple(item for item in items if item.prefill and not item.error and not item.items)
    return Part(key, title, facts, tuple(item for item in items if item not in known), known)
