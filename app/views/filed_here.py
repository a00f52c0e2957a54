"""What can be filed in this EHR with this access, form by form, in words; asked of the EHR's own metadata and scopes.

A nurse who meets a missing button looks here before she calls somebody, and what stands here is what she tells them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from app.views import care_plan, consent, contact, filing
from app.views.page import BANNER_TYPES, chart, launch_page, not_accepted
from mappings.chart import Chart

blueprint = Blueprint("filed_here", __name__)

FORMS: tuple[tuple[str, filing.FormPage[Any]], ...] = (
    ("Contacts and their minutes", contact.FORM),
    ("Consent, and a patient’s no", consent.FORM),
    ("A care plan with its goals and tasks", care_plan.FORM),
)
"""Everything that Chartside files, as a nurse calls it."""

FILED = "Filed in the chart."


@dataclass(frozen=True)
class Row:
    """One form: `filed` says whether the EHR takes it in this launch, `words` why not."""

    title: str
    filed: bool
    words: str


@blueprint.get("/l/<launch_id>/filed-here")
def show(launch_id: str) -> str:
    """The table."""
    of = chart(BANNER_TYPES)
    return render_template("filed_here/show.html", page=launch_page("filed-here", of), rows=tuple(_rows(of)))


def _rows(of: Chart) -> Iterator[Row]:
    for title, form in FORMS:
        refusal = not_accepted(form.writes(of))
        yield Row(title, not refusal, refusal or FILED)
