"""The patient stops the service: one short page, effective with the end of the month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.views import filing
from app.views.before_filing import Record, notice
from app.views.page import BANNER_TYPES
from mappings import dates, pick_lists
from mappings.chart import Chart
from mappings.consent import consent_view, month_end
from mappings.enrolment import BEFORE_CONSENT, ENDED, enrolment_view
from mappings.episode import open_plan
from mappings.patient_warning import patient_warnings
from mappings.stop import StopEntry, may_stop, parse_stop, stop_defaults, stop_resources

blueprint = Blueprint("stop", __name__)

END = (Record("the last day of the consent", "Consent", "update"),)
"""What every stop files, whoever is enrolled."""


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    return {
        "reasons": tuple(pick_lists.stop_reasons().items()),
        "consent": consent_view(of, now=now),
        "last_words": dates.day_words(month_end(now.date())),
        "has_plan": open_plan(of) is not None,
        "cautions": patient_warnings(of, today=now.date()),
        "before": notice(records(of, now), of),
    }


def records(of: Chart, now: datetime) -> tuple[Record, ...]:
    """The end of the consent and, while somebody is enrolled, the step and the task to close the plan."""
    if enrolment_view(of, now=now).state in ENDED | BEFORE_CONSENT | {"unknown", "closing"}:
        return END
    task = (Record("a task to close the plan", "Task"),) if open_plan(of) else ()
    return *END, Record("the enrollment step", "Task"), *task


FORM: filing.FormPage[StopEntry] = filing.FormPage(
    name="stop",
    endpoint="stop",
    template="stop/form.html",
    types=BANNER_TYPES,
    parse=lambda values, of, now: parse_stop(values, chart=of, now=now),
    build=stop_resources,
    defaults=lambda of, now: stop_defaults(now),
    gate=lambda of, now: may_stop(of, now=now).reason,
    context=_context,
    writes=lambda of: (("Consent", "update"), ("Task", "create")),
)


@blueprint.get("/l/<launch_id>/stop")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, or why there is nothing to stop."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/stop")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the last day of the consent."""
    return filing.send(FORM)
