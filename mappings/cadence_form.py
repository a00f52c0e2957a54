"""The patient's own wish: how often and how to be contacted, kept in a note of the plan as the default from then on.

The plan carries it, not the next task: a task is done and gone, and the wish holds until the patient says otherwise
(domain notes, rows 16 and 75).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship, annotation
from mappings.cadence import presets, rhythm, rules, ways, wish, wish_line
from mappings.chart import Chart
from mappings.consent import is_deceased, lapsed_consents
from mappings.element import as_objects
from mappings.enrolment_state import Gate, unread
from mappings.episode import open_plan, with_text
from mappings.form import Fields, Submitted
from mappings.sight import unseen

FIELDS = ("days", "way")
_NO_WISH = "none"
NO_WISH_WORDS = "No wish of her or his own: by the program’s rhythm"


@dataclass(frozen=True)
class CadenceEntry:
    """A wish from a form: `days` is one of the presets, 0 for no wish any more; `way` a code of the three ways."""

    days: int
    way: str


def offered_rhythms() -> dict[str, str]:
    """What may be chosen: the presets by their days, and no wish."""
    return {**{str(days): words for days, words in presets().items()}, _NO_WISH: NO_WISH_WORDS}


def may_wish(chart: Chart) -> Gate:
    """Whether a wish may be filed: it needs an open plan that can be seen."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := unread(chart, "CarePlan"):
        return Gate(dark)
    if unseen(chart, "CarePlan"):
        return Gate(
            "This EHR does not show again the care plan documented with Chartside, so the wish cannot be added to it."
            " Write it in the note of a contact."
        )
    if open_plan(chart) is None:
        return Gate("The wish stands in the care plan, and none is open. Open the plan first.")
    return Gate()


def cadence_defaults(chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the wish as it stands, else the preset nearest to the rhythm that holds now."""
    wished = wish(chart)
    if wished:
        return {"days": (str(wished.days),), "way": (wished.way,)}
    usual = rhythm(chart, now=now).days
    nearest = min(presets(), key=lambda days: abs(days - usual))
    return {"days": (str(nearest),), "way": ("phone",)}


def parse_cadence(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[CadenceEntry]:
    """The form as sent; refused as a whole (key "form") where there is no plan to carry the wish."""
    fields = Fields(values)
    if refusal := may_wish(chart).reason:
        fields.refuse("form", refusal)
    days = fields.one_of("days", offered_rhythms(), required="Choose how often.")
    needed = "" if days == _NO_WISH else "Choose how."
    way = fields.one_of("way", ways(), required=needed)
    return fields.submitted(lambda: CadenceEntry(0 if days == _NO_WISH else int(days), way))


def cadence_resources(
    entry: CadenceEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What the form files: the plan with the wish in a note, every earlier one kept beside it."""
    plan = open_plan(chart)
    if plan is None:
        raise ValueError("a wish needs an open plan")
    line = wish_line(entry.days, entry.way, author.now.date())
    notes = [*as_objects(plan.get("note")), annotation(line, author)]
    return (with_text({**plan, "note": notes}), *lapsed_consents(chart, author))


def rhythm_words(chart: Chart, *, now: datetime) -> str:
    """ "Every two weeks, by phone: the patient's own wish", or the rule that holds."""
    wished = wish(chart)
    if wished:
        return f"{wished.words[:1].upper()}{wished.words[1:]}: {rules()['wish']['words']}"
    why = rhythm(chart, now=now).why
    return f"{why[:1].upper()}{why[1:]}"
