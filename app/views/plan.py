"""The plan of care on one page, and the way to everything that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import Blueprint, current_app, render_template, url_for

from app.current import current_launch, current_time
from app.views import plan_agreement, plan_review
from app.views.form_page import FormPage, Values
from app.views.page import BANNER_TYPES, chart, launch_page, not_accepted
from mappings import seen
from mappings.chart import Chart
from mappings.enrolment import may_plan
from mappings.plan import plan_page
from mappings.plan_agreement import HOW_WORDS

blueprint = Blueprint("plan", __name__)

TYPES = (*BANNER_TYPES, "Condition", "Goal", "CareTeam", "RelatedPerson", "Observation")
"""What the page shows; results tell the meter what was assessed."""
CHANGES = (("CarePlan", "update"), ("Task", "update"))

_MEND: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "plan_revision": ("plan_revision.show", {}),
    "goals": ("goal_add.show", {}),
    "actions": ("plan_action.show", {"kind": "action"}),
    "self-care": ("plan_action.show", {"kind": "self-care"}),
    "plan_agreement": ("plan_agreement.show", {}),
    "plan_review": ("plan_review.show", {}),
    "patient_copy": ("patient_copy.show", {}),
}
"""The page that mends each kind of gap, as `completeness.toml` names it."""


@dataclass(frozen=True)
class Mend:
    """One thing that the plan lacks, and where it is put right."""

    words: str
    address: str


@dataclass(frozen=True)
class Press:
    """What one press of a button on the plan files: the values of its form; `first` leads to the form instead."""

    first: bool
    values: Values


@blueprint.get("/l/<launch_id>/plan")
def show(launch_id: str) -> str:
    """The plan as the chart tells it now."""
    of = chart(TYPES)
    now = current_time()
    view = plan_page(of, now=now)
    return render_template(
        "plan/show.html",
        page=launch_page("plan", of),
        view=view,
        mends=[Mend(each.words, _address(each.mend, each.field)) for each in view.meter.missing],
        may_open=may_plan(of, now=now),
        fixed=not_accepted(CHANGES) if view.is_open else "",
        agree=_press(plan_agreement.FORM, of),
        review=_press(plan_review.FORM, of),
        how_words=tuple(HOW_WORDS.items()),
        seen=seen.to_field(seen.changeable(of, now)),
        form_ids=(uuid4(), uuid4()),
        links=_links(),
    )


def _press(form: FormPage[Any], of: Chart) -> Press:
    """A form that one press sends as it opens; the user's first one on a way of filing goes by its own page."""
    before = form.context(of, current_time())["before"]
    return Press(bool(before.first or form.to_paste(of)), form.defaults(of, current_time()))


def _address(mend: str, field: str) -> str:
    endpoint, parameters = _MEND[mend]
    return url_for(endpoint, launch_id=current_launch().id, **parameters, _anchor=field or None)


def _links() -> Mapping[str, str]:
    """The pages that the plan leads to, by what they are called in its template."""
    here = current_launch().id
    pages = {
        "copy": "patient_copy.show",
        "template": "template.show",
        "goals": "goal.index",
        "goal": "goal_add.show",
    }
    return {
        name: url_for(endpoint, launch_id=here)
        for name, endpoint in pages.items()
        if endpoint in current_app.view_functions
    }
