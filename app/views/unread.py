"""The page of a save that cannot be shown as its form: what was typed, kept, as text and ready to try again.

Either the chart could not be read, and a form's goals, tasks and conditions come from there; or a part of the save is
in the chart, which is then no longer the one that the form was filled in with. What was typed goes along as it is, so
that one press tries the same save once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import render_template, url_for

from app.current import current_launch
from app.ehr.drafts import Draft
from app.ehr.errors import BrokenOff, NotFiled
from app.security import csrf_token
from app.views.page import LaunchPage
from mappings import seen
from mappings.assess import HALF
from mappings.assess_text import in_words
from mappings.chart import Chart
from mappings.medication_reconciliation_text import in_words as medicines_in_words
from mappings.reading import ReadStatus

BUILT_UPON = ("CarePlan", "Goal", "Task", "Consent")
"""What a save counts on: without a plan's goals read, progress typed for one of them would be dropped in silence."""

_NOT_TOLD = frozenset(
    {"answers", "call_off", "goal", "goal_addresses", "goal_follows", "language", HALF, seen.FIELD}
)
"""The fields that hold ids or are none of what was typed."""
_UNREAD = (ReadStatus.COULD_NOT_READ, ReadStatus.STILL_LOADING)


def missing(of: Chart, types: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `types` that a save builds upon and that did not come just now."""
    return tuple(kind for kind in BUILT_UPON if kind in types and of.reading(kind).status in _UNREAD)


def hidden(of: Chart, values: Mapping[str, Sequence[str]]) -> bool:
    """Whether an entry names a goal or task that is not among those shown while the EHR left some of them out.

    It may well be open in the chart, so the entry is neither refused nor filed without it.
    """
    typed = [name for name, items in values.items() if any(item.strip() for item in items)]
    named = {
        "Goal": {name.partition(".")[2] for name in typed}
        | {item.rpartition("/")[2] for item in values.get("goal", ())},
        "Task": {*values.get("answers", ()), *values.get("call_off", ())},
    }
    return any(
        of.reading(kind).withheld and ids - {"", *(each.get("id") for each in of.resources(kind))}
        for kind, ids in named.items()
    )


def show(
    draft: Draft,
    error: NotFiled,
    *,
    send_to: str,
    page: LaunchPage | None,
    status: int = 502,
    throw_away_at: str = "",
) -> tuple[str, int]:
    """The page; `send_to` is the form's own address, `page` its frame where it is known whose chart this is.

    With `throw_away_at` it asks whether the entry is in the chart: then it is thrown away there, else filed again.
    """
    here = current_launch()
    drawn = render_template(
        "not_filed.html",
        page=page,
        not_filed=error,
        draft=draft,
        send_to=send_to,
        csrf=csrf_token(),
        patient_id=here.patient_id,
        broken_off=isinstance(error, BrokenOff),
        throw_away_at=throw_away_at,
        not_filed_at=url_for("ledger.show", launch_id=here.id),
        ehr_label=here.ehr.label,
        text=as_text(draft),
    )
    return drawn, status


def as_text(draft: Draft) -> str:
    """What was typed, the note first, one fact a line, to be copied into the chart by hand.

    Ids of goals and tasks are left out; the answers to a questionnaire stand in its own words.
    """
    asked = {**in_words(draft.values), **medicines_in_words(draft.values)}
    told = {name: asked.get(name, (_words(name), items)) for name, items in draft.values.items()}
    return "\n".join(
        f"{label}: {item}"
        for name, (label, items) in sorted(told.items(), key=lambda field: field[0] != "note")
        for item in items
        if item.strip() and name not in _NOT_TOLD
    )


def _words(name: str) -> str:
    """A field's name as a person would write it: "next_date" is "Next date", "progress.12" is "Progress"."""
    return name.split(".", maxsplit=1)[0].replace("_", " ").capitalize()
