"""Taking a step while a plan is open: pause, resume, maintenance, in control, closing; each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from mappings.chart import Chart
from mappings.enrolment import enrolment_view
from mappings.goals_met import goals_met
from mappings.identity import is_ours
from mappings.patient_warning import patient_warnings
from mappings.step import may_step, offered_steps, parse_step, step_defaults, step_resources
from mappings.step_form import StepEntry
from mappings.step_rules import STEP_STATES, StepRule, further_answers
from mappings.to_do import open_to_dos, to_do_kind, to_dos

blueprint = Blueprint("step", __name__)


def records(of: Chart, to: str = "paused") -> tuple[Record, ...]:
    """What a step files: the plan's status and note, the step, the next task, and what it makes void."""
    planned = (to_do_kind(task) == "next-contact" for task in open_to_dos(of) if is_ours(task))
    voids = to != "closing" and any(planned)
    return (
        Record("the plan’s status", "CarePlan", "update"),
        Record("the enrollment step", "Task"),
        Record("the next task", "Task"),
        *((Record("what is planned, moved", "Task", "update"),) if voids else ()),
    )


@cache
def form_page(to: str) -> filing.FormPage[StepEntry]:
    """The form of the step to one state. Raises LookupError for a state that no step leads to."""
    if to not in STEP_STATES:
        raise LookupError(to)
    return filing.FormPage(
        name=f"step-{to}",
        endpoint="step",
        template="step/form.html",
        types=(*BANNER_TYPES, "Goal"),
        parse=lambda values, of, now: parse_step({**values, "to": (to,)}, chart=of, now=now),
        build=step_resources,
        defaults=lambda of, now: step_defaults(of, now=now, to=to),
        gate=lambda of, now: _gate(to, of, now),
        context=partial(_context, to),
        writes=lambda of: writes_of(records(of, to)),
        parameters={"to": to},
    )


def _gate(to: str, of: Chart, now: datetime) -> str:
    refusal = may_step(of, now=now).reason
    if refusal or to in offered_steps(of, now=now):
        return refusal
    return f"This step is not open now. {enrolment_view(of, now=now).sentence}."


def _context(to: str, of: Chart, now: datetime) -> Mapping[str, Any]:
    rule: StepRule | None = offered_steps(of, now=now).get(to)
    planned = [row for row in to_dos(of, now).rows if row.ours and row.kind == "next-contact"]
    return {
        "rule": rule,
        "standing": enrolment_view(of, now=now).sentence,
        "met": goals_met(of, now=now),
        "further": tuple(further_answers().items()),
        "planned": planned,
        "cautions": patient_warnings(of, today=now.date()),
        "before": notice(records(of, to), of),
    }


@blueprint.get("/l/<launch_id>/step/<to>")
def show(launch_id: str, to: str) -> ResponseReturnValue:
    """The form of one step, or why it may not be taken now."""
    return filing.show(_known(to))


@blueprint.post("/l/<launch_id>/step/<to>")
def send(launch_id: str, to: str) -> ResponseReturnValue:
    """Files the step with its reason, the plan's status and what is planned now."""
    return filing.send(_known(to))


def _known(to: str) -> filing.FormPage[StepEntry]:
    """Raises NotFound for a state that no step leads to."""
    if to not in STEP_STATES:
        abort(404)
    return form_page(to)
