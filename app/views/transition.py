"""After a discharge: the clocks, what is gone through, who else cares, and emergency visits to follow up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from app.current import current_time
from app.ehr.chart import LATE_SECONDS
from app.views.page import BANNER_TYPES, chart, launch_page
from mappings.chart import Chart
from mappings.coordination import calls_with_others, outside_contacts
from mappings.ed_follow_up import ed_visits
from mappings.encounter import visits
from mappings.launch_reason import discharge_sentence
from mappings.panel import Panel
from mappings.to_do import to_dos
from mappings.transition import Transition, in_hospital, transitions
from mappings.transition_clock import clock_picture, clock_rows
from mappings.transition_form import PLANS, may_tick
from mappings.transition_rules import source

blueprint = Blueprint("transition", __name__)

TYPES = (*BANNER_TYPES, "Encounter", "Appointment", "CareTeam", "Condition")
_KINDS = (*PLANS, "ed-follow-up", "coordination")


@blueprint.get("/l/<launch_id>/transition")
def show(launch_id: str) -> str:
    """The page: it files nothing by itself, each of its ways on does."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    found = transitions(of, now=now)
    last = found[0] if found else None
    staying = in_hospital(of, now=now)
    return render_template(
        "transition/show.html",
        page=launch_page("transition", of),
        last=last,
        earlier=found[1:],
        staying=staying,
        refused=may_tick(of, now=now),
        source=source(),
        visits_unread=_unread(of, now),
        opened_for=_opened_for(of, now),
        **_clocks(last, now),
        **_others(of, now),
    )


def _opened_for(of: Chart, now: datetime) -> str:
    """For which discharge the EHR opened this page; the id only chooses among the visits of this chart."""
    asked = request.args.get("visit", "")
    found = next((row for row in visits(of, now=now).rows if asked and row.id == asked), None)
    return discharge_sentence(found) if found else ""


def _unread(of: Chart, now: datetime) -> str:
    """Why the visits are not all seen; "" where they are."""
    return _why_not_all(visits(of, now=now))


def _why_not_all(panel: Panel[Any]) -> str:
    return panel.incomplete or panel.unseen or ("" if panel.rows or panel.known_empty else panel.sentence)


def _clocks(last: Transition | None, now: datetime) -> dict[str, Any]:
    if last is None:
        return {"clocks": (), "picture": None}
    return {"clocks": clock_rows(last, now=now), "picture": clock_picture(last, now=now)}


def _others(of: Chart, now: datetime) -> dict[str, Any]:
    listed = to_dos(of, now)
    return {
        "contacts": outside_contacts(of, now=now),
        "calls": calls_with_others(of, now=now),
        "emergencies": ed_visits(of, now=now),
        "tasks": [row for row in listed.rows if row.ours and row.kind in _KINDS],
        "tasks_unread": _why_not_all(listed),
    }
