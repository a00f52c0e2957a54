"""What the newest comprehensive needs assessment covers: its twelve parts, and the answers that ask for help.

Six of the parts are the domains that Medicare names for a comprehensive plan (physical, mental, cognitive,
psychosocial, functional, environmental); the others are those of the guides: helpers, wishes, self-care, other
professionals, community partners (domain rows 3 and 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mappings.chart import Chart
from mappings.questionnaire.catalogue import Instrument, instrument
from mappings.questionnaire.definition import Item, walk
from mappings.questionnaire.history import history_of
from mappings.questionnaire.recorded import AssessmentView
from mappings.questionnaire.value import same_value, words_of_value

NAME = "needs-assessment"
DOMAINS = ("physical", "mental", "cognitive", "psychosocial", "functional", "environmental")


@dataclass(frozen=True)
class Area:
    """One part of the assessment. `assessed` is True where something of it was answered.

    `needs` are the answers that say that help is wanted, in words; `when_words` and `by` are those of the assessment.
    """

    key: str
    words: str
    assessed: bool
    domain: bool
    needs: tuple[str, ...] = ()
    when_words: str = ""
    by: str = ""


def needs_instrument() -> Instrument:
    """The comprehensive needs assessment of the catalogue. Raises LookupError where our own data lacks it."""
    found = instrument(NAME)
    if found is None:
        raise LookupError(f"no questionnaire is called {NAME}")
    return found


def areas(chart: Chart, *, now: datetime) -> tuple[Area, ...]:
    """Every part in its order, by the newest assessment: a half-done one adds to the last that was completed."""
    of = needs_instrument()
    told = history_of(chart, of, now=now)
    views = tuple(view for view in (told.half_done, told.last) if view)
    return tuple(_area(group, views) for group in of.definition.items if group.type == "group")


@dataclass(frozen=True)
class Said:
    """What the patient said to one question, and of when it is."""

    words: str
    when_words: str


def said_before(chart: Chart, link_id: str, *, now: datetime) -> Said:
    """The newest answer to one question, in words; both parts "" where it was never answered."""
    told = history_of(chart, needs_instrument(), now=now)
    views = (view for view in (told.half_done, *told.results) if view and view.words(link_id))
    view = next(views, None)
    return Said(view.words(link_id), view.date_words) if view else Said("", "")


def _area(group: Item, views: tuple[AssessmentView, ...]) -> Area:
    view = next((view for view in views if any(_answered(group, view))), None)
    return Area(
        key=group.link_id,
        words=str(group.text),
        assessed=view is not None,
        domain=group.link_id in DOMAINS,
        needs=tuple(_needs(group, view)) if view else (),
        when_words=view.date_words if view else "",
        by=view.by if view else "",
    )


def _answered(group: Item, view: AssessmentView) -> Iterator[bool]:
    return (bool(view.answers.get(item.link_id)) for item in walk(group.items) if item.is_asked)


def _needs(group: Item, view: AssessmentView) -> Iterator[str]:
    """As "Hard to manage: Paying for medicines, Enough food", one for each question whose answers weigh."""
    for item in walk(group.items):
        weighty = [option.value for option in item.options if option.weight]
        given = view.answers.get(item.link_id, ())
        said = [words_of_value(each) for each in given if any(same_value(each, other) for other in weighty)]
        if said:
            yield f"{item.label}: {', '.join(said)}"
