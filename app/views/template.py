"""Templates of a plan: choosing those that fit, a preview of everything that would be filed, and applying it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import current_launch, current_time
from app.services import services
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings import pick_lists
from mappings.chart import Chart
from mappings.eligibility import eligibility_view
from mappings.episode import open_plan
from mappings.form import Submitted
from mappings.goal_form import COMPARATORS, OPENING_GOAL_BY, OWN_MEASURE
from mappings.patient import patient_banner
from mappings.plan_template import PlanTemplate
from mappings.template import (
    defaults,
    may_apply,
    offers,
    parse_template,
    standing,
    template_resources,
    template_warnings,
    uncoded,
)
from mappings.template_form import MOST_TEMPLATES, OWN_STEPS, USE, TemplateEntry, template_ids
from mappings.template_row import TemplateRow, chosen, template_rows

blueprint = Blueprint("template", __name__)

KINDS = {
    "goal": "Goals",
    "action": "What the care team does",
    "self-care": "What the patient does",
    "service": "Services, and how often",
}
_FITS_BY = ("Condition", "Goal", "Encounter", "Observation", "MedicationRequest", "MedicationStatement")
_OWN_WORDS = {
    "own:self-care-1": "A step that the patient takes",
    "own:self-care-2": "Another step of the patient",
    "own:action-1": "Something that the team does",
    "own:action-2": "Something else that the team does",
}


@dataclass(frozen=True)
class Group:
    """The rows of one kind under their heading."""

    words: str
    rows: tuple[TemplateRow, ...]


@dataclass(frozen=True)
class Section:
    """One chosen template with its rows."""

    template: PlanTemplate
    groups: tuple[Group, ...]


def _preview(of: Chart, form: Submitted[TemplateEntry]) -> Sequence[Section]:
    """The chosen templates of a form as it stands, row by row."""
    ids = template_ids(form.values)
    rows = template_rows(ids, of)
    return [
        Section(
            template,
            tuple(
                Group(words, found)
                for kind, words in KINDS.items()
                if (found := tuple(r for r in rows if r.template == template.id and r.kind == kind))
            ),
        )
        for template in chosen(ids)
    ]


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    plan = open_plan(of)
    measures = pick_lists.measures()
    return {
        "preview": partial(_preview, of),
        "opens": standing(of).opens,
        "asks_what_matters": standing(of).opens and not (plan or {}).get("description"),
        "measure_words": {code: f"{each.label}, {each.unit}" for code, each in measures.items()},
        "measures": [
            *((code, f"{each.label} ({each.unit})") for code, each in measures.items()),
            (OWN_MEASURE, "Something else, in words"),
        ],
        "comparators": tuple(COMPARATORS.items()),
        "goal_by": tuple(OPENING_GOAL_BY.items()),
        "own_steps": tuple((key, _OWN_WORDS[key]) for key in OWN_STEPS),
        "in_spanish": patient_banner(of, today=now.date()).language == "Spanish",
        "choose_at": url_for("template.choose", launch_id=current_launch().id),
        "cautions": (*template_warnings(of, now=now), may_apply(of, now=now).caution),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What applying templates files."""
    plan = Record("the care plan with them", "CarePlan", "update" if open_plan(of) else "create")
    step = (Record("the enrollment step", "Task"),) if standing(of).opens else ()
    return Record("the goals you tick", "Goal"), Record("the steps you tick", "Task"), plan, *step


FORM: filing.FormPage[TemplateEntry] = filing.FormPage(
    name="template",
    endpoint="template",
    template="template/form.html",
    types=(*BANNER_TYPES, "Condition", "Goal"),
    parse=lambda values, of, now: parse_template(values, chart=of, now=now),
    build=template_resources,
    defaults=lambda of, now: defaults((), of, now=now),
    gate=lambda of, now: may_apply(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/templates")
def choose(launch_id: str) -> str:
    """The templates, those that fit this patient first, each with why."""
    of, now = chart((*BANNER_TYPES, *_FITS_BY)), current_time()
    return render_template(
        "template/choose.html",
        page=launch_page("template", of),
        offers=offers(of, now=now, tier=eligibility_view(of, now=now).tier),
        gate=may_apply(of, now=now).reason or FORM.unchangeable(of),
        warnings=template_warnings(of, now=now),
        uncoded=uncoded(of, now=now),
        opens=standing(of).opens,
        most=MOST_TEMPLATES,
        too_many="too_many" in request.args,
        preview_at=url_for("template.show", launch_id=launch_id),
    )


@blueprint.get("/l/<launch_id>/template")
def show(launch_id: str) -> ResponseReturnValue:
    """The preview of the chosen templates, or what was left unfiled of an earlier one; without either, the choice."""
    ids = template_ids({USE: request.args.getlist(USE)})
    if len(ids) > MOST_TEMPLATES:
        return redirect(url_for("template.choose", launch_id=launch_id, too_many="yes"), 303)
    if len(request.args.getlist(USE)) > 1:
        return redirect(url_for("template.show", launch_id=launch_id, use=",".join(ids)), 303)
    kept = services().drafts.load(current_launch().draft_key(FORM.name))
    if not ids and kept is None and "form" not in request.args:
        return redirect(url_for("template.choose", launch_id=launch_id), 303)
    return filing.show(replace(FORM, defaults=lambda of, now: defaults(ids, of, now=now)))


@blueprint.post("/l/<launch_id>/template")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the ticked rows and the plan with them."""
    return filing.send(FORM)
